"""Jobs as the command line sees them, in the middle of their lives; times are seconds before NOW."""

import io
from typing import Any

from rich.console import Console, RenderableType

from lsml_operator.cli.reading import Seen
from unit.operator.builders import NOW, Json, a_job_body, a_pod_body, ago

__all__ = ["NOW", "a_condition", "a_running_job", "a_seen", "a_succeeded_job", "an_event", "shown"]

DIGEST = "sha256:" + "ab" * 32


def a_condition(type_: str, reason: str, message: str, status: str = "True", since_s: float = 60) -> Json:
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(since_s),
        "observedGeneration": 1,
    }


def a_running_job(*members: Json, **status: Any) -> Json:
    """Two of three workers train an SVM; further fields of the status by name."""
    workers = members or (
        {"index": 0, "attempt": 0, "state": "Running"},
        {"index": 1, "attempt": 2, "state": "Running"},
        {"index": 2, "attempt": 1, "state": "Waiting", "notBefore": ago(-40)},
    )
    middle = {
        "phase": "Running",
        "diagnosis": "training with 2 of 3 workers: worker 2 is tried again in 40 s",
        "observedGeneration": 1,
        "summary": {"workers": "2/3", "progress": "63%", "loss": "0.1234", "eta": "2m10s"},
        "workers": {"desired": 3, "running": 2, "pending": 1, "members": list(workers)},
        "restarts": {"crashes": 1, "outOfMemory": 0, "evictions": 2},
        "progress": {
            "percent": 63.0,
            "step": 630,
            "totalSteps": 1000,
            "epoch": 3,
            "samples": 4311,
            "samplesPerSecond": 81200.0,
            "estimatedSecondsRemaining": 130.0,
            "metrics": [{"name": "loss", "value": 0.1234}, {"name": "accuracy", "value": 0.98}],
            "updatedAt": ago(1),
        },
        "conditions": [a_condition("Ready", "Running", "training with 2 of 3 workers")],
        "startTime": ago(300),
    }
    return a_job_body(status=middle | status, creationTimestamp=ago(310))


def a_succeeded_job() -> Json:
    done = {
        "phase": "Succeeded",
        "diagnosis": "every worker is done",
        "observedGeneration": 1,
        "summary": {"workers": "0/0", "progress": "100%", "loss": "0.1"},
        "workers": {"desired": 0, "running": 0, "pending": 0, "members": []},
        "progress": {
            "percent": 100,
            "step": 1000,
            "totalSteps": 1000,
            "metrics": [{"name": "loss", "value": 0.1}],
            "updatedAt": ago(60),
        },
        "evaluation": {"metrics": [{"name": "accuracy", "value": 0.96666}], "rows": 30, "heldOut": True},
        "model": {"uri": "pvc://models/iris", "digest": DIGEST},
        "conditions": [a_condition("Complete", "Completed", "every worker is done")],
        "startTime": ago(90),
        "completionTime": ago(50),
    }
    return a_job_body(status=done, creationTimestamp=ago(100))


def an_event(
    reason: str, message: str, *, ago_s: float = 30, type_: str = "Normal", uid: str = "uid-iris", count: int = 1
) -> Json:
    return {
        "metadata": {"uid": f"event-{reason}-{ago_s}", "creationTimestamp": ago(ago_s)},
        "involvedObject": {"uid": uid},
        "reason": reason,
        "message": message,
        "type": type_,
        "count": count,
        "lastTimestamp": ago(ago_s),
    }


def a_seen(job: Json | None = None) -> Seen:
    """A running job with its pods and events."""
    crashed = a_pod_body(0, "Failed", index=2, terminated={"exitCode": 1, "reason": "Error", "message": "boom"})
    pods = (a_pod_body(0, index=0), a_pod_body(2, index=1), crashed)
    for pod, node in zip(pods, ("node-a", "node-b", "node-a"), strict=True):
        pod["spec"] = {"nodeName": node}
    events = (
        an_event("Starting", "1 of 3 workers run", ago_s=300),
        an_event("Running", "training", ago_s=290),
        an_event(
            "WorkerCrashed", "worker 2 (attempt 0) ended: exit code 1 (Error)", ago_s=45, type_="Warning", count=2
        ),
    )
    return Seen(job or a_running_job(), pods, events)


def shown(screen: RenderableType, width: int = 80) -> str:
    """As it is printed where there are no colours; without the blanks at the ends of lines."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False, markup=False)
    console.print(screen, soft_wrap=False)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()).strip("\n")
