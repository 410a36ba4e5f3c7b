"""The status to store and the pods that were seen -> what to make and what to take away. Pure.

Nothing is taken away that the status to be stored still intends: it is written before any of this is done.
"""

from collections.abc import Iterator

from lsml_operator.api.status import CoordinatorStatus, Status, WorkerStatus
from lsml_operator.decide.common_token import common_secret, is_missing
from lsml_operator.decide.finished import seconds_to_live
from lsml_operator.decide.gang import let_go
from lsml_operator.desired.coordinator import coordinator_pod, coordinator_service, service_name
from lsml_operator.desired.network_policy import network_policy
from lsml_operator.desired.pod import group_name, worker_pod
from lsml_operator.desired.token_secret import token_secret, with_token
from lsml_operator.settings import Settings
from lsml_operator.world import Change, Create, Delete, Object, Pod, World


def changes(world: World, status: Status, settings: Settings) -> tuple[Change, ...]:
    """Everything that separates what is from what the status intends."""
    if status.completion_time is not None and world.status.completion_time is not None and seconds_to_live(world) == 0:
        return (Delete("TrainingJob", world.job.key.name, world.job.key.uid),)
    intended = {worker.index: worker for worker in status.workers.members}
    # Taken away first: whoever is replaced makes room for its successor, in the quota as in the team.
    return (
        *_superfluous(world, intended),
        *_superfluous_coordinators(world, status.coordinator),
        *_missing(world, status, settings),
        *let_go(world, status),
    )


def _missing(world: World, status: Status, settings: Settings) -> Iterator[Change]:
    pods = [*_missing_coordinator(world, status.coordinator, settings), *_missing_workers(world, status, settings)]
    if pods:
        yield from _guards(world, settings)
    yield from pods


def _guards(world: World, settings: Settings) -> Iterator[Change]:
    """What has to be there before the first pod that it guards, or that has it."""
    if settings.namespace is not None and not (world.pods or world.coordinators):
        yield Create(network_policy(world.job, settings))
    if settings.token_key is not None and is_missing(world):
        yield Create(token_secret(world.job, settings.token_key))


def _pod(world: World, body: Object, settings: Settings) -> Create:
    return Create(with_token(body, common_secret(world), settings))


def _missing_coordinator(world: World, stored: CoordinatorStatus | None, settings: Settings) -> Iterator[Change]:
    if stored is None or stored.state == "Leaving":
        return
    if stored.address is None:
        yield Create(coordinator_service(world.job))
    if stored.state == "Creating" and all(pod.attempt != stored.attempt for pod in world.coordinators):
        yield _pod(world, coordinator_pod(world.job, stored, settings), settings)


def _missing_workers(world: World, status: Status, settings: Settings) -> Iterator[Change]:
    address = status.coordinator.address if status.coordinator else None
    if status.coordinator is not None and address is None:
        return  # who does not know where to find the others cannot begin
    there, still_counted = {(pod.index, pod.attempt) for pod in world.pods}, _counted_in_group(world, status)
    for worker in status.workers.members:
        is_missing = worker.state == "Creating" and (worker.index, worker.attempt) not in there
        if is_missing and worker.index not in still_counted:
            yield _pod(world, worker_pod(world.job, worker, settings, address, status.workers.gang), settings)


def _counted_in_group(world: World, status: Status) -> set[int]:
    """Whose places in the group of a gang are taken: as long as a pod has not ended, Kueue would delete another one in
    its place as one too many.
    """
    if status.workers.gang is None:
        return set()
    group = group_name(world.job, status.workers.gang)
    return {pod.index for pod in world.pods if pod.group == group and pod.phase not in ("Succeeded", "Failed")}


def _superfluous_coordinators(world: World, stored: CoordinatorStatus | None) -> Iterator[Change]:
    leaves = stored is not None and stored.state == "Leaving"
    kept = stored.attempt if stored is not None and not leaves else None
    if leaves:
        yield Delete("Service", service_name(world.job.key.name), None)
    for pod in world.coordinators:
        if not pod.deleting and pod.attempt != kept:
            yield Delete("Pod", pod.name, pod.uid)


def _superfluous(world: World, intended: dict[int, WorkerStatus]) -> Iterator[Change]:
    for pod in world.pods:
        if not pod.deleting and not _is_kept(pod, intended.get(pod.index)):
            yield Delete("Pod", pod.name, pod.uid)


def _is_kept(pod: Pod, worker: WorkerStatus | None) -> bool:
    """The intended pod; and of those that have ended the last one, since people read its log."""
    if worker is not None and pod.attempt == worker.attempt:
        return True
    return pod.ended and (worker is None or pod.attempt == worker.attempt - 1)
