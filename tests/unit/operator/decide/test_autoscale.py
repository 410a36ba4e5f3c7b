"""One worker more while each pays, the last one back when it did not; judged by steady readings of a whole team."""

from typing import Any

import pytest

from lsml_operator.api.status import AutoscaleStatus
from lsml_operator.decide import decide
from lsml_operator.decide.autoscale import Growth, autoscale
from lsml_operator.world import Event, World
from lsml_trainer.spec import Teammate
from unit.operator.builders import SETTINGS, a_coordinators_pod, a_pod, a_report, a_spec, a_status, a_worker, a_world

from unit.operator.builders import a_coordinator, a_progress, ago  # isort: skip

ALONE = {"workers": 1, "samplesPerSecond": 100.0}
STEADY = [150.0] * 5


def was(workers: int, **fields: Any) -> AutoscaleStatus:
    return AutoscaleStatus.model_validate({"workers": workers, "replicas": 1, "efficiency": 0.7, **fields})


def a_team(number: int, stored: AutoscaleStatus | None, speed: float | None = 150.0, **fields: Any) -> World:
    """So many workers that train; `stage` and `trains` say what the last of them does."""
    stage, there, spec = fields.pop("stage", "Training"), fields.pop("there", number), fields
    spec = {"replicas": 1, "most": 4, "efficiency": 0.7, **spec}
    mates = [Teammate(name=f"w{n}-0", stage="Training", step=5) for n in range(number - 1)]
    mates.append(Teammate(name=f"w{number - 1}-0", stage=stage, step=5))
    status = a_status(
        *(a_worker(index=n) for n in range(number)), coordinator=a_coordinator(), phase="Running", autoscale=stored
    )
    made_from = a_spec(**spec)
    pods = [a_pod(index=n, made_from=made_from) for n in range(there)]
    report = a_report(progress=a_progress(samples_per_second=speed), team=tuple(mates))
    return a_world(status, *pods, a_coordinators_pod(made_from=made_from), report=report, **spec)


def measures(number: int) -> str:
    return f"autoscale measures what {number} workers do"


def added(number: int, speed: str) -> Event:
    why = f"{number} train {speed} samples a second, and a further one may pay"
    return Event("Normal", "WorkerAdded", f"worker {number} is added: {why}")


SETTLED = "autoscale stays at 1, since one more brought less than 70% of what each of them does"
MOST = "autoscale stays at 4, as many as workers.max allows"
BACK = "worker 1 is taken back: it brought 50% of what one before it does, 70% is asked"
NOW_MS = "2025-06-01T12:00:00.000Z"

