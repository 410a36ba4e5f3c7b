"""What the kubelet lacks, and what helps."""

import pytest

from lsml_operator.decide.cannot_start import REMEDIES, cannot_start
from lsml_operator.world import Decision, World
from unit.operator.builders import a_pod, a_status, a_worker, a_world, an_ended_pod

PENDING = a_status(a_worker(state="Pending"), phase="Pending")
CONFIG = "CreateContainerConfigError"

CASES: dict[str, tuple[World, Decision | None]] = {
    "no pod yet": (a_world(PENDING), None),
    "it is being created": (a_world(PENDING, a_pod(0, "Pending", container_reason="ContainerCreating")), None),
    "a secret is missing": (
        a_world(PENDING, a_pod(0, "Pending", container_reason=CONFIG, container_message='secret "s" not found\n')),
        Decision(
            "Pending",
            CONFIG,
            'worker 0 cannot start: secret "s" not found; create what it names, or take it out of the template',
            stalled=True,
        ),
    ),
    "no words of the kubelet: its reason": (
        a_world(PENDING, a_pod(0, "Pending", container_reason="InvalidImageName")),
        Decision(
            "Pending",
            "InvalidImageName",
            "worker 0 cannot start: InvalidImageName; correct the operator's trainer image",
            stalled=True,
        ),
    ),
    "it ended meanwhile": (a_world(PENDING, an_ended_pod(1, container_reason="ImagePullBackOff")), None),
    "a pod that is not intended": (a_world(a_status(a_worker(1)), a_pod(0, container_reason=CONFIG)), None),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_cannot_start(world: World, wanted: Decision | None) -> None:
    assert cannot_start(world) == wanted


@pytest.mark.parametrize("reason", REMEDIES)
def test_every_reason_comes_with_its_remedy(reason: str) -> None:
    world = a_world(PENDING, a_pod(0, "Pending", container_reason=reason, container_message="words"))
    message = f"worker 0 cannot start: words; {REMEDIES[reason]}"
    assert cannot_start(world) == Decision("Pending", reason, message, stalled=True)
