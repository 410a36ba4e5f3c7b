"""From a specification to a problem: everything an algorithm and its evaluation need of the data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from lsml_trainer.algorithms.base import Labels as Labels_N
from lsml_trainer.algorithms.base import MemoryShard, Shape, Shard
from lsml_trainer.data.bad_rows import expected, without_bad_rows
from lsml_trainer.data.categories import is_missing
from lsml_trainer.data.columns import chosen_features, there_are
from lsml_trainer.data.fitting import categorical_columns, fitted
from lsml_trainer.data.labels import (
    ClassValue,
    Labels,
    among_training_rows,
    class_codes,
    class_labels,
    number_labels,
    with_two_classes,
)
from lsml_trainer.data.preprocessing import Preprocessing
from lsml_trainer.data.row_weights import refuse_nothing, row_weights
from lsml_trainer.data.shards import cut
from lsml_trainer.data.split import split_rows
from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data


@dataclass(frozen=True)
class Problem:
    """Training rows in shards, rows to evaluate on, and what the numbers mean."""

    shards: tuple[Shard, ...]
    """Preprocessed."""
    test: Shard
    """Preprocessed like the training rows, the label of a class that no training row has is -1; empty where nothing is
    held out.
    """
    held_out: bool
    shape: Shape
    classes: tuple[ClassValue, ...] | None
    """The label's own values, in the order of their indices; None for numbers."""
    label: str
    preprocessing: Preprocessing
    """From the columns of the data to the features of `shape`."""
    digest: str
    """sha256:HEX of the table, or of what its rows are read from."""
    skipped: int = 0
    """Training rows that were left out because they are bad."""


def problem_from(
    table: Table, data: Data, *, learns_classes: bool, shards: int = 1, test: Table | None = None
) -> Problem:
    """The problem that `data` makes of a table, and of the rows to evaluate on where those are others."""
    label, weight = data.train.label, data.train.weight
    if table.rows == 0:
        raise InvalidData(f"{table.source} has columns and no rows; there is nothing to learn from")
    features = chosen_features(table, data.train.features, label, weight)
    skipped, digest = table.skipped, table.digest()
    if data.on_bad_row == "skip":
        names = categorical_columns(table, features, data.categorical)
        table, bad = without_bad_rows(table, expected(features, names, data, learns_classes=learns_classes))
        skipped += bad
    if data.missing == "drop":
        table = complete(table, (*features, label, *([weight] if weight else [])))
    labels = class_labels(table, label) if learns_classes else number_labels(table, label)
    split = split_rows(labels, None if test else data.test)
    if learns_classes:
        labels = with_two_classes(among_training_rows(labels, split.train), label)
    train = table.only(split.train)
    dtype = common_dtype(table, features)
    preprocessing = fitted(train, features, data, dtype)
    train_x_ND = preprocessing.apply(train, dtype)
    weight_N = row_weights(train, weight)
    if weight_N is not None:
        refuse_nothing(table.source, weight, float(weight_N.sum()))
    return Problem(
        shards=cut(train_x_ND, labels.y_N[split.train], shards, weight_N),
        test=_other_rows(test, data, labels, preprocessing, dtype)
        if test
        else MemoryShard(0, preprocessing.apply(table.only(split.test), dtype), labels.y_N[split.test]),
        held_out=data.test is not None,
        shape=Shape(train.rows, train_x_ND.shape[1], len(labels.classes or ()), labels.classes or ()),
        classes=labels.classes,
        label=label,
        preprocessing=preprocessing,
        digest=digest,
        skipped=skipped,
    )


def _other_rows(
    table: Table, data: Data, labels: Labels, preprocessing: Preprocessing, dtype: DTypeLike
) -> MemoryShard:
    """Rows to evaluate on that are in other files; raises InvalidData for one that cannot be used."""
    label = data.train.label
    if label not in table.columns:
        raise InvalidData(f"data.test.uri: {table.source} has no column {label!r}; {there_are(table.columns)}")
    if data.missing == "drop":
        table = complete(table, (*preprocessing.names, label))
    if table.rows == 0:
        raise InvalidData(f"data.test.uri: {table.source} has columns and no rows; there is nothing to evaluate on")
    if labels.classes is None:
        y_N: Labels_N = number_labels(table, label).y_N
    else:
        y_N = class_codes(table, label, labels.classes)
    return MemoryShard(0, preprocessing.apply(table, dtype), y_N)


def complete(table: Table, names: Sequence[str]) -> Table:
    """The rows that have a value in each of these columns; raises InvalidData where there is none."""
    missing_N = np.logical_or.reduce([is_missing(table.columns[name]) for name in names])
    if not missing_N.any():
        return table
    if missing_N.all():
        raise InvalidData(f"data.missing: drop leaves no row of {table.source}; each lacks a value; choose another way")
    return table.only(np.flatnonzero(~missing_N))


def common_dtype(table: Table, names: Sequence[str]) -> type[np.float32] | type[np.float64]:
    """float32 where all numbers of these columns are, else float64."""
    kinds = {table.columns[name].dtype for name in names if table.columns[name].dtype.kind != "U"}
    return np.float32 if kinds == {np.dtype(np.float32)} else np.float64
