"""Which rows are held out: the choice of scikit-learn's `train_test_split`, to the row, without its 2 s of importing.

Source: sklearn.model_selection.ShuffleSplit and StratifiedShuffleSplit. The random numbers are those of NumPy's legacy
RandomState, whose streams are frozen.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.labels import Labels
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import HeldOut

Rows = NDArray[np.int64]


class Split(NamedTuple):
    """Row numbers of a table, in the order of scikit-learn's split."""

    train: Rows
    test: Rows


def split_rows(labels: Labels, held_out: HeldOut | None) -> Split:
    """The training and the held-out rows; without `held_out` all rows train, in the table's order.

    Raises InvalidData where a part would be empty, or too small to hold each class.
    """
    rows = len(labels.y_N)
    if held_out is None:
        return Split(np.arange(rows), np.arange(0))
    test_rows = math.ceil(held_out.fraction * rows)
    if test_rows >= rows:
        raise InvalidData(
            f"data.test.fraction {held_out.fraction} of {rows} rows leaves none to train on; lower the fraction"
        )
    random = np.random.RandomState(held_out.seed)
    if held_out.stratify:
        return _stratified(labels, test_rows, random)
    shuffled = random.permutation(rows)
    return Split(shuffled[test_rows:], shuffled[:test_rows])


def _stratified(labels: Labels, test_rows: int, random: np.random.RandomState) -> Split:
    """Each class gives its share to both parts."""
    class_N, class_rows = _classes_to_stratify(labels, test_rows)
    train_rows = _shares(class_rows, len(class_N) - test_rows, random)
    held_rows = _shares(class_rows - train_rows, test_rows, random)
    train, test = [], []
    for index, rows in enumerate(class_rows):
        shuffled = np.flatnonzero(class_N == index)[random.permutation(rows)]
        train.append(shuffled[: train_rows[index]])
        test.append(shuffled[train_rows[index] : train_rows[index] + held_rows[index]])
    return Split(random.permutation(np.concatenate(train)), random.permutation(np.concatenate(test)))


def _classes_to_stratify(labels: Labels, test_rows: int) -> tuple[Rows, Rows]:
    """The class of each row, and the rows of each class."""
    if labels.classes is None:
        raise InvalidData("data.test.stratify: the label is a number, and only classes can be stratified; take it out")
    class_N = labels.y_N.astype(np.int64)
    class_rows = np.bincount(class_N)
    rarest = int(class_rows.argmin())
    if class_rows[rarest] < 2:
        raise InvalidData(
            f"data.test.stratify: class {labels.classes[rarest]!r} has a single row, and each part needs one; "
            f"leave that row out or take stratify out"
        )
    smaller = min(test_rows, len(class_N) - test_rows)
    if smaller < len(labels.classes):
        raise InvalidData(
            f"data.test.fraction gives a part of {smaller} rows, too few for {len(labels.classes)} classes; "
            f"choose another fraction or take stratify out"
        )
    return class_N, class_rows


def _shares(class_rows: Rows, draws: int, random: np.random.RandomState) -> Rows:
    """How many of `draws` rows each class gives: its share rounded down, the rest to the largest remainders.

    Equal remainders are drawn by lot. Source: sklearn.utils.extmath._approximate_mode.
    """
    exact = class_rows / class_rows.sum() * draws
    shares = np.floor(exact)
    remainder = exact - shares
    missing = int(draws - shares.sum())
    for value in np.unique(remainder)[::-1]:
        if missing <= 0:
            break
        tied = np.flatnonzero(remainder == value)
        lucky = random.choice(tied, size=min(len(tied), missing), replace=False)
        shares[lucky] += 1
        missing -= len(lucky)
    counts: Rows = shares.astype(np.int64)
    return counts
