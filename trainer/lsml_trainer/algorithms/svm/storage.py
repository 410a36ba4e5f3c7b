"""The state as named arrays of float64 and back, bit for bit. Indices are counted in float64, exact up to 2^53."""

from collections.abc import Iterator
from dataclasses import astuple, fields, replace

import numpy as np

from lsml_trainer.algorithms.svm.state import Array, Certificate, Problem, Search, Solution, State, begin
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.svm import Svm

TABLE_COLUMNS = 3 + len(fields(Certificate))


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
    return (len(solution.row_S), solution.rounds, solution.converged, *astuple(solution.certificate))


def _solutions(arrays: Arrays) -> Iterator[Solution]:
    start = 0
    for count, rounds, converged, *certificate in arrays["solved_table"].tolist():
        stop = start + int(count)
        row_S = arrays["solved_rows"][start:stop].astype(np.int64)
        beta_S = arrays["solved_beta"][start:stop]
        yield Solution(row_S, beta_S, Certificate(*certificate), int(rounds), bool(converged))
        start = stop


def _search_arrays(search: Search | None) -> Arrays:
    if search is None:
        return {name: np.empty(0) for name in ("beta", "error", "working", "progress")}
    progress = (search.size, search.precise, search.rounds, search.violation, search.gap, search.dual, search.idle)
    return {
        "beta": search.beta_P,
        "error": search.error_P,
        "working": search.working_B.astype(np.float64),
        "progress": np.array(progress, dtype=np.float64),
    }


def _search(problem: Problem, config: Svm, pair: int, arrays: Arrays) -> Search | None:
    fresh = begin(problem, config, pair, size=0, precise=True)
    if fresh is None:
        return None
    size, precise, rounds, violation, gap, dual, idle = arrays["progress"].tolist()
    return replace(
        fresh,
        beta_P=arrays["beta"],
        error_P=arrays["error"],
        working_B=arrays["working"].astype(np.int64),
        size=int(size),
        precise=bool(precise),
        rounds=int(rounds),
        violation=violation,
        gap=gap,
        dual=dual,
        idle=int(idle),
    )


def _joined(parts: list[Array]) -> Array:
    return np.concatenate([np.empty(0), *parts])
