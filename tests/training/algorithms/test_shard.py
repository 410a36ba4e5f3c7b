"""Shards in memory: chunks that are views, in the order of the rows, and the same ones wherever the shard is."""

import numpy as np
import pytest

from lsml_trainer.algorithms import base
from lsml_trainer.algorithms.base import MemoryShard, chunk_rows
from lsml_trainer.elastic.team import Solo
from unit.trainer.problems import blobs, build, line, training


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_chunks_are_views_of_all_rows_in_order(precision: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "CHUNK_BYTES", 10 * 3 * np.dtype(precision).itemsize)
    x_ND, y_N = np.arange(69, dtype=precision).reshape(23, 3), np.arange(23.0)
    chunks = list(MemoryShard(0, x_ND, y_N, 2 * y_N).chunks())
    assert [len(chunk.y_N) for chunk in chunks] == [10, 10, 3]
    assert all(np.shares_memory(chunk.x_ND, x_ND) for chunk in chunks)
    np.testing.assert_array_equal(np.concatenate([chunk.x_ND for chunk in chunks]), x_ND)
    np.testing.assert_array_equal(np.concatenate([chunk.weight_N for chunk in chunks]), 2 * y_N)


def test_an_empty_shard_has_one_empty_chunk() -> None:
    (chunk,) = MemoryShard(0, np.empty((0, 3)), np.empty(0)).chunks()
    assert (chunk.x_ND.shape, chunk.y_N.shape, chunk.weight_N) == ((0, 3), (0,), None)


def test_a_row_wider_than_a_chunk_is_one() -> None:
    assert chunk_rows(features=10**9, item_bytes=8) == 1


ALGORITHMS = {
    "gradient descent, squared error": ({"gradientDescent": {"loss": "mse", "iterations": 20}}, line()),
    "gradient descent, log_loss": ({"gradientDescent": {"loss": "log_loss", "iterations": 20}}, blobs(3)),
    "sgd": ({"sgd": {"loss": "hinge", "batchSize": 8}}, blobs(2)),
    "svm": ({"svm": {"kernel": "rbf"}}, blobs(2)),
    "deep learning": (
        {"deepLearning": {"network": {"mlp": {"hidden": [4]}}, "optimizer": {"adam": {}}, "epochs": 2}},
        blobs(2),
    ),
}


@pytest.mark.parametrize(("algorithm", "rows"), ALGORITHMS.values(), ids=ALGORITHMS)
def test_float32_features_give_what_the_same_numbers_give_in_float64(algorithm, rows) -> None:
    x_ND = rows[0].astype(np.float32)
    found = []
    for given in (x_ND, x_ND.astype(np.float64)):
        built, shards, team = build(training(algorithm), given, rows[1]), (MemoryShard(0, given, rows[1]),), Solo()
        state = built.start(shards, team)
        while not built.is_done(state):
            state = built.step(state, shards, team)
        found.append(built.weights(state, shards, team))
    for name, array in found[0].items():
        assert array.dtype == np.float64
        np.testing.assert_allclose(array, found[1][name], rtol=1e-3, atol=1e-4, err_msg=name)
