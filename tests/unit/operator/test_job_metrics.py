"""What Prometheus reads of the jobs: every number is the stored status's."""

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from lsml_operator import job_metrics
from lsml_operator.api.status import Cost, Goodput, Status, WorkersStatus
from lsml_operator.job_metrics import JobMetrics
from unit.operator.builders import a_job, a_progress, a_status, ago

LABELS = 'job="iris",namespace="team"'


def samples(*statuses: Status) -> set[str]:
    """The lines that Prometheus would read."""
    registry = CollectorRegistry()
    registry.register(JobMetrics(lambda: [a_job(status) for status in statuses]))
    return {line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")}


def a_told_status(**fields: Any) -> Status:
    told = {
        "progress": a_progress(
            percent=50, loss=0.25, samples=4311, samples_per_second=1000, estimated_seconds_remaining=30
        ),
        "findings": ("DataBound", "RowsSkipped"),
        "workers": WorkersStatus(desired=4, running=3),
        "goodput": Goodput(ratio=0.75, productive_seconds=30, starting_seconds=10, updated_at=ago(0)),
        "cost": Cost(amount=1.5, currency="EUR"),
    }
    return a_status(phase="Running").model_copy(update={**told, **fields})


def test_a_job_is_told_number_by_number() -> None:
    assert samples(a_told_status()) == {
        'lsml_jobs{phase="Running"} 1.0',
        f"lsml_job_progress_ratio{{{LABELS}}} 0.5",
        f"lsml_job_loss{{{LABELS}}} 0.25",
        f"lsml_job_samples{{{LABELS}}} 4311.0",
        f'lsml_job_findings{{{LABELS},reason="DataBound"}} 1.0',
        f'lsml_job_findings{{{LABELS},reason="RowsSkipped"}} 1.0',
        f"lsml_job_samples_per_second{{{LABELS}}} 1000.0",
        f"lsml_job_remaining_seconds{{{LABELS}}} 30.0",
        f"lsml_job_workers_desired{{{LABELS}}} 4.0",
        f"lsml_job_workers_running{{{LABELS}}} 3.0",
        f"lsml_job_goodput_ratio{{{LABELS}}} 0.75",
        *(
            f'lsml_job_restarts_total{{cause="{cause}",{LABELS}}} 0.0'
            for cause in ("crashes", "outOfMemory", "evictions", "updates", "stragglers", "coordinator")
        ),
        f'lsml_job_seconds_total{{account="productive",{LABELS}}} 30.0',
        f'lsml_job_seconds_total{{account="starting",{LABELS}}} 10.0',
        f'lsml_job_seconds_total{{account="waiting",{LABELS}}} 0.0',
        f'lsml_job_seconds_total{{account="recovering",{LABELS}}} 0.0',
        f'lsml_job_cost_total{{currency="EUR",{LABELS}}} 1.5',
    }


def test_what_is_not_known_is_not_told() -> None:
    assert not [line for line in samples(Status()) if "loss" in line or "cost" in line or "ratio" in line]


def test_of_too_many_jobs_only_the_phases_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_metrics, "MOST_JOBS", 1)
    assert samples(a_told_status(), a_told_status()) == {'lsml_jobs{phase="Running"} 2.0'}
