"""What `diagnose` says, compared whole; and that it knows what helps for each reason."""

from dataclasses import replace

import pytest

from lsml_operator.cli.show.diagnosis import diagnosis_screen
from lsml_operator.decide.cannot_start import REMEDIES as CANNOT_START
from lsml_operator.view.remedies import REMEDIES, remedies
from unit.operator.cli.seen import NOW, a_condition, a_running_job, a_seen, shown

UNSCHEDULABLE = """
iris is Pending (Unschedulable, for 4m): no machine takes worker 2: 0/3 nodes are available: 3
Insufficient nvidia.com/gpu.

What would help
  - ask for less: workers.resources.requests, or loosen template.nodeSelector, affinity and
    tolerations
  - or give the cluster a machine that fits; the scheduler's words above say what is missing

Restarts  1 crash · 2 evictions

WORKER  STATE    ATTEMPT  NODE    WHY
w0      Running  0        node-a
w1      Running  2        node-b
w2      Waiting  1                back-off: tried again in 40s

AGE    EVENT          WHAT
5m     Starting       1 of 3 workers run
4m50s  Running        training
45s    WorkerCrashed  worker 2 (attempt 0) ended: exit code 1 (Error) (x2)
"""
UNSEEN = """
iris was created 5m10s ago, and no operator has seen it yet

What would help
  - kubectl get deployment -A -l app.kubernetes.io/name=lsml shows whether an operator runs
  - one that is limited to a namespace (watchNamespace) sees no other's jobs
"""
NO_MACHINE = a_running_job(
    phase="Pending",
    diagnosis="no machine takes worker 2: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
    conditions=[a_condition("Ready", "Unschedulable", "no machine", "False", since_s=240)],
)


def test_a_job_for_which_there_is_no_machine() -> None:
    assert shown(diagnosis_screen(a_seen(NO_MACHINE), NOW), 100) == UNSCHEDULABLE.strip("\n")


def test_a_job_that_no_operator_sees() -> None:
    job = {key: value for key, value in a_running_job().items() if key != "status"}
    assert shown(diagnosis_screen(replace(a_seen(job), pods=(), events=()), NOW), 100) == UNSEEN.strip("\n")


def test_a_job_that_runs_needs_no_help() -> None:
    assert "What would help" not in shown(diagnosis_screen(a_seen(), NOW))


def test_what_was_found_of_a_job_that_runs_has_its_remedies() -> None:
    job = a_running_job(findings=["DataBound", "RowsSkipped"])
    screen = shown(diagnosis_screen(a_seen(job), NOW), 160)
    for reason in ("DataBound", "RowsSkipped"):
        for remedy in REMEDIES[reason]:
            assert f"- {remedy}" in screen


def test_memory_is_spoken_of_wherever_it_was_lacking() -> None:
    job = a_running_job(restarts={"outOfMemory": 1})
    assert "raise workers.resources.limits.memory" in shown(diagnosis_screen(a_seen(job), NOW), 120)


@pytest.mark.parametrize("reason", CANNOT_START)
def test_what_keeps_a_container_from_starting_has_a_remedy(reason: str) -> None:
    assert REMEDIES[reason]


def test_a_remedy_names_the_job() -> None:
    assert remedies("Suspended", "iris") == ("lsml resume iris",)
