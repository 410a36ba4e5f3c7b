"""Many centres: Newton's steps without the matrix of second derivatives are those with it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsml_trainer.algorithms.base import MemoryShard, Shape
from lsml_trainer.algorithms.svm import create, primal_facts
from lsml_trainer.algorithms.svm.falkon import Preconditioner
from lsml_trainer.algorithms.svm.many_centres import ManyCentres
from lsml_trainer.algorithms.svm.primal import Primal
from lsml_trainer.algorithms.svm.primal_state import State
from lsml_trainer.algorithms.svm.primal_sums import curved_sums, row_sums
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.kernels import rbf
from lsml_trainer.spec.base import InvalidSpec
from lsml_trainer.spec.svm import Svm
from training.algorithms.svm.machines import Rows as Pair
from training.algorithms.svm.machines import even, overlapping
from training.algorithms.svm.test_linear import KINDS, SPACE, random_rows
from unit.trainer.problems import Exchange

CENTRES = 20


def machine(rows: Pair, kind: type[Primal] = ManyCentres, centres: int = CENTRES, **config: Any) -> Primal:
    x, y = rows
    classes = int(y.max()) + 1 if y.dtype == np.int64 else 0
    return kind(_asked(centres, **config), Shape(*x.shape, classes))


def solved(algorithm: Primal, shards: Sequence[MemoryShard]) -> tuple[Arrays, dict[str, float]]:
    state, team = algorithm.start(shards, Solo()), Solo()
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
    return algorithm.weights(state, shards, team), dict(algorithm.metrics(state))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_the_curvature_along_a_way_is_the_matrix_times_it(kind: Any, seed: int) -> None:
    rows = random_rows(seed, kind)
    at, way = np.random.default_rng(seed).normal(size=(2, 5))
    wanted = row_sums(SPACE, at, rows, kind)["second"] @ way
    np.testing.assert_allclose(curved_sums(SPACE, at, way, rows, kind)["curved"], wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("bend", [4.0**-3, 1.0, 4.0**6])
def test_the_preconditioner_is_the_inverse_of_its_formula(bend: float) -> None:
    x, _ = overlapping(rows=12)
    gram = rbf(x, x, gamma=0.5)
    vector = np.random.default_rng(0).normal(size=12)
    guess = Preconditioner(np.linalg.cholesky(gram))
    guess.times(vector, 16.0 * bend)  # of another bend
    np.testing.assert_allclose((gram + bend / 12 * gram @ gram) @ guess.times(vector, bend), vector, rtol=1e-6)


def test_a_number_has_the_weights_of_kernel_ridge_regression() -> None:
    x, _ = overlapping(rows=80)
    y, C, gamma = np.sin(x[:, 0]) + x[:, 1], 2.0, 0.3
    options = {"loss": "squared_epsilon_insensitive", "epsilon": 0.0, "C": C, "gamma": gamma, "tolerance": 1e-10}
    found, _ = solved(machine((x, y), **options), even((x, y), 2))
    kernel, gram = rbf(x, found["centres"], gamma=gamma), rbf(found["centres"], found["centres"], gamma=gamma)
    features, ridge = np.column_stack([kernel, np.ones(80)]), np.zeros((CENTRES + 1, CENTRES + 1))
    ridge[:-1, :-1] = gram
    wanted = np.linalg.solve(ridge + 2 * C * features.T @ features, 2 * C * features.T @ y)
    np.testing.assert_allclose(np.append(found["coef"], found["intercept"]), wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
@pytest.mark.parametrize("kernel", [{"gamma": 0.3}, {"kernel": "poly", "degree": 2, "coef0": 1.0}], ids=["rbf", "poly"])
def test_it_ends_where_the_matrix_does(loss: str, kernel: dict[str, Any]) -> None:
    rows = overlapping(rows=60)
    options = {"loss": loss, "C": 3.0, "tolerance": 1e-4, **kernel}
    ends = [solved(machine(rows, kind, **options), even(rows, 2))[1] for kind in (ManyCentres, Primal)]
    assert [end["converged"] for end in ends] == [1.0, 1.0]
    assert ends[0]["loss"] == pytest.approx(ends[1]["loss"], rel=2e-4)


def test_two_workers_compute_the_bits_of_one_and_so_does_one_that_resumed() -> None:
    rows = overlapping(rows=60)
    shards, alone = even(rows, 4), machine(rows)
    wanted = [alone.start(shards, Solo())]
    for _ in range(2):
        wanted.append(alone.step(wanted[-1], shards, Solo()))
    exchange, halves = Exchange(), (shards[:2], shards[2:])
    workers = [machine(rows) for _ in halves]
    states = exchange.together([_start(*pair) for pair in zip(workers, halves, strict=True)])
    for _ in range(2):
        states = exchange.together([_step(*three) for three in zip(workers, halves, states, strict=True)])
    fresh = machine(rows)
    resumed = fresh.step(fresh.load(alone.dump(wanted[1])), shards, Solo())
    for state in (*states, resumed):
        assert _bytes(alone.dump(state)) == _bytes(alone.dump(wanted[2]))


def test_more_matrices_than_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primal_facts, "available_bytes", lambda: 2**20)
    rows = overlapping(rows=300)
    with pytest.raises(InvalidSpec) as refused:
        machine(rows, centres=300).start(even(rows, 1), Solo())
    assert str(refused.value) == (
        "spec.algorithm.svm.approximation.nystrom.centres is 300, whose matrices take 2 MiB of memory, and there "
        "are 1 MiB; lower it, or raise the limit"
    )


def test_more_than_4096_centres_are_learned_so() -> None:
    kinds = {centres: type(create(_asked(centres), Shape(10_000, 3, 2), 0)) for centres in (4096, 4097)}
    assert kinds == {4096: Primal, 4097: ManyCentres}


def _asked(centres: int, **config: Any) -> Svm:
    return Svm.model_validate({**config, "approximation": {"nystrom": {"centres": centres}}})


def _start(worker: Primal, shards: Sequence[MemoryShard]) -> Any:
    return lambda team: worker.start(shards, team)


def _step(worker: Primal, shards: Sequence[MemoryShard], state: State) -> Any:
    return lambda team: worker.step(state, shards, team)


def _bytes(arrays: Arrays) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in arrays.items()}
