"""Models in folders, trained in no time, and files of rows for them."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes, load_iris

from lsml_trainer.data import load_problem
from lsml_trainer.saving import save_model
from lsml_trainer.spec import Evaluation
from lsml_trainer.stores import DiskStore
from unit.trainer.problems import training

IRIS, DIABETES = load_iris(), load_diabetes()
NAMES = IRIS.target_names[IRIS.target]


def iris_model(folder: Path, loss: str = "log_loss") -> Path:
    """Nearest of three means, as a linear model; `loss` says what it claims to have learned by."""
    spec = training({"gradientDescent": {"loss": loss}})
    means = np.stack([IRIS.data[IRIS.target == k].mean(axis=0) for k in range(3)])
    weights = {"coef": means, "intercept": -0.5 * (means**2).sum(axis=1)}
    problem = load_problem(spec.data, learns_classes=True)
    save_model(DiskStore(folder), spec, problem, weights, Evaluation(metrics=(), rows=150, held_out=False))
    return folder


def diabetes_model(folder: Path) -> Path:
    """Least squares."""
    spec = training({"gradientDescent": {"loss": "mse"}}, train={"uri": "builtin://diabetes"})
    problem = load_problem(spec.data, learns_classes=False)
    design = np.column_stack([DIABETES.data, np.ones(len(DIABETES.data))])
    found = np.linalg.lstsq(design, DIABETES.target, rcond=None)[0]
    weights = {"coef": found[None, :-1], "intercept": found[-1:]}
    save_model(DiskStore(folder), spec, problem, weights, Evaluation(metrics=(), rows=442, held_out=False))
    return folder


def iris_csv(path: Path, times: int = 1) -> Path:
    """The rows, so many times, with a column that is none of the model's, and the label."""
    header = ["id", *IRIS.feature_names, "target"]
    rows = [[f"{i:03d}", *map(str, x), name] for i, (x, name) in enumerate(zip(IRIS.data, NAMES, strict=True))]
    path.write_text("\n".join(",".join(row) for row in [header, *rows * times]) + "\n")
    return path
