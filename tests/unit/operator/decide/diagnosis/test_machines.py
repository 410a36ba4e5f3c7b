"""A node that does not answer is named, with whoever of the job is on it."""

import pytest

from lsml_operator.decide.diagnosis.machines import node_silent
from lsml_operator.world import Diagnosis, Pod
from unit.operator.builders import a_coordinator, a_coordinators_pod, a_pod, a_status, a_worker, a_world

CASES: dict[str, tuple[tuple[Pod, ...], str]] = {
    "every node answers": ((a_coordinators_pod(), a_pod()), ""),
    "a worker's does not": (
        (a_coordinators_pod(), a_pod(node="node-1", node_is_silent=True)),
        "node node-1, the machine of worker 0, does not answer",
    ),
    "that of two does not": (
        (a_coordinators_pod(node="node-1", node_is_silent=True), a_pod(node="node-1", node_is_silent=True)),
        "node node-1, the machine of the coordinator and worker 0, does not answer",
    ),
    "two do not": (
        (a_coordinators_pod(node="node-1", node_is_silent=True), a_pod(node="node-2", node_is_silent=True)),
        "node node-1, the machine of the coordinator, does not answer; "
        "node node-2, the machine of worker 0, does not answer",
    ),
    "that of one who was replaced since": (
        (a_coordinators_pod(0, node="node-1", node_is_silent=True), a_coordinators_pod(1), a_pod()),
        "",
    ),
}


@pytest.mark.parametrize(("pods", "wanted"), CASES.values(), ids=CASES)
def test_node_silent(pods: tuple[Pod, ...], wanted: str) -> None:
    attempt = max(pod.attempt for pod in pods if pod.coordinates)
    stored = a_status(a_worker(), coordinator=a_coordinator(attempt))
    found = Diagnosis("NodeSilent", wanted) if wanted else None
    assert node_silent(a_world(stored, *pods, replicas=2)) == found
