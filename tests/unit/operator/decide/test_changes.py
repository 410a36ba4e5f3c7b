"""What is made and what is taken away: nothing that the status to be stored intends."""

import pytest

from lsml_operator.api.status import CoordinatorStatus, Status
from lsml_operator.decide.changes import changes
from lsml_operator.desired.coordinator import coordinator_pod, coordinator_service
from lsml_operator.desired.network_policy import network_policy
from lsml_operator.desired.pod import worker_pod
from lsml_operator.desired.token_secret import token_secret, with_token
from lsml_operator.settings import Settings
from lsml_operator.world import Change, Create, Delete, Object, World
from unit.operator.builders import (
    KEY,
    SETTINGS,
    TOKEN_KEY,
    TOKEN_SECRET,
    a_coordinator,
    a_coordinators_pod,
    a_job,
    a_pod,
    a_spec,
    a_status,
    a_succeeded_status,
    a_worker,
    a_world,
    an_ended_pod,
)

JOB = a_job()
GUARDS = (Create(network_policy(JOB, SETTINGS)), Create(token_secret(JOB, TOKEN_KEY)))


def made(body: Object) -> Create:
    """A pod, with its job's token."""
    return Create(with_token(body, TOKEN_SECRET, SETTINGS))


def the_pod(attempt: int = 0) -> Create:
    return made(worker_pod(JOB, a_worker(attempt, "Creating"), SETTINGS))


def delete(attempt: int = 0, index: int = 0) -> Delete:
    return Delete("Pod", f"iris-w{index}-{attempt}", f"uid-w{index}-{attempt}")


NOBODY = a_status()

CASES: dict[str, tuple[World, Status, tuple[Change, ...]]] = {
    # made
    "the first pod, and before it what guards it and what it has": (
        a_world(),
        a_status(a_worker(0, "Creating")),
        (*GUARDS, the_pod()),
    ),
    "it was made, but not seen yet: made again, which adopts it": (
        a_world(a_status(a_worker(0, "Creating"))),
        a_status(a_worker(0, "Creating")),
        (*GUARDS, the_pod()),
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


TEAM = a_job(replicas=2)
SERVICE = Create(coordinator_service(TEAM))
COORDINATOR = a_coordinators_pod(made_from=a_spec(replicas=2))
UNKNOWN = a_coordinator(0, "Creating", address=None)


def the_coordinator(attempt: int = 0) -> Create:
    return made(coordinator_pod(TEAM, a_coordinator(attempt, "Creating"), SETTINGS))


def a_member(index: int) -> Create:
    return made(worker_pod(TEAM, a_worker(0, "Creating", index=index), SETTINGS, "10.96.0.7"))


def team(state: str, coordinator: CoordinatorStatus) -> Status:
    return a_status(a_worker(0, state), a_worker(0, state, index=1), coordinator=coordinator)


LEAVING = a_status(coordinator=a_coordinator(state="Leaving"))
OF_TEAMS: dict[str, tuple[World, Status, tuple[Change, ...]]] = {
    "first where to meet": (a_world(job=TEAM), team("Creating", UNKNOWN), (*GUARDS, SERVICE, the_coordinator())),
    "then whoever knows the address": (
        a_world(job=TEAM, pods=(COORDINATOR,)),
        team("Creating", a_coordinator()),
        (a_member(0), a_member(1)),
    ),
    "its address was not heard: asked for again": (
        a_world(job=TEAM, pods=(COORDINATOR,)),
        team("Creating", a_coordinator(address=None)),
        (SERVICE,),
    ),
    "the coordinator's next attempt": (
        a_world(job=TEAM, pods=(a_coordinators_pod(deleting=True), a_pod(), a_pod(index=1))),
        team("Running", a_coordinator(1, "Creating")),
        (the_coordinator(1),),
    ),
    "its next attempt is not due": (
        a_world(job=TEAM, pods=(a_pod(), a_pod(index=1))),
        team("Running", a_coordinator(1, "Waiting")),
        (),
    ),
    "one that is not the intended goes": (
        a_world(job=TEAM, pods=(COORDINATOR, a_coordinators_pod(1), a_pod(), a_pod(index=1))),
        team("Running", a_coordinator(1)),
        (Delete("Pod", "iris-coordinator-0", "uid-coordinator-0"),),
    ),
    "at the end its address is given back, too": (
        a_world(job=TEAM, pods=(COORDINATOR, an_ended_pod(0))),
        LEAVING,
        (
            Delete("Service", "iris-coordinator", None),
            Delete("Pod", "iris-coordinator-0", "uid-coordinator-0"),
        ),
    ),
    "also if its pod is gone": (
        a_world(a_status(coordinator=a_coordinator()), replicas=2),
        LEAVING,
        (Delete("Service", "iris-coordinator", None),),
    ),
    "whoever comes after an operator that was killed just then": (
        a_world(a_status(coordinator=a_coordinator(state="Leaving")), replicas=2),
        LEAVING,
        (Delete("Service", "iris-coordinator", None),),
    ),
    "and that once": (a_world(job=TEAM, pods=(a_coordinators_pod(deleting=True),)), NOBODY, ()),
}
CASES |= OF_TEAMS


@pytest.mark.parametrize(("world", "status", "wanted"), CASES.values(), ids=CASES)
def test_changes(world: World, status: Status, wanted: tuple[Change, ...]) -> None:
    assert changes(world, status, SETTINGS) == wanted


def test_outside_a_cluster_nobody_is_locked_out() -> None:
    developers = Settings(trainer_image=SETTINGS.trainer_image)
    pod = Create(worker_pod(JOB, a_worker(0, "Creating"), SETTINGS))
    assert changes(a_world(token=None), a_status(a_worker(0, "Creating")), developers) == (pod,)
