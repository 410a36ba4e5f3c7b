"""A decision and what was seen -> the status to store. Pure."""

import json
from itertools import accumulate

from lsml_operator.api.status import Condition, Restarts, Status, Summary, WorkersStatus
from lsml_operator.decide.fate import ending
from lsml_operator.decide.meeting import Meeting
from lsml_operator.decide.muster import Muster
from lsml_operator.decide.replace_straggler import holding_up
from lsml_operator.decide.saved import saved
from lsml_operator.labels import COMPONENT, JOB, WORKER
from lsml_operator.texts import duration, short_number, stamp
from lsml_operator.world import Decision, World
from lsml_trainer.spec import Progress, Report

DIAGNOSIS_BYTES = 2048
CONDITION_BYTES = 320
"""Four conditions may repeat a diagnosis, and the whole status stays below 10 KB."""
MEMBER_BYTES = 24, 4
"""By how much each worker makes a diagnosis and a condition shorter, since it takes as much itself."""
AUTOSCALE_BYTES = 256
"""The same of what was measured to find out how many workers pay."""


def describe(world: World, decision: Decision, found: Muster, met: Meeting, progress: Progress | None) -> Status:
    """The whole status; equal to the stored one when there is nothing new to say."""
    stored, now = world.status, stamp(world.now)
    report = last_report(world)
    workers = _workers(world, found)
    restarts = met.counted(found.restarts)
    ended = decision.phase in ("Succeeded", "Failed")
    measured_bytes = AUTOSCALE_BYTES if stored.autoscale else 0
    return Status(
        phase=decision.phase,
        conditions=_conditions(world, decision, now, CONDITION_BYTES - MEMBER_BYTES[1] * workers.desired),
        diagnosis=_fit(decision.message, DIAGNOSIS_BYTES - MEMBER_BYTES[0] * workers.desired - measured_bytes),
        findings=decision.findings,
        observed_generation=world.job.generation,
        summary=_summary(workers, restarts, progress, ended),
        workers=workers,
        coordinator=met.coordinator,
        restarts=restarts,
        progress=progress,
        checkpoint=saved(world, report),
        evaluation=(report.evaluation if report else None) or stored.evaluation,
        model=(report.model if report else None) or stored.model,
        start_time=None if decision.phase == "Suspended" else stored.start_time or now,
        completion_time=(stored.completion_time or now) if ended else None,
    )


def last_report(world: World) -> Report | None:
    """What the job's worker last said: at its end, else while it runs; nothing new of a job that has ended."""
    if world.status.completion_time is not None:
        return None
    for member in world.members:
        said = ending(member.pod)
        if said is not None and said.report is not None:
            return said.report
    return world.report


def _workers(world: World, found: Muster) -> WorkersStatus:
    states = [worker.state for worker in found.workers]
    return WorkersStatus(
        desired=len(states),
        running=states.count("Running"),
        pending=sum(state in ("Waiting", "Creating", "Pending") for state in states),
        straggler=holding_up(world) if found.workers else None,
        selector=f"{JOB}={world.job.key.name},{COMPONENT}={WORKER}",
        gang=found.gang,
        members=found.workers,
    )


def _summary(workers: WorkersStatus, restarts: Restarts, progress: Progress | None, ended: bool) -> Summary:
    count = sum(restarts.model_dump().values())
    shown = Summary(workers=f"{workers.running}/{workers.desired}", restarts=count)
    if progress is None:
        return shown
    loss, eta_seconds = progress.loss, progress.estimated_seconds_remaining
    return shown.model_copy(
        update={
            "progress": f"{progress.percent:.0f}%",
            "loss": None if loss is None else short_number(loss),
            "eta": None if ended or eta_seconds is None or not workers.running else duration(eta_seconds),
        }
    )


def _conditions(world: World, decision: Decision, now: str, most_bytes: int) -> tuple[Condition, ...]:
    """The conditions that are true, and Ready whatever it is; each keeps the time of its last change."""
    return tuple(
        Condition(
            type=type_,
            status="True" if holds else "False",
            reason=decision.reason,
            message=_fit(decision.message, most_bytes),
            last_transition_time=_since(world.status, type_, holds, now),
            observed_generation=world.job.generation,
        )
        for type_, holds in _truths(decision, world.status).items()
    )


def _truths(decision: Decision, stored: Status) -> dict[str, bool]:
    """Complete, Failed, Suspended as batch/v1 sets them; Ready, Reconciling, Stalled as kstatus reads them; Degraded
    from a loss that leaves too few workers until there are enough again.
    """
    phase = decision.phase
    truths = {"Ready": phase in ("Running", "Suspended", "Succeeded")}
    if phase == "Succeeded":
        truths["Complete"] = True
    if phase == "Failed":
        truths["Failed"] = True
    if phase == "Failed" or decision.stalled:
        truths["Stalled"] = True
    elif phase in ("Pending", "Restarting"):
        truths["Reconciling"] = True
    if phase == "Restarting" or stored.condition("Degraded"):
        truths["Degraded"] = phase == "Restarting" or (phase == "Pending" and stored.is_true("Degraded"))
    if phase == "Suspended" or stored.condition("Suspended"):
        truths["Suspended"] = phase == "Suspended"
    return truths


def _since(stored: Status, type_: str, holds: bool, now: str) -> str:
    before = stored.condition(type_)
    unchanged = before is not None and before.status == ("True" if holds else "False")
    return before.last_transition_time if before is not None and unchanged else now


def _fit(message: str, most_bytes: int) -> str:
    """Its beginning and its end, within so many bytes; the end of a traceback says more than its middle."""
    if _stored_bytes(message) <= most_bytes:
        return message
    part_bytes = most_bytes // 2 - 4
    return f"{_beginning(message, part_bytes)} … {_beginning(message[::-1], part_bytes)[::-1]}"


def _beginning(text: str, most_bytes: int) -> str:
    """As many of its characters as fit."""
    ends_bytes = accumulate(_stored_bytes(character) for character in text)
    return text[: sum(end_bytes <= most_bytes for end_bytes in ends_bytes)]


def _stored_bytes(text: str) -> int:
    """What it takes in JSON: a quote or a newline two, a control character six."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2
