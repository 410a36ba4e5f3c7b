"""When a lost worker means that the job has failed."""

from lsml_operator.decide.fate import Fate, ending, fate
from lsml_operator.decide.muster import muster
from lsml_operator.decide.place import CRASHES
from lsml_operator.world import Decision, Later, World


def failure(world: World) -> Decision | Later | None:
    """Fail a job that trying again would not help, or that has been tried often enough."""
    for member in world.members:
        said = ending(member.pod)
        if said is not None and fate(member) in (Fate.INVALID, Fate.DIVERGED):
            return Decision("Failed", said.reason, said.message)
    found, limit = muster(world), world.spec.backoff_limit
    crashes = [place.loss.message for place in found.places if place.loss and place.cause in CRASHES]
    if crashes and found.failures > limit:  # no eviction fails a job, not even where the limit was lowered since
        return Decision("Failed", "BackoffLimitExceeded", f"{found.failures} crashes, {limit} allowed; {crashes[-1]}")
    return None
