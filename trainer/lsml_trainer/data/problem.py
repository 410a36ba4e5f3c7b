"""From a specification to a problem: everything an algorithm and its evaluation need of the data."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Shape, Shard
from lsml_trainer.data.builtin import SCHEME as BUILTIN
from lsml_trainer.data.builtin import read_builtin
from lsml_trainer.data.columns import chosen_features, feature_matrix
from lsml_trainer.data.files import read_files
from lsml_trainer.data.labels import (
    ClassValue,
    Labels,
    among_training_rows,
    class_labels,
    number_labels,
    with_two_classes,
)
from lsml_trainer.data.shards import cut
from lsml_trainer.data.split import split_rows
from lsml_trainer.data.standardize import Standardization, standardization_of
from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import CLAIMS_FOLDER, Data


@dataclass(frozen=True)
class Problem:
    """Training rows in shards, rows to evaluate on, and what the numbers mean."""

    shards: tuple[Shard, ...]
    """Standardised if the specification says so."""
    test_x_ND: NDArray[np.float64]
    """Standardised like the training rows; empty where nothing is held out."""
    test_y_N: NDArray[np.float64] | NDArray[np.int64]
    """As in Shard; -1 for a class that no training row has."""
    held_out: bool
    shape: Shape
    classes: tuple[ClassValue, ...] | None
    """The label's own values, in the order of their indices; None for numbers."""
    feature_names: tuple[str, ...]
    label: str
    standardization: Standardization | None
    digest: str
    """sha256:HEX of the table."""


def load_problem(data: Data, *, learns_classes: bool, shards: int = 1, claims: Path = Path(CLAIMS_FOLDER)) -> Problem:
    """Reads what `data` names; raises InvalidData with the column, what was found and the remedy."""
    uri = data.train.uri
    table = read_builtin(uri) if uri.startswith(BUILTIN) else read_files(uri, claims)
    return problem_from(table, data, learns_classes=learns_classes, shards=shards)


def problem_from(table: Table, data: Data, *, learns_classes: bool, shards: int = 1) -> Problem:
    """The problem that `data` makes of a table."""
    label = data.train.label
    if table.rows == 0:
        raise InvalidData(f"{table.source} has columns and no rows; there is nothing to learn from")
    features = chosen_features(table, data.train.features, label)
    labels = class_labels(table, label) if learns_classes else number_labels(table, label)
    split = split_rows(labels, data.test)
    if learns_classes:
        labels = with_two_classes(among_training_rows(labels, split.train), label)
    x_ND = feature_matrix(table, features)
    train_x_ND, test_x_ND = x_ND[split.train], x_ND[split.test]
    standardization = standardization_of(train_x_ND) if data.standardize else None
    if standardization:
        train_x_ND, test_x_ND = standardization.apply(train_x_ND), standardization.apply(test_x_ND)
    return Problem(
        shards=cut(train_x_ND, labels.y_N[split.train], shards),
        test_x_ND=test_x_ND,
        test_y_N=labels.y_N[split.test],
        held_out=data.test is not None,
        shape=_shape(train_x_ND, labels),
        classes=labels.classes,
        feature_names=features,
        label=label,
        standardization=standardization,
        digest=table.digest(),
    )


def _shape(train_x_ND: NDArray[np.float64], labels: Labels) -> Shape:
    rows, features = train_x_ND.shape
    return Shape(rows, features, len(labels.classes or ()))
