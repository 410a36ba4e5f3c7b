"""Which token the next pods of a job have: that of the others, since the pods of a job let in nobody without it. Pure.

So a job goes on as it began, without one or with that of another key, where an operator of before, or one whose key is
lost, has made its pods; a new one, and one that was suspended, begins with the token that the operator knows.
"""

from lsml_operator.world import World


def common_secret(world: World) -> str | None:
    """The name of the Secret that holds it; None: they have none."""
    at_work = [pod for pod in (*world.coordinators, *world.pods) if not (pod.ended or pod.deleting)]
    return at_work[0].token if at_work else world.token


def is_missing(world: World) -> bool:
    """Whether the Secret that the operator knows is wanted, and no pod has it yet, before which it was made itself."""
    is_there = any(pod.token == world.token for pod in (*world.coordinators, *world.pods))
    return common_secret(world) == world.token and not is_there


def is_unknown(world: World) -> bool:
    """Whether the operator cannot show the job's pods the token that they want to see."""
    return any(pod.token not in (None, world.token) for pod in world.intended_pods)
