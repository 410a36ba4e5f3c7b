"""Linear models on real data sets and on those that break solvers, against scikit-learn's optimum."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.preprocessing import StandardScaler

from lsml_trainer.algorithms import predictor
from unit.trainer.problems import blobs, line, trained, training

Rows = tuple[NDArray[Any], NDArray[Any]]

ALPHA = 0.05


def real(name: str, **options: Any) -> Rows:
    """The first 300 rows of one of scikit-learn's sets, standardised."""
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True, **options)
    return StandardScaler().fit_transform(x[:300]), y[:300] if name == "diabetes" else y[:300].astype(np.int64)


X, Y = blobs(3, rows=90, features=4)
NUMBERS = line(rows=90, features=4, noise=0.5)
SCALES = np.array([1e-2, 0.3, 1.0, 5.0])
CLASSES: dict[str, Rows] = {
    "iris": real("iris"),
    "wine": real("wine"),
    "breast cancer": real("breast_cancer"),
    "digits": real("digits", n_class=5),
    "ill-conditioned": (X * SCALES, Y),
    "two columns almost the same": (np.column_stack([X, X[:, 0] + 1e-6 * X[:, 1]]), Y),
    "unbalanced": (X, (np.arange(90) % 18 == 0).astype(np.int64)),
    "every row three times": (np.tile(X, (3, 1)), np.tile(Y, 3)),
    "constant columns": (np.column_stack([X, np.full(90, 3.0), np.zeros(90)]), Y),
    "more columns than rows": blobs(3, rows=30, features=50),
    "separable": (np.column_stack([np.where(Y == 0, -3.0, 3.0), X[:, 1]]), (Y > 0).astype(np.int64)),
}
AMOUNTS: dict[str, Rows] = {
    "diabetes": real("diabetes"),
    "ill-conditioned": (NUMBERS[0] * SCALES, NUMBERS[1]),
    "two columns almost the same": (np.column_stack([NUMBERS[0], NUMBERS[0][:, 0] + 1e-6]), NUMBERS[1]),
    "every row three times": (np.tile(NUMBERS[0], (3, 1)), np.tile(NUMBERS[1], 3)),
    "constant columns": (np.column_stack([NUMBERS[0], np.full(90, 3.0), np.zeros(90)]), NUMBERS[1]),
    "more columns than rows": line(rows=30, features=50),
}
METHODS: dict[str, tuple[dict[str, Any], float]] = {
    "newton": ({"method": "newton", "iterations": 50}, 1e-9),
    "gradient": ({"momentum": 0.95, "nesterov": True, "iterations": 2000, "tolerance": 1e-7}, 1e-4),
}
every_method = pytest.mark.parametrize(("method", "slack"), METHODS.values(), ids=METHODS)


def objective(rows: Rows, coef: NDArray[Any], intercept: NDArray[Any]) -> float:
    """Of a logistic regression, multinomial for more than two classes."""
    x, y = rows
    z = x @ coef.T + intercept
    if len(coef) == 1:
        z = np.column_stack([np.zeros(len(x)), z])
    losses = np.logaddexp.reduce(z, axis=1) - z[np.arange(len(y)), y]
    return float(losses.mean() + ALPHA / 2 * (coef**2).sum())


@every_method
@pytest.mark.parametrize("rows", CLASSES.values(), ids=CLASSES)
def test_a_logistic_regression_is_as_good_as_scikit_learns(rows: Rows, method: dict[str, Any], slack: float) -> None:
    spec = training({"gradientDescent": {"loss": "log_loss", "alpha": ALPHA, **method}})
    found = trained(spec, *rows)
    theirs = LogisticRegression(C=1 / (ALPHA * len(rows[1])), tol=1e-8, max_iter=5000).fit(*rows)
    ours, wanted = objective(rows, found["coef"], found["intercept"]), objective(rows, theirs.coef_, theirs.intercept_)
    assert ours <= wanted * (1 + slack)
    predicted = predictor(spec.algorithm, found).predict(rows[0])
    assert (predicted == theirs.predict(rows[0])).mean() >= 0.99


@every_method
@pytest.mark.parametrize("rows", AMOUNTS.values(), ids=AMOUNTS)
def test_a_ridge_regression_is_scikit_learns(rows: Rows, method: dict[str, Any], slack: float) -> None:
    x, y = rows
    found = trained(training({"gradientDescent": {"loss": "mse", "alpha": ALPHA, **method}}), x, y)
    theirs = Ridge(alpha=ALPHA * len(x)).fit(x, y)
    np.testing.assert_allclose(x @ found["coef"][0] + found["intercept"], theirs.predict(x), atol=slack * y.std())


def test_a_ridge_regression_far_from_the_origin_is_newtons() -> None:
    x, y = NUMBERS[0] + 100.0, NUMBERS[1] + 1000.0
    found = trained(training({"gradientDescent": {"loss": "mse", "alpha": ALPHA, "method": "newton"}}), x, y)
    theirs = Ridge(alpha=ALPHA * len(x)).fit(x, y)
    np.testing.assert_allclose(x @ found["coef"][0] + found["intercept"], theirs.predict(x), atol=1e-6)


SCALED = {name: rows for name, rows in CLASSES.items() if name != "ill-conditioned"}  # one rate for all columns


@pytest.mark.parametrize("rows", SCALED.values(), ids=SCALED)
def test_sgd_is_as_accurate_as_scikit_learns(rows: Rows) -> None:
    config = {"loss": "log_loss", "alpha": ALPHA, "epochs": 10, "batchSize": 4, "average": True}
    spec = training({"sgd": {**config, "learningRate": {"schedule": "optimal"}}})
    found = trained(spec, *rows)
    theirs = SGDClassifier(loss="log_loss", alpha=ALPHA, max_iter=10, tol=None, average=True, random_state=0).fit(*rows)
    predicted = predictor(spec.algorithm, found).predict(rows[0])
    assert (predicted == rows[1]).mean() >= theirs.score(*rows) - 0.03
