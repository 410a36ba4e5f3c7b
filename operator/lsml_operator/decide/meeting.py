"""Where the workers of a team meet next: the stored coordinator against the pods that were seen. Pure.

A coordinator that is lost becomes the next attempt in the same status write that counts the loss, as a worker does;
but its loss is never a failure, since it holds nothing that the workers could not tell it again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lsml_operator.api.status import CoordinatorStatus, Restarts
from lsml_operator.template_hash import template_hash
from lsml_operator.texts import stamp
from lsml_operator.world import Event, Pod, World

SHORT_LIFE_SECONDS = 10.0
"""A coordinator that was lost sooner is replaced after a second, so that a node that refuses it makes no hot loop."""


@dataclass(frozen=True)
class Meeting:
    """Who coordinates next, and whether somebody was lost."""

    coordinator: CoordinatorStatus | None
    loss: Event | None = None
    wake_seconds: float | None = None

    def counted(self, restarts: Restarts) -> Restarts:
        """With the loss."""
        return restarts.model_copy(update={"coordinator": restarts.coordinator + 1}) if self.loss else restarts


NOWHERE = Meeting(None)


def meeting(world: World) -> Meeting:
    """The coordinator that should be there; none of a job whose only worker needs none."""
    if not world.spec.has_coordinator:
        return NOWHERE
    stored = world.status.coordinator
    if stored is None or stored.state == "Leaving":  # after any pod of a former one that is still there
        former = [pod.attempt for pod in world.coordinators] + ([stored.attempt] if stored else [])
        return Meeting(CoordinatorStatus(attempt=max(former, default=-1) + 1, state="Creating"))
    stored = stored.model_copy(update={"address": stored.address or world.address or None})
    pod = next((pod for pod in world.coordinators if pod.attempt == stored.attempt), None)
    if pod is None and stored.state in ("Waiting", "Creating"):
        return _due(stored, world.now)
    why = _why_lost(world, pod)
    if why is not None:
        return _replaced(world, stored, pod, why)
    return Meeting(_with(stored, "Running" if pod is not None and pod.phase == "Running" else "Pending"))


def leaving(world: World) -> Meeting:
    """Nobody coordinates any more. That is stored first, and forgotten once its Service is known to be gone: nothing
    else would tell an operator that comes later that there is one.
    """
    stored = world.status.coordinator
    if stored is None or (stored.state == "Leaving" and world.address == ""):
        return NOWHERE
    return Meeting(_with(stored, "Leaving"))


def _due(stored: CoordinatorStatus, now: datetime) -> Meeting:
    left = (datetime.fromisoformat(stored.not_before) - now).total_seconds() if stored.not_before else 0.0
    return Meeting(stored, wake_seconds=left) if left > 0 else Meeting(_with(stored, "Creating"))


def _why_lost(world: World, pod: Pod | None) -> str | None:
    if pod is None or pod.deleting:
        return (pod and pod.why_taken) or "its pod was deleted"
    if pod.phase in ("Succeeded", "Failed"):
        return pod.pod_reason or pod.disruption or pod.container_reason or "its pod ended"
    # One that runs is left alone: what was changed is about the workers, and may be the remedy of one that waits.
    if pod.phase == "Pending" and pod.template_hash != template_hash(world.job.raw_spec, world.job.queue):
        return "its template was changed"
    return None


def _replaced(world: World, stored: CoordinatorStatus, pod: Pod | None, why: str) -> Meeting:
    loss = Event("Normal", "CoordinatorReplaced", f"coordinator (attempt {stored.attempt}) ended: {why}")
    successor = _with(stored, "Creating").model_copy(update={"attempt": stored.attempt + 1})
    if pod is None or (world.now - pod.created).total_seconds() >= SHORT_LIFE_SECONDS:
        return Meeting(successor, loss)
    not_before = stamp(world.now + timedelta(seconds=1), "milliseconds")
    return Meeting(successor.model_copy(update={"state": "Waiting", "not_before": not_before}), loss, 1.0)


def _with(stored: CoordinatorStatus, state: str) -> CoordinatorStatus:
    return stored.model_copy(update={"state": state, "not_before": None})
