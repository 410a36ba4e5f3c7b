"""What the operator counts of itself, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


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
