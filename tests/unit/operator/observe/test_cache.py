"""What was last seen, and who hears of it."""

import pytest

from lsml_operator.observe.cache import Cache
from lsml_operator.world import JobKey, Outcome, Refusal
from unit.operator.builders import (
    KEY,
    NOW,
    Json,
    a_coordinator_body,
    a_job_body,
    a_pod,
    a_pod_body,
    a_progress,
    a_report,
)

OTHER = JobKey("team", "iris", "uid-of-its-predecessor")
STARTING: Json = {"reason": "ContainerCreating"}


class Seen:
    """A cache, and the jobs that it said something happened to."""

    def __init__(self, *pods: Json, job: bool = True) -> None:
        self.heard: list[JobKey] = []
        self.cache = Cache(self.heard.append)
        if job:
            self.cache.put_job(a_job_body())
        self.cache.replace_pods(pods)
        self.heard.clear()


def names(cache: Cache, key: JobKey = KEY) -> list[str] | None:
    world = cache.observe(key, NOW)
    return None if world is None else [pod.name for pod in world.pods]


# Jobs


def test_before_pods_were_listed_nothing_is_looked_at() -> None:
    heard: list[JobKey] = []
    cache = Cache(heard.append)
    cache.put_job(a_job_body())
    assert cache.observe(KEY, NOW) is None
    cache.replace_pods([])
    assert heard == [KEY, KEY], "it is looked at once they were"
    assert names(cache) == []


JOBS: dict[str, tuple[Json, list[JobKey]]] = {
    "newer": (a_job_body(version=101), [KEY]),
    "newer by a digit": (a_job_body(version=1000), [KEY]),
    "the same again (FAULTS 13)": (a_job_body(version=100), []),
    "older: a watch that lags behind our own write": (a_job_body(version=99), []),
    "another of the same name (FAULTS 16)": (a_job_body(version=50, key=OTHER), [OTHER]),
}


@pytest.mark.parametrize(("body", "wanted"), JOBS.values(), ids=JOBS)
def test_news_of_a_job(body: Json, wanted: list[JobKey]) -> None:
    seen = Seen()
    seen.cache.put_job(body)
    assert seen.heard == wanted


def test_a_job_that_is_gone_is_forgotten() -> None:
    seen = Seen()
    seen.cache.remember(KEY, Outcome((Refusal("pod", 403, "no"),)))
    seen.cache.drop_job(a_job_body())
    assert (seen.cache.observe(KEY, NOW), list(seen.cache.jobs())) == (None, [])
    seen.cache.put_job(a_job_body(version=200))
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert world.refusals == ()


def test_an_answer_that_comes_after_the_jobs_end_does_not_bring_it_back() -> None:
    seen = Seen()
    seen.cache.renew_job(a_job_body(version=101))
    assert seen.heard == [KEY]
    seen.cache.drop_job(a_job_body(version=102))
    seen.cache.renew_job(a_job_body(version=102))
    assert list(seen.cache.jobs()) == []


def test_a_job_that_goes_is_left_to_the_garbage_collector() -> None:
    seen = Seen(a_pod_body())
    seen.cache.put_job(a_job_body(version=101, deletionTimestamp="2025-06-01T12:00:00Z"))
    assert (seen.heard, seen.cache.observe(KEY, NOW)) == ([KEY], None)


# Pods

PODS: dict[str, tuple[Json, list[JobKey]]] = {
    "a new one": (a_pod_body(1), [KEY]),
    "another phase": (a_pod_body(0, "Failed"), [KEY]),
    "the same again": (a_pod_body(), []),
    "what changed is of no interest": (a_pod_body(resourceVersion="300", finalizers=["x"]), []),
    "its owner reference was taken off (FAULTS 22)": (a_pod_body(owner=None), [KEY]),
    "made again by another job of the same name": (a_pod_body(owner=OTHER.uid, uid="new"), [KEY, OTHER]),
    "given to another job, and otherwise the same": (a_pod_body(owner=OTHER.uid), [KEY, OTHER]),
}


@pytest.mark.parametrize(("body", "wanted"), PODS.values(), ids=PODS)
def test_news_of_a_pod(body: Json, wanted: list[JobKey]) -> None:
    seen = Seen(a_pod_body())
    seen.cache.put_pod(body)
    assert seen.heard == wanted


