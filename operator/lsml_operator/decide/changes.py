"""The status to store and the pods that were seen -> what to make and what to take away. Pure.

Nothing is taken away that the status to be stored still intends: it is written before any of this is done.
"""

from collections.abc import Iterator

from lsml_operator.api.status import Status, WorkerStatus
from lsml_operator.decide.finished import seconds_to_live
from lsml_operator.desired.network_policy import network_policy
from lsml_operator.desired.pod import worker_pod
from lsml_operator.settings import Settings
from lsml_operator.world import Change, Create, Delete, Pod, World


def changes(world: World, status: Status, settings: Settings) -> tuple[Change, ...]:
    """Everything that separates what is from what the status intends."""
    if status.completion_time is not None and world.status.completion_time is not None and seconds_to_live(world) == 0:
        return (Delete("TrainingJob", world.job.key.name, world.job.key.uid),)
    intended = {worker.index: worker for worker in status.workers.members}
    # Taken away first: whoever is replaced makes room for its successor, in the quota as in the team.
    return (*_superfluous(world, intended), *_missing(world, intended, settings))


def _missing(world: World, intended: dict[int, WorkerStatus], settings: Settings) -> Iterator[Change]:
    there = {(pod.index, pod.attempt) for pod in world.pods}
    absent = [w for w in intended.values() if w.state == "Creating" and (w.index, w.attempt) not in there]
    if absent and settings.namespace is not None and not world.pods:
        yield Create(network_policy(world.job, settings.namespace))  # before the first pod that it guards
    for worker in absent:
        yield Create(worker_pod(world.job, worker, settings))


def _superfluous(world: World, intended: dict[int, WorkerStatus]) -> Iterator[Change]:
    for pod in world.pods:
        if not pod.deleting and not _is_kept(pod, intended.get(pod.index)):
            yield Delete("Pod", pod.name, pod.uid)


def _is_kept(pod: Pod, worker: WorkerStatus | None) -> bool:
    """The intended pod; and of those that have ended the last one, since people read its log."""
    if worker is not None and pod.attempt == worker.attempt:
        return True
    return pod.ended and (worker is None or pod.attempt == worker.attempt - 1)
