"""What training in the primal knows of the rows, where it stands, and both as named arrays.

Shapes: K classes, D features, M weights without the intercept, E = M + 1, Q pairs of classes (1 of a number).
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.elastic.team import Arrays

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Facts:
    """Found once, before the first iteration; the same on every worker."""

    rows_K: Array
    """Rows of each class that count; empty of a number."""
    class_weight_K: Array
    """Empty where all classes count the same."""
    label_mean: float
    """Of a number, else 0."""
    label_scale: float
    """Standard deviation of a number, else 1."""
    center_MD: Array
    """The centres of an approximated kernel, else (0, D)."""
    mean_D: Array
    """Mean row, of an approximated kernel."""
    gamma: float

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Two-class problems in libsvm's order; one of a number."""
        return list(combinations(np.flatnonzero(self.rows_K).tolist(), 2)) if self.rows_K.size else [(0, 0)]


@dataclass(frozen=True)
class State:
    """Where the search is; the same on every worker. Its arrays are never written to."""

    facts: Facts
    solved_QE: Array
    """The weights of the pairs that are done."""
    certificates_Q: Array
    """primal, dual, support vectors, converged of the pairs that are done; (Q, 4)."""
    weights_E: Array
    width: float
    every: int
    """One row of so many is looked at: more than 1 in a draft."""
    best_dual: float
    iterations: int
    """On the current pair."""
    total: int
    """On all pairs."""
    sums: Arrays
    """At the weights."""


def dump(state: State) -> Arrays:
    """Everything that the next step reads."""
    facts = state.facts
    return {
        "rows": facts.rows_K,
        "class_weight": facts.class_weight_K,
        "centers": facts.center_MD,
        "mean": facts.mean_D,
        "facts": np.array([facts.label_mean, facts.label_scale, facts.gamma]),
        "solved": state.solved_QE,
        "certificates": state.certificates_Q,
        "weights": state.weights_E,
        "numbers": np.array([state.width, state.best_dual, state.every, state.iterations, state.total]),
        **{f"sums.{name}": array for name, array in state.sums.items()},
    }


def load(arrays: Arrays) -> State:
    """The state that `dump` gave."""
    mean, scale, gamma = arrays["facts"].tolist()
    of_rows = arrays["rows"], arrays["class_weight"], mean, scale
    facts = Facts(*of_rows, arrays["centers"], arrays["mean"], gamma)
    width, best_dual, *counts = arrays["numbers"].tolist()
    every, iterations, total = (int(count) for count in counts)
    sums = {name.removeprefix("sums."): array for name, array in arrays.items() if name.startswith("sums.")}
    solved = arrays["solved"], arrays["certificates"]
    return State(facts, *solved, arrays["weights"], width, every, best_dual, iterations, total, sums)
