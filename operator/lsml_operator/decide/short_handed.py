"""A team that trains although some of its workers are missing: what they wait for is said, and stops nobody."""

from dataclasses import replace

from lsml_operator.decide.cannot_start import cannot_start
from lsml_operator.decide.diagnosis import MOST_TOLD
from lsml_operator.decide.gang_waits import gang_waits
from lsml_operator.decide.held_back import held_back
from lsml_operator.decide.meeting import meeting
from lsml_operator.decide.muster import muster
from lsml_operator.decide.refused import refused
from lsml_operator.decide.restarting import restarting
from lsml_operator.decide.running import running
from lsml_operator.decide.unschedulable import unschedulable
from lsml_operator.world import Decision, Later, World

REASONS = (gang_waits, restarting, refused, held_back, unschedulable, cannot_start)


def short_handed(world: World) -> Decision | Later | None:
    """Run on with as many workers as there are, if they are enough."""
    found = muster(world)
    coordinator = meeting(world).coordinator
    if found.there < world.spec.workers.min or found.there == len(found.workers):
        return None
    if coordinator is None or coordinator.state != "Running":
        return None
    why = next((opinion for policy in REASONS if isinstance(opinion := policy(world), Decision)), None)
    goes_on = running(world)
    said = f"{goes_on.message}, {found.there} of {len(found.workers)} workers"
    if why is None:
        return replace(goes_on, message=said)
    findings = (*why.findings, *goes_on.findings)[:MOST_TOLD]
    return replace(goes_on, message=f"{said}: {why.message}", wake_seconds=why.wake_seconds, findings=findings)
