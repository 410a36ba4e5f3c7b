"""What holds a worker's pod back: a gang's gate; and by what Kueue knows which queue and group it belongs to."""

from dataclasses import replace

import pytest

from lsml_operator.api.status import GangStatus
from lsml_operator.desired.coordinator import coordinator_pod
from lsml_operator.desired.pod import worker_pod
from lsml_operator.template_hash import template_hash
from unit.operator.builders import SETTINGS, Json, a_coordinator, a_job, a_spec, a_worker

QUEUE = {"kueue.x-k8s.io/queue-name": "team-a", "kueue.x-k8s.io/priority-class": "high"}
GROUP: Json = {"kueue.x-k8s.io/pod-group-name": "iris-uid-iris-3"}
GROUP_NOTES: Json = {"kueue.x-k8s.io/pod-group-total-count": "2", "kueue.x-k8s.io/retriable-in-group": "false"}
HELD = [{"name": "lsml.dev/gang"}]

QUEUED: dict[str, tuple[Json, Json, int, GangStatus | None, tuple[Json, Json, list[Json]]]] = {
    "no queue": ({}, {}, 0, None, ({}, {}, [])),
    "a queue of the job's": (QUEUE, {}, 0, None, (QUEUE, {}, [])),
    "a gang": ({}, {"gang": "strict"}, 1, GangStatus(formation=3), ({}, {}, HELD)),
    "a worker beside its gang": (QUEUE, {"gang": "strict"}, 2, GangStatus(formation=3), (QUEUE, {}, [])),
    "a gang with a queue": (
        QUEUE,
        {"gang": "strict"},
        1,
        GangStatus(formation=3),
        (QUEUE | GROUP, GROUP_NOTES, HELD),
    ),
    "who replaces one of a gang that was placed has its part of the quota": (
        QUEUE,
        {"gang": "strict"},
        1,
        GangStatus(formation=3, placed=True),
        (QUEUE | GROUP, GROUP_NOTES, []),
    ),
}


@pytest.mark.parametrize(("queue", "spec", "index", "gang", "wanted"), QUEUED.values(), ids=QUEUED)
def test_queues_and_gangs(
    queue: Json, spec: Json, index: int, gang: GangStatus | None, wanted: tuple[Json, Json, list[Json]]
) -> None:
    job = replace(a_job(least=2, replicas=3, **spec), queue=queue)
    made = worker_pod(job, a_worker(index=index), SETTINGS, "10.0.0.1", gang)
    labels, notes = made["metadata"]["labels"], made["metadata"]["annotations"]
    of_kueue = [{name: value for name, value in of.items() if "kueue" in name} for of in (labels, notes)]
    assert (*of_kueue, made["spec"].get("schedulingGates", [])) == wanted


def test_a_coordinator_is_in_no_queue_by_its_job_but_by_its_template() -> None:
    """Its workers would have to wait for it: those that were admitted, with their machines."""
    job = replace(a_job(replicas=2), queue=QUEUE)
    assert not QUEUE.keys() & coordinator_pod(job, a_coordinator(), SETTINGS)["metadata"]["labels"].keys()
    asked = a_job(replicas=2, template={"labels": QUEUE})
    assert QUEUE.items() <= coordinator_pod(asked, a_coordinator(), SETTINGS)["metadata"]["labels"].items()


def test_another_queue_is_another_template() -> None:
    assert len({template_hash(a_spec(), queue) for queue in ({}, QUEUE, {**QUEUE, **{"x": "y"}})}) == 3
