"""Who holds up its team for half a minute is replaced, one at a time, and more seldom each time."""

from typing import Any

import pytest

from lsml_operator.api.status import Restarts, StragglerStatus
from lsml_operator.decide import decide
from lsml_operator.decide.muster import muster
from lsml_operator.decide.replace_straggler import holding_up, rest_seconds
from lsml_operator.world import Event, World
from lsml_trainer.spec import Teammate
from unit.operator.builders import NOW_STAMP, SETTINGS, a_coordinator, a_coordinators_pod, a_pod, a_report

from unit.operator.builders import a_spec, a_status, a_worker, a_world, ago  # isort: skip

TAKES = "its part of a step takes 5 times as long as theirs"
SPEC: dict[str, Any] = {"replicas": 3, "replace_stragglers": True}


def since(seconds: float, worker: str = "w1-0") -> StragglerStatus:
    return StragglerStatus(worker=worker, since=ago(seconds), takes=TAKES)


def a_team(
    stored: StragglerStatus | None,
    *,
    slow_seconds: float = 0.5,
    replaced: int = 0,
    age_s: float = 3600,
    phase: str = "Running",
    **spec: Any,
) -> World:
    """Three workers, the second of which is slow."""
    made_from = a_spec(**(SPEC | spec))
    status = a_status(
        *(a_worker(index=n) for n in range(3)),
        coordinator=a_coordinator(),
        phase="Running",
        restarts={"stragglers": replaced},
    )
    workers = status.workers.model_copy(update={"straggler": stored})
    seconds = (0.1, slow_seconds, 0.1)
    mates = [Teammate(name=f"w{n}-0", stage="Training", step=5, step_seconds=s) for n, s in enumerate(seconds)]
    pods = [a_pod(index=n, made_from=made_from, age_s=9999) for n in range(2)]
    pods.append(a_pod(0, phase, index=2, made_from=made_from, age_s=age_s))
    stored_status = status.model_copy(update={"workers": workers})
    report = a_report(team=tuple(mates))
    return a_world(stored_status, *pods, a_coordinators_pod(made_from=made_from), report=report, **(SPEC | spec))


CASES: dict[str, tuple[World, StragglerStatus | None, bool]] = {
    "seen for the first time": (a_team(None), StragglerStatus(worker="w1-0", since=NOW_STAMP, takes=TAKES), False),
    "another one before": (a_team(since(99, "w2-0")), since(0), False),
    "for 29 s": (a_team(since(29)), since(29), False),
    "for 30 s": (a_team(since(30)), since(30), True),
    "not asked for": (a_team(since(30), replace_stragglers=False), None, False),
    "no longer slow": (a_team(since(30), slow_seconds=0.2), None, False),
    "somebody is missing: one at a time": (a_team(since(30), phase="Pending"), None, False),
    "the last successor is 59 s old": (a_team(since(30), age_s=59), since(30), False),
    "the last successor is 60 s old": (a_team(since(30), age_s=60), since(30), True),
    "the third one, 239 s after the second": (a_team(since(30), age_s=239, replaced=2), since(30), False),
    "the third one, 240 s after the second": (a_team(since(30), age_s=240, replaced=2), since(30), True),
}


@pytest.mark.parametrize(("world", "slow", "goes"), CASES.values(), ids=CASES)
def test_replace_straggler(world: World, slow: StragglerStatus | None, goes: bool) -> None:
    assert holding_up(world) == slow
    found = muster(world)
    lost = (Event("Normal", "StragglerReplaced", f"worker 1 (attempt 0) ended: it held the others up: {TAKES}"),)
    assert found.losses == (lost if goes else ())
    assert found.workers[1] == (a_worker(1, "Creating", index=1) if goes else a_worker(index=1))
    assert found.restarts.stragglers - world.status.restarts.stragglers == goes
    assert found.failures == 0


def test_it_is_stored_before_anybody_goes() -> None:
    plan = decide(a_team(since(30)), SETTINGS)
    assert plan.status.restarts == Restarts(stragglers=1)
    assert [change.name for change in plan.changes if hasattr(change, "name")] == ["iris-w1-0"]
    held = decide(a_team(since(30), suspend=True), SETTINGS)
    assert held.status.restarts == Restarts()


def test_the_rest_doubles_up_to_an_hour() -> None:
    assert [rest_seconds(replaced) for replaced in range(8)] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert rest_seconds(10**9) == 3600
