"""What was seen of the data -> a TrainingJob to begin with. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from lsml_operator.api import API_VERSION, KIND
from lsml_operator.cli.ends import End, Ended
from lsml_operator.cli.looking import Column, Kind, Look

LABELS = ("target", "label", "class", "y")
"""What label columns are usually called."""
MOST_ROWS_OF_A_KERNEL = 20_000
"""A kernel machine compares each row with each other one."""


class Family(StrEnum):
    """What is learned; the names of spec.algorithm."""

    SVM = "svm"
    SGD = "sgd"
    GRADIENT_DESCENT = "gradientDescent"
    DEEP_LEARNING = "deepLearning"


def guessed_label(look: Look) -> str:
    """The column that is called as labels are, else the last one."""
    names = {column.name.lower(): column.name for column in look.columns}
    return next((names[name] for name in LABELS if name in names), look.columns[-1].name)


def learns_classes(look: Look, label: str) -> bool:
    """Whether the label names classes; otherwise it is an amount. Raises Ended for a label that cannot be learned."""
    column = next((column for column in look.columns if column.name == label), None)
    if column is None:
        listed = ", ".join(column.name for column in look.columns[:20])
        raise Ended(End.BAD_INPUT, f"there is no column {label!r}; there are {listed}")
    if column.values < 2:
        raise Ended(End.BAD_INPUT, f"column {label!r} has {column.values} different values; there is nothing to learn")
    return column.kind in (Kind.TEXT, Kind.WHOLE)


def usual_family(classes: bool) -> Family:
    """What one tries first."""
    return Family.SVM if classes else Family.GRADIENT_DESCENT


def draft(
    name: str, uri: str, look: Look, label: str, family: Family, output: str | None, workers: int
) -> dict[str, Any]:
    """The whole TrainingJob. Raises Ended where the family cannot learn the label."""
    classes = learns_classes(look, label)
    if family is Family.SVM and not classes:
        raise Ended(End.BAD_INPUT, f"an svm learns classes, and {label!r} is an amount; take --family sgd")
    features = [column for column in look.columns if column.name != label]
    if not features:
        raise Ended(End.BAD_INPUT, f"there is no column but the label {label!r}; there is nothing to learn from")
    data: dict[str, Any] = {
        "train": {"uri": uri, "label": label, **_delimiter(look, uri)},
        "test": {"fraction": 0.2, "seed": 42, **({"stratify": True} if classes else {})},
        "standardize": True,
        **_preparation(features),
    }
    spec = {
        "algorithm": {family.value: _algorithm(family, classes, look.rows)},
        "data": data,
        "workers": {"replicas": workers, "max": max(workers, 4)},
        **({"output": output} if output else {}),
        "seed": 42,
    }
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec}


def _algorithm(family: Family, classes: bool, rows: int) -> Mapping[str, Any]:
    if family is Family.SVM:
        return {"kernel": "rbf" if rows <= MOST_ROWS_OF_A_KERNEL else "linear", "C": 1.0}
    if family is Family.SGD:
        return {"loss": "log_loss" if classes else "mse", "epochs": 20}
    if family is Family.GRADIENT_DESCENT:
        return {"loss": "log_loss" if classes else "mse", "iterations": 1000}
    return {
        "network": {"mlp": {"hidden": [128, 64]}},
        "loss": "cross_entropy" if classes else "mse",
        "optimizer": {"adam": {"learningRate": 1e-3}},
        "epochs": 20,
        "batchSize": 128,
    }


def _delimiter(look: Look, uri: str) -> dict[str, str]:
    return {"delimiter": look.delimiter} if look.delimiter != "," and ".csv" in uri else {}


def _preparation(features: list[Column]) -> dict[str, Any]:
    """What the trainer would otherwise refuse: text, and cells without a value."""
    found: dict[str, Any] = {}
    if any(column.kind is Kind.TEXT for column in features):
        found["categorical"] = {"handleUnknown": "ignore"}
    if any(column.missing for column in features):
        found["missing"] = "mean"
    return found
