"""A strict gang: its first workers get their machines together, or give them back together. Pure.

         ┌────────────────────── all are lost ──────────────────────┐
         ▼                                                          │
    held by a gate ──all are there──► let go ──all have machines──► placed
         ▲                              │
         └──── a pause ◄── give back ◄──┘ some have, for gangPatienceSeconds

What the scheduler would do cannot be known, so it is tried. Of two gangs that each got half of the machines both give
back, and their pauses are of different lengths: the one that is back first finds room for all. A gang of which nobody
has a machine holds nothing that it could give back: it waits in the scheduler's line, where an autoscaler sees it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from lsml_operator.api.status import GangStatus, Status
from lsml_operator.decide.place import Place
from lsml_operator.labels import GANG_GATE
from lsml_operator.texts import stamp
from lsml_operator.world import Ungate, World

PATIENCE_SECONDS = 60
FIRST_PAUSE_SECONDS, MOST_PAUSE_SECONDS = 5.0, 320.0


@dataclass(frozen=True)
class Gathering:
    """The places as the gang has them, and how far it is; no status of a job whose workers come one by one."""

    places: tuple[Place, ...]
    status: GangStatus | None = None
    wake_seconds: float | None = None

    @property
    def is_placed(self) -> bool:
        """Whether nobody waits for the others any more."""
        return self.status is None or self.status.placed


def gathered(world: World, places: tuple[Place, ...]) -> Gathering:
    """Who may come, and whether some have to give their machines back."""
    needed, stored = world.spec.workers.together, world.status.workers.gang
    if not needed:
        return Gathering(places)
    if stored is None or not world.members:
        return _waiting(places, needed, GangStatus(formation=stored.formation + 1 if stored else 0))
    held = _held(world, places[:needed])
    if held == needed or (stored.placed and held):
        return Gathering(places, GangStatus(formation=stored.formation, placed=True))
    if stored.placed:
        anew = (*map(_successor, places[:needed]), *places[needed:])
        return _waiting(anew, needed, GangStatus(formation=stored.formation + 1))
    if not held:
        return _waiting(places, needed, stored.model_copy(update={"half_since": None}))
    half = stored.model_copy(update={"half_since": stored.half_since or stamp(world.now, "milliseconds")})
    left = (give_back_at(world, half) - world.now).total_seconds()
    return _waiting(places, needed, half, left) if left > 0 else _given_back(world, places, needed, stored)


def give_back_at(world: World, gang: GangStatus) -> datetime:
    """When those of a gang that have machines give them back."""
    assert gang.half_since is not None, "nobody holds a machine that the others lack"
    return datetime.fromisoformat(gang.half_since) + timedelta(seconds=patience_seconds(world))


def patience_seconds(world: World) -> int:
    """How long some keep their machines while others find none."""
    return world.spec.workers.gang_patience_seconds or PATIENCE_SECONDS


def let_go(world: World, status: Status) -> Iterator[Ungate]:
    """Open the gates of a gang that is there as a whole, and that nobody else holds back."""
    needed = world.job.spec.workers.together if world.job.spec else 0
    pods = {(pod.index, pod.attempt): pod for pod in world.pods if not pod.deleting}
    gang = [pods.get((worker.index, worker.attempt)) for worker in status.workers.members if worker.index < needed]
    there = [pod for pod in gang if pod is not None and set(pod.gates) <= {GANG_GATE}]
    if len(there) == len(gang):
        yield from (Ungate(pod.name, pod.uid) for pod in there if pod.gates)


def _held(world: World, gang: tuple[Place, ...]) -> int:
    """How many of the gang have a machine."""
    have = {(pod.index, pod.attempt) for pod in world.pods if pod.scheduled and not pod.deleting}
    return sum((place.worker.index, place.worker.attempt) in have for place in gang)


def _waiting(
    places: tuple[Place, ...], needed: int, status: GangStatus, wake_seconds: float | None = None
) -> Gathering:
    """Whoever would come beside the gang comes after it."""
    return Gathering((*places[:needed], *map(_after_the_gang, places[needed:])), status, wake_seconds)


def _after_the_gang(place: Place) -> Place:
    if place.worker.state != "Creating":
        return place
    return replace(place, worker=place.worker.model_copy(update={"state": "Waiting"}))


def _given_back(world: World, places: tuple[Place, ...], needed: int, stored: GangStatus) -> Gathering:
    following = GangStatus(formation=stored.formation + 1, given_back=stored.given_back + 1)
    seconds = pause_seconds(world.job.key.uid, following)
    until = stamp(world.now + timedelta(seconds=seconds), "milliseconds")
    resting = tuple(_resting(_successor(place), until) for place in places[:needed])
    return _waiting((*resting, *places[needed:]), needed, following, seconds)


def pause_seconds(uid: str, gang: GangStatus) -> float:
    """How long a gang pauses after it gave back: longer each time, and of another length for each job."""
    longest = min(FIRST_PAUSE_SECONDS * 2.0 ** min(gang.given_back - 1, 30), MOST_PAUSE_SECONDS)
    share = int.from_bytes(sha256(f"{uid} {gang.formation}".encode()).digest()[:4]) / 2**32
    return round(longest * (0.2 + 1.6 * share), 3)


def _successor(place: Place) -> Place:
    """The next attempt; of a worker that was lost just now it is that already."""
    if place.cause is not None:
        return place
    state = "Waiting" if place.worker.not_before else "Creating"
    worker = place.worker.model_copy(update={"attempt": place.worker.attempt + 1, "state": state})
    return replace(place, worker=worker)


def _resting(place: Place, until: str) -> Place:
    later = max(filter(None, (place.worker.not_before, until)), key=datetime.fromisoformat)
    return replace(place, worker=place.worker.model_copy(update={"state": "Waiting", "not_before": later}))
