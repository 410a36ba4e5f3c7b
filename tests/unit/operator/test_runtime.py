"""What becomes of a look that fails; and when an operator says that it is ill."""

import asyncio
import logging
import time
from collections.abc import Callable

import pytest

from lsml_operator import runtime as module
from lsml_operator.apply import Conflict, Gone
from lsml_operator.client import ApiError, Unreachable
from lsml_operator.observe.cache import Cache
from lsml_operator.runtime import Runtime
from lsml_operator.settings import Settings
from lsml_operator.workqueue import WorkQueue
from lsml_operator.world import JobKey
from unit.operator.builders import KEY, Json, a_job_body
from unit.operator.fake_client import FakeClient, Request

SETTINGS = Settings(trainer_image="lsml/trainer:test", http_port=0)
JOB = Request("GET", "/apis/lsml.dev/v1alpha1/namespaces/team/trainingjobs/iris")


class Patient(WorkQueue[JobKey]):
    """Notes when a key is due, and lets no time pass."""

    due_seconds: float | None = None

    def add_after(self, key: JobKey, seconds: float) -> None:
        self.due_seconds = seconds


class Operator(Runtime):
    """A runtime whose looks end as a test says."""

    def __init__(self, *answers: Json | Exception) -> None:
        self.client = FakeClient(*answers)
        super().__init__(SETTINGS, self.client)
        self.queue = self.patient = Patient()
        self.cache = Cache(self.queue.add)
        self.cache.put_job(a_job_body())
        self.cache.replace_pods([])

    async def look(self) -> float | None:
        """One look; in how many seconds the next one is due."""
        self.patient.due_seconds = None
        await self._work_on(KEY)
        return self.patient.due_seconds


def jobs_told(operator: Operator) -> float | None:
    """Of how many jobs that are pending, as this one is, its metrics tell."""
    return operator.metrics.registry.get_sample_value("lsml_jobs", {"phase": "Pending"})


Ends = Callable[[float | Exception | None], None]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Says how every look ends: seconds to the next one, or an error."""

    def every_look(end: float | Exception | None) -> None:
        async def reconcile(*_: object) -> float | None:
            if isinstance(end, Exception):
                raise end
            return end

        monkeypatch.setattr(module, "reconcile", reconcile)

    return every_look


LOOKS: dict[str, tuple[float | Exception | None, float | None, float]] = {
    "nothing is due": (None, None, 0),
    "due in a minute": (60.0, 60.0, 0),
    "the job is gone": (Gone("iris"), None, 0),
    "the API server is away (FAULTS 7)": (Unreachable("timeout"), 0.05, 1),
    "the API server is busy, and says for how long (FAULTS 6)": (ApiError(429, "later", "", 7), 7.0, 1),
    "the API server is ill": (ApiError(500, "etcd"), 0.05, 1),
    "not allowed (FAULTS 20)": (ApiError(403, "no"), 0.05, 1),
    "a defect of ours stops nobody else": (KeyError("x"), 0.05, 1),
}


@pytest.mark.parametrize(("end", "due_seconds", "errors"), LOOKS.values(), ids=LOOKS)
async def test_a_look(ends: Ends, end: float | Exception | None, due_seconds: float | None, errors: float) -> None:
    operator = Operator()
    ends(end)
    assert await operator.look() == due_seconds
    assert operator.metrics.registry.get_sample_value("lsml_reconcile_errors_total") == errors


async def test_a_defect_is_logged_as_one(ends: Ends, caplog: pytest.LogCaptureFixture) -> None:
    operator = Operator()
    ends(KeyError("x"))
    with caplog.at_level(logging.ERROR):
        await operator.look()
    assert [record.message for record in caplog.records] == [
        "team/iris cannot be looked at, which is a defect of the operator"
    ]


async def test_failures_back_off_until_one_look_succeeds(ends: Ends) -> None:
    operator = Operator()
    ends(Unreachable("timeout"))
    assert [await operator.look() for _ in range(3)] == [0.05, 0.1, 0.2]
    ends(None)
    assert await operator.look() is None
    ends(Unreachable("timeout"))
    assert await operator.look() == 0.05


CONFLICTS: dict[str, tuple[Json | Exception, str]] = {
    "it is read": (a_job_body(version=105), "105"),
    "it cannot be read": (Unreachable("timeout"), "100"),
    "a defect of ours stops nobody else": (KeyError("x"), "100"),
}


@pytest.mark.parametrize(("answer", "version"), CONFLICTS.values(), ids=CONFLICTS)
async def test_after_a_conflict_the_job_is_read_and_looked_at_again(
    ends: Ends, answer: Json | Exception, version: str
) -> None:
    """FAULTS 5."""
    operator = Operator(answer)
    ends(Conflict("changed"))
    assert await operator.look() == 0.05
    assert operator.client.requests == [JOB]
    assert [job.resource_version for job in operator.cache.jobs()] == [version]


async def test_a_look_that_a_lost_lease_cuts_short_is_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = asyncio.Event()

    async def reconcile(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "reconcile", reconcile)
    operator = Operator()
    working = asyncio.create_task(operator._work())
    await asyncio.wait_for(begun.wait(), 60)
    assert operator.metrics.registry.get_sample_value("lsml_leading") == 1
    assert jobs_told(operator) == 1
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert operator.metrics.registry.get_sample_value("lsml_leading") == 0
    assert jobs_told(operator) is None  # else each replica would tell of each job
    assert await asyncio.wait_for(operator.queue.get(), 60) == KEY


async def test_an_operator_that_hears_nothing_is_ill(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULTS 12."""
    operator = Operator()
    clock = operator._heard
    monkeypatch.setattr(time, "monotonic", lambda: clock + 90)
    assert operator._ill() is None
    monkeypatch.setattr(time, "monotonic", lambda: clock + 91)
    assert operator._ill() == "the watch of pods has hung for 91 s\n"
    operator._hear()
    assert operator._ill() is None


async def test_an_operator_one_of_whose_tasks_has_ended_is_ill() -> None:
    async def breaks() -> None:
        raise KeyError("x")

    operator = Operator()
    operator._tasks = [asyncio.create_task(breaks(), name="pods")]
    await asyncio.wait(operator._tasks)
    assert operator._ill() == "the task pods has ended: KeyError('x')\n"


async def test_it_sees_once_pods_are_listed() -> None:
    operator = Runtime(SETTINGS, FakeClient())
    assert not operator._ready()
    operator.cache.replace_pods([])
    assert operator._ready()
