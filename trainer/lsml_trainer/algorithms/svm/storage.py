"""The state as named arrays of float64 and back, bit for bit. Indices are counted in float64, exact up to 2^53."""

from collections.abc import Iterator
from dataclasses import astuple, fields, replace

import numpy as np

from lsml_trainer.algorithms.svm.state import Array, Certificate, Problem, Search, Solution, State, begin
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.svm import Svm

TABLE_COLUMNS = 5 + len(fields(Certificate))


def dump(state: State) -> Arrays:
    """Everything that the next step reads."""
    problem, solved = state.problem, state.solved
    return {
        "label": problem.label_N,
        "weight": problem.weight_N,
        "shard_rows": problem.rows_L,
        "center": problem.center_D,
        "gamma": np.array([problem.gamma]),
        "regression": np.array([float(problem.regression)]),
        "solved_rows": _joined([solution.row_S.astype(np.float64) for solution in solved]),
        "solved_beta": _joined([solution.beta_S for solution in solved]),
        "solved_table": np.array([_table_row(solution) for solution in solved]).reshape(len(solved), TABLE_COLUMNS),
        "metrics": np.array(list(state.metrics.values())),
        **_search_arrays(state.search),
    }


def load(arrays: Arrays, config: Svm, metric_names: tuple[str, ...]) -> State:
    """The state that `dump` gave."""
    gamma, regression = float(arrays["gamma"][0]), bool(arrays["regression"][0])
    rows = arrays["label"], arrays["weight"], arrays["shard_rows"]
    problem = Problem(*rows, arrays["center"], gamma, regression)
    solved = tuple(_solutions(arrays))
    metrics = dict(zip(metric_names, arrays["metrics"].tolist(), strict=True))
    return State(problem, solved, _search(problem, config, len(solved), arrays), metrics)


def _table_row(solution: Solution) -> tuple[float, ...]:
    counts = len(solution.row_S), solution.rounds, solution.converged
    return (*counts, solution.slope, solution.offset, *astuple(solution.certificate))


def _solutions(arrays: Arrays) -> Iterator[Solution]:
    start = 0
    for count, rounds, converged, slope, offset, *certificate in arrays["solved_table"].tolist():
        stop = start + int(count)
        row_S = arrays["solved_rows"][start:stop].astype(np.int64)
        beta_S = arrays["solved_beta"][start:stop]
        yield Solution(row_S, beta_S, Certificate(*certificate), int(rounds), bool(converged), slope, offset)
        start = stop


def _search_arrays(search: Search | None) -> Arrays:
    if search is None:
        return {name: np.empty(0) for name in ("beta", "error", "held", "working", "progress")}
    counts = (search.size, search.precise, search.fold, search.before, search.rounds, search.idle)
    progress = (*counts, search.violation, search.gap, search.dual)
    return {
        "beta": search.beta_P,
        "error": search.error_P,
        "held": search.held_P,
        "working": search.working_B.astype(np.float64),
        "progress": np.array(progress, dtype=np.float64),
    }


def _search(problem: Problem, config: Svm, pair: int, arrays: Arrays) -> Search | None:
    if pair == len(problem.pairs):
        return None
    *counts, violation, gap, dual = arrays["progress"].tolist()
    size, precise, fold, before, rounds, idle = (int(count) for count in counts)
    fresh = begin(problem, config, pair, size, bool(precise), fold)
    assert fresh is not None, "the pair is one of the problem's"
    return replace(
        fresh,
        beta_P=arrays["beta"],
        error_P=arrays["error"],
        working_B=arrays["working"].astype(np.int64),
        held_P=arrays["held"],
        before=before,
        rounds=rounds,
        violation=violation,
        gap=gap,
        dual=dual,
        idle=idle,
    )


def _joined(parts: list[Array]) -> Array:
    return np.concatenate([np.empty(0), *parts])
