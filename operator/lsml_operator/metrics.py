"""What the operator counts of itself, for Prometheus."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from lsml_operator.world import Job


class Metrics:
    """The operator's metrics in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reconcile_seconds = Histogram(
            "lsml_reconcile_duration_seconds", "Time that one look at a job took.", registry=self.registry
        )
        self.reconcile_errors = Counter(
            "lsml_reconcile_errors", "Looks at a job that failed and are done again.", registry=self.registry
        )
        self.queue_depth = Gauge("lsml_workqueue_depth", "Jobs that wait to be looked at.", registry=self.registry)
        self.watch_age_seconds = Gauge(
            "lsml_watch_age_seconds",
            "Since the watch of pods was last heard.",
            registry=self.registry,
        )
        self.leading = Gauge("lsml_leading", "1 for the replica that writes.", registry=self.registry)


class JobsByPhase(Collector):
    """How many jobs there are of each phase, counted when asked."""

    def __init__(self, jobs: Callable[[], Iterable[Job]]) -> None:
        self._jobs = jobs

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One sample a phase."""
        family = GaugeMetricFamily("lsml_jobs", "TrainingJobs by phase.", labels=["phase"])
        phases = [job.status.phase or "Pending" for job in self._jobs()]
        for phase in sorted(set(phases)):
            family.add_metric([phase], phases.count(phase))
        yield family
