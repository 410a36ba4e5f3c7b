"""All done is success, and nothing less is."""

import pytest

from lsml_operator.decide.completion import completion
from lsml_operator.world import Decision, World
from unit.operator.builders import a_job, a_pod, a_status, a_worker, a_world, an_ended_pod, an_ending

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
        Decision("Succeeded", "Completed", "every worker is done"),
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
    "one of two is done": (a_world(job=a_job(TWO, replicas=2), pods=(an_ended_pod(0), a_pod(index=1))), None),
    "two of two are done": (
        a_world(job=a_job(TWO, replicas=2), pods=(an_ended_pod(0), an_ended_pod(0, index=1))),
        Decision("Succeeded", "Completed", "every worker is done"),
    ),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_completion(world: World, wanted: Decision | None) -> None:
    assert completion(world) == wanted
