"""Who should be there next: each loss counted once, each successor made when it is due."""

import pytest

from lsml_operator.api.status import Restarts, Status
from lsml_operator.decide.muster import Muster, backoff_seconds, muster
from lsml_operator.decide.place import Cause, Place
from lsml_operator.world import Event, World
from unit.operator.builders import (
    Json,
    a_job,
    a_pod,
    a_report,
    a_spec,
    a_status,
    a_worker,
    a_world,
    ago,
    an_ended_pod,
    an_ending,
)

RUNNING = a_status(a_worker(), phase="Running")
OTHER_TEMPLATE: Json = a_spec(template={"env": [{"name": "A", "value": "1"}]})


def lost(cause: Cause, why: str, *, wait_s: float = 0, attempt: int = 0) -> Place:
    """The place of a worker that was lost, with its successor."""
    reasons = {"crashes": "WorkerCrashed", "out_of_memory": "WorkerOutOfMemory"}
    reason = reasons.get(cause, "WorkerEvicted" if cause == "evictions" else "WorkerUpdated")
    event = Event("Warning" if cause in reasons else "Normal", reason, f"worker 0 (attempt {attempt}) ended: {why}")
    if wait_s:
        return Place(a_worker(attempt + 1, "Waiting", not_before=at(wait_s)), cause, event, wait_s)
    return Place(a_worker(attempt + 1, "Creating"), cause, event)


def at(seconds: float) -> str:
    """So many seconds after NOW, to the millisecond."""
    return ago(-seconds).replace("Z", ".000Z")


def crashed_before(times: int, *, out_of_memory: int = 0) -> Status:
    return a_status(a_worker(times), restarts={"crashes": times, "out_of_memory": out_of_memory})


MEMORY = "it used more memory than its limit; raise workers.resources.limits.memory"
MOVED = "its template was changed"

