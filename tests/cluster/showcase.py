"""Jobs in the middle of their lives, as an operator would have written them: what screens are looked at with. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cluster.api import Object
from cluster.objects import a_job
from lsml_operator.texts import duration

LOST = "worker 3 waits for a machine: 0/12 nodes are available: 12 Insufficient nvidia.com/gpu."
PHASES = ("Running", "Running", "Running", "Succeeded", "Succeeded", "Pending", "Failed", "Suspended", "Restarting")
SAID = {
    "Running": ("Running", "training with 4 of 4 workers"),
    "Succeeded": ("Completed", "every worker is done"),
    "Pending": ("Unschedulable", LOST),
    "Failed": ("Diverged", "the loss is not finite at step 1200: lower learningRate, or set data.standardize: true"),
    "Suspended": ("Suspended", "suspended: spec.suspend is true"),
    "Restarting": ("WorkerEvicted", "3 of at least 4 workers run: worker 2 was evicted, and its next pod is coming"),
}
FAMILIES: tuple[Object, ...] = (
    {"svm": {"kernel": "rbf"}},
    {"sgd": {"loss": "hinge"}},
    {"gradientDescent": {"loss": "mse"}},
    {"deepLearning": {"network": {"mlp": {"hidden": [8]}}, "optimizer": {"adam": {}}}},
)


def stamp(ago_seconds: float = 0) -> str:
    """A time before now, as Kubernetes writes it."""
    return (datetime.now(UTC) - timedelta(seconds=ago_seconds)).isoformat(timespec="seconds").replace("+00:00", "Z")


def a_status(
    phase: str = "Running", *, percent: float = 40, loss: float = 0.1, workers: int = 4, **more: Any
) -> Object:
    """A status of this phase; further fields by their names."""
    running = workers if phase == "Running" else 0
    reason, message = SAID[phase]
    ready = "True" if phase in ("Running", "Succeeded", "Suspended") else "False"
    state = "Running" if running else "Pending"
    usual = {
        "phase": phase,
        "diagnosis": message,
        "conditions": [
            {"type": "Ready", "status": ready, "reason": reason, "message": message,
             "lastTransitionTime": stamp(240), "observedGeneration": 1},
        ],
        "summary": {
            "workers": f"{running}/{workers}", "progress": f"{percent:.0f}%", "loss": f"{loss:.4g}",
            "eta": duration(9.0 * (100 - percent)), "goodput": "87%", "cost": "1.23 USD", "restarts": 0,
        },
        "workers": {
            "desired": workers, "running": running, "pending": workers - running,
            "members": [{"index": i, "attempt": 0, "state": state} for i in range(workers)],
        },
        "restarts": {"crashes": 0, "outOfMemory": 0, "evictions": 0, "updates": 0, "coordinator": 0},
        "progress": {
            "percent": percent, "step": int(percent * 30), "totalSteps": 3000, "epoch": int(percent / 4),
            "samplesPerSecond": 81200.0, "estimatedSecondsRemaining": 9.0 * (100 - percent),
            "metrics": [{"name": "loss", "value": loss}, {"name": "accuracy", "value": max(0.0, 1 - loss / 3)}],
            "updatedAt": stamp(),
        },
        "goodput": {
            "ratio": 0.874, "productiveSeconds": 612.0, "startingSeconds": 41.0, "waitingSeconds": 33.0,
            "recoveringSeconds": 14.0, "workerSeconds": 2600.0, "updatedAt": stamp(),
        },
        "cost": {"amount": 1.2345, "currency": "USD"},
        "startTime": stamp(700),
    }  # fmt: skip
    ended = {"completionTime": stamp(20)} if phase in ("Succeeded", "Failed") else {}
    return {**usual, **ended, **more}


def many(count: int) -> list[tuple[Object, Object]]:
    """Jobs and their statuses, of all kinds."""
    return [_one(number) for number in range(count)]


def _one(number: int) -> tuple[Object, Object]:
    phase = PHASES[number % len(PHASES)]
    percent = 100.0 if phase == "Succeeded" else float(number * 37 % 97)
    names = ("covtype-svm", "clicks-sgd", "rents-gd", "digits-mlp")
    job = a_job(f"{names[number % 4]}-{number:04}", algorithm=FAMILIES[number % 4])
    job["spec"]["workers"] = {"replicas": 4}
    return job, a_status(phase, percent=percent, loss=round(0.9 / (1 + number % 50), 4))
