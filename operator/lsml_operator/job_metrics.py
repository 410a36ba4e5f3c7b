"""What the stored statuses say of the jobs, for Prometheus: read when asked, and nothing is kept."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial, reduce
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lsml_operator.api.status import Status
from lsml_operator.world import Job

MOST_JOBS = 2000
"""Beyond that no job is told apart any more: what Prometheus keeps grows with the jobs that there ever were."""

JOB = ("namespace", "job")

GAUGES = (
    ("loss", "The last loss.", "progress.loss"),
    ("samples", "Training rows consumed, each once an epoch; or rows predicted.", "progress.samples"),
    ("samples_per_second", "Rows trained with or predicted in a second, of late.", "progress.samples_per_second"),
    ("remaining_seconds", "Time left, at the speed of late.", "progress.estimated_seconds_remaining"),
    ("workers_desired", "Workers that the job is meant to have.", "workers.desired"),
    ("workers_running", "Workers that run.", "workers.running"),
    ("goodput_ratio", "Share of its time in which the job trained.", "goodput.ratio"),
)
"""Name, help, and the path in the status."""


class JobMetrics(Collector):
    """One sample a job, as long as the resource is there."""

    def __init__(self, jobs: Callable[[], Iterable[Job]]) -> None:
        self._jobs = jobs

    def collect(self) -> Iterator[Metric]:
        """Jobs by phase, and each job's numbers."""
        jobs = list(self._jobs())
        yield _by_phase(jobs)
        if len(jobs) > MOST_JOBS:
            return
        for name, help_, path in GAUGES:
            yield _gauge(name, help_, jobs, partial(_at, path.split(".")))
        yield _gauge("progress_ratio", "Share of the work that is done.", jobs, _progress_ratio)
        yield from (_findings(jobs), _restarts(jobs), _seconds(jobs), _cost(jobs))


def _by_phase(jobs: list[Job]) -> Metric:
    family = GaugeMetricFamily("lsml_jobs", "TrainingJobs by phase.", labels=["phase"])
    for phase, count in sorted(Counter(job.status.phase or "Pending" for job in jobs).items()):
        family.add_metric([phase], count)
    return family


def _gauge(name: str, help_: str, jobs: list[Job], value: Callable[[Status], Any]) -> Metric:
    family = GaugeMetricFamily(f"lsml_job_{name}", help_, labels=JOB)
    for job in jobs:
        number = value(job.status)
        if number is not None:
            family.add_metric([job.key.namespace, job.key.name], number)
    return family


def _findings(jobs: list[Job]) -> Metric:
    """Two a job at most, and their reasons are the operator's own words."""
    family = GaugeMetricFamily("lsml_job_findings", "1 for each diagnosis of the job.", labels=(*JOB, "reason"))
    for job in jobs:
        for reason in job.status.findings:
            family.add_metric([job.key.namespace, job.key.name, reason], 1)
    return family


def _restarts(jobs: list[Job]) -> Metric:
    family = CounterMetricFamily("lsml_job_restarts", "Pods that were replaced.", labels=(*JOB, "cause"))
    for job in jobs:
        for cause, count in job.status.restarts.model_dump(by_alias=True).items():
            family.add_metric([job.key.namespace, job.key.name, cause], count)
    return family


def _seconds(jobs: list[Job]) -> Metric:
    family = CounterMetricFamily("lsml_job_seconds", "Where the job's time went.", labels=(*JOB, "account"))
    for job in jobs:
        ledger = job.status.goodput
        for account in ("productive", "starting", "waiting", "recovering") if ledger else ():
            family.add_metric([job.key.namespace, job.key.name, account], getattr(ledger, f"{account}_seconds"))
    return family


def _cost(jobs: list[Job]) -> Metric:
    family = CounterMetricFamily("lsml_job_cost", "What the job has cost so far.", labels=(*JOB, "currency"))
    for job in jobs:
        if job.status.cost is not None:
            family.add_metric([job.key.namespace, job.key.name, job.status.cost.currency], job.status.cost.amount)
    return family


def _progress_ratio(status: Status) -> float | None:
    return None if status.progress is None else status.progress.percent / 100


def _at(path: list[str], status: Status) -> Any:
    """What the status holds there; None where it ends before."""
    return reduce(lambda found, name: None if found is None else getattr(found, name), path, status)
