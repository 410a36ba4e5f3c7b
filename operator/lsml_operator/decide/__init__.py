"""What to do: pure policies, World -> Plan. No I/O, and no clock but the World's.

The first policy that decides wins; the earliest Later met on the way says when to look again.
"""

from collections.abc import Callable

from lsml_operator.decide.autoscale import Growth, autoscale, paused
from lsml_operator.decide.cannot_start import cannot_start
from lsml_operator.decide.changes import changes
from lsml_operator.decide.completion import completion
from lsml_operator.decide.deadline import deadline
from lsml_operator.decide.describe import describe, last_report
from lsml_operator.decide.failure import failure
from lsml_operator.decide.finished import finished
from lsml_operator.decide.gang_waits import gang_waits
from lsml_operator.decide.goodput import SETTLE_SECONDS, settled
from lsml_operator.decide.held_back import held_back
from lsml_operator.decide.invalid_spec import invalid_spec
from lsml_operator.decide.meeting import Meeting, leaving, meeting
from lsml_operator.decide.muster import Muster, muster
from lsml_operator.decide.pacing import paced
from lsml_operator.decide.position import position
from lsml_operator.decide.refused import refused
from lsml_operator.decide.restarting import restarting
from lsml_operator.decide.running import running
from lsml_operator.decide.short_handed import short_handed
from lsml_operator.decide.starting import starting
from lsml_operator.decide.suspend import suspend
from lsml_operator.decide.unschedulable import unschedulable
from lsml_operator.settings import Settings
from lsml_operator.world import Decision, Event, Later, Plan, World

Policy = Callable[[World], Decision | Later | None]

POLICIES: tuple[Policy, ...] = (
    finished,  # what ended stays ended
    invalid_spec,  # all others read the spec
    completion,  # a model that is there outweighs any reason to stop
    suspend,
    deadline,
    failure,
    short_handed,  # what stops a job that has too few workers is no more than a remark on one that has enough
    gang_waits,  # its pauses are no back-off
    restarting,
    refused,
    held_back,
    unschedulable,
    cannot_start,
    starting,
    running,  # always decides
)

ENDED = ("Succeeded", "Failed")
WITHOUT_MACHINES = ("Unschedulable", "GangWaits", "GangGaveBack")
"""A warning, as the scheduler's own FailedScheduling is; whoever waits in a queue waits as was meant."""


def decide(world: World, settings: Settings) -> Plan:
    """What to store, do and tell of one job now."""
    decision, wakes = consult(world)
    found, met, grown = _found(world, decision)
    progress, back = position(world, decision, found, last_report(world))
    following = describe(world, decision, found, met, progress).model_copy(update={"autoscale": grown.status})
    now_told, tell_seconds = paced(world, following)
    status = settled(world, now_told, settings)
    settle_seconds = SETTLE_SECONDS if status.phase == "Running" else None
    if now_told is not following:
        back = None  # it is told with the progress that says so
    asked = (tell_seconds, settle_seconds, *(part.wake_seconds for part in (decision, found, met, grown)))
    wakes += [seconds for seconds in asked if seconds is not None]
    return Plan(
        status=status,
        changes=changes(world, status, settings),
        events=_events(world, decision, (*found.losses, *filter(None, (met.loss, back, grown.event)))),
        wake_seconds=min(wakes, default=None),
    )


def consult(world: World) -> tuple[Decision, list[float]]:
    """The first decision, and when the policies before it want to be asked again."""
    wakes: list[float] = []
    for policy in POLICIES:
        opinion = policy(world)
        if isinstance(opinion, Decision):
            return opinion, wakes
        if opinion is not None:
            wakes.append(opinion.seconds)
    raise AssertionError("the last policy always decides")


def _found(world: World, decision: Decision) -> tuple[Muster, Meeting, Growth]:
    """The workers and the coordinator to have from now on: none for a job that is held or has ended."""
    if decision.phase not in ("Suspended", *ENDED):
        return muster(world), meeting(world), autoscale(world)
    before, rest = world.status.restarts, paused(world)
    if world.job.spec is None:
        return Muster((), before, world.status.workers.gang), leaving(world), rest
    # Losses up to now count; but nobody is replaced any more who could have gone on.
    kept = {cause: getattr(before, cause) for cause in ("updates", "stragglers")}
    restarts = muster(world).restarts.model_copy(update=kept)
    return Muster((), restarts, world.status.workers.gang), leaving(world), rest


def _events(world: World, decision: Decision, losses: tuple[Event, ...]) -> tuple[Event, ...]:
    """What is new since the stored status."""
    ready = world.status.condition("Ready")
    known = (world.status.phase, ready.reason if ready else None)
    if known == (decision.phase, decision.reason) or decision.phase == "Restarting":
        return losses
    warns = decision.phase == "Failed" or decision.stalled or decision.reason in WITHOUT_MACHINES
    return (*losses, Event("Warning" if warns else "Normal", decision.reason, decision.message))
