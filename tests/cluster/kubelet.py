"""The tests' kubelet: says of pods what a node would say, through their status subresource. Runs nothing."""

from typing import Any

from cluster.api import MERGE, Api, Object, path_of
from cluster.objects import name_of

MESSAGE_BYTES = 4096  # what a real kubelet keeps of a termination message
NOW = "2026-01-01T00:00:00Z"


class Kubelet:
    """Plays every node at once."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def runs(self, pod: Object, ip: str | None = None) -> None:
        """The pod runs; with an address it can be asked for its progress."""
        address = {"podIP": ip, "podIPs": [{"ip": ip}]} if ip else {}
        self._say(pod, phase="Running", **address, containerStatuses=[_container(running={"startedAt": NOW})])

    def ends(self, pod: Object, exit_code: int, message: str = "", reason: str | None = None, **status: Any) -> None:
        """The pod's process ended; further fields of its status by name."""
        assert len(message.encode()) <= MESSAGE_BYTES, "a kubelet would have cut this message"
        reason = reason or ("Completed" if exit_code == 0 else "Error")
        terminated = {"exitCode": exit_code, "reason": reason, "message": message}
        phase = "Succeeded" if exit_code == 0 else "Failed"
        self._say(pod, phase=phase, **status, containerStatuses=[_container(terminated=terminated)])

    def is_lost(self, pod: Object, reason: str, message: str = "") -> None:
        """The pod failed without an exit code: evicted before it ran, or its node is gone."""
        self._say(pod, phase="Failed", reason=reason, message=message)

    def deletes(self, pod: Object) -> None:
        """Somebody deleted the pod, and it is gone."""
        self._api.delete("Pod", pod["metadata"]["namespace"], name_of(pod))

    def waits(self, pod: Object, reason: str, message: str) -> None:
        """The pod's container cannot be started."""
        self._say(pod, phase="Pending", containerStatuses=[_container(waiting={"reason": reason, "message": message})])

    def finds_no_node(self, pod: Object, message: str) -> None:
        """No node takes the pod."""
        self._say(pod, conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                                    "message": message, "lastTransitionTime": NOW}])  # fmt: skip

    def _say(self, pod: Object, **status: Any) -> None:
        path = path_of("Pod", pod["metadata"]["namespace"], name_of(pod), "status")
        self._api.request("PATCH", path, {"status": status}, MERGE)


def _container(**state: Any) -> Object:
    image = {"image": "lsml/trainer:test", "imageID": ""}
    return {"name": "worker", "ready": "running" in state, "restartCount": 0, **image, "state": state}
