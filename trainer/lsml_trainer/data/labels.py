"""What is learned: the label column as numbers, or as indices of classes whose own values are kept."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.categories import codes_of
from lsml_trainer.data.columns import finite_numbers, place
from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData

ClassValue: TypeAlias = str | int
"""The value of a class as the user wrote it."""

UNKNOWN_CLASS = -1  # of a held-out row whose class no training row has: never predicted, so counted as wrong


@dataclass(frozen=True)
class Labels:
    """The label of every row."""

    y_N: NDArray[np.float64] | NDArray[np.int64]
    """Numbers, float64; or indices into `classes`, int64."""
    classes: tuple[ClassValue, ...] | None
    """In order of their indices; None for numbers."""


def number_labels(table: Table, name: str) -> Labels:
    """The column as finite numbers; raises InvalidData for anything else."""
    return Labels(finite_numbers(table, name, "a regression needs a number in every row of its label"), None)


def class_labels(table: Table, name: str) -> Labels:
    """The column as classes, in the order of their values (as scikit-learn's `classes_`).

    Integers that stand for names keep their order and take the names. Raises InvalidData for numbers that are not
    whole, and where there are fewer than two classes.
    """
    values, y_N = np.unique(class_values(table, name), return_inverse=True)
    names = table.class_names.get(name)
    classes = tuple(names[int(value)] if names else value.item() for value in values)
    return with_two_classes(Labels(y_N.astype(np.int64), classes), name)


def with_two_classes(labels: Labels, name: str) -> Labels:
    """The labels; raises InvalidData where there is nothing to tell apart."""
    assert labels.classes is not None
    two_at_least(labels.classes, name)
    return labels


def two_at_least(classes: tuple[ClassValue, ...], name: str) -> None:
    """Raises InvalidData where there is nothing to tell apart."""
    if len(classes) < 2:
        found = f"only the class {classes[0]!r}" if classes else "no rows"
        raise InvalidData(f"label {name!r} has {found} in the training rows; a classifier needs two classes at least")


def class_values(table: Table, name: str) -> NDArray[np.str_] | NDArray[np.int64]:
    """The column as texts or whole numbers; raises InvalidData for a row that has no class."""
    return _texts(table, name) if table.columns[name].dtype.kind == "U" else _whole_numbers(table, name)


def class_codes(table: Table, name: str, classes: tuple[ClassValue, ...]) -> NDArray[np.int64]:
    """The column as indices of these classes, which are sorted; UNKNOWN_CLASS for any other value.

    Raises InvalidData for a row that has no class.
    """
    return codes_of(class_values(table, name), classes)


def among_training_rows(labels: Labels, train_rows: NDArray[np.intp]) -> Labels:
    """The labels with the classes that the training rows have; other rows may be of an UNKNOWN_CLASS."""
    assert labels.classes is not None
    present = np.unique(labels.y_N[train_rows]).astype(np.int64)
    index_of = np.full(len(labels.classes), UNKNOWN_CLASS, dtype=np.int64)
    index_of[present] = np.arange(present.size)
    return Labels(index_of[labels.y_N.astype(np.int64)], tuple(labels.classes[i] for i in present))


def _texts(table: Table, name: str) -> NDArray[np.str_]:
    values = table.columns[name].astype(np.str_, copy=False)
    empty = np.flatnonzero(values == "")
    if empty.size:
        raise InvalidData(
            f"{place(table, name, int(empty[0]))} is empty ({empty.size} of {len(values)} rows); "
            f"a classifier needs a class in every row of its label"
        )
    return values


def _whole_numbers(table: Table, name: str) -> NDArray[np.int64]:
    values = finite_numbers(table, name, "a classifier needs a class in every row of its label")
    fractions = values[values != np.floor(values)]
    if fractions.size:
        raise InvalidData(
            f"label {name!r} of {table.source} holds numbers such as {fractions[0]}, which are no classes; "
            f"choose a loss for numbers (mse, huber) or a label with classes"
        )
    return values.astype(np.int64)
