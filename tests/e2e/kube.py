"""kubectl and helm as the tests speak them, and waiting with a sentence. Knows nothing of pytest."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcluster import Cluster, ClusterError

Object = dict[str, Any]

WAIT_SECONDS = 600.0
"""Far more than anything should take on a busy machine; a kubelet tries to mount a volume every two minutes."""
WAIT = f"--timeout={WAIT_SECONDS:.0f}s"
"""The same for kubectl and helm, which have a minute more to say what they waited for."""


class Kube:
    """One namespace of a cluster."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def __call__(self, *arguments: str, stdin: str | None = None, timeout_seconds: float = WAIT_SECONDS + 60) -> str:
        """What kubectl prints; raises ClusterError with its complaint."""
        where = ("--namespace", self.namespace)
        return self.cluster.kubectl(*where, *arguments, stdin=stdin, timeout_seconds=timeout_seconds)

    def helm(self, *arguments: str) -> str:
        """What helm prints."""
        done = subprocess.run(
            ["helm", "--namespace", self.namespace, *arguments],
            env=self.cluster.environment(),
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS + 60,
            check=False,
        )
        if done.returncode:
            raise ClusterError(f"helm {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *objects: Object) -> None:
        """kubectl apply."""
        self("apply", "-f", "-", stdin="\n---\n".join(json.dumps(body) for body in objects))

    def get(self, kind: str, name: str) -> Object:
        """One object."""
        found: Object = json.loads(self("get", kind, name, "-o", "json"))
        return found

    def every(self, kind: str, selector: str = "") -> list[Object]:
        """All objects of a kind, in the order of their names."""
        found: list[Object] = json.loads(self("get", kind, "-l", selector, "-o", "json"))["items"]
        return found

    def status(self, job: str) -> Object:
        """The status of a TrainingJob, empty before the operator has seen it."""
        status: Object = self.get("trainingjob", job).get("status", {})
        return status

    def until(self, job: str, holds: Callable[[Object], Any], wait_seconds: float = WAIT_SECONDS) -> Object:
        """The first status for which it holds; fails with the last status and the pods."""
        status: Object = {}

        def look() -> bool:
            nonlocal status
            status = self.status(job)
            return bool(holds(status))

        wait_for(look, wait_seconds, lambda: f"{json.dumps(status, indent=1)}\n{self('get', 'pods', '-o', 'wide')}")
        return status

    def until_phase(self, job: str, phase: str, wait_seconds: float = WAIT_SECONDS) -> Object:
        """The first status of this phase."""
        return self.until(job, lambda status: status.get("phase") == phase, wait_seconds)

    def pods(self, job: str) -> list[Object]:
        """The worker pods of a job."""
        return self.every("pods", f"lsml.dev/job={job}")

    def delete_job(self, job: str) -> None:
        """Delete a job and wait until its pods are gone, too."""
        self("delete", "trainingjob", job, "--ignore-not-found", WAIT)
        wait_for(lambda: not self.pods(job), WAIT_SECONDS, lambda: self("get", "pods", "-o", "wide"))


def wait_for(holds: Callable[[], Any], wait_seconds: float, tell: Callable[[], str]) -> None:
    """Return once it holds; fail with what `tell` says if that takes too long."""
    end = time.monotonic() + wait_seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"not within {wait_seconds:.0f} s:\n{tell()}")
        time.sleep(0.2)


def kill_container(pod: Object) -> None:
    """kill -9 of the pod's processes, from the node, as the kernel would."""
    pids = processes_of(pod["metadata"]["uid"])
    assert pids, f"no process of pod {pod['metadata']['name']} was found"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def processes_of(pod_uid: str) -> list[int]:
    """The processes in the containers of a pod, without its sandbox's pause; found by their control group."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            groups, command = (folder / "cgroup").read_text(), (folder / "cmdline").read_bytes()
        except OSError:  # it has ended meanwhile
            continue
        if pod_uid in groups and not command.startswith(b"/pause"):
            found.append(int(folder.name))
    return found
