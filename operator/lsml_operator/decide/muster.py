"""Who should be there next, and who was lost: the stored workers against the pods that were seen. Pure.

Losses are counted here and nowhere else. A worker that is lost becomes the next attempt in the same status write
that counts the loss, so that each is counted exactly once, whatever happens to the operator.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from lsml_operator.api.status import GangStatus, Restarts, WorkerStatus
from lsml_operator.decide.autoscale import autoscale
from lsml_operator.decide.diagnosis.memory import memory_limit_bytes
from lsml_operator.decide.fate import Fate, fate, last_words
from lsml_operator.decide.gang import gathered
from lsml_operator.decide.place import CRASHES, Cause, Place
from lsml_operator.decide.replace_straggler import to_replace
from lsml_operator.template_hash import template_hash
from lsml_operator.texts import in_binary, stamp
from lsml_operator.world import Event, Member, Pod, World

LONG_LIFE_SECONDS = 600.0
"""A worker that lived this long was no part of a crash loop: it is replaced at once."""
MOST_WITHOUT_MACHINE = 3
"""So many pods may wait for a machine; more of them would not get one sooner, and hide other jobs' from the cluster."""
SHORT_LIFE_SECONDS = 10.0
"""A worker whose node gave it up sooner is replaced after a second, so that such a node makes no hot loop."""
FIRST_BACKOFF_SECONDS = 10.0
MOST_BACKOFF_SECONDS = 360.0  # as of batch/v1 Job
UPDATE_INTERVAL_SECONDS = 10.0
"""A pod younger than this is not replaced because its template changed: a hundred edits are one restart or two."""


@dataclass(frozen=True)
class Muster:
    """All places of the team, and the losses up to now."""

    places: tuple[Place, ...]
    restarts: Restarts
    gang: GangStatus | None = None
    gang_wake_seconds: float | None = None

    @property
    def workers(self) -> tuple[WorkerStatus, ...]:
        """Who should be there."""
        return tuple(place.worker for place in self.places)

    @property
    def there(self) -> int:
        """How many run, or are done."""
        return sum(worker.state in ("Running", "Ended") for worker in self.workers)

    @property
    def losses(self) -> tuple[Event, ...]:
        """Whom this look found lost."""
        return tuple(place.loss for place in self.places if place.loss)

    @property
    def wake_seconds(self) -> float | None:
        """When somebody's wait is over."""
        waits = (self.gang_wake_seconds, *(place.wake_seconds for place in self.places))
        return min((seconds for seconds in waits if seconds is not None), default=None)

    @property
    def failures(self) -> int:
        """What counts against backoffLimit."""
        return self.restarts.crashes + self.restarts.out_of_memory


def muster(world: World) -> Muster:
    """Each place of the team with the worker that should fill it."""
    known = {member.intended.index: member for member in world.members}
    gang = gathered(
        world,
        tuple(
            _keep_or_replace(world, known[index]) if index in known else Place(_newcomer(world, index))
            for index in range(autoscale(world).workers)
        ),
    )
    places = _as_machines_allow(world, gang.places, first=0 if gang.is_placed else world.spec.workers.together)
    lost = Counter(place.cause for place in places if place.cause)
    before = world.status.restarts
    restarts = before.model_copy(update={cause: getattr(before, cause) + n for cause, n in lost.items()})
    return Muster(places, restarts, gang.status, gang.wake_seconds)


def _as_machines_allow(world: World, places: tuple[Place, ...], first: int) -> tuple[Place, ...]:
    """Whose pod would be one too many without a machine waits until another one has got his; but for the `first`, who
    wait for each other.
    """
    there = {(pod.index, pod.attempt) for pod in world.pods}
    free = MOST_WITHOUT_MACHINE - sum(not pod.scheduled and not pod.deleting for pod in world.pods)
    allowed = []
    for place in places:
        worker = place.worker
        if worker.index >= first and worker.state == "Creating" and (worker.index, worker.attempt) not in there:
            free -= 1
            if free < 0:
                place = replace(place, worker=worker.model_copy(update={"state": "Waiting"}))  # noqa: PLW2901
        allowed.append(place)
    return tuple(allowed)


