"""Shards, teams, saved states: none of them changes what is learned."""

from dataclasses import replace

import numpy as np
import pytest

from lsml_trainer.algorithms.base import MemoryShard
from lsml_trainer.algorithms.svm.storage import dump, load
from lsml_trainer.elastic.team import Solo
from training.algorithms.svm.machines import SMALL, Trained, builtin, even, machine, overlapping

KERNELS = ["linear", "poly", "rbf"]
EVERYTHING = [{"kernel": kernel} for kernel in KERNELS] + [{"probability": True, "maxIterations": 4}]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("shards", [2, 4, 8])
def test_any_number_of_shards_gives_the_same_alpha_to_rounding(kernel, shards):
    rows = builtin("wine")
    whole, split = (Trained(rows, count, kernel=kernel, C=5.0, tolerance=1e-8) for count in (1, shards))
    for one, other in zip(whole.state.solved, split.state.solved, strict=True):
        assert one.row_S.tolist() == other.row_S.tolist()
        np.testing.assert_allclose(one.beta_S, other.beta_S, atol=1e-6)
        assert one.certificate.dual == pytest.approx(other.certificate.dual, rel=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_rounds_on_any_number_of_shards_end_at_the_same_optimum(kernel):
    rows = overlapping(classes=3)
    duals = [Trained(rows, count, SMALL, kernel=kernel, C=5.0).metrics["dual"] for count in (1, 2, 4, 8)]
    assert duals == pytest.approx([duals[0]] * 4, rel=1e-4)


def test_empty_shards_change_nothing():
    x_ND, y_N = overlapping()
    full = even((x_ND, y_N), 2)
    empty = np.empty((0, 4)), np.empty(0, dtype=np.int64)
    shards = (MemoryShard(0, *empty), *(replace(shard, index=shard.index + 1) for shard in full))
    for kernel in KERNELS:
        algorithm = machine((x_ND, y_N), SMALL, kernel=kernel)
        some = _trained(algorithm, (*shards, MemoryShard(3, *empty)))
        wanted = _trained(algorithm, full)
        assert some.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_allclose(some[name], array, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("options", EVERYTHING, ids=str)
def test_a_resumed_search_ends_with_the_same_bits_whenever_it_was_saved(options):
    rows = overlapping(classes=3)
    shards, team = even(rows, 4), Solo()
    first = machine(rows, SMALL, **options, C=5.0)
    states = [first.start(shards, team)]
    while not first.is_done(states[-1]):
        states.append(first.step(states[-1], shards, team))
    wanted = first.weights(states[-1], shards, team)
    assert len(states) > 6
    for saved in states[:: len(states) // 6]:
        other = machine(rows, SMALL, **options, C=5.0)
        state = other.load({name: array.copy() for name, array in first.dump(saved).items()})
        assert other.metrics(state) == first.metrics(saved)
        while not other.is_done(state):
            state = other.step(state, shards, team)
        got = other.weights(state, shards, team)
        assert all(got[name].tobytes() == array.tobytes() for name, array in wanted.items())


def test_the_same_machine_learns_another_set_from_the_start():
    algorithm = machine(overlapping(), SMALL)
    _trained(algorithm, even(overlapping(), 2))
    other = even((overlapping(seed=3)[0] * 5.0, overlapping(seed=3)[1]), 2)
    got, wanted = _trained(algorithm, other), _trained(machine(overlapping(), SMALL), other)
    assert all(got[name].tobytes() == array.tobytes() for name, array in wanted.items())


def test_a_saved_state_is_arrays_of_float64_and_comes_back_the_same():
    ours = Trained(builtin("iris"), 4)
    arrays = dump(ours.state)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float64)}
    again = dump(load(arrays, ours.config, tuple(ours.metrics)))
    assert all(again[name].tobytes() == array.tobytes() for name, array in arrays.items())


def test_progress_is_told_from_the_first_step():
    rows = overlapping(classes=3)
    algorithm, shards, team = machine(rows, SMALL, C=2.0), even(rows, 2), Solo()
    state = algorithm.start(shards, team)
    assert algorithm.metrics(state) == {
        "loss": 600.0,  # C for each row of each of the three pairs
        "dual": 0.0,
        "dualGap": 600.0,
        "violation": 2.0,
        "supportVectors": 0.0,
        "converged": 1.0,
    }
    assert algorithm.steps(state) == (0, None)
    assert algorithm.epoch(state) is None
    assert algorithm.rows_per_step() == 100.0
    state = algorithm.step(state, shards, team)
    assert algorithm.metrics(state)["loss"] < 600.0
    assert algorithm.metrics(state)["supportVectors"] > 0


def _trained(algorithm, shards):
    state = algorithm.start(shards, Solo())
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, Solo())
    return algorithm.weights(state, shards, Solo())
