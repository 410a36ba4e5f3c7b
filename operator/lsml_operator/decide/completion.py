"""A job one of whose workers is done has succeeded, whatever else is true of it."""

from lsml_operator.decide.fate import Fate, ending, fate
from lsml_operator.world import Decision, Later, World


def completion(world: World) -> Decision | Later | None:
    """Succeed once a worker has ended with exit code 0.

    It ends so when the whole team has the finished model: the others have the same one, and those that came after it
    was finished, or were about to be replaced, have nothing left to do.
    """
    done = next((member for member in world.members if fate(member) is Fate.DONE), None)
    if done is None:
        return None
    said = ending(done.pod)
    return Decision("Succeeded", "Completed", said.message if said else "the job is done")
