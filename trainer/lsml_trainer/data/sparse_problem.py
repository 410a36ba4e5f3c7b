"""libsvm rows to a problem whose rows stay CSR: whether they do is a function of specification and data alone."""

from itertools import pairwise

from lsml_trainer.algorithms.base import Shape
from lsml_trainer.data.columns import chosen_features
from lsml_trainer.data.labels import (
    Labels,
    among_training_rows,
    class_codes,
    class_labels,
    number_labels,
    with_two_classes,
)
from lsml_trainer.data.preprocessing import Feature, Preprocessing
from lsml_trainer.data.problem import Problem
from lsml_trainer.data.readers.libsvm import LABEL
from lsml_trainer.data.shards import edges
from lsml_trainer.data.sparse_shard import SparseShard
from lsml_trainer.data.sparse_table import SparseTable
from lsml_trainer.data.split import split_rows
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data

LEAST_FEATURES = 256
"""Rows of fewer take up to 2 KiB with their zeros, and compiled loops over them are faster than those over entries."""
MOST_DENSITY = 0.25


def stays_sparse(table: SparseTable, data: Data) -> bool:
    """Whether the rows are wide and mostly 0, and nothing is asked for that needs all cells of a column.

    A value that is not finite is left to `problem_from`, which names it or leaves its row out.
    """
    wide = table.features >= LEAST_FEATURES and table.density < MOST_DENSITY
    train = data.train
    plain = train.label == LABEL and train.weight is None and data.categorical is None and not data.standardize
    return wide and plain and data.missing in ("fail", "drop") and table.is_finite


def sparse_problem(
    table: SparseTable, data: Data, *, learns_classes: bool, shards: int = 1, test: SparseTable | None = None
) -> Problem:
    """As `problem_from`, of rows that stay sparse; the rows to evaluate on do so, too."""
    heads = table.labels()
    names = chosen_features(heads, data.train.features, LABEL)
    labels = class_labels(heads, LABEL) if learns_classes else number_labels(heads, LABEL)
    split = split_rows(labels, None if test else data.test)
    if learns_classes:
        labels = with_two_classes(among_training_rows(labels, split.train), LABEL)
    x_ND = table.csr(names)
    train = SparseShard(0, x_ND[split.train], labels.y_N[split.train])
    classes = labels.classes or ()
    return Problem(
        shards=cut(train, shards),
        test=_other_rows(test, labels, names) if test else SparseShard(0, x_ND[split.test], labels.y_N[split.test]),
        held_out=data.test is not None,
        shape=Shape(train.rows, len(names), len(classes), classes, sparse=True),
        classes=labels.classes,
        label=LABEL,
        preprocessing=Preprocessing(tuple(Feature(name) for name in names)),
        digest=table.digest(),
        skipped=table.skipped,
    )


def cut(shard: SparseShard, shards: int) -> tuple[SparseShard, ...]:
    """As `shards.cut`; copies of the entries."""
    ranges = [slice(begin, end) for begin, end in pairwise(edges(shard.rows, shards))]
    return tuple(SparseShard(index, shard.x_ND[rows], shard.y_N[rows]) for index, rows in enumerate(ranges))


def _other_rows(table: SparseTable, labels: Labels, names: tuple[str, ...]) -> SparseShard:
    if table.rows == 0:
        raise InvalidData(f"data.test.uri: {table.source} has columns and no rows; there is nothing to evaluate on")
    heads = table.labels()
    if labels.classes is None:
        return SparseShard(0, table.csr(names), number_labels(heads, LABEL).y_N)
    return SparseShard(0, table.csr(names), class_codes(heads, LABEL, labels.classes))