PLACES: dict[str, tuple[World, Place]] = {
    # who is there
    "new": (a_world(), Place(a_worker(0, "Creating"))),
    "intended, its pod was not seen yet": (
        a_world(a_status(a_worker(0, "Creating"))),
        Place(a_worker(0, "Creating")),
    ),
    "pending": (a_world(a_status(a_worker(0, "Creating")), a_pod(0, "Pending")), Place(a_worker(0, "Pending"))),
    "running": (a_world(a_status(a_worker(0, "Pending")), a_pod()), Place(a_worker())),
    "its node does not answer": (a_world(RUNNING, a_pod(0, "Unknown")), Place(a_worker(0, "Pending"))),
    "done": (a_world(RUNNING, an_ended_pod(0)), Place(a_worker(0, "Ended"))),
    "wrong for ever: not replaced": (
        a_world(RUNNING, an_ended_pod(2, said=an_ending("InvalidData"))),
        Place(a_worker(0, "Ended")),
    ),
    # newcomers
    "a newcomer comes after a pod that still terminates": (
        a_world(a_status(phase="Suspended"), a_pod(3, deleting=True)),
        Place(a_worker(4, "Creating")),
    ),
    "a newcomer comes after all that are still there": (
        a_world(a_status(), an_ended_pod(1, attempt=7), a_pod(2, deleting=True)),
        Place(a_worker(8, "Creating")),
    ),
    "the pods of another place do not matter": (
        a_world(a_status(), a_pod(5, index=1)),
        Place(a_worker(0, "Creating")),
    ),
    # crashes
    "the first crash: again at once": (a_world(RUNNING, an_ended_pod(1)), lost("crashes", "exit code 1")),
    "the second: after 10 s": (
        a_world(crashed_before(1), an_ended_pod(1, 1)),
        lost("crashes", "exit code 1", wait_s=10, attempt=1),
    ),
    "out of memory waits as long": (
        a_world(crashed_before(1), an_ended_pod(137, 1, container_reason="OOMKilled")),
        lost("out_of_memory", MEMORY, wait_s=10, attempt=1),
    ),
    "out of memory, with the limit and the most that was heard of": (
        a_world(
            RUNNING,
            an_ended_pod(137, container_reason="OOMKilled"),
            report=a_report(peak_memory_bytes=int(1.5 * 2**30)),
        ),
        lost(
            "out_of_memory",
            "it used more memory than its limit of 2Gi, and had 1.5Gi when it last spoke; raise "
            "workers.resources.limits.memory",
        ),
    ),
    "both are counted for the wait": (
        a_world(crashed_before(1, out_of_memory=2), an_ended_pod(1, 1)),
        lost("crashes", "exit code 1", wait_s=40, attempt=1),
    ),
    "lived 10 minutes: still part of the loop": (
        a_world(crashed_before(1), an_ended_pod(1, 1, age_s=600)),
        lost("crashes", "exit code 1", wait_s=10, attempt=1),
    ),
    "lived longer: again at once": (
        a_world(crashed_before(5), an_ended_pod(1, 5, age_s=601)),
        lost("crashes", "exit code 1", attempt=5),
    ),
    # evictions
    "its machine was taken: again at once": (
        a_world(RUNNING, an_ended_pod(143, disruption="EvictionByEvictionAPI")),
        lost("evictions", "EvictionByEvictionAPI"),
    ),
    "its pod is gone": (a_world(RUNNING), lost("evictions", "its pod was deleted")),
    "its pod is being deleted": (a_world(RUNNING, a_pod(deleting=True)), lost("evictions", "its pod was deleted")),
    "its node refused it: after a second": (
        a_world(RUNNING, an_ended_pod(None, pod_reason="OutOfmemory", age_s=0)),
        lost("evictions", "OutOfmemory", wait_s=1),
    ),
    "gave it up after 9 s: after a second": (
        a_world(RUNNING, an_ended_pod(143, age_s=9)),
        lost("evictions", "exit code 143 (SIGTERM)", wait_s=1),
    ),
    "gave it up after 10 s: at once": (
        a_world(RUNNING, an_ended_pod(143, age_s=10)),
        lost("evictions", "exit code 143 (SIGTERM)"),
    ),
    "evicted after many crashes: at once": (
        a_world(crashed_before(6), an_ended_pod(143, 6)),
        lost("evictions", "exit code 143 (SIGTERM)", attempt=6),
    ),
    # back-off
    "its back-off runs": (
        a_world(a_status(a_worker(2, "Waiting", not_before=at(8)))),
        Place(a_worker(2, "Waiting", not_before=at(8)), wake_seconds=8),
    ),
    "its back-off is over to the second": (
        a_world(a_status(a_worker(2, "Waiting", not_before=at(0)))),
        Place(a_worker(2, "Creating")),
    ),
    "its back-off was written by an earlier version": (
        a_world(a_status(a_worker(2, "Waiting", not_before=at(8).replace("Z", "+00:00")))),
        Place(a_worker(2, "Waiting", not_before=at(8).replace("Z", "+00:00")), wake_seconds=8),
    ),
    "its back-off was over long ago": (
        a_world(a_status(a_worker(2, "Waiting", not_before=at(-3600)))),
        Place(a_worker(2, "Creating")),
    ),
    # changed templates
    "its template was changed": (a_world(RUNNING, a_pod(made_from=OTHER_TEMPLATE)), lost("updates", MOVED)),
    "resources count as template": (
        a_world(RUNNING, a_pod(), resources={"limits": {"cpu": 1}}),
        lost("updates", MOVED),
    ),
    "changed back before anybody looked: nothing happens (FAULTS 17)": (
        a_world(RUNNING, a_pod(made_from=OTHER_TEMPLATE), template=OTHER_TEMPLATE["workers"]["template"]),
        Place(a_worker()),
    ),
    "changed, but 7 s old: in 3 s (FAULTS 32)": (
        a_world(RUNNING, a_pod(made_from=OTHER_TEMPLATE, age_s=7)),
        Place(a_worker(), wake_seconds=3),
    ),
    "changed, 10 s old": (
        a_world(RUNNING, a_pod(made_from=OTHER_TEMPLATE, age_s=10)),
        lost("updates", MOVED),
    ),
    "changed while pending: that may be the remedy": (
        a_world(a_status(a_worker(0, "Pending")), a_pod(0, "Pending", made_from=OTHER_TEMPLATE)),
        lost("updates", MOVED),
    ),
    "changed after it was done: it stays done": (
        a_world(RUNNING, an_ended_pod(0, made_from=OTHER_TEMPLATE)),
        Place(a_worker(0, "Ended")),
    ),
    "changed and crashed: a crash": (
        a_world(RUNNING, an_ended_pod(1, made_from=OTHER_TEMPLATE)),
        lost("crashes", "exit code 1"),
    ),
}


