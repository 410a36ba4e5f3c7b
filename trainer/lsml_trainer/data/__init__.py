"""From a specification to rows in shards: readers, columns, labels, splits, standardisation."""

from lsml_trainer.data.loading import load_problem
from lsml_trainer.data.preprocessing import Feature, Preprocessing
from lsml_trainer.data.problem import Problem, problem_from
from lsml_trainer.data.table import Table

__all__ = ["Feature", "Preprocessing", "Problem", "Table", "load_problem", "problem_from"]