def test_the_children_of_a_predecessor_are_not_adopted() -> None:
    """FAULTS 16."""
    seen = Seen(a_pod_body(0, owner=OTHER.uid), a_pod_body(1))
    assert names(seen.cache) == ["iris-w0-1"]


def test_a_pod_that_nobody_owns_is_nobodys() -> None:
    assert names(Seen(a_pod_body(owner=None)).cache) == []


def test_pods_are_in_order() -> None:
    assert names(Seen(a_pod_body(1), a_pod_body(0)).cache) == ["iris-w0-0", "iris-w0-1"]


def test_a_list_after_a_gap_tells_who_is_gone_and_who_came() -> None:
    seen = Seen(a_pod_body(0), a_pod_body(1))
    seen.cache.replace_pods([a_pod_body(1), a_pod_body(2)])
    assert (names(seen.cache), seen.heard) == (["iris-w0-1", "iris-w0-2"], [KEY, KEY])


def test_a_list_that_brings_nothing_new_wakes_nobody() -> None:
    seen = Seen(a_pod_body(0))
    seen.cache.replace_pods([a_pod_body(0)])
    assert seen.heard == []


def test_a_pod_that_is_gone_twice_is_gone_once() -> None:
    seen = Seen(a_pod_body())
    for _ in range(2):
        seen.cache.drop_pod(("team", "iris-w0-0"))
    assert (names(seen.cache), seen.heard) == ([], [KEY])


# What workers say


def test_a_report_is_news_once_and_goes_with_its_pod() -> None:
    seen = Seen(a_pod_body())
    for _ in range(2):
        seen.cache.put_report(KEY, "uid-w0-0", a_report())
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert (world.report, seen.heard) == (a_report(), [KEY])
    seen.cache.drop_pod(("team", "iris-w0-0"))
    seen.cache.put_pod(a_pod_body(1))
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert world.report is None


SPEAKERS: dict[str, tuple[tuple[Json, ...], float | None]] = {
    "the only one": ((a_pod_body(0),), 0),
    "its successor is there: nobody speaks until it does": ((a_pod_body(0, "Failed"), a_pod_body(3)), None),
    "its successor speaks": ((a_pod_body(0, "Failed"), a_pod_body(1)), 1),
    "the tenth comes after the second, whatever their names": ((a_pod_body(2, "Failed"), a_pod_body(10)), 10),
    "one that goes while its successor speaks": (
        (a_pod_body(1, deletionTimestamp="2025-06-01T12:00:00Z"), a_pod_body(2)),
        2,
    ),
}


@pytest.mark.parametrize(("pods", "percent"), SPEAKERS.values(), ids=SPEAKERS)
def test_the_newest_attempt_speaks_for_the_job(pods: tuple[Json, ...], percent: float | None) -> None:
    seen = Seen(*pods)
    for attempt in (0, 1, 2, 10):  # each says its number
        seen.cache.put_report(KEY, f"uid-w0-{attempt}", a_report(progress=a_progress(percent=attempt)))
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert (world.report.progress.percent if world.report else None) == percent


def test_what_is_said_of_a_pod_that_went_meanwhile_is_not_kept() -> None:
    """Nothing would ever take it away again."""
    seen = Seen(a_pod_body(1))
    seen.cache.put_report(KEY, "uid-w0-0", a_report())
    seen.cache.put_failed_mount(KEY, "uid-w0-0", "no claim")
    assert seen.heard == []
    seen.cache.put_pod(a_pod_body(0, "Pending", waiting=STARTING))
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert (world.report, [pod.container_reason for pod in world.pods]) == (None, ["ContainerCreating", None])


def test_a_pod_that_was_made_again_under_its_name_has_said_nothing_yet() -> None:
    seen = Seen(a_pod_body())
    seen.cache.put_report(KEY, "uid-w0-0", a_report())
    seen.cache.replace_pods([a_pod_body(uid="another")])
    seen.cache.put_report(KEY, "uid-w0-0", a_report())
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert ([pod.uid for pod in world.pods], world.report) == (["another"], None)


