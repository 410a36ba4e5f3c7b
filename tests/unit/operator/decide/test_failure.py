"""When a lost worker means that the job has failed."""

import pytest

from lsml_operator.decide.failure import failure
from lsml_operator.world import Decision, World
from unit.operator.builders import a_pod, a_status, a_worker, a_world, an_ended_pod, an_ending

FRESH = a_status(a_worker(), phase="Running")
INVALID = an_ending("InvalidData", "data.csv, row 7: 'x' is no number")
DIVERGED = an_ending("Diverged", "the loss is not finite; lower learningRate")
KILLED = "worker 0 (attempt 0) ended: exit code 1: boom"


def tried(crashes: int = 0, out_of_memory: int = 0, evictions: int = 0) -> dict[str, int]:
    return {"crashes": crashes, "out_of_memory": out_of_memory, "evictions": evictions}


CASES: dict[str, tuple[World, Decision | None]] = {
    "new": (a_world(), None),
    "it runs": (a_world(FRESH, a_pod()), None),
    "it is done": (a_world(FRESH, an_ended_pod(0)), None),
    "the data are wrong": (
        a_world(FRESH, an_ended_pod(2, said=INVALID)),
        Decision("Failed", "InvalidData", "data.csv, row 7: 'x' is no number"),
    ),
    "it diverged": (
        a_world(FRESH, an_ended_pod(3, said=DIVERGED)),
        Decision("Failed", "Diverged", "the loss is not finite; lower learningRate"),
    ),
    "exit code 2 without an ending is a crash: tried again": (a_world(FRESH, an_ended_pod(2, said="usage:")), None),
    "the first crash of six allowed": (a_world(FRESH, an_ended_pod(1)), None),
    "the sixth of six": (
        a_world(a_status(a_worker(), restarts=tried(crashes=5)), an_ended_pod(1, said="boom")),
        None,
    ),
    "the seventh of six": (
        a_world(a_status(a_worker(), restarts=tried(crashes=6)), an_ended_pod(1, said="boom")),
        Decision("Failed", "BackoffLimitExceeded", f"7 crashes, 6 allowed; {KILLED}"),
    ),
    "none allowed": (
        a_world(FRESH, an_ended_pod(1, said="boom"), backoff_limit=0),
        Decision("Failed", "BackoffLimitExceeded", f"1 crashes, 0 allowed; {KILLED}"),
    ),
    "out of memory counts, too": (
        a_world(
            a_status(a_worker(), restarts=tried(crashes=1)),
            an_ended_pod(137, container_reason="OOMKilled"),
            backoff_limit=1,
        ),
        Decision(
            "Failed",
            "BackoffLimitExceeded",
            "2 crashes, 1 allowed; worker 0 (attempt 0) ended: it used more memory than its limit; "
            "raise workers.resources.limits.memory",
        ),
    ),
    "evictions never count": (
        a_world(a_status(a_worker(), restarts=tried(evictions=99)), an_ended_pod(143), backoff_limit=0),
        None,
    ),
    "the limit was lowered below what was tried, but it runs now": (
        a_world(a_status(a_worker(), restarts=tried(crashes=5)), a_pod(), backoff_limit=0),
        None,
    ),
    "the limit was lowered below what was tried, and it is evicted (FAULTS 46)": (
        a_world(a_status(a_worker(), restarts=tried(crashes=5)), an_ended_pod(143), backoff_limit=0),
        None,
    ),
    "the limit was lowered below what was tried, and its template is changed": (
        a_world(a_status(a_worker(), restarts=tried(crashes=5)), a_pod(template_hash="of another"), backoff_limit=0),
        None,
    ),
    "the ending of an attempt that was replaced": (
        a_world(a_status(a_worker(1)), an_ended_pod(2, said=INVALID), a_pod(1)),
        None,
    ),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_failure(world: World, wanted: Decision | None) -> None:
    assert failure(world) == wanted
