"""Whether the machines of a job answer: while one does not, nothing is lost yet, but nothing is heard either."""

from lsml_operator.world import Diagnosis, Pod, World


def node_silent(world: World) -> Diagnosis | None:
    """The cluster evicts who is on such a node, if that lasts."""
    whose: dict[str, list[str]] = {}
    for pod in _in_use(world):
        if pod.node is not None and pod.node_is_silent:
            whose.setdefault(pod.node, []).append(pod.role)
    said = (f"node {node}, the machine of {' and '.join(who)}, does not answer" for node, who in whose.items())
    return Diagnosis("NodeSilent", "; ".join(said)) if whose else None


def _in_use(world: World) -> list[Pod]:
    """The pods that are meant to be there, by their stored attempts."""
    stored = world.status.coordinator
    coordinators = [pod for pod in world.coordinators if stored is not None and pod.attempt == stored.attempt]
    return [*coordinators, *(member.pod for member in world.members if member.pod is not None)]
