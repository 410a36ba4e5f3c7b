"""A job whose workers are all done has succeeded, whatever else is true of it."""

from lsml_operator.decide.fate import Fate, ending, fate
from lsml_operator.world import Decision, Later, World


def completion(world: World) -> Decision | Later | None:
    """Succeed once every worker has ended with exit code 0."""
    members = world.members
    if not members or any(fate(member) is not Fate.DONE for member in members):
        return None
    said = ending(members[0].pod)
    return Decision("Succeeded", "Completed", said.message if said else "every worker is done")
