"""Pending until as many workers run as the job needs."""

import pytest

from lsml_operator.decide.starting import starting
from lsml_operator.world import Decision, World
from unit.operator.builders import a_job, a_pod, a_spec, a_status, a_worker, a_world, an_ended_pod


def waits(running: int, needed: int) -> Decision:
    return Decision("Pending", "Starting", f"{running} of {needed} workers run, the others are being started")


OF_TWO = a_spec(replicas=2)
TEAM = a_job(a_status(a_worker(), a_worker(index=1)), replicas=2, least=2)

CASES: dict[str, tuple[World, Decision | None]] = {
    "new": (a_world(), waits(0, 1)),
    "its pod is pending": (a_world(a_status(a_worker(state="Pending")), a_pod(0, "Pending")), waits(0, 1)),
    "its node does not answer": (a_world(a_status(a_worker()), a_pod(0, "Unknown")), waits(0, 1)),
    "it runs": (a_world(a_status(a_worker()), a_pod()), None),
    "one of two runs": (a_world(job=TEAM, pods=(a_pod(made_from=OF_TWO),)), waits(1, 2)),
    "one runs, one is done": (a_world(job=TEAM, pods=(a_pod(made_from=OF_TWO), an_ended_pod(0, index=1))), None),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_starting(world: World, wanted: Decision | None) -> None:
    assert starting(world) == wanted
