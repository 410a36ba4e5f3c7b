"""What was last seen of every job, its pods and its worker, and how to tell that it changed. No I/O."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from lsml_operator.job_token import secret_name
from lsml_operator.labels import JOB, QUOTA_GATE
from lsml_operator.observe.read import key_of, read_job, read_pod
from lsml_operator.world import Job, JobKey, Object, Outcome, Pod, Refusal, World
from lsml_trainer.spec import Report

Named = tuple[str, str]
"""Namespace and name."""


class Cache:
    """Jobs and pods as they were last seen; `on_change` hears of each job that something happened to."""

    def __init__(self, on_change: Callable[[JobKey], None]) -> None:
        self._on_change = on_change
        self._jobs: dict[JobKey, Job] = {}
        self._pods: dict[Named, tuple[str, str, Pod]] = {}  # pod -> (owner's UID, job's name, pod)
        self._of_job: defaultdict[str, set[Named]] = defaultdict(set)  # owner's UID -> pods
        self._reports: dict[str, Report] = {}  # by the pod's UID
        self._failed_mounts: dict[str, str] = {}  # by the pod's UID
        self._quotas: dict[str, str] = {}  # by the pod's UID
        self._refusals: dict[JobKey, tuple[Refusal, ...]] = {}
        self._addresses: dict[JobKey, str] = {}  # of coordinators, until a status has them
        self.pods_synced = False
        self.nodes: dict[str, Mapping[str, str]] = {}
        """The labels of each, as `keep_nodes` knows them; a change is no reason to look at a job."""
        self.token_key: bytes | None = None
        """What the jobs' tokens are made of, for the operator's whole life; None: it has none."""

    # Jobs

    def put_job(self, body: Object) -> None:
        """A job was seen; one that is older than what is known already is no news."""
        key = key_of(body)
        known = self._jobs.get(key)
        if known is not None and int(known.resource_version) >= int(body["metadata"]["resourceVersion"]):
            return
        job = self._jobs[key] = read_job(body)
        if job.status.coordinator is None or job.status.coordinator.address is not None:
            self._addresses.pop(key, None)
        self._on_change(key)

    def renew_job(self, body: Object) -> None:
        """A job was seen beside the watch, in an answer; one that the watch saw go meanwhile does not come back."""
        if key_of(body) in self._jobs:
            self.put_job(body)

    def drop_job(self, body: Object) -> None:
        """A job is gone."""
        self.forget_job(key_of(body))

    def forget_job(self, key: JobKey) -> None:
        """A job is gone, though nobody saw it go: kopf does not tell what went in a gap of its watch."""
        self._jobs.pop(key, None)
        self._refusals.pop(key, None)
        self._addresses.pop(key, None)
        self._on_change(key)

    def jobs(self) -> Iterable[Job]:
        """All jobs."""
        return self._jobs.values()

    # Pods

    def put_pod(self, body: Object) -> None:
        """A pod was seen."""
        named, owner = _named(body), _owner(body)
        pod = read_pod(body)
        if pod is None or owner is None:
            self.drop_pod(named)
            return
        known = self._pods.get(named)
        if known is not None and (known[0], known[2].uid) != (owner, pod.uid):  # another one has its name
            self.drop_pod(named)
            known = None
        self._pods[named] = (owner, body["metadata"]["labels"][JOB], pod)
        self._of_job[owner].add(named)
        if known is None or known[2] != pod:
            self._pod_changed(named, owner)

    def drop_pod(self, named: Named) -> None:
        """A pod is gone."""
        known = self._pods.pop(named, None)
        if known is None:
            return
        owner, _, pod = known
        self._of_job[owner].discard(named)
        if not self._of_job[owner]:
            del self._of_job[owner]
        self._reports.pop(pod.uid, None)
        self._failed_mounts.pop(pod.uid, None)
        self._quotas.pop(pod.uid, None)
        self._pod_changed(named, owner, known[1])

    def replace_pods(self, bodies: Iterable[Object]) -> None:
        """All pods were listed: what is not among them is gone, though nobody saw it go."""
        listed = {_named(body): body for body in bodies}
        for named in [named for named in self._pods if named not in listed]:
            self.drop_pod(named)
        for body in listed.values():
            self.put_pod(body)
        if not self.pods_synced:
            self.pods_synced = True
            for key in self._jobs:  # none of them was looked at before
                self._on_change(key)

    def _pod_changed(self, named: Named, owner: str, job: str | None = None) -> None:
        name = job or self._pods[named][1]
        self._on_change(JobKey(named[0], name, owner))

    # What workers say, and what the API server refused

    def running_pods(self) -> list[tuple[JobKey, Pod]]:
        """The pods that can be asked how far they are: of a team, its coordinator."""
        return [
            (JobKey(named[0], job, owner), pod)
            for named, (owner, job, pod) in self._pods.items()
            if pod.phase == "Running" and pod.ip and not pod.deleting
            if pod.coordinates or not self._is_team(owner)
        ]

    def _is_team(self, owner: str) -> bool:
        return any(self._pods[named][2].coordinates for named in self._of_job[owner])

    def starting_pods(self) -> list[tuple[JobKey, Pod]]:
        """The pods that have a machine, but no container that runs or says why not."""
        return [
            (JobKey(named[0], job, owner), pod)
            for named, (owner, job, pod) in self._pods.items()
            if pod.phase == "Pending" and pod.unschedulable is None and pod.container_reason == "ContainerCreating"
        ]

    def put_failed_mount(self, key: JobKey, pod_uid: str, message: str) -> None:
        """The kubelet said why it cannot mount a volume."""
        if self._is_there(key, pod_uid) and self._failed_mounts.get(pod_uid) != message:
            self._failed_mounts[pod_uid] = message
            self._on_change(key)

    def queued_pods(self) -> list[tuple[JobKey, Pod]]:
        """The pods that Kueue holds back."""
        return [
            (JobKey(named[0], job, owner), pod)
            for named, (owner, job, pod) in self._pods.items()
            if QUOTA_GATE in pod.gates
        ]

    def put_quota(self, key: JobKey, pod_uid: str, message: str) -> None:
        """Kueue said what its quota lacks for a pod."""
        if self._is_there(key, pod_uid) and self._quotas.get(pod_uid) != message:
            self._quotas[pod_uid] = message
            self._on_change(key)

    def put_report(self, key: JobKey, pod_uid: str, report: Report) -> None:
        """A worker said how far it is."""
        if self._is_there(key, pod_uid) and self._reports.get(pod_uid) != report:
            self._reports[pod_uid] = report
            self._on_change(key)

    def _is_there(self, key: JobKey, pod_uid: str) -> bool:
        """Whether the pod did not go while it was asked: what is kept of a pod goes with it, and only once."""
        return any(self._pods[named][2].uid == pod_uid for named in self._of_job.get(key.uid, ()))

    def remember(self, key: JobKey, outcome: Outcome) -> None:
        """What the API server refused this time, in place of what it refused before; and the address that it gave."""
        changed = self._refusals.get(key, ()) != outcome.refusals
        self._refusals[key] = outcome.refusals
        if outcome.address is not None:
            changed = changed or self._addresses.get(key) != outcome.address
            self._addresses[key] = outcome.address
        if changed:
            self._on_change(key)

    def observe(self, key: JobKey, now: datetime) -> World | None:
        """All that is known of one job; None if it is gone, going, or was not looked at yet."""
        job = self._jobs.get(key)
        if job is None or job.deleting or not self.pods_synced:
            return None
        seen = tuple(self._explained(self._pods[named][2]) for named in sorted(self._of_job.get(key.uid, ())))
        coordinators = tuple(pod for pod in seen if pod.coordinates)
        pods = tuple(pod for pod in seen if not pod.coordinates)
        return World(
            now=now,
            job=job,
            pods=pods,
            coordinators=coordinators,
            report=self._reports.get(_speaker(coordinators or pods)),
            refusals=self._refusals.get(key, ()),
            address=self._addresses.get(key),
            nodes={pod.node: self.nodes[pod.node] for pod in pods if pod.node and pod.node in self.nodes},
            token=secret_name(self.token_key, key) if self.token_key is not None else None,
        )

    def _explained(self, pod: Pod) -> Pod:
        """The pod, with the reason why it is still held back or its container created, where one is known."""
        if QUOTA_GATE in pod.gates:
            return replace(pod, quota=self._quotas.get(pod.uid))
        why = self._failed_mounts.get(pod.uid)
        if why is None or pod.container_reason != "ContainerCreating":
            return pod
        return replace(pod, container_reason="FailedMount", container_message=why)


def _speaker(pods: tuple[Pod, ...]) -> str:
    """The UID of the pod that speaks for the job: an attempt that is over does until its successor is there."""
    speaker = max(pods, key=lambda pod: (-pod.index, pod.attempt), default=None)
    return speaker.uid if speaker else ""


def _named(body: Object) -> Named:
    return body["metadata"]["namespace"], body["metadata"]["name"]


def _owner(body: Object) -> str | None:
    """The UID of the controller; a pod without one belongs to no job, whatever its labels say."""
    owners = body["metadata"].get("ownerReferences") or []
    return next((owner["uid"] for owner in owners if owner.get("controller")), None)
