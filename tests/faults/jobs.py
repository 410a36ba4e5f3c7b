"""Small jobs of every algorithm, and what they give when nobody disturbs them."""

import csv
import json
import os
import tempfile
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from faults.processes import forked
from lsml_trainer import worker
from lsml_trainer.data.builtin import LABEL, read_builtin

SHARDS = "4"
PARTS = 4


class Job(NamedTuple):
    """What is trained, and about how many steps that takes."""

    algorithm: dict[str, Any]
    data: str
    steps: int


def network(what: dict[str, Any], epochs: int) -> dict[str, Any]:
    return {"deepLearning": {"network": what, "optimizer": {"adam": {}}, "epochs": epochs, "batchSize": 32}}


NYSTROM: dict[str, Any] = {"nystrom": {"centres": 40}}
JOBS: dict[str, Job] = {
    "gradientDescent": Job({"gradientDescent": {"loss": "log_loss", "iterations": 150}}, "wine", 150),
    "gradientDescent, squared error": Job({"gradientDescent": {"loss": "mse", "iterations": 200}}, "diabetes", 1),
    "sgd": Job({"sgd": {"loss": "hinge", "epochs": 20, "batchSize": 32}}, "wine", 100),
    "svm, linear": Job({"svm": {"kernel": "linear"}}, "breast_cancer", 3),
    "svm, rbf": Job({"svm": {"kernel": "rbf", "C": 4.0}}, "breast_cancer", 3),
    "svm, Nystrom": Job({"svm": {"loss": "squared_hinge", "approximation": NYSTROM}}, "breast_cancer", 3),
    "deepLearning": Job(network({"mlp": {"hidden": [8], "dropout": 0.1}}, 30), "wine", 150),
    "deepLearning, a user's module": Job(network({"module": "faults.users_network:build"}, 20), "wine", 100),
}


def environ_of(job: Job, folder: Path) -> dict[str, str]:
    """A worker's environment; the rows to predict are written beside the model."""
    rows = folder / "rows"
    if not rows.exists():
        write_rows(job.data, rows)
    train = {"uri": f"builtin://{job.data}"}
    spec = {
        "algorithm": job.algorithm,
        "data": {"train": train, "test": {"fraction": 0.2, "seed": 1}, "standardize": True},
        "output": f"file://{folder}/model",
        "checkpoint": {"uri": f"file://{folder}/state", "everySeconds": 1},
        "ledger": f"file://{folder}/ledger",
        "predict": {"data": {"uri": f"file://{rows}/*.csv"}, "output": f"file://{folder}/named"},
    }
    return {
        "LSML_SPEC": json.dumps(spec),
        "LSML_SHARDS": SHARDS,
        "LSML_ADDRESS": "127.0.0.1",
        "LSML_PORT": "0",
        "LSML_TERMINATION_LOG": os.devnull,
    }


def write_rows(data: str, folder: Path) -> None:
    """The first rows of a data set, in PARTS files."""
    columns = {name: column for name, column in read_builtin(f"builtin://{data}").columns.items() if name != LABEL}
    folder.mkdir()
    for part in range(PARTS):
        with (folder / f"{part}.csv").open("w", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(columns)
            lines.writerows(zip(*(column[part * 8 : part * 8 + 8] for column in columns.values()), strict=True))


def result(folder: Path) -> dict[str, bytes]:
    """The weights and the predictions, by the names of their files."""
    files = [folder / "model" / "weights.safetensors", *sorted((folder / "named").iterdir())]
    return {file.name: file.read_bytes() for file in files}


def undisturbed(job: Job) -> dict[str, bytes]:
    """The result of one worker on its own; afterwards forks of this process need not compile anything.

    What torch has begun cannot be forked: a module is trained in a process of its own, and only imported here.
    """
    import torch  # noqa: F401, PLC0415  (takes seconds, which every fork would need)

    with tempfile.TemporaryDirectory(prefix="lsml-soak-") as text:
        folder = Path(text)
        environ = environ_of(job, folder)
        if "module" in json.dumps(job.algorithm):
            _, code = os.waitpid(forked(folder / "log", lambda: worker.run_worker(environ, Event(), print)), 0)
        else:
            code = worker.run_worker(environ, Event(), lambda line: None)
        assert code == 0, f"the undisturbed run ended with {code}"
        return result(folder)
