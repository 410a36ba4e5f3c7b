"""libsvm rows that stay sparse: the dense ones' models, and never the dense matrix."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.datasets import dump_svmlight_file

from lsml_trainer.algorithms import create, predictor
from lsml_trainer.algorithms.base import MemoryShard, Shape, Unsuitable
from lsml_trainer.data import Problem, load_problem, sparse_problem, sparse_shard
from lsml_trainer.data.sparse_shard import DenseShard, SparseShard, readable
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.evaluation import evaluate
from lsml_trainer.spec import Data, TrainingSpec, parse
from unit.trainer.problems import Array, Exchange, training

ROWS, FEATURES = 60, 40
OF_NUMBERS: dict[str, dict[str, Any]] = {
    "gradient descent, squared error": {"gradientDescent": {"loss": "mse", "iterations": 40}},
    "gradient descent, L1": {
        "gradientDescent": {"loss": "huber", "penalty": "l1", "alpha": 0.01, "learningRate": 0.2, "iterations": 20}
    },
    "Newton's method": {"gradientDescent": {"loss": "huber", "method": "newton", "alpha": 0.1, "epsilon": 2.0}},
    "sgd, averaged": {"sgd": {"loss": "mse", "batchSize": 8, "average": True}},
}
OF_CLASSES: dict[str, dict[str, Any]] = {
    "gradient descent, three classes": {
        "gradientDescent": {"loss": "log_loss", "learningRate": 0.5, "iterations": 20, "classWeight": "balanced"}
    },
    "sgd, elastic net, stops early": {
        "sgd": {"loss": "hinge", "penalty": "elasticnet", "batchSize": 8, "earlyStopping": True}
    },
    "svm, rbf": {"svm": {"kernel": "rbf"}},
    "mlp": {"deepLearning": {"network": {"mlp": {"hidden": [4]}}, "optimizer": {"adam": {}}, "epochs": 2}},
}


def rows(rows: int = ROWS, features: int = FEATURES, density: float = 0.1) -> tuple[csr_array, Array]:
    """Sparse rows, and a linear function of them."""
    random = np.random.default_rng(3)
    x_ND = random_array((rows, features), density=density, format="csr", rng=random)
    return csr_array(x_ND), x_ND @ random.normal(size=features) + 0.1 * random.normal(size=rows)


def sparse(x_ND: csr_array, y_N: Array, shards: int = 4) -> tuple[SparseShard, ...]:
    return sparse_problem.cut(SparseShard(0, x_ND, y_N), shards)


def fitted(spec: TrainingSpec, shards: Any, classes: int, *, is_sparse: bool, resumes: bool = False) -> Arrays:
    """The weights at the end; where it resumes, each step is another process's."""
    shape = Shape(sum(s.rows for s in shards), FEATURES, classes, tuple(range(classes)), is_sparse)
    algorithm, team = create(spec, shape), Solo()
    shards = readable(shards, algorithm)
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
        if resumes:
            dumped = algorithm.dump(state)
            algorithm = create(spec, shape)
            state = algorithm.load(dumped)
    return algorithm.weights(state, shards, team)


@pytest.mark.parametrize("algorithm", [*OF_NUMBERS.values(), *OF_CLASSES.values()], ids=[*OF_NUMBERS, *OF_CLASSES])
def test_sparse_rows_give_the_model_of_the_same_rows_with_their_zeros(algorithm: dict[str, Any]) -> None:
    x_ND, number_N = rows()
    classes = 3 if algorithm in OF_CLASSES.values() else 0
    y_N = np.digitize(number_N, [-0.3, 0.3]).astype(np.int64) if classes else number_N
    shards = sparse(x_ND, y_N)
    dense = tuple(MemoryShard(s.index, s.x_ND.toarray(), s.y_N) for s in shards)
    wanted = fitted(training(algorithm), dense, classes, is_sparse=False)
    found = fitted(training(algorithm), shards, classes, is_sparse=True)
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-9, atol=1e-12, err_msg=name)
    resumed = fitted(training(algorithm), shards, classes, is_sparse=True, resumes=True)
    for name, array in found.items():
        np.testing.assert_array_equal(resumed[name], array, err_msg=name)


SPLIT = {
    "gradient descent": {"gradientDescent": {"loss": "huber", "iterations": 20}},
    "sgd, whole batches": {"sgd": {"loss": "mse", "batchSize": ROWS, "epochs": 4}},
    "svm": {"svm": {"kernel": "linear", "loss": "squared_epsilon_insensitive"}},
}