CASES: dict[str, tuple[World, Growth]] = {
    "not asked for": (a_world(replicas=3), Growth(3)),
    "it begins": (a_team(1, None), Growth(1, was(1))),
    "all train: it waits until the speed is theirs": (
        a_team(1, was(1)),
        Growth(1, was(1, since=NOW_MS), measures(1), wake_seconds=15),
    ),
    "not yet": (
        a_team(1, was(1, since=ago(4))),
        Growth(1, was(1, since=ago(4)), measures(1), wake_seconds=11),
    ),
    "the first reading": (
        a_team(1, was(1, since=ago(15))),
        Growth(1, was(1, since=NOW_MS, samplesPerSecond=[150]), measures(1), wake_seconds=5),
    ),
    "no speed yet": (
        a_team(1, was(1, since=ago(15)), None),
        Growth(1, was(1, since=ago(15)), measures(1), wake_seconds=5),
    ),
    "known, and nobody to compare with: one more": (
        a_team(1, was(1, since=ago(5), samplesPerSecond=STEADY)),
        Growth(2, was(2, measured=[{"workers": 1, "samplesPerSecond": 150}]), measures(2), added(1, "150")),
    ),
    "the second brought 50%: back": (
        a_team(2, was(2, since=ago(5), samplesPerSecond=STEADY, measured=[ALONE])),
        Growth(1, was(1, measured=[ALONE], settled=True), SETTLED, Event("Normal", "WorkerTakenBack", BACK)),
    ),
    "the second brought 50%, which is enough here: one more": (
        a_team(2, was(2, since=ago(5), samplesPerSecond=STEADY, measured=[ALONE], efficiency=0.5), efficiency=0.5),
        Growth(
            3,
            was(3, efficiency=0.5, measured=[ALONE, {"workers": 2, "samplesPerSecond": 150}]),
            measures(3),
            added(2, "150"),
        ),
    ),
    "one outlier in each direction is left out": (
        a_team(2, was(2, since=ago(5), samplesPerSecond=[150, 1, 150, 900, 150], measured=[ALONE])),
        Growth(1, was(1, measured=[ALONE], settled=True), SETTLED, Event("Normal", "WorkerTakenBack", BACK)),
    ),
    "too unsteady to tell: read on": (
        a_team(2, was(2, since=ago(5), samplesPerSecond=[100, 100, 200, 200, 150], measured=[ALONE])),
        Growth(
            2,
            was(2, since=NOW_MS, samplesPerSecond=[100, 100, 200, 200, 150, 150], measured=[ALONE]),
            measures(2),
            wake_seconds=5,
        ),
    ),
    "still unsteady after a minute and a half: by the median": (
        a_team(2, was(2, since=ago(5), samplesPerSecond=[100, 200] * 7 + [150], measured=[ALONE])),
        Growth(1, was(1, measured=[ALONE], settled=True), SETTLED, Event("Normal", "WorkerTakenBack", BACK)),
    ),
    "settled: as it is": (
        a_team(1, was(1, measured=[ALONE], settled=True)),
        Growth(1, was(1, measured=[ALONE], settled=True), SETTLED),
    ),
    "as many as allowed": (
        a_team(4, was(4, measured=[{"workers": 4, "samplesPerSecond": 390}])),
        Growth(4, was(4, measured=[{"workers": 4, "samplesPerSecond": 390}]), MOST),
    ),
    "as many as were allowed before max was raised: one more": (
        a_team(4, was(4, measured=[{"workers": 4, "samplesPerSecond": 390}]), most=8),
        Growth(5, was(5, measured=[{"workers": 4, "samplesPerSecond": 390}]), measures(5), added(4, "390")),
    ),
    "max was lowered": (a_team(3, was(3, measured=[ALONE]), most=2), Growth(2, was(2, measured=[ALONE]), measures(2))),
    "a newcomer reads its data: what was read before is not of this team": (
        a_team(2, was(2, since=ago(5), samplesPerSecond=[150]), stage="LoadingData"),
        Growth(2, was(2), measures(2)),
    ),
    "one is lost": (a_team(2, was(2, since=ago(5), samplesPerSecond=[150]), there=1), Growth(2, was(2), measures(2))),
    "replicas was written: from there": (
        a_team(2, was(2, measured=[ALONE]), replicas=3),
        Growth(3, was(3, replicas=3)),
    ),
    "the efficiency was changed: anew": (
        a_team(1, was(1, measured=[ALONE], settled=True), efficiency=0.25),
        Growth(1, was(1, efficiency=0.25)),
    ),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_autoscale(world: World, wanted: Growth) -> None:
    assert autoscale(world) == wanted


def test_a_job_that_is_held_keeps_what_was_measured() -> None:
    held = decide(a_team(2, was(2, since=ago(5), samplesPerSecond=[150], measured=[ALONE]), suspend=True), SETTINGS)
    assert (held.status.workers.members, held.status.autoscale) == ((), was(2, measured=[ALONE]))


def test_who_is_added_is_made_and_who_is_taken_back_goes() -> None:
    grown = decide(a_team(1, was(1, since=ago(5), samplesPerSecond=STEADY)), SETTINGS)
    assert grown.status.workers.members == (a_worker(), a_worker(state="Creating", index=1))
    assert [event.reason for event in grown.events] == ["WorkerAdded"]
    shrunk = decide(a_team(2, was(2, since=ago(5), samplesPerSecond=STEADY, measured=[ALONE])), SETTINGS)
    assert shrunk.status.workers.members == (a_worker(),)
    assert shrunk.status.restarts.evictions == 0
    assert shrunk.status.diagnosis == f"training; {SETTLED}"
