"""The operator ends at each write of a job's life in turn, and the job ends the same (FAULTS 1, 2, 3, 4).

An operator that is killed takes along only what it remembers, so that killed after the server has committed write k,
before the answer, is the same as killed before write k + 1 is sent: the enumeration of the one is that of the other.
"""

import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from cluster.api import Object
from cluster.kubelet import Kubelet
from cluster.mortal import MOST_ATTEMPTS, TOKEN_KEY, Clock, Killed, Moment, MortalClient, MortalOperator
from cluster.objects import a_job, an_ending, done, has_ended, name_of, uid_of
from cluster.space import Space
from cluster.waiting import until
from lsml_operator.client import Unreachable
from lsml_operator.job_token import secret_name
from lsml_operator.observe.read import key_of

TIMES = {"startTime", "completionTime", "lastTransitionTime", "updatedAt", "goodput"}


@dataclass
class Life:
    """One life of one job."""

    space: Space
    kubelet: Kubelet
    job: str
    clock: Clock = field(default_factory=Clock)
    pods_ever: set[str] = field(default_factory=set)

    def pods(self) -> list[Object]:
        """The job's pods; one by one, since a list would wait up to 100 ms for the API server's cache."""
        found = (self.space.find("Pod", f"{self.job}-w0-{attempt}") for attempt in range(MOST_ATTEMPTS))
        return [pod for pod in found if pod is not None]

    def live_pods(self) -> list[Object]:
        """Those that may still do something."""
        return [pod for pod in self.pods() if not has_ended(pod)]

    def coordinators(self) -> list[Object]:
        """The job's coordinators that have not ended."""
        found = (self.space.find("Pod", f"{self.job}-coordinator-{attempt}") for attempt in range(MOST_ATTEMPTS))
        return [pod for pod in found if pod is not None and not has_ended(pod)]

    def look_for_duplicates(self, write: str) -> None:
        """At no moment are there two pods for one place."""
        if not re.search(r"(POST|DELETE) .*/pods", write):
            return
        pods = self.pods()
        self.pods_ever |= {uid_of(pod) for pod in pods}
        live = [name_of(pod) for pod in pods if not has_ended(pod)]
        assert len(live) <= 1, f"two workers at once: {live}"

    def end(self) -> Object:
        """All that is left in the end, but for times and the job's name."""
        job = self.space.find("TrainingJob", self.job)
        left = {
            "status": job and without_times(job["status"]),
            "live pods": [name_of(pod) for pod in (*self.live_pods(), *self.coordinators())],
            "service": self.space.find("Service", f"{self.job}-coordinator") is not None,
            "token": job and self.space.find("Secret", secret_name(TOKEN_KEY, key_of(job))) is not None,
        }
        document: Object = json.loads(json.dumps(left).replace(self.job, "JOB"))
        return document


def without_times(value: Any) -> Any:
    """The same without the fields that say when, and without what is no longer so."""
    if isinstance(value, dict):
        return {name: without_times(inner) for name, inner in value.items() if name not in TIMES}
    if isinstance(value, list):
        return [without_times(inner) for inner in value if not is_past(inner)]
    return value


def is_past(value: Any) -> bool:
    """Whether it only says that the job was suspended once, which nobody may have been there to see."""
    return isinstance(value, dict) and (value.get("type"), value.get("status")) == ("Suspended", "False")


@dataclass(frozen=True)
class Step:
    """What happens to a job from outside, and whether it can happen yet."""

    does: Callable[[Life], None]
    possible: Callable[[Life], bool] = lambda _: True


def submitted(**spec: Any) -> Step:
    """The job is created."""
    return Step(lambda life: void(life.space.create(a_job(life.job, **spec))))


def edited(**spec: Any) -> Step:
    """The job's author changes its mind."""
    return Step(lambda life: void(life.space.edit("TrainingJob", life.job, {"spec": spec})))


def the_worker(act: Callable[[Kubelet, Object], None]) -> Step:
    """Something happens to the one pod that lives."""
    return Step(lambda life: act(life.kubelet, life.live_pods()[0]), lambda life: bool(life.live_pods()))


def later(seconds: float) -> Step:
    """Time goes by."""
    return Step(lambda life: life.clock.forward(seconds))


def void(_: object) -> None:
    """Nothing of it."""


RUNS = the_worker(lambda kubelet, pod: kubelet.runs(pod))
SUCCEEDS = the_worker(lambda kubelet, pod: kubelet.ends(pod, 0, done()))
CRASHES = the_worker(lambda kubelet, pod: kubelet.ends(pod, 1, an_ending("InternalError", "no reason")))
RUNS_OUT_OF_MEMORY = the_worker(lambda kubelet, pod: kubelet.ends(pod, 137, reason="OOMKilled"))
IS_DELETED = the_worker(lambda kubelet, pod: kubelet.deletes(pod))

THE_COORDINATOR_RUNS = Step(
    lambda life: life.kubelet.runs(life.coordinators()[0]), lambda life: bool(life.coordinators())
)