@pytest.mark.parametrize("algorithm", SPLIT.values(), ids=SPLIT)
def test_any_split_of_sparse_rows_gives_the_same_weights_to_rounding(algorithm: dict[str, Any]) -> None:
    x_ND, y_N = rows()
    whole, *split = (
        fitted(training(algorithm), sparse(x_ND, y_N, shards), 0, is_sparse=True) for shards in (1, 4, 128)
    )
    for found in split:  # of 128 shards most are empty
        np.testing.assert_allclose(found["coef"], whole["coef"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("algorithm", [*SPLIT.values(), {"sgd": {"loss": "mse", "batchSize": 7}}], ids=[*SPLIT, "sgd"])
def test_two_workers_compute_the_bits_of_one_on_sparse_rows(algorithm: dict[str, Any]) -> None:
    x_ND, y_N = rows()
    shards, shape = sparse(x_ND, y_N), Shape(ROWS, FEATURES, 0, sparse=True)
    alone = create(training(algorithm), shape)
    wanted = alone.start(shards, Solo())
    workers, halves, exchange = (
        [create(training(algorithm), shape) for _ in range(2)],
        (shards[:2], shards[2:]),
        Exchange(),
    )
    pairs = list(zip(workers, halves, strict=True))
    states = exchange.together([lambda team, w=w, h=h: w.start(h, team) for w, h in pairs])
    for _ in range(3):
        wanted = alone.step(wanted, shards, Solo())
        each = list(zip(pairs, states, strict=True))
        states = exchange.together([lambda team, w=w, h=h, s=s: w.step(s, h, team) for (w, h), s in each])
    for worker, state in zip(workers, states, strict=True):
        for name, array in alone.dump(wanted).items():
            np.testing.assert_array_equal(worker.dump(state)[name], array, err_msg=name)


def test_a_rate_of_its_own_ends_at_the_optimum_of_dense_rows() -> None:
    x_ND, y_N = rows()
    algorithm = {
        "gradientDescent": {"loss": "huber", "alpha": 0.1, "iterations": 5000, "tolerance": 1e-8, "momentum": 0.5}
    }
    found, wanted = (
        fitted(training(algorithm), shards, 0, is_sparse=is_sparse)
        for shards, is_sparse in ((sparse(x_ND, y_N), True), ((MemoryShard(0, x_ND.toarray(), y_N),), False))
    )
    np.testing.assert_allclose(found["coef"], wanted["coef"], atol=1e-6)


def test_zeros_are_written_out_in_the_chunks_of_dense_rows_to_the_bit() -> None:
    x_ND, y_N = rows(3000, 300)
    (shard,) = sparse(x_ND, y_N, 1)
    chunks = list(DenseShard(shard).chunks())
    wanted = list(MemoryShard(0, x_ND.toarray(), y_N).chunks())
    assert len(chunks) == len(wanted) == 2
    for one, other in zip(chunks, wanted, strict=True):
        np.testing.assert_array_equal(one.x_ND, other.x_ND)
        np.testing.assert_array_equal(one.y_N, other.y_N)


def test_chunks_of_sparse_rows_are_of_many_rows_and_an_empty_shard_has_one() -> None:
    x_ND, y_N = rows(3000, 300, density=0.01)
    assert [len(chunk.y_N) for chunk in SparseShard(0, x_ND, y_N).chunks()] == [3000]
    (empty,) = SparseShard(0, x_ND[:0], y_N[:0]).chunks()
    assert empty.x_ND.shape == (0, 300)


WIDE = {
    "sgd": {"sgd": {"loss": "log_loss", "batchSize": 500, "epochs": 2}},
    "gradient descent, log_loss": {"gradientDescent": {"loss": "log_loss", "iterations": 3}},
    "gradient descent, squared error": {"gradientDescent": {"loss": "mse", "iterations": 3}},
    "svm": {"svm": {"kernel": "linear", "loss": "squared_hinge", "C": 5e-4}},
}


def wide(rows: int, features: int, entries: int = 20) -> tuple[csr_array, Array]:
    """So many entries in each row."""
    random = np.random.default_rng(0)
    column_NZ = np.sort(random.integers(0, features // entries, (rows, entries)) + np.arange(entries) * 50_000, axis=1)
    x_ND = csr_array((random.normal(size=rows * entries), column_NZ.ravel(), np.arange(rows + 1) * entries))
    x_ND.resize((rows, features))
    return x_ND, (x_ND[:, [7]].toarray()[:, 0] > 0).astype(np.int64) + np.arange(rows) % 2


@pytest.mark.parametrize("algorithm", WIDE.values(), ids=WIDE)
def test_a_million_features_are_trained_on_without_their_zeros(
    algorithm: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """16 GB with zeros."""
    x_ND, y_N = wide(2000, 1_000_000)
    monkeypatch.setattr(csr_array, "toarray", None)
    monkeypatch.setattr(csr_array, "todense", None)
    shape = Shape(2000, 1_000_000, 2, (0, 1), sparse=True)
    built, team = create(training(algorithm), shape), Solo()
    shards = readable(sparse(x_ND, y_N % 2), built)
    state = built.start(shards, team)
    while not built.is_done(state):
        state = built.step(state, shards, team)
    assert built.metrics(state)["loss"] < 1.0
    assert built.weights(state, shards, team)["coef"].shape == (1, 1_000_000)


def test_who_wants_more_zeros_at_once_than_fit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    x_ND, y_N = wide(2000, 1_000_000)
    monkeypatch.setattr(sparse_shard, "available_bytes", lambda: 10**9)
    with pytest.raises(Unsuitable) as refusal:
        DenseShard(SparseShard(0, x_ND, y_N)).take(slice(None))
    assert str(refusal.value) == (
        "2000 rows of 1000000 features are wanted at once, 48.0 GB when zeros are written out and worked on, "
        "and 1.0 GB are free; use sgd or gradientDescent, which keep them out"
    )


def written(folder: Path, name: str, x_ND: csr_array, y_N: Array) -> str:
    """The rows as libsvm text."""
    dump_svmlight_file(x_ND, y_N, str(folder / name), zero_based=False)
    return f"file://{folder}/{name}"


def loaded(data: dict[str, Any], *, learns_classes: bool = False, shards: int = 2) -> Problem:
    return load_problem(parse(Data, data, at="spec.data"), learns_classes=learns_classes, shards=shards)


CASES: dict[str, tuple[dict[str, Any], bool]] = {
    "wide and mostly 0": ({}, True),
    "some of the features": ({"train": {"features": ["f1*", "f300"]}}, True),
    "a part is held out": ({"test": {"fraction": 0.3, "seed": 4}}, True),
    "rows without a value are left out: there are none": ({"missing": "drop", "onBadRow": "skip"}, True),
    "features are centred": ({"standardize": True}, False),
    "a feature is the label": ({"train": {"label": "f2"}}, False),
    "a feature is the weight": ({"train": {"weight": "f2"}, "onBadRow": "skip"}, False),
    "features are categories": ({"categorical": {"columns": ["f3"]}}, False),
    "what is missing is filled in": ({"missing": "mean"}, False),
}


@pytest.mark.parametrize(("asked", "stays"), CASES.values(), ids=CASES)
def test_what_is_sparse_holds_the_numbers_of_the_dense_problem(
    asked: dict[str, Any], stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x_ND, y_N = rows(50, 300)
    data = {**asked, "train": {"uri": written(tmp_path, "a.svm", abs(x_ND), y_N), **asked.get("train", {})}}
    found = loaded(data)
    assert found.shape.sparse is stays
    monkeypatch.setattr(sparse_problem, "MOST_DENSITY", 0.0)
    wanted = loaded(data)
    assert not wanted.shape.sparse
    assert (found.preprocessing.names, found.classes, found.held_out) == (
        wanted.preprocessing.names,
        wanted.classes,
        wanted.held_out,
    )
    for one, other in zip((*found.shards, found.test), (*wanted.shards, wanted.test), strict=True):
        (dense,) = readable([one], None)
        np.testing.assert_array_equal(dense.take(slice(None)).x_ND, other.take(slice(None)).x_ND)
        np.testing.assert_array_equal(one.take(slice(None)).y_N, other.take(slice(None)).y_N)


@pytest.mark.parametrize(("features", "density"), [(200, 0.1), (300, 0.3)], ids=["narrow", "many cells"])
def test_rows_that_are_narrow_or_full_are_dense(features: int, density: float, tmp_path: Path) -> None:
    x_ND, y_N = rows(50, features, density)
    assert not loaded({"train": {"uri": written(tmp_path, "a.svm", x_ND, y_N)}}).shape.sparse


def test_held_out_files_stay_sparse_and_measure_as_dense_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x_ND, number_N = rows(80, 300)
    y_N = (number_N > 0).astype(np.int64)
    train, test = written(tmp_path, "a.svm", x_ND[:50], y_N[:50]), written(tmp_path, "b.svm", x_ND[50:], y_N[50:])
    data = {"train": {"uri": train}, "test": {"uri": test}}
    spec = training({"gradientDescent": {"loss": "log_loss", "iterations": 1}})
    random = np.random.default_rng(0)
    weights = {"coef": random.normal(size=(1, 300)), "intercept": np.zeros(1)}
    found = []
    for density in (0.25, 0.0):
        monkeypatch.setattr(sparse_problem, "MOST_DENSITY", density)
        problem = loaded(data, learns_classes=True)
        assert problem.shape.sparse is (density > 0)
        found.append(evaluate(predictor(spec.algorithm, weights), problem))
    assert found[0].rows == 30
    assert {m.name: m.value for m in found[0].metrics} == pytest.approx({m.name: m.value for m in found[1].metrics})
