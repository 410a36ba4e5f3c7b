"""The linear machine by Newton's method: a gap that is proved, libsvm's and liblinear's optimum, weights of rows."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import LinearSVC

from lsml_trainer.algorithms.base import Diverged, MemoryShard, Rows, Shape, Unsuitable
from lsml_trainer.algorithms.svm import create
from lsml_trainer.algorithms.svm.algorithm import BlockSmo
from lsml_trainer.algorithms.svm.linear_newton import MANY_ROWS, LinearNewton
from lsml_trainer.algorithms.svm.linear_sums import Kind, certificate, pair_sums, slopes
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.spec.svm import Svm
from unit.trainer.algorithms.svm.machines import Rows as Pair
from unit.trainer.algorithms.svm.machines import builtin, even, libsvm_dual, overlapping

KINDS = [Kind(0, 1, True, 1.0), Kind(0, 1, False, 1.0), Kind(0, 1, False, 0.125)]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(m=st.floats(-3, 3))
@settings(max_examples=60, deadline=None)
def test_slopes_and_curves_are_the_derivatives_of_the_smooth_loss(kind: Kind, m: float) -> None:
    step = 1e-6
    below, above = slopes(np.array([m - step, m + step]), kind).smooth_N
    found = slopes(np.array([m]), kind)
    assert -found.a_N[0] == pytest.approx((above - below) / (2 * step), abs=1e-4)
    left, right = (slopes(np.array([m + at, m + at + step]), kind).a_N for at in (-step, 0.0))
    slopes_to_both_sides = sorted([(left[0] - left[1]) / step, (right[0] - right[1]) / step])
    assert slopes_to_both_sides[0] - 1e-4 <= found.curve_N[0] <= slopes_to_both_sides[1] + 1e-4


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_no_dual_is_above_any_primal(kind: Kind, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = overlapping(rows=30, seed=seed)
    rows = Rows(x, y, random.uniform(0, 2, size=30))
    one, other = (random.normal(size=5) for _ in range(2))
    low = certificate(one, pair_sums(one, rows, kind), 0.7, squared=kind.squared).dual
    high = certificate(other, pair_sums(other, rows, kind), 0.7, squared=kind.squared).primal
    assert low <= high + 1e-9


def solved(rows: Pair, squared: bool = False, **config: Any) -> tuple[Arrays, dict[str, float]]:
    x, y = rows
    algorithm = LinearNewton(Svm(kernel="linear", **config), Shape(*x.shape, int(y.max()) + 1), squared)
    parts, team = even(rows, 1), Solo()
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
    _, found = solved(rows, C=0.5, squared=True, tolerance=1e-6)
    assert found["converged"] == 1
    assert -1e-12 <= found["dualGap"] <= 1.001e-6 * found["loss"]


def test_the_squared_hinge_is_liblinears_but_for_its_free_intercept() -> None:
    x, y = overlapping(rows=200)
    theirs = LinearSVC(C=0.3, intercept_scaling=1e3, tol=1e-10, max_iter=100_000).fit(x, y)
    found, _ = solved((x, y), C=0.3, squared=True, tolerance=1e-8)
    np.testing.assert_allclose(-found["coef"], theirs.coef_, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(-found["intercept"], theirs.intercept_, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("squared", [False, True], ids=["hinge", "squared hinge"])
def test_a_row_that_weighs_twice_is_one_that_is_there_twice(squared: bool) -> None:
    x, y = overlapping(rows=50)
    weight = np.arange(50) % 3
    algorithm = LinearNewton(Svm(kernel="linear"), Shape(50, 4, 2), squared)
    shards, team = (MemoryShard(0, x, y, weight.astype(np.float64)),), Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
    repeated, _ = solved((np.repeat(x, weight, axis=0), np.repeat(y, weight)), squared=squared)
    np.testing.assert_allclose(algorithm.weights(state, shards, team)["coef"], repeated["coef"], rtol=1e-6)


@pytest.mark.parametrize(("rows", "newton"), [(MANY_ROWS, True), (MANY_ROWS - 1, False)])
def test_it_is_used_where_there_are_many_rows(rows: int, newton: bool) -> None:
    chosen = create(Svm(kernel="linear", C=2.0), Shape(rows, 3, 2), 0)
    assert isinstance(chosen, LinearNewton if newton else BlockSmo)
    assert isinstance(create(Svm(kernel="rbf"), Shape(rows, 3, 2), 0), BlockSmo)


def test_a_state_that_was_saved_goes_on_bit_for_bit_and_shards_change_nothing_but_rounding() -> None:
    x, y = overlapping(rows=80, classes=3)
    algorithm = LinearNewton(Svm(kernel="linear", tolerance=0.05), Shape(80, 4, 3))
    shards, team = even((x, y), 4), Solo()
    state = algorithm.start(shards, team)
    for _ in range(3):
        state = algorithm.step(state, shards, team)
    resumed = algorithm.load({name: np.array(array) for name, array in algorithm.dump(state).items()})
    while not algorithm.is_done(state):
        state, resumed = (algorithm.step(each, shards, team) for each in (state, resumed))
    ours, theirs = (algorithm.weights(each, shards, team) for each in (state, resumed))
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)
    whole, _ = solved((x, y), tolerance=0.05)
    np.testing.assert_allclose(ours["coef"], whole["coef"], rtol=1e-6, atol=1e-9)


def test_one_class_is_refused_and_what_is_not_finite_diverges() -> None:
    x, y = overlapping(rows=20)
    with pytest.raises(Unsuitable, match="separates classes and needs at least 2"):
        solved((x, y * 0 + 1))
    with pytest.raises(Diverged, match="standardize"):
        solved((np.where(x > 1, np.nan, x), y))