@pytest.mark.parametrize(("world", "wanted"), PLACES.values(), ids=PLACES)
def test_a_place(world: World, wanted: Place) -> None:
    found = muster(world)
    assert found.places == (wanted,)
    before = world.status.restarts
    counted: Json = {wanted.cause: getattr(before, wanted.cause) + 1} if wanted.cause else {}
    assert found.restarts == before.model_copy(update=counted)


def test_a_loss_that_is_stored_is_not_counted_again() -> None:
    """The pod that ended is still there; the status intends the next attempt."""
    ended = an_ended_pod(1)
    first = muster(a_world(RUNNING, ended))
    again = muster(a_world(a_status(*first.workers, restarts=first.restarts.model_dump()), ended))
    assert (first.restarts, first.failures) == (Restarts(crashes=1), 1)
    assert again == Muster((Place(a_worker(1, "Creating")),), Restarts(crashes=1))


def test_a_loss_that_was_not_stored_is_counted_by_whoever_comes_next() -> None:
    world = a_world(RUNNING, an_ended_pod(1))
    assert muster(world) == muster(world)


def test_each_place_of_a_team_is_judged_by_itself() -> None:
    status = a_status(a_worker(), a_worker(2, index=1), a_worker(0, "Waiting", index=2, not_before=at(30)))
    pods = (an_ended_pod(1), a_pod(2, index=1, deleting=True), a_pod(4, index=3, deleting=True))
    found = muster(a_world(job=a_job(status, replicas=4, least=4), pods=pods))
    assert found.workers == (
        a_worker(1, "Creating"),
        a_worker(3, "Creating", index=1),
        a_worker(0, "Waiting", index=2, not_before=at(30)),
        a_worker(5, "Creating", index=3),
    )
    assert found.restarts == Restarts(crashes=1, evictions=1)
    assert [loss.reason for loss in found.losses] == ["WorkerCrashed", "WorkerEvicted"]
    assert found.wake_seconds == 30


def test_a_team_that_shrank_loses_nobody() -> None:
    status = a_status(a_worker(), a_worker(index=1))
    found = muster(a_world(job=a_job(status, replicas=1, least=1), pods=(a_pod(), an_ended_pod(1, index=1))))
    assert found == Muster((Place(a_worker()),), Restarts())


def machines(waiting: int, *, replicas: int) -> list[str]:
    """What is done about each place when so many pods wait for a machine, and no other was made."""
    pods = tuple(
        a_pod(0, "Pending", index=index, scheduled=False, made_from=a_spec(replicas=9)) for index in range(waiting)
    )
    status = a_status(*(a_worker(0, "Pending", index=index) for index in range(waiting)))
    return [w.state for w in muster(a_world(status, *pods, replicas=replicas, most=9)).workers]


def test_no_more_than_three_pods_wait_for_a_machine() -> None:
    assert machines(0, replicas=5) == ["Creating", "Creating", "Creating", "Waiting", "Waiting"]
    assert machines(2, replicas=5) == ["Pending", "Pending", "Creating", "Waiting", "Waiting"]
    assert machines(3, replicas=5) == ["Pending", "Pending", "Pending", "Waiting", "Waiting"]
    assert machines(2, replicas=2) == ["Pending", "Pending"]


def test_one_that_waits_for_its_turn_is_made_when_a_machine_was_found() -> None:
    spec = a_spec(replicas=4)
    status = a_status(*(a_worker(index=index) for index in range(3)), a_worker(0, "Waiting", index=3))
    pods = (a_pod(index=index, made_from=spec) for index in range(3))
    assert muster(a_world(status, *pods, replicas=4)).workers[3] == a_worker(0, "Creating", index=3)


def test_backoff_doubles_up_to_its_limit() -> None:
    assert [backoff_seconds(failures) for failures in range(10)] == [0, 0, 10, 20, 40, 80, 160, 320, 360, 360]
    assert backoff_seconds(10**9) == 360
