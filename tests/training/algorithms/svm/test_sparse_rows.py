"""The linear machine on CSR rows: liblinear's and the dense machine's optimum, proved, on rows like those of texts."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.svm import LinearSVC, LinearSVR

from lsml_trainer.algorithms.base import Algorithm, MemoryShard, Probabilistic, Shape, Shard
from lsml_trainer.algorithms.svm import create, predictor
from lsml_trainer.algorithms.svm.algorithm import BlockSmo
from lsml_trainer.algorithms.svm.chances import WithChances
from lsml_trainer.algorithms.svm.conjugate import conjugate_gradients
from lsml_trainer.algorithms.svm.primal import Primal
from lsml_trainer.algorithms.svm.sparse_primal import SparsePrimal
from lsml_trainer.data.sparse_problem import cut
from lsml_trainer.data.sparse_shard import SparseShard, readable
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.spec.svm import Svm
from unit.trainer.problems import Array

SQUARED = ("squared_hinge", "squared_epsilon_insensitive")
ROUNDED = ("hinge", "epsilon_insensitive")
every_loss = pytest.mark.parametrize("loss", [*SQUARED, *ROUNDED])


def texts(rows: int = 120, features: int = 300, classes: int = 2) -> tuple[csr_array, Array, Array]:
    """Rows of length 1 whose first features are frequent, their classes, and a number."""
    random = np.random.default_rng(5)
    words_N = 1 + random.poisson(12, rows)
    column_Z = (features * random.random(words_N.sum()) ** 3).astype(np.int32)
    start_N = np.append(0, words_N.cumsum()).astype(np.int32)
    x_ND = csr_array((random.exponential(size=len(column_Z)), column_Z, start_N), shape=(rows, features))
    x_ND.sum_duplicates()
    x_ND.data /= np.repeat(np.sqrt((x_ND * x_ND).sum(axis=1)), np.diff(x_ND.indptr))
    number_N = x_ND @ random.normal(size=features) + 0.2 * random.normal(size=rows)
    class_N = np.digitize(number_N, np.quantile(number_N, np.arange(1, classes) / classes))
    return x_ND, class_N.astype(np.int64), number_N


def target(loss: str, class_N: Array, number_N: Array) -> Array:
    return class_N if "hinge" in loss else number_N


def solved(machine: type[Primal], shards: tuple[Shard, ...], **config: Any) -> tuple[Arrays, dict[str, float]]:
    labels = np.concatenate([shard.take(slice(None)).y_N for shard in shards])
    classes = int(labels.max()) + 1 if "hinge" in config["loss"] else 0
    features = shards[0].take(slice(0, 0)).x_ND.shape[1]
    options = {} if classes else {"epsilon": 0.05}
    algorithm = machine(Svm(kernel="linear", **options, **config), Shape(len(labels), features, classes), draft_rows=4)
    state = finished(algorithm, shards)
    return algorithm.weights(state, shards, Solo()), dict(algorithm.metrics(state))


def finished(algorithm: Algorithm[Any], shards: tuple[Shard, ...]) -> Any:
    state = algorithm.start(shards, Solo())
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, Solo())
    return state


@every_loss
def test_the_optimum_of_the_same_rows_with_their_zeros(loss: str) -> None:
    x_ND, class_N, number_N = texts(classes=3 if loss == "squared_hinge" else 2)
    y_N, weight_N = target(loss, class_N, number_N), np.arange(120) % 3 / 2.0
    tolerance = 1e-6 if loss in SQUARED else 1e-3
    asked = {"loss": loss, "C": 2.0, "tolerance": tolerance, **({"classWeight": "balanced"} if "hinge" in loss else {})}
    found, metrics = solved(SparsePrimal, (SparseShard(0, x_ND, y_N, weight_N),), **asked)
    wanted, theirs = solved(Primal, (MemoryShard(0, x_ND.toarray(), y_N, weight_N),), **asked)
    assert metrics["converged"] == theirs["converged"] == 1
    assert 0.0 <= metrics["dualGap"] <= 1.001 * tolerance * metrics["loss"]
    assert metrics["dual"] <= theirs["loss"]
    assert theirs["dual"] <= metrics["loss"]
    np.testing.assert_allclose(found["coef"], wanted["coef"], atol=5.0 * np.sqrt(tolerance))
    assert found.keys() == wanted.keys()


@pytest.mark.parametrize("loss", SQUARED)
def test_squared_losses_have_liblinears_weights_but_for_its_free_intercept(loss: str) -> None:
    x_ND, class_N, number_N = texts()
    options = {"loss": loss, "C": 0.5, "intercept_scaling": 1e3, "tol": 1e-9, "dual": False, "max_iter": 10_000}
    theirs = LinearSVC(**options) if loss == "squared_hinge" else LinearSVR(**options, epsilon=0.05)
    theirs.fit(x_ND, target(loss, class_N, number_N))
    shards = (SparseShard(0, x_ND, target(loss, class_N, number_N)),)
    found, _ = solved(SparsePrimal, shards, loss=loss, C=0.5, tolerance=1e-8)
    sign = -1.0 if "hinge" in loss else 1.0
    np.testing.assert_allclose(sign * found["coef"], theirs.coef_.reshape(1, -1), atol=1e-3)
    np.testing.assert_allclose(sign * found["intercept"], np.ravel(theirs.intercept_), atol=1e-3)


def test_a_draft_on_some_rows_and_shards_change_nothing_but_rounding() -> None:
    x_ND, class_N, _ = texts(rows=800, features=6)
    shard = SparseShard(0, x_ND, class_N)
    asked = {"loss": "squared_hinge", "tolerance": 1e-8}
    drafted, _ = solved(SparsePrimal, cut(shard, 2), **asked)
    direct, _ = solved(Primal, (MemoryShard(0, x_ND.toarray(), class_N),), **asked)
    np.testing.assert_allclose(drafted["coef"], direct["coef"], rtol=1e-3, atol=1e-3)


@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.5, 1e-3, 1e-10]))
@settings(max_examples=30, deadline=None)
def test_conjugate_gradients_leave_no_more_than_the_share(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    a_EE = random.normal(size=(8, 8))
    a_EE = a_EE @ a_EE.T + np.diag(10.0 ** random.uniform(-2, 3, 8))
    right_E, diagonal_E = random.normal(size=8), a_EE.diagonal()
    x_E = conjugate_gradients(lambda way_E: a_EE @ way_E, right_E, lambda rest_E: rest_E / diagonal_E, share, most=200)
    rest_E = right_E - a_EE @ x_E
    assert rest_E @ (rest_E / diagonal_E) <= 1.01 * share**2 * (right_E @ (right_E / diagonal_E))
    assert x_E @ right_E > 0.0


def test_a_matrix_without_curvature_moves_nothing() -> None:
    found_E = conjugate_gradients(lambda way_E: 0.0 * way_E, np.ones(2), lambda rest_E: rest_E, 0.1, most=5)
    assert found_E.tolist() == [0.0, 0.0]


def test_probabilities_are_those_of_the_same_rows_with_their_zeros() -> None:
    x_ND, class_N, _ = texts(classes=3)
    config = Svm(kernel="linear", loss="squared_hinge", probability=True, tolerance=1e-8)
    shard, asked = SparseShard(0, x_ND, class_N), Shape(*x_ND.shape, 3, sparse=True)
    of_zeros = tuple(MemoryShard(part.index, part.x_ND.toarray(), part.y_N) for part in cut(shard, 2))
    found, wanted = (
        predictor(config, machine.weights(finished(machine, parts), parts, Solo()))
        for machine, parts in (
            (create(config, asked, 0), cut(shard, 2)),
            (create(config, replace(asked, sparse=False), 0), of_zeros),
        )
    )
    assert isinstance(found, Probabilistic)
    assert isinstance(wanted, Probabilistic)
    assert readable((shard,), found) == (shard,)
    np.testing.assert_allclose(found.probabilities(x_ND), wanted.probabilities(x_ND.toarray()), atol=1e-4)


def test_a_slice_of_sparse_rows_is_a_view_and_a_choice_of_them_is_not() -> None:
    x_ND, class_N, _ = texts()
    shard = SparseShard(0, x_ND, class_N, np.arange(120.0))
    for which in (slice(0, 120), slice(30, 50), slice(110, 999), slice(50, 50), slice(7, 3)):
        some = shard.take(which)
        np.testing.assert_array_equal(some.x_ND.toarray(), x_ND.toarray()[which])
        np.testing.assert_array_equal(some.weight_N, np.arange(120.0)[which])
        assert some.x_ND.nnz == 0 or np.shares_memory(some.x_ND.data, x_ND.data)
    chosen = shard.take(np.array([5, 1]))
    np.testing.assert_array_equal(chosen.x_ND.toarray(), x_ND.toarray()[[5, 1]])
    assert not np.shares_memory(chosen.x_ND.data, x_ND.data)


def test_predictions_read_sparse_rows() -> None:
    x_ND, class_N, _ = texts(classes=3)
    shards = (SparseShard(0, x_ND, class_N),)
    found, _ = solved(SparsePrimal, shards, loss="squared_hinge", C=10.0)
    machine = predictor(Svm(kernel="linear", loss="squared_hinge"), found)
    assert readable(shards, machine) == shards
    np.testing.assert_array_equal(machine.predict(x_ND), machine.predict(x_ND.toarray()))
    np.testing.assert_allclose(machine.decision_function(x_ND), machine.decision_function(x_ND.toarray()))
    assert readable(shards, predictor(Svm(kernel="rbf"), found)) != shards


WAYS = {
    "few rows": ({"kernel": "linear"}, SparsePrimal),
    "squared": ({"kernel": "linear", "loss": "squared_hinge"}, SparsePrimal),
    "probabilities": ({"kernel": "linear", "probability": True}, WithChances),
    "a kernel": ({"kernel": "rbf"}, BlockSmo),
}


@pytest.mark.parametrize(("config", "way"), WAYS.values(), ids=WAYS)
def test_the_way_to_the_optimum_of_wide_rows(config: dict[str, Any], way: type) -> None:
    assert isinstance(create(Svm(**config), Shape(100, 500_000, 2, sparse=True), 0), way)
