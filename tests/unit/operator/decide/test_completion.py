"""One that is done has the finished model, and so has its team."""

import pytest

from lsml_operator.decide.completion import completion
from lsml_operator.world import Decision, World
from unit.operator.builders import a_pod, a_status, a_worker, a_world, an_ended_pod, an_ending

ONE = a_status(a_worker(), phase="Running")
TWO = a_status(a_worker(), a_worker(index=1), phase="Running")
SAID = an_ending(message="1000 steps, accuracy 0.97")

CASES: dict[str, tuple[World, Decision | None]] = {
    "nobody was there yet": (a_world(), None),
    "nobody is meant to be there, but an old pod succeeded": (a_world(a_status(), an_ended_pod(0)), None),
    "it runs": (a_world(ONE, a_pod()), None),
    "done, in its own words": (
        a_world(ONE, an_ended_pod(0, said=SAID)),
        Decision("Succeeded", "Completed", "1000 steps, accuracy 0.97"),
    ),
    "done without words": (
        a_world(ONE, an_ended_pod(0, said="bye")),
        Decision("Succeeded", "Completed", "the job is done"),
    ),
    "its container is done before its pod says so": (
        a_world(ONE, an_ended_pod(0, phase="Running", said=SAID)),
        Decision("Succeeded", "Completed", "1000 steps, accuracy 0.97"),
    ),
    "done, and its pod is being deleted": (
        a_world(ONE, an_ended_pod(0, said=SAID, deleting=True)),
        Decision("Succeeded", "Completed", "1000 steps, accuracy 0.97"),
    ),
    "an earlier attempt is done, the one intended runs": (
        a_world(a_status(a_worker(1)), an_ended_pod(0), a_pod(1)),
        None,
    ),
    "it crashed": (a_world(ONE, an_ended_pod(1)), None),
    "one of two is done, and has the model of both": (
        a_world(TWO, an_ended_pod(0, said=SAID), a_pod(index=1), replicas=2),
        Decision("Succeeded", "Completed", "1000 steps, accuracy 0.97"),
    ),
    "one of two is done, the other was lost meanwhile": (
        a_world(TWO, an_ended_pod(1), an_ended_pod(0, index=1, said=SAID), replicas=2),
        Decision("Succeeded", "Completed", "1000 steps, accuracy 0.97"),
    ),
    "one that the team has no more is done": (
        a_world(a_status(a_worker(), phase="Running"), a_pod(), an_ended_pod(0, index=1), replicas=1, most=2),
        None,
    ),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_completion(world: World, wanted: Decision | None) -> None:
    assert completion(world) == wanted
