"""What is made and what is taken away: nothing that the status to be stored intends."""

import pytest

from lsml_operator.api.status import Status
from lsml_operator.decide.changes import changes
from lsml_operator.desired.network_policy import network_policy
from lsml_operator.desired.pod import worker_pod
from lsml_operator.settings import Settings
from lsml_operator.world import Change, Create, Delete, World
from unit.operator.builders import (
    KEY,
    SETTINGS,
    a_job,
    a_pod,
    a_status,
    a_succeeded_status,
    a_worker,
    a_world,
    an_ended_pod,
)

JOB = a_job()
POLICY = Create(network_policy(JOB, "lsml-system"))


def the_pod(attempt: int = 0) -> Create:
    return Create(worker_pod(JOB, a_worker(attempt, "Creating"), SETTINGS))


def delete(attempt: int = 0, index: int = 0) -> Delete:
    return Delete("Pod", f"iris-w{index}-{attempt}", f"uid-w{index}-{attempt}")


NOBODY = a_status()

CASES: dict[str, tuple[World, Status, tuple[Change, ...]]] = {
    # made
    "the first pod, and before it what guards it": (
        a_world(),
        a_status(a_worker(0, "Creating")),
        (POLICY, the_pod()),
    ),
    "it was made, but not seen yet: made again, which adopts it": (
        a_world(a_status(a_worker(0, "Creating"))),
        a_status(a_worker(0, "Creating")),
        (POLICY, the_pod()),
    ),
    "it is there": (a_world(pods=(a_pod(0, "Pending"),)), a_status(a_worker(0, "Creating")), ()),
    "its back-off runs": (a_world(), a_status(a_worker(1, "Waiting")), ()),
    "the next attempt; the one that ended is kept for its log": (
        a_world(pods=(an_ended_pod(1),)),
        a_status(a_worker(1, "Creating")),
        (the_pod(1),),
    ),
    "the one that still runs goes before the next attempt comes": (
        a_world(pods=(a_pod(),)),
        a_status(a_worker(1, "Creating")),
        (delete(0), the_pod(1)),
    ),
    "the next attempt; the one that is being deleted goes by itself": (
        a_world(pods=(a_pod(deleting=True),)),
        a_status(a_worker(1, "Creating")),
        (the_pod(1),),
    ),
    "a worker that was seen is not made again, though its pod is gone": (a_world(), a_status(a_worker()), ()),
    # kept
    "the intended one, in whatever state": (a_world(pods=(a_pod(),)), a_status(a_worker()), ()),
    "the intended one that ended": (a_world(pods=(an_ended_pod(1),)), a_status(a_worker(0, "Ended")), ()),
    "the last one that ended, while its successor waits": (
        a_world(pods=(an_ended_pod(1, 2),)),
        a_status(a_worker(3, "Waiting")),
        (),
    ),
    "the last one that ended, after the job has ended": (a_world(pods=(an_ended_pod(0),)), NOBODY, ()),
    # taken away
    "of those that ended all but the last": (
        a_world(pods=(an_ended_pod(1, 0), an_ended_pod(1, 1), an_ended_pod(1, 2), a_pod(3))),
        a_status(a_worker(3)),
        (delete(0), delete(1)),
    ),
    "what runs of a job that is held": (a_world(pods=(a_pod(),)), NOBODY, (delete(),)),
    "what is pending of a job that is held": (a_world(pods=(a_pod(0, "Pending"),)), NOBODY, (delete(),)),
    "what is already going": (a_world(pods=(a_pod(deleting=True),)), NOBODY, ()),
    "a place that the team has no more": (
        a_world(pods=(a_pod(), a_pod(index=1))),
        a_status(a_worker()),
        (delete(index=1),),
    ),
    "an attempt from the future: a status that was put back": (
        a_world(pods=(a_pod(1),)),
        a_status(a_worker(0, "Creating")),
        (delete(1), the_pod(0)),
    ),
    # the job itself
    "ended, without a time to live": (a_world(a_succeeded_status(ended_s=999)), a_succeeded_status(ended_s=999), ()),
    "ended, not due yet": (
        a_world(a_succeeded_status(ended_s=9), ttl_s=10),
        a_succeeded_status(ended_s=9),
        (),
    ),
    "ended, due: the job, and its pods go with it": (
        a_world(a_succeeded_status(ended_s=10), an_ended_pod(0), ttl_s=10),
        a_succeeded_status(ended_s=10),
        (Delete("TrainingJob", KEY.name, KEY.uid),),
    ),
    "ended just now, with no time to live: stored first": (
        a_world(a_status(a_worker()), an_ended_pod(0), ttl_s=0),
        a_succeeded_status(),
        (),
    ),
}


@pytest.mark.parametrize(("world", "status", "wanted"), CASES.values(), ids=CASES)
def test_changes(world: World, status: Status, wanted: tuple[Change, ...]) -> None:
    assert changes(world, status, SETTINGS) == wanted


def test_outside_a_cluster_nobody_is_locked_out() -> None:
    developers = Settings(trainer_image=SETTINGS.trainer_image)
    assert changes(a_world(), a_status(a_worker(0, "Creating")), developers) == (the_pod(),)