def ends_and_loses_its_coordinator(life: Life) -> None:
    """Both at once, so that nobody sees the coordinator go while its job runs."""
    SUCCEEDS.does(life)
    life.kubelet.deletes(life.coordinators()[0])


A_TEAM = (
    submitted(workers={"replicas": 1, "max": 2}),
    THE_COORDINATOR_RUNS,
    RUNS,
    Step(ends_and_loses_its_coordinator, lambda life: bool(life.live_pods() and life.coordinators())),
)
A_CRASH = (submitted(), RUNS, CRASHES, RUNS, SUCCEEDS)
SUSPENDED = (submitted(), RUNS, edited(suspend=True), edited(suspend=False), RUNS, SUCCEEDS)
EVICTED_AND_FAILED = (submitted(backoffLimit=0), RUNS, IS_DELETED, later(2), RUNS, RUNS_OUT_OF_MEMORY)
EXPIRED = (submitted(ttlSecondsAfterFinished=60), RUNS, SUCCEEDS, later(61), later(61))


@dataclass(frozen=True)
class Accident:
    """What goes wrong at a write."""

    moment: Moment
    error: Callable[[], BaseException]
    away: bool = False
    """Whether the next thing happens to the job before there is an operator again."""


KILLED = Accident(Moment.BEFORE, Killed)
AWAY = Accident(Moment.BEFORE, Killed, away=True)
UNANSWERED = Accident(Moment.AFTER, lambda: Unreachable("timed out"))

CASES = {
    "a team that ends while its coordinator is lost; killed, and back at once": (A_TEAM, KILLED),
    "a team that ends while its coordinator is lost; no answer, though the write was done": (A_TEAM, UNANSWERED),
    "a crash and success; killed, and back at once": (A_CRASH, KILLED),
    "a crash and success; killed, and back when the world has moved on": (A_CRASH, AWAY),
    "a crash and success; no answer, though the write was done": (A_CRASH, UNANSWERED),
    "suspended and resumed; killed, and back at once": (SUSPENDED, KILLED),
    "suspended and resumed; killed, and back when the world has moved on": (SUSPENDED, AWAY),
    "evicted, then failed; killed, and back at once": (EVICTED_AND_FAILED, KILLED),
    "evicted, then failed; killed, and back when the world has moved on": (EVICTED_AND_FAILED, AWAY),
    "time to live over; killed, and back at once": (EXPIRED, KILLED),
    "time to live over; killed, and back when the world has moved on": (EXPIRED, AWAY),
}


@pytest.fixture
def lives(space: Space, kubelet: Kubelet, no_operator: None) -> Callable[[], Life]:
    """Begins lives, each of a job of its own."""
    begun: list[str] = []

    def begin() -> Life:
        begun.append(f"life-{len(begun)}")
        return Life(space, kubelet, begun[-1])

    return begin


@pytest.mark.parametrize(("steps", "accident"), CASES.values(), ids=CASES)
async def test_whichever_write_fails_the_job_ends_the_same(
    connection: MortalClient, lives: Callable[[], Life], steps: tuple[Step, ...], accident: Accident
) -> None:
    """The same status, the same pods, none twice, each loss counted once (FAULTS 1, 2, 3; without an answer 4)."""
    model = lives()
    wanted = await end_of(model, steps, connection, 0, accident)
    writes_of_a_life = len(connection.writes)

    for fatal_write in range(1, writes_of_a_life + 1):
        life = lives()
        ended = await end_of(life, steps, connection, fatal_write, accident)
        assert ended == wanted, f"after write {fatal_write}, {connection.writes[fatal_write - 1]}"
        assert len(life.pods_ever) <= len(model.pods_ever)  # fewer: nobody was there to see it suspended


async def end_of(
    life: Life, steps: tuple[Step, ...], connection: MortalClient, fatal_write: int, accident: Accident
) -> Object:
    """How a life ends in which that write fails; 0: none."""
    connection.writes, connection.fatal_write = [], fatal_write
    connection.moment, connection.error = accident.moment, accident.error
    connection.after_write = life.look_for_duplicates
    operator = MortalOperator(connection, life.clock, life.space.name, life.job)
    todo = deque(steps)
    while todo:
        assert todo[0].possible(life), f"the operator rests, and there is no pod; its writes: {connection.writes}"
        todo.popleft().does(life)
        try:
            await operator.settle()
        except Killed:
            operator = MortalOperator(connection, life.clock, life.space.name, life.job)
            if accident.away and todo and todo[0].possible(life):
                continue
            await operator.settle()
    return await the_end(life, connection)


async def the_end(life: Life, connection: MortalClient) -> Object:
    """What is left, once garbage collection has done its part; then nothing is."""
    connection.after_write = lambda _: None
    if life.space.find("TrainingJob", life.job) is None:
        until("the pods go with the job", lambda: not life.pods())
    end = life.end()
    life.space.delete("TrainingJob", life.job)
    return end
