"""Somebody else writes at the same time (FAULTS 5, 13, 18), seen from within: the operator's own reconcile."""

from collections.abc import Callable

import pytest

from cluster.api import Object
from cluster.kubelet import Kubelet
from cluster.mortal import Clock, MortalClient, MortalOperator
from cluster.objects import UNSEEN, a_job, an_ending, done, name_of, phase
from cluster.space import Space

pytestmark = pytest.mark.usefixtures("no_operator")


@pytest.fixture
def operator(connection: MortalClient, space: Space) -> MortalOperator:
    """An operator of the job iris."""
    return MortalOperator(connection, Clock(), space.name, "iris")


async def test_an_edit_between_look_and_write_is_kept(
    connection: MortalClient, operator: MortalOperator, space: Space
) -> None:
    """The status is refused, the job is read again, and what its author wrote meanwhile holds (FAULTS 5)."""
    space.create(a_job())
    edit = {"metadata": {"labels": {"mine": "yes"}}, "spec": {"backoffLimit": 0, "suspend": True}}

    def meanwhile(write: str) -> None:
        connection.before_write = lambda _: None
        space.edit("TrainingJob", "iris", edit)

    connection.before_write = meanwhile
    await operator.see()
    await operator.reconcile()
    assert connection.writes == [f"PATCH /apis/lsml.dev/v1alpha1/namespaces/{space.name}/trainingjobs/iris/status"]
    assert space.job()["status"] == UNSEEN, "it was refused, and nothing was done on old knowledge"

    await operator.settle()

    job = space.job()
    assert job["metadata"]["labels"] == {"mine": "yes"}
    assert (job["spec"]["backoffLimit"], job["spec"]["suspend"]) == (0, True)
    assert (phase(job), job["status"]["observedGeneration"]) == ("Suspended", 2)
    assert space.all("Pod") == []


async def test_an_edit_of_every_moment_is_kept(
    connection: MortalClient, operator: MortalOperator, space: Space, kubelet: Kubelet
) -> None:
    """An author who writes before each of the operator's writes loses nothing, and stops nothing (FAULTS 5)."""
    edits: list[str] = []

    def meanwhile(write: str) -> None:
        if len(edits) < 10:
            edits.append(f"n{len(edits)}")
            space.edit("TrainingJob", "iris", {"metadata": {"labels": {edits[-1]: "yes"}}})

    connection.before_write = meanwhile
    space.create(a_job())
    for _ in range(20):
        await operator.settle()
    kubelet.ends(space.get("Pod", "iris-w0-0"), 0, done())
    for _ in range(20):
        await operator.settle()

    job = space.job()
    assert phase(job) == "Succeeded"
    assert sorted(job["metadata"]["labels"]) == sorted(edits)


async def test_what_is_seen_twice_is_written_once(
    connection: MortalClient, operator: MortalOperator, space: Space, kubelet: Kubelet
) -> None:
    """The same events again, at each stage of a job: no further write (FAULTS 13)."""
    space.create(a_job())
    await operator.settle()
    happenings: list[tuple[str, Callable[[Object], None]]] = [
        ("iris-w0-0", kubelet.runs),
        ("iris-w0-0", lambda pod: kubelet.ends(pod, 1, "no reason")),
        ("iris-w0-1", lambda pod: kubelet.ends(pod, 0, done())),
    ]
    for pod, happens in happenings:
        happens(space.get("Pod", pod))
        await operator.settle()
        before = list(connection.writes)
        for _ in range(3):
            await operator.see()
            await operator.reconcile()
        assert connection.writes == before


async def test_two_operators_that_both_write_do_no_harm(
    connection: MortalClient, operator: MortalOperator, space: Space, kubelet: Kubelet
) -> None:
    """A lease that failed its purpose: each acts on what the other changed already (FAULTS 18)."""
    other = MortalOperator(connection, Clock(), space.name, "iris")
    space.create(a_job())

    async def both() -> None:
        for _ in range(6):
            await operator.see()
            await other.see()
            await operator.reconcile()
            await other.reconcile()  # on what it saw before the first one wrote

    await both()
    kubelet.runs(space.get("Pod", "iris-w0-0"))
    await both()
    kubelet.ends(space.get("Pod", "iris-w0-0"), 1, an_ending("InternalError", "no reason"))
    await both()
    kubelet.ends(space.get("Pod", "iris-w0-1"), 0, done())
    await both()

    job = space.job()
    assert phase(job) == "Succeeded"
    assert job["status"]["restarts"]["crashes"] == 1
    assert [name_of(pod) for pod in space.all("Pod")] == ["iris-w0-0", "iris-w0-1"]