def _newcomer(world: World, index: int) -> WorkerStatus:
    """For a place that nobody holds: the attempt after any pod that is still there under that index."""
    attempts = [pod.attempt for pod in world.pods if pod.index == index]
    return WorkerStatus(index=index, attempt=max(attempts, default=-1) + 1, state="Creating")


def _keep_or_replace(world: World, member: Member) -> Place:
    index, attempt = member.intended.index, member.intended.attempt
    match fate(member):
        case Fate.CRASHED:
            return _replace(world, member, "crashes", "WorkerCrashed", last_words(member.pod))
        case Fate.OUT_OF_MEMORY:
            known = _memory(world)
            why = f"it used more memory than its limit{known}; raise workers.resources.limits.memory"
            return _replace(world, member, "out_of_memory", "WorkerOutOfMemory", why)
        case Fate.EVICTED:
            return _replace(world, member, "evictions", "WorkerEvicted", last_words(member.pod))
        case Fate.ALIVE if member.pod and member.pod.template_hash != template_hash(
            world.job.raw_spec, world.job.queue
        ):
            return _update(world, member, member.pod)
        case Fate.ALIVE if (slow := to_replace(world)) and slow.worker == f"w{index}-{attempt}":
            return _replace(world, member, "stragglers", "StragglerReplaced", f"it held the others up: {slow.takes}")
    return _seen(member, world.now)


def _memory(world: World) -> str:
    """The limit, and the most that any worker had when it was last heard of."""
    limit_bytes, peak_bytes = memory_limit_bytes(world), world.report.peak_memory_bytes if world.report else None
    if limit_bytes is None or peak_bytes is None:
        return ""
    return f" of {in_binary(limit_bytes)}, and had {in_binary(peak_bytes)} when it last spoke"


def _seen(member: Member, now: datetime) -> Place:
    """The worker as its pod shows it."""
    pod, intended = member.pod, member.intended
    if pod is not None:
        state = "Ended" if pod.exit_code is not None else "Running" if pod.phase == "Running" else "Pending"
        return Place(WorkerStatus(index=intended.index, attempt=intended.attempt, state=state))
    left = (datetime.fromisoformat(intended.not_before) - now).total_seconds() if intended.not_before else 0.0
    if left > 0:
        return Place(intended, wake_seconds=left)
    return Place(intended.model_copy(update={"state": "Creating", "not_before": None}))


def _update(world: World, member: Member, pod: Pod) -> Place:
    """Replace a worker whose template was changed, unless it is too young."""
    young_seconds = UPDATE_INTERVAL_SECONDS - _lived(pod, world.now)
    if young_seconds > 0:
        return Place(_seen(member, world.now).worker, wake_seconds=young_seconds)
    return _replace(world, member, "updates", "WorkerUpdated", "its template was changed")


def _replace(world: World, member: Member, cause: Cause, reason: str, why: str) -> Place:
    wait_seconds = _wait_seconds(world, member.pod, cause)
    index, attempt = member.intended.index, member.intended.attempt
    successor = WorkerStatus(index=index, attempt=attempt + 1, state="Creating")
    if wait_seconds > 0:
        not_before = stamp(world.now + timedelta(seconds=wait_seconds), "milliseconds")
        successor = successor.model_copy(update={"state": "Waiting", "not_before": not_before})
    type_: Literal["Normal", "Warning"] = "Warning" if cause in CRASHES else "Normal"
    loss = Event(type_, reason, f"worker {index} (attempt {attempt}) ended: {why}")
    return Place(successor, cause, loss, wait_seconds or None)


def _wait_seconds(world: World, pod: Pod | None, cause: Cause) -> float:
    if cause in CRASHES:
        failures = world.status.restarts.crashes + world.status.restarts.out_of_memory + 1
        return 0.0 if _lived(pod, world.now) > LONG_LIFE_SECONDS else backoff_seconds(failures)
    return 1.0 if cause == "evictions" and _lived(pod, world.now) < SHORT_LIFE_SECONDS else 0.0


def backoff_seconds(failures: int) -> float:
    """How long to wait before the attempt after so many failures: 0, 10, 20, 40 … 360."""
    return 0.0 if failures <= 1 else min(FIRST_BACKOFF_SECONDS * 2.0 ** min(failures - 2, 30), MOST_BACKOFF_SECONDS)


def _lived(pod: Pod | None, now: datetime) -> float:
    return (now - pod.created).total_seconds() if pod else float("inf")
