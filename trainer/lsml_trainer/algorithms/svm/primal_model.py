"""From a finished search in the primal to the arrays of `weights.safetensors`."""

import numpy as np

from lsml_trainer.algorithms.svm.primal_state import State
from lsml_trainer.algorithms.svm.space import Nystrom, Space
from lsml_trainer.elastic.team import Arrays


def weights(state: State, class_count: int, space: Space) -> Arrays:
    """A row of `coef` for each pair, for the features or for the kernel with the centres, and its certificate."""
    facts = state.facts
    present = np.flatnonzero(facts.rows_K)
    found: Arrays = {
        "coef": state.solved_QE[:, :-1].copy(),
        "intercept": state.solved_QE[:, -1].copy(),
        "primal": state.certificates_Q[:, 0].copy(),
        "dual": state.certificates_Q[:, 1].copy(),
    }
    if facts.rows_K.size:
        classes = {"classes": present.astype(np.float64), "class_count": np.array([float(class_count)])}
        found = {**found, **classes, "n_support": np.zeros(len(present))}  # no rows are kept
    if not isinstance(space, Nystrom):
        return found
    kernel = {"gamma": np.array([facts.gamma]), "center": facts.mean_D}
    return {**found, **kernel, "centres": facts.center_MD, "rank": np.array([float(space.rank)])}
