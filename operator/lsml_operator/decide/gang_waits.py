"""A gang of which some have machines and others do not: the user reads until when, and what the others wait for."""

from collections.abc import Callable
from dataclasses import replace

from lsml_operator.decide.gang import give_back_at, patience_seconds
from lsml_operator.decide.held_back import held_back
from lsml_operator.decide.muster import muster
from lsml_operator.decide.refused import refused
from lsml_operator.decide.restarting import restarting
from lsml_operator.decide.unschedulable import unschedulable
from lsml_operator.world import Decision, Later, World

GAVE_BACK = "GangGaveBack"
REASONS: tuple[Callable[[World], Decision | Later | None], ...] = (restarting, refused, held_back, unschedulable)


def gang_waits(world: World) -> Decision | Later | None:
    """Say of a gang that is not placed how it stands; of one that holds no machine, what it lacks says enough."""
    found, stored = muster(world), world.status.workers.gang
    if found.gang is None or found.gang.placed or found.losses:
        return None
    if stored is not None and found.gang.given_back > stored.given_back:
        return _gave_back(world, found.workers[0].not_before)
    if found.gang.half_since is not None:
        return _half(world, give_back_at(world, found.gang).strftime("%H:%M:%S"))
    ready = world.status.condition("Ready")
    if ready is not None and ready.reason == GAVE_BACK and found.workers[0].not_before:
        return Decision("Pending", GAVE_BACK, world.status.diagnosis or ready.message)
    return None


def _gave_back(world: World, not_before: str | None) -> Decision:
    needed, seconds = world.spec.workers.together, patience_seconds(world)
    again = f"{(not_before or '')[11:19]} UTC"
    return Decision(
        "Pending",
        GAVE_BACK,
        f"machines were found for some of the {needed} workers that start together, and not for the others within "
        f"{seconds} s: all gave them back, and try again at {again}",
    )


def _half(world: World, until: str) -> Decision:
    why = next((opinion for policy in REASONS if isinstance(opinion := policy(world), Decision)), None)
    half = Decision(
        "Pending",
        "GangWaits",
        f"some of the {world.spec.workers.together} workers that start together have machines, and give them back at "
        f"{until} UTC unless all have by then",
    )
    if why is None:
        return half
    return replace(why, phase=half.phase, reason=half.reason, message=f"{half.message}: {why.message}")
