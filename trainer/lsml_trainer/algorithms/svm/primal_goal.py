"""What a search in the primal makes small, and what certifies where it stands, on the current pair of classes. Pure.

Shapes as in `primal_sums.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lsml_trainer.algorithms.base import Shape
from lsml_trainer.algorithms.svm.primal_state import Array, Facts, State
from lsml_trainer.algorithms.svm.primal_sums import Certificate, Kind, certificate, gradient, objective
from lsml_trainer.algorithms.svm.problem import kernel_of
from lsml_trainer.algorithms.svm.space import Nystrom, Plain, Space
from lsml_trainer.spec.svm import Svm

DRAFT_TOLERANCE = 1e-5  # float32 is not worth trying for less


@dataclass(frozen=True)
class Goal:
    """The objective of a specification in a space. A state has the sums at its weights."""

    config: Svm
    space: Space

    @property
    def squared(self) -> bool:
        """Whether the loss is smooth as it is."""
        return self.config.loss.startswith("squared")

    def cost(self, state: State) -> float:
        """C of the rows that are looked at."""
        return self.config.C * state.every

    def kind(self, state: State, width: float) -> Kind:
        """The loss of the current pair."""
        first, second = state.facts.pairs[len(state.solved_QE)]
        epsilon = None if state.facts.rows_K.size else self.config.epsilon
        return Kind(self.squared, width, first, second, epsilon)

    def objective(self, state: State) -> float:
        """F, made smooth."""
        return objective(self.space, state.weights_E, state.sums, self.cost(state))

    def gradient(self, state: State) -> Array:
        """Of F, made smooth; (E,)."""
        return gradient(self.space, state.weights_E, state.sums, self.cost(state))

    def certificate(self, state: State) -> Certificate:
        """F itself, and the dual of the state's own slopes."""
        return certificate(self.space, state.weights_E, state.sums, self.cost(state), squared=self.squared)

    def gap(self, state: State) -> float:
        """To the best dual so far, as a share of the objective."""
        primal = self.certificate(state).primal
        return (primal - state.best_dual) / max(primal, np.finfo(np.float64).tiny)

    def standing(self, state: State, *, converged: bool) -> list[float]:
        """A row of `certificates_Q`."""
        support = float(state.sums["support"][0]) * state.every
        return [self.certificate(state).primal, state.best_dual, support, float(converged)]


def goal_of(config: Svm, shape: Shape, facts: Facts, draft_rows: int) -> Goal:
    """The goal in the space of the features, or of the kernel with the centres."""
    if not len(facts.center_MD):
        return Goal(config, Plain(shape.features))
    many = shape.rows >= draft_rows and config.tolerance >= DRAFT_TOLERANCE
    kernel = kernel_of(config, facts.gamma, facts.mean_D)
    precision: np.dtype[np.floating[Any]] = np.dtype(np.float32 if many and config.kernel == "rbf" else np.float64)
    return Goal(config, Nystrom(kernel, facts.center_MD, precision))
