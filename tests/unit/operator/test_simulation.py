"""A job on a cluster in memory: the same end whatever is seen late, and wherever the operator is killed."""

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsml_operator.api.status import Restarts
from lsml_operator.template_hash import template_hash
from unit.operator.builders import Json
from unit.operator.simulation import (
    COORDINATOR,
    Cluster,
    End,
    Fault,
    How,
    Operator,
    Outcome,
    Script,
    Step,
    calm,
    end_of,
    run,
    settle,
)

LOSSES: dict[Outcome, str] = {
    "crash": "crashes",
    "out of memory": "out_of_memory",
    "drained": "evictions",
    "refused": "evictions",
    "deleted": "evictions",
}
HARD: Script = {(0, 0): "crash", (0, 1): "refused", (0, 2): "out of memory", (0, 3): "deleted", (0, 4): "drained"}
OTHER: Json = {"env": [{"name": "A", "value": "1"}]}


def see_job(_: Cluster, operator: Operator) -> None:
    operator.see_job()


def see_pods(_: Cluster, operator: Operator) -> None:
    operator.see_pods()


def advance(cluster: Cluster, _: Operator) -> None:
    cluster.advance()


def restart(_: Cluster, operator: Operator) -> None:
    operator.restart()


def wait(seconds: float) -> Step:
    def step(cluster: Cluster, _: Operator) -> None:
        cluster.now += timedelta(seconds=seconds)

    return step


def look(fault: Fault | None = None) -> Step:
    def step(_: Cluster, operator: Operator) -> None:
        operator.look(fault)

    return step


def edit(suspend: bool, template: Json | None) -> Step:
    def step(cluster: Cluster, _: Operator) -> None:
        cluster.edit(suspend=suspend, template=template)

    return step


def wanted_end(script: Script) -> End:
    """Every attempt of a worker alone that the script loses is counted and made once; the last is done."""
    counted = dict.fromkeys(Restarts.model_fields, 0)
    attempt = 0
    while (outcome := script.get((0, attempt), "done")) != "done":
        counted[LOSSES[outcome]] += 1
        attempt += 1
    made = [f"iris-w0-{n}" for n in range(attempt + 1)]
    left = made[max(0, attempt - 1) :]
    if script.get((0, attempt - 1)) == "deleted":
        left.remove(f"iris-w0-{attempt - 1}")
    return End("Succeeded", "Completed", Restarts(**counted), tuple(made), tuple(left))


FAULTS = st.builds(Fault, st.integers(0, 3), st.sampled_from(("killed before", "killed after", "answer lost")))
SIGHTS = st.sampled_from((see_job, see_pods, advance, restart, look(), calm))
STEPS = st.lists(SIGHTS | FAULTS.map(look) | st.sampled_from((0.5, 1.0, 11.0, 400.0)).map(wait), max_size=40)
PLACES = st.tuples(st.integers(COORDINATOR, 2), st.integers(0, 3))
SCRIPTS = st.dictionaries(PLACES, st.sampled_from(tuple(LOSSES)), max_size=6)
EDITS = st.builds(edit, st.booleans(), st.sampled_from((None, OTHER)))


def test_the_calm_way() -> None:
    assert run({}) == End("Succeeded", "Completed", Restarts(), ("iris-w0-0",), ("iris-w0-0",))
    assert run(HARD) == wanted_end(HARD)
    assert run(HARD).restarts == Restarts(crashes=1, out_of_memory=1, evictions=3)
    assert run({(0, 0): "crash", (0, 1): "diverged"}) == End(
        "Failed", "Diverged", Restarts(crashes=1), ("iris-w0-0", "iris-w0-1"), ("iris-w0-0", "iris-w0-1")
    )


@given(SCRIPTS, STEPS)
@settings(max_examples=40, deadline=None)
def test_the_end_does_not_depend_on_the_interleaving(script: Script, steps: list[Step]) -> None:
    """FAULTS 1, 2, 3, 13; each loss counted once, each attempt made once (the cluster asserts: no twins)."""
    assert run(script, steps) == wanted_end(script)


@given(SCRIPTS, STEPS, st.integers(2, 3))
@settings(max_examples=40, deadline=None)
def test_a_team_ends_well_and_counts_nobody_twice(script: Script, steps: list[Step], replicas: int) -> None:
    """It ends with the first that is done, so what the others would still have lost depends on the interleaving."""
    end = run(script, steps, replicas)
    assert (end.phase, end.reason) == ("Succeeded", "Completed")
    assert sum(end.restarts.model_dump().values()) <= len(script)
    assert not [name for name in end.left if "coordinator" in name or name == "service"]


