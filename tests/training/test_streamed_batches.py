"""Batches of rows that do not fit into memory: each cell is read about once an epoch, and the model is the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsml_trainer.algorithms import create
from lsml_trainer.algorithms.base import MemoryShard, Shard
from lsml_trainer.algorithms.shuffle import Cells
from lsml_trainer.data import Problem, load_problem
from lsml_trainer.data import sources as sources_module
from lsml_trainer.data.synthetic import SyntheticSource
from lsml_trainer.data.table import Table
from lsml_trainer.elastic import training as training_loop
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.spec import Exit, TrainingSpec
from training.test_resuming import LeaveAfter, a_home, weights
from training.test_worker import live
from unit.trainer.problems import Array, training

LEARNERS: dict[str, dict[str, Any]] = {
    "sgd": {"sgd": {"loss": "log_loss", "epochs": 2, "batchSize": 500}},
    "sgd, stopping early": {
        "sgd": {"loss": "log_loss", "epochs": 2, "batchSize": 500, "earlyStopping": True, "validationFraction": 0.1}
    },
    "deepLearning": {
        "deepLearning": {"network": {"mlp": {"hidden": [4]}}, "optimizer": {"adam": {}}, "epochs": 2, "batchSize": 500}
    },
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few rows more than a cell are made for it."""
    monkeypatch.setattr(sources_module, "BLOCK_BYTES", 1 << 15)


@dataclass(frozen=True)
class InMemory(MemoryShard):
    """Rows in memory that are drawn as if they were read by cells."""

    drawn_by: Cells | None = None

    @property
    def cells(self) -> Cells | None:  # type: ignore[override]  (a MemoryShard is sure that it has none)
        return self.drawn_by


def in_memory(shard: Shard) -> InMemory:
    return InMemory(shard.index, *shard.take(slice(None)), drawn_by=shard.cells)


def made(rows: int) -> dict[str, Any]:
    return {"synthetic": {"kind": "classification", "rows": rows, "features": 20}}


def loaded(spec: TrainingSpec, shards: int) -> Problem:
    return load_problem(spec.data, learns_classes=True, draws_rows=True, shards=shards)


def trained(spec: TrainingSpec, problem: Problem, shards: Sequence[Shard]) -> Arrays:
    learner, team = create(spec, problem.shape), Solo()
    state = learner.start(shards, team)
    while not learner.is_done(state):
        state = learner.step(state, shards, team)
    return learner.weights(state, shards, team)


@pytest.mark.parametrize("algorithm", LEARNERS.values(), ids=LEARNERS)
def test_the_model_is_that_of_the_same_rows_in_memory(algorithm: dict[str, Any]) -> None:
    spec = training(algorithm, train=made(10_000), memory="1Mi")
    problem = loaded(spec, shards=2)
    streamed = trained(spec, problem, problem.shards)
    held = trained(spec, problem, [in_memory(shard) for shard in problem.shards])
    assert {name: array.tobytes() for name, array in streamed.items()} == {
        name: array.tobytes() for name, array in held.items()
    }


def test_which_cells_are_left_for_the_steps_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, among = [0], Cells.among

    def counted(cells: Cells, ascending_N: Array) -> Cells:
        looked[0] += 1
        return among(cells, ascending_N)

    monkeypatch.setattr(Cells, "among", counted)
    spec = training(LEARNERS["sgd, stopping early"], train=made(5_000), memory="1Mi")
    problem = loaded(spec, shards=2)
    trained(spec, problem, problem.shards)
    assert looked[0] == len(problem.shards)


@pytest.mark.parametrize("shards", [1, 2])
def test_ten_times_the_memory_is_read_about_once_an_epoch(shards: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, read = 500_000, [0]
    as_made = SyntheticSource.read

    def counted(source: SyntheticSource, begin: int, end: int) -> Iterator[Table]:
        read[0] += end - begin
        return as_made(source, begin, end)

    spec = training(LEARNERS["sgd"], train=made(rows), memory="4Mi")
    problem = loaded(spec, shards)
    monkeypatch.setattr(SyntheticSource, "read", counted)
    trained(spec, problem, problem.shards)
    assert 1.5 * rows < read[0] <= 2 * rows, "two epochs; what is kept is read once"


def test_left_within_an_epoch_it_goes_on_to_the_same_bytes_and_reads_each_row_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_loop, "MOST_STEPS", 1)
    data = {"train": made(5_000), "memory": "1Mi", "shards": 4}
    spec: dict[str, Any] = {"algorithm": LEARNERS["sgd"], "data": data, "output": "pvc://models/made"}
    undisturbed, disturbed = a_home(tmp_path / "one"), a_home(tmp_path / "many")
    assert live(undisturbed, spec)[0] == Exit.DONE
    spec |= {"checkpoint": {"uri": "pvc://models/state"}, "ledger": "pvc://models/ledger"}
    for _ in range(2):
        assert live(disturbed, spec, LeaveAfter(blocks=3))[0] == Exit.ASKED_TO_LEAVE
    assert live(disturbed, spec)[0] == Exit.DONE
    assert weights(disturbed) == weights(undisturbed)
    assert check(read_accounts(disturbed / "claims/models/ledger")).is_done


def test_rows_that_fit_a_window_are_drawn_as_in_memory() -> None:
    problem = loaded(training(LEARNERS["sgd"], train=made(5_000), memory="64Mi"), shards=2)
    kept = load_problem(training(LEARNERS["sgd"], train=made(5_000)).data, learns_classes=True, shards=2)
    spec = training(LEARNERS["sgd"], train=made(5_000))
    streamed, held = (trained(spec, one, one.shards) for one in (problem, kept))
    for name, array in held.items():
        np.testing.assert_array_equal(streamed[name], array)
