"""The linear machine by Newton's method: a gap that is proved, libsvm's and liblinear's optimum, weights of rows."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import LinearSVC, LinearSVR

from lsml_trainer.algorithms.base import Diverged, Rows, Shape, Unsuitable
from lsml_trainer.algorithms.svm import MANY_ROWS, create
from lsml_trainer.algorithms.svm.algorithm import BlockSmo
from lsml_trainer.algorithms.svm.chances import WithChances
from lsml_trainer.algorithms.svm.primal import Primal
from lsml_trainer.algorithms.svm.primal_sums import Kind, certificate, gradient, objective, row_sums
from lsml_trainer.algorithms.svm.space import Plain
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.spec.base import InvalidSpec
from lsml_trainer.spec.svm import Svm
from training.algorithms.svm.machines import Rows as Pair
from training.algorithms.svm.machines import Trained, builtin, even, libsvm_dual, overlapping

SPACE = Plain(4)
KINDS = {
    "squared hinge": Kind(True, 0.0),
    "hinge": Kind(False, 1.0),
    "narrow hinge": Kind(False, 0.125),
    "squared epsilon-insensitive": Kind(True, 0.0, epsilon=0.3),
    "epsilon-insensitive": Kind(False, 0.5, epsilon=0.3),
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def random_rows(seed: int, kind: Kind) -> Rows:
    """Thirty, with weights of which some are 0."""
    random = np.random.default_rng(seed)
    x, y = overlapping(rows=30, seed=seed)
    return Rows(x, y if kind.epsilon is None else x[:, 0] + y, random.uniform(-0.5, 2, size=30).clip(0.0))


@every_kind
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_gradient_and_curvature_are_the_derivatives_of_the_smooth_objective(kind: Kind, seed: int) -> None:
    rows, step, C = random_rows(seed, kind), 1e-6, 0.7
    at, way = np.random.default_rng(seed).normal(size=(2, 5))
    below, here, above = (row_sums(SPACE, at + by * way, rows, kind) for by in (-step, 0.0, step))
    rise = objective(SPACE, at + step * way, above, C) - objective(SPACE, at - step * way, below, C)
    assert gradient(SPACE, at, here, C) @ way == pytest.approx(rise / (2 * step), rel=1e-4, abs=1e-4)
    bend = (gradient(SPACE, at + step * way, above, C) - gradient(SPACE, at - step * way, below, C)) / (2 * step)
    if below["support"] == above["support"] and (below["second"] == above["second"]).all():  # no kink in between
        np.testing.assert_allclose(SPACE.added(C * here["second"]) @ way, bend, rtol=1e-4, atol=1e-3)


@every_kind
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_no_dual_is_above_any_primal(kind: Kind, seed: int) -> None:
    rows = random_rows(seed, kind)
    one, other = np.random.default_rng(seed).normal(size=(2, 5))
    low = certificate(SPACE, one, row_sums(SPACE, one, rows, kind), 0.7, squared=kind.squared).dual
    high = certificate(SPACE, other, row_sums(SPACE, other, rows, kind), 0.7, squared=kind.squared).primal
    assert low <= high + 1e-9


def solved(rows: Pair, shards: int = 1, draft_rows: int = 20_000, **config: Any) -> tuple[Arrays, dict[str, float]]:
    x, y = rows[:2]
    classes = int(y.max()) + 1 if y.dtype == np.int64 else 0
    shape = Shape(*x.shape, classes, tuple(range(classes)))
    algorithm = Primal(Svm(kernel="linear", **config), shape, draft_rows=draft_rows)
    parts, team = even(rows, shards), Solo()
    state = algorithm.start(parts, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, parts, team)
    return algorithm.weights(state, parts, team), dict(algorithm.metrics(state))


x2, y2 = overlapping(rows=60)
PROBLEMS: dict[str, Pair] = {
    **{name: builtin(name) for name in ("iris", "wine", "breast_cancer")},
    "2 of 60 rows of one class": (x2, (np.arange(60) >= 58).astype(np.int64)),
    "each row twice": (np.repeat(x2, 2, axis=0), np.repeat(y2, 2)),
    "a constant column": (np.column_stack([x2, np.full(60, 3.0)]), y2),
    "scales from 0.01 to 100": (x2 * 10.0 ** np.arange(-2, 2), y2),
    "more columns than rows": (np.random.default_rng(0).normal(size=(20, 50)), (np.arange(20) % 2).astype(np.int64)),
}


# The hinge beside a constant column ends with converged: 0 on 60 rows, at a gap that it tells; SMO takes so few rows.
HINGES = {name: rows for name, rows in PROBLEMS.items() if name != "a constant column"}


@pytest.mark.parametrize("rows", HINGES.values(), ids=HINGES)
def test_the_hinge_has_libsvms_optimum_between_its_bounds(rows: Pair) -> None:
    _, found = solved(rows, C=0.5)
    wanted = libsvm_dual(rows, kernel="linear", C=0.5, tolerance=1e-6)
    assert found["converged"] == 1
    assert found["dual"] * (1 - 1e-6) <= wanted * (1 + 1e-5)
    assert wanted <= found["loss"] * (1 + 1e-6)
    assert found["dualGap"] <= 1.001e-3 * found["loss"]


@pytest.mark.parametrize("rows", PROBLEMS.values(), ids=PROBLEMS)
def test_the_squared_hinge_is_proved_optimal(rows: Pair) -> None:
    _, found = solved(rows, C=0.5, loss="squared_hinge", tolerance=1e-6)
    assert found["converged"] == 1
    assert -1e-12 <= found["dualGap"] <= 1.001e-6 * found["loss"]


def test_the_squared_hinge_is_liblinears_but_for_its_free_intercept() -> None:
    x, y = overlapping(rows=200)
    theirs = LinearSVC(C=0.3, intercept_scaling=1e3, tol=1e-10, max_iter=100_000).fit(x, y)
    found, _ = solved((x, y), C=0.3, loss="squared_hinge", tolerance=1e-8)
    np.testing.assert_allclose(-found["coef"], theirs.coef_, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(-found["intercept"], theirs.intercept_, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "squared_epsilon_insensitive"])
def test_a_row_that_weighs_twice_is_one_that_is_there_twice(loss: str) -> None:
    x, y = overlapping(rows=50)
    y = y if "hinge" in loss else x[:, 0] + y
    weight = np.arange(50) % 3
    found, _ = solved((x, y, weight.astype(np.float64)), loss=loss)
    repeated, _ = solved((np.repeat(x, weight, axis=0), np.repeat(y, weight)), loss=loss)
    np.testing.assert_allclose(found["coef"], repeated["coef"], rtol=1e-6)


def test_a_class_that_weighs_twice_has_rows_that_are_there_twice() -> None:
    x, y = overlapping(rows=50)
    found, _ = solved((x, y), loss="squared_hinge", classWeight={"1": 2.0})
    repeated, _ = solved((np.repeat(x, 1 + y, axis=0), np.repeat(y, 1 + y)), loss="squared_hinge")
    np.testing.assert_allclose(found["coef"], repeated["coef"], rtol=1e-6)


def test_a_draft_on_some_rows_ends_where_all_rows_do() -> None:
    rows = overlapping(rows=800)
    direct, drafted = (solved(rows, 2, draft_rows, tolerance=1e-7, loss="squared_hinge") for draft_rows in (800, 50))
    np.testing.assert_allclose(drafted[0]["coef"], direct[0]["coef"], rtol=1e-4)
    assert drafted[1]["supportVectors"] == direct[1]["supportVectors"]


LINEAR = {"kernel": "linear"}
WAYS = {
    "many rows": (LINEAR, Shape(MANY_ROWS, 3, 2), Primal),
    "few rows": (LINEAR, Shape(MANY_ROWS - 1, 3, 2), BlockSmo),
    "many rows of numbers": ({**LINEAR, "loss": "epsilon_insensitive"}, Shape(MANY_ROWS, 3, 0), Primal),
    "few rows, squared": ({**LINEAR, "loss": "squared_hinge"}, Shape(10, 3, 2), Primal),
    "probabilities": ({**LINEAR, "probability": True}, Shape(MANY_ROWS, 3, 2), WithChances),
    "many features": (LINEAR, Shape(MANY_ROWS, 5000, 2), BlockSmo),
    "a kernel": ({"kernel": "rbf"}, Shape(1_000_000, 3, 2), BlockSmo),
    "a kernel of too many rows": ({"kernel": "rbf"}, Shape(1_000_001, 3, 2), Primal),
    "their probabilities": ({"kernel": "poly", "probability": True}, Shape(1_000_001, 3, 2), WithChances),
}


@pytest.mark.parametrize(("config", "shape", "way"), WAYS.values(), ids=WAYS)
def test_the_way_to_the_optimum(config: dict[str, Any], shape: Shape, way: type) -> None:
    assert isinstance(create(Svm(**config), shape, 0), way)


IMPOSSIBLE = {
    "a cache for too many rows": (
        {"kernel": "rbf", "cacheSize": "1Gi"},
        Shape(1_000_001, 3, 2),
        "spec.algorithm.svm.cacheSize belongs to the exact kernel, which takes at most 1,000,000 training rows, and "
        "there are 1,000,001; take it out, or train on fewer rows",
    ),
    "too many rows of many features": (
        LINEAR,
        Shape(2_000_000, 5000, 2),
        "spec.algorithm.svm.kernel linear takes at most 1,000,000 training rows of more than 4096 features, and there "
        "are 2,000,000; take sgd with the same loss",
    ),
    "too many features": (
        {**LINEAR, "loss": "squared_hinge"},
        Shape(100, 5000, 2),
        "spec.algorithm.svm.loss squared_hinge takes the inverse of a matrix of all 5000 features, more than 4096; "
        "use hinge, or gradientDescent with this loss",
    ),
}


@pytest.mark.parametrize(("config", "shape", "sentence"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_done_is_refused(config: dict[str, Any], shape: Shape, sentence: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        create(Svm(**config), shape, 0)
    assert str(refusal.value) == sentence


def test_a_number_has_the_optimum_of_liblinear_and_of_libsvm() -> None:
    x, y = overlapping(rows=200)
    target = x @ np.array([1.0, -2.0, 0.5, 3.0]) + y + 70.0
    found, metrics = solved((x, target), loss="squared_epsilon_insensitive", C=0.3, epsilon=0.2, tolerance=1e-8)
    options = {"loss": "squared_epsilon_insensitive", "intercept_scaling": 1e3, "tol": 1e-8, "max_iter": 10_000}
    theirs = LinearSVR(C=0.3, epsilon=0.2, dual=False, **options).fit(x, target)
    np.testing.assert_allclose(found["coef"][0], theirs.coef_, rtol=1e-3, atol=1e-3)
    assert metrics["converged"] == 1
    _, metrics = solved((x, target), loss="epsilon_insensitive", C=0.3, epsilon=0.2)
    wanted = Trained((x, target), kernel="linear", loss="epsilon_insensitive", C=0.3, epsilon=0.2).metrics
    assert metrics["converged"] == 1
    assert metrics["dual"] <= wanted["loss"]
    assert wanted["dual"] <= metrics["loss"] <= wanted["loss"] * (1 + 1e-3)


def test_a_state_that_was_saved_goes_on_bit_for_bit_and_shards_change_nothing_but_rounding() -> None:
    x, y = overlapping(rows=80, classes=3)
    algorithm = Primal(Svm(kernel="linear", tolerance=0.05), Shape(80, 4, 3), draft_rows=4)
    shards, team = even((x, y), 4), Solo()
    state = algorithm.start(shards, team)
    for _ in range(3):
        state = algorithm.step(state, shards, team)
    resumed = algorithm.load({name: np.array(array) for name, array in algorithm.dump(state).items()})
    while not algorithm.is_done(state):
        state, resumed = (algorithm.step(each, shards, team) for each in (state, resumed))
    ours, theirs = (algorithm.weights(each, shards, team) for each in (state, resumed))
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)
    whole, _ = solved((x, y), draft_rows=4, tolerance=0.05)
    np.testing.assert_allclose(ours["coef"], whole["coef"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rows", [MANY_ROWS, 50], ids=["primal", "dual"])
def test_a_weight_for_a_class_that_is_not_there_is_refused_with_its_path(rows: int) -> None:
    x, y = overlapping(rows=50)
    algorithm = create(Svm(kernel="linear", classWeight={"cat": 2.0}), Shape(rows, 4, 2, (0, 1)), 0)
    with pytest.raises(InvalidSpec, match=r"^spec.algorithm.svm.classWeight names the class 'cat'; there are 0, 1$"):
        algorithm.start(even((x, y), 1), Solo())


def test_one_class_is_refused_and_what_is_not_finite_diverges() -> None:
    x, y = overlapping(rows=20)
    with pytest.raises(Unsuitable, match="separates classes and needs at least 2"):
        solved((x, y * 0 + 1))
    with pytest.raises(Diverged, match="standardize"):
        solved((np.where(x > 1, np.nan, x), y))