@given(SCRIPTS, st.lists(EDITS | SIGHTS | FAULTS.map(look), max_size=40), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_a_job_that_is_held_resumed_and_edited_ends_well(script: Script, steps: list[Step], replicas: int) -> None:
    cluster = Cluster(script, replicas)
    operator = Operator(cluster)
    for step in [*steps, edit(False, None)]:
        step(cluster, operator)
    settle(cluster, operator)
    assert cluster.job.status.phase == "Succeeded"
    assert all(pod.ended for pod in cluster.pods.values())


def test_a_team_that_loses_its_coordinator_and_its_workers_counts_each_by_its_cause() -> None:
    script: Script = {(COORDINATOR, 0): "deleted", (COORDINATOR, 1): "refused", (0, 0): "crash", (1, 0): "drained"}
    end = run(script | {(0, 1): "out of memory", (1, 1): "deleted"}, replicas=2)
    assert end.restarts == Restarts(crashes=1, out_of_memory=1, evictions=2, coordinator=2)
    assert end.left == ("iris-w0-1", "iris-w0-2", "iris-w1-2")


def count_writes() -> int:
    """How many writes a hard life takes."""
    cluster = Cluster(HARD)
    operator = Operator(cluster)
    settle(cluster, operator)
    return operator.calls


@pytest.mark.parametrize("how", get_args(How))
def test_killed_at_every_write_of_a_hard_life(how: How) -> None:
    """FAULTS 1, 2, 3: one run for each write, and each fault fires."""
    writes = count_writes()
    assert writes > 20
    for doomed in range(writes):
        cluster = Cluster(HARD)
        operator = Operator(cluster)
        while operator.calls <= doomed:
            operator.see_job()
            operator.see_pods()
            operator.look(Fault(doomed - operator.calls, how))
            cluster.advance()
            cluster.now += timedelta(seconds=400)
        settle(cluster, operator)
        assert end_of(cluster) == wanted_end(HARD), f"write {doomed} {how}"


def test_killed_at_every_write_of_a_gang_it_is_let_go_whole_or_not_at_all() -> None:
    """The cluster asserts that no gate is opened before all of the gang are there."""
    script: Script = {(0, 0): "drained", (1, 0): "drained", (0, 1): "refused"}
    model = Cluster(script, 2, strict=True)
    calm_operator = Operator(model)
    settle(model, calm_operator)
    assert model.ungated >= 4  # both of two formations
    for doomed in range(calm_operator.calls):
        for how in get_args(How):
            cluster = Cluster(script, 2, strict=True)
            operator = Operator(cluster)
            while operator.calls <= doomed and cluster.job.status.completion_time is None:
                operator.see_job()
                operator.see_pods()
                operator.look(Fault(doomed - operator.calls, how))
                cluster.advance()
                cluster.now += timedelta(seconds=400)
            settle(cluster, operator)
            end = end_of(cluster)
            assert (end.phase, sum(end.restarts.model_dump().values()) <= len(script)) == ("Succeeded", True)


def test_seeing_the_same_again_writes_nothing() -> None:
    """FAULTS 13."""
    cluster = Cluster({})
    operator = Operator(cluster)
    calm(cluster, operator)
    operator.restart()
    operator.look()
    writes, calls = cluster.writes, operator.calls
    for _ in range(10):
        operator.restart()
        operator.look()
    assert cluster.job.status.phase == "Running"
    assert (cluster.writes, operator.calls) == (writes, calls)


def test_a_template_that_is_changed_and_changed_back_touches_no_pod() -> None:
    """FAULTS 17."""
    cluster = Cluster({})
    operator = Operator(cluster)
    calm(cluster, operator)
    operator.restart()
    operator.look()
    pods = dict(cluster.pods)
    cluster.edit(template=OTHER)
    cluster.edit()
    cluster.now += timedelta(seconds=60)
    operator.restart()
    operator.look()
    assert (cluster.pods, cluster.job.status.restarts) == (pods, Restarts())


def test_a_hundred_edits_are_two_restarts_at_most() -> None:
    """FAULTS 32: the last one holds."""
    cluster = Cluster({})
    operator = Operator(cluster)
    operator.look()
    for number in range(100):
        cluster.edit(template={"env": [{"name": "A", "value": str(number)}]})
        operator.restart()
        operator.look()
        cluster.now += timedelta(milliseconds=150)
    for _ in range(2):
        cluster.now += timedelta(seconds=10)
        operator.restart()
        operator.look()
    newest = max(cluster.pods.values(), key=lambda pod: pod.attempt)
    assert newest.template_hash == template_hash(cluster.job.raw_spec, {})
    assert cluster.job.status.restarts.updates <= 2
