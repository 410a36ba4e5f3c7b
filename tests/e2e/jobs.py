"""The jobs that the tests apply: a short one, and one that runs until somebody stops it."""

from pathlib import Path
from typing import Any

from lsml_trainer.spec import CLAIMS_FOLDER

Object = dict[str, Any]

NO_RESTARTS = {"coordinator": 0, "crashes": 0, "evictions": 0, "outOfMemory": 0, "updates": 0, "stragglers": 0}
"""In the status of a job that lost nobody."""
SLEEPY: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "sleepy"},
    "data": {"sleepy.py": (Path(__file__).parent / "sleepy.py").read_text()},
}
"""What a patient job learns by."""
SLEEPY_TEMPLATE: Object = {
    "env": [{"name": "PYTHONPATH", "value": "/code"}],
    "volumes": [{"name": "code", "configMap": {"name": "sleepy"}}],
    "volumeMounts": [{"name": "code", "mountPath": "/code", "readOnly": True}],
}
"""Of the pods that find it there."""
PATIENT_EPOCHS = 200


def a_job(name: str, **spec: Any) -> Object:
    """iris by a linear SVM: trained within a second."""
    return {
        "apiVersion": "lsml.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": name},
        "spec": {
            "algorithm": {"svm": {"kernel": "linear"}},
            "data": {
                "train": {"uri": "builtin://iris"},
                "test": {"fraction": 0.2, "seed": 42},
                "standardize": True,
            },
            **spec,
        },
    }


def a_long_job(name: str, epochs: int = 1_000_000, **spec: Any) -> Object:
    """digits by a network whose matrix products take its time, about 0.1 s an epoch: by default it trains for a day."""
    network = {
        "network": {"mlp": {"hidden": [512, 512]}},
        "optimizer": {"sgd": {"learningRate": 0.01}},
        "epochs": epochs,
        "batchSize": 256,
    }
    data = {"train": {"uri": "builtin://digits"}, "test": {"fraction": 0.2, "seed": 42}}
    return a_job(name, **{"algorithm": {"deepLearning": network}, "data": data, **spec})


def a_patient_job(
    name: str, epochs: int = PATIENT_EPOCHS, row_seconds: float = 0.004, shards: int = 4, **workers: Any
) -> Object:
    """By default half a second a step of two workers, ten minutes in all.

    Once the file `hurry-NAME` is on the claim, what is left takes seconds.
    """
    until = f"{CLAIMS_FOLDER}/models/hurry-{name}"
    network = {"module": "sleepy:build", "arguments": {"row_seconds": row_seconds, "until": until}}
    deep = {"network": network, "optimizer": {"sgd": {"learningRate": 0.001}}, "epochs": epochs, "batchSize": 256}
    return a_job(
        name,
        algorithm={"deepLearning": deep},
        data={"train": {"uri": "builtin://digits"}, "test": {"fraction": 0.2, "seed": 42}, "shards": shards},
        workers={"resources": {"requests": {"cpu": "50m"}}, "template": SLEEPY_TEMPLATE, **workers},
        output=f"pvc://models/{name}",
    )
