"""A torchrun program of a user's own in an image of his own (here the trainer's, since it has torch) is elastic."""

from pathlib import Path

import pytest

from e2e.claim import volume_of
from e2e.images import TRAINER
from e2e.jobs import NO_RESTARTS, Object
from e2e.kube import Kube, kill_container
from e2e.test_elastic import pod_of

pytestmark = pytest.mark.e2e

PROGRAM = Path(__file__).parents[1] / "faults" / "torchrun_program.py"
STEPS = 1200  # five minutes, unless it is in a hurry


def a_torchrun_job(name: str) -> Object:
    """Its program comes by a ConfigMap, and keeps its state on the claim `models`."""
    template = {
        "env": [{"name": "STATE", "value": f"/models/{name}.json"}],
        "volumes": [
            {"name": "code", "configMap": {"name": name}},
            {"name": "models", "persistentVolumeClaim": {"claimName": "models"}},
        ],
        "volumeMounts": [{"name": "code", "mountPath": "/code"}, {"name": "models", "mountPath": "/models"}],
    }
    container = {"image": TRAINER, "command": ["torchrun", "/code/train.py", str(STEPS)]}
    workers = {"replicas": 2, "max": 3, "resources": {"requests": {"cpu": "50m"}}, "template": template}
    return {
        "apiVersion": "lsml.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": name},
        "spec": {"algorithm": {"container": container}, "workers": workers},
    }


def together(status: Object) -> float:
    """How many processes train together, by the program's own word; 0 before it said something."""
    metrics = status.get("progress", {}).get("metrics", [])
    return next((metric["value"] for metric in metrics if metric["name"] == "world_size"), 0)


def test_one_of_two_is_killed_and_the_program_goes_on(kube: Kube) -> None:
    code = {"train.py": PROGRAM.read_text()}
    kube.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}, "data": code},
        a_torchrun_job("theirs"),
    )
    before = kube.until("theirs", lambda status: together(status) == 2)
    kill_container(pod_of(kube, "theirs", "w1"))
    kube.until("theirs", lambda status: status["restarts"]["crashes"] == 1)
    kube.until("theirs", lambda status: together(status) == 2 and status["workers"]["running"] == 2)
    (volume_of(kube) / "hurry").touch()
    ended = kube.until_phase("theirs", "Succeeded")
    assert ended["restarts"] == NO_RESTARTS | {"crashes": 1}
    assert before["progress"]["step"] < ended["progress"]["step"] == STEPS
    kube.delete_job("theirs")
