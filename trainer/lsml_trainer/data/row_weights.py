"""How much each row counts, as a column says. Pure."""

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.columns import finite_numbers, place
from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData

REMEDY = "a weight is a number, 0 or more; mend the row, or leave it out"


def row_weights(table: Table, name: str | None) -> NDArray[np.float64] | None:
    """The column, float64, or None without one; raises InvalidData where a weight is missing, text or below 0."""
    if name is None:
        return None
    weight_N = finite_numbers(table, name, REMEDY)
    if (weight_N < 0).any():
        row = int((weight_N < 0).argmax())
        raise InvalidData(f"{place(table, name, row)} is {weight_N[row]:g}; {REMEDY}")
    return weight_N


def refuse_nothing(source: str, name: str | None, total: float) -> None:
    """Raises InvalidData where no training row counts; `total` is the sum of their weights."""
    if name is not None and total == 0.0:
        raise InvalidData(f"column {name!r} of {source} is 0 in every training row; give some rows a weight")