ASKED: dict[str, tuple[Json, bool]] = {
    "it runs": (a_pod_body(), True),
    "it is pending": (a_pod_body(0, "Pending"), False),
    "it has no address yet": (a_pod_body(ip=None), False),
    "it is being deleted": (a_pod_body(deletionTimestamp="2025-06-01T12:00:00Z"), False),
    "it ended": (a_pod_body(0, "Succeeded"), False),
}


@pytest.mark.parametrize(("body", "wanted"), ASKED.values(), ids=ASKED)
def test_who_is_asked(body: Json, wanted: bool) -> None:
    asked = Seen(body).cache.running_pods()
    assert [(key, pod.name) for key, pod in asked] == ([(KEY, "iris-w0-0")] if wanted else [])


# What does not start

STARTS: dict[str, tuple[Json, bool]] = {
    "its container is being created": (a_pod_body(0, "Pending", waiting=STARTING), True),
    "the kubelet says why not": (a_pod_body(0, "Pending", waiting={"reason": "ErrImagePull"}), False),
    "no machine": (
        a_pod_body(
            0,
            "Pending",
            waiting=STARTING,
            status={"conditions": [{"type": "PodScheduled", "status": "False", "message": "no"}]},
        ),
        False,
    ),
    "it runs": (a_pod_body(), False),
}


@pytest.mark.parametrize(("body", "wanted"), STARTS.values(), ids=STARTS)
def test_who_may_lack_a_volume(body: Json, wanted: bool) -> None:
    assert [pod.name for _, pod in Seen(body).cache.starting_pods()] == (["iris-w0-0"] if wanted else [])


def test_a_failed_mount_is_told_as_the_reason_until_it_starts() -> None:
    seen = Seen(a_pod_body(0, "Pending", waiting=STARTING))
    for _ in range(2):
        seen.cache.put_failed_mount(KEY, "uid-w0-0", "no claim")
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert seen.heard == [KEY]
    assert [(pod.container_reason, pod.container_message) for pod in world.pods] == [("FailedMount", "no claim")]
    seen.cache.put_pod(a_pod_body())
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert world.pods == (a_pod(ip="10.0.0.1"),)


# What the API server refused


def test_refusals_are_news_when_they_change() -> None:
    seen, refusals = Seen(), (Refusal("pod iris-w0-0", 403, "no"),)
    for _ in range(2):
        seen.cache.remember(KEY, Outcome(refusals))
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert (world.refusals, seen.heard) == (refusals, [KEY])
    for _ in range(2):
        seen.cache.remember(KEY, Outcome())
    assert seen.heard == [KEY, KEY]


# Teams


def test_of_a_team_the_coordinator_is_asked_and_speaks() -> None:
    seen = Seen(a_pod_body(), a_pod_body(index=1), a_coordinator_body())
    assert [pod.name for _, pod in seen.cache.running_pods()] == ["iris-coordinator-0"]
    seen.cache.put_report(KEY, "uid-coordinator-0", a_report("Training"))
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert [pod.name for pod in world.pods] == ["iris-w0-0", "iris-w1-0"]
    assert [pod.name for pod in world.coordinators] == ["iris-coordinator-0"]
    assert world.report == a_report("Training")


STORED: dict[str, tuple[Json, str | None]] = {
    "not stored yet": ({"coordinator": {"attempt": 0, "state": "Creating"}}, "10.96.0.7"),
    "stored: the status says it from now on": (
        {"coordinator": {"attempt": 0, "state": "Creating", "address": "10.96.0.7"}},
        None,
    ),
    "held: the address was given back": ({"phase": "Suspended"}, None),
}


@pytest.mark.parametrize(("status", "wanted"), STORED.values(), ids=STORED)
def test_an_address_is_remembered_until_it_is_stored(status: Json, wanted: str | None) -> None:
    seen = Seen()
    for _ in range(2):
        seen.cache.remember(KEY, Outcome(address="10.96.0.7"))
    assert seen.heard == [KEY]
    seen.cache.put_job(a_job_body(version=101, status=status))
    world = seen.cache.observe(KEY, NOW)
    assert world is not None
    assert world.address == wanted
