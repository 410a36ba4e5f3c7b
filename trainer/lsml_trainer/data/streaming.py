"""A problem whose rows stay in their source: one pass to learn what they are, then shards that read them."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from lsml_trainer.algorithms.base import Labels, Rows, Shape, chunk_rows
from lsml_trainer.data.bad_rows import NumbersOf, expected
from lsml_trainer.data.choice import Choice
from lsml_trainer.data.columns import chosen_features, finite_numbers, there_are
from lsml_trainer.data.fitting import categorical_columns
from lsml_trainer.data.labels import ClassValue, class_codes, two_at_least
from lsml_trainer.data.memory import bytes_of
from lsml_trainer.data.preprocessing import Feature, Preprocessing
from lsml_trainer.data.problem import Problem, common_dtype
from lsml_trainer.data.row_weights import row_weights
from lsml_trainer.data.sources import Source
from lsml_trainer.data.streamed import Chosen, Keeper, StreamedShard
from lsml_trainer.data.survey import Surveyed, survey
from lsml_trainer.data.synthetic import SyntheticSource
from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data

IN_FLIGHT = 8
"""Cells that are being read, made, waiting and used, and what they are made from: their memory cannot be kept in."""

WINDOW_CELLS = range(4, 17)
"""That rows are drawn from at a time, as many as there is memory for."""


@dataclass(frozen=True)
class ToRows:
    """Preprocesses tables."""

    preprocessing: Preprocessing
    label: str
    classes: tuple[ClassValue, ...] | None
    dtype: DTypeLike
    weight: str | None

    def __call__(self, table: Table) -> Rows:
        """The rows of the table; raises InvalidData."""
        x_ND = self.preprocessing.apply(table, self.dtype)
        return Rows(x_ND, self._labels(table), row_weights(table, self.weight))

    def _labels(self, table: Table) -> Labels:
        if self.classes is None:
            return finite_numbers(table, self.label, "a regression needs a number in every row of its label")
        return class_codes(table, self.label, self.classes)


def streamed_problem(
    source: Source,
    data: Data,
    memory: str,
    *,
    learns_classes: bool,
    shards: int,
    draws_rows: bool = False,
    test_source: Source | None = None,
) -> Problem:
    """The problem of a source, and of another with the rows to evaluate on, in at most so much memory for their rows.

    `draws_rows`: part of the memory is for windows that rows are drawn from. Raises InvalidData where a row cannot be
    used, or a part would be empty.
    """
    label = data.train.label
    if source.rows == 0:
        raise InvalidData(f"{source.head.source} has columns and no rows; there is nothing to learn from")
    names = chosen_features(source.head, data.train.features, label, data.train.weight)
    wanted = None
    if data.on_bad_row == "skip":
        categorical = categorical_columns(source.head, names, data.categorical)
        wanted = expected(names, categorical, data, learns_classes=learns_classes)
        source = NumbersOf(source, wanted)
    choice = Choice(data.test.fraction, data.test.seed) if data.test and test_source is None else Choice()
    found = known(source, data, names, learns_classes) or survey(
        source, data, names, choice, wanted, learns_classes=learns_classes
    )
    if found.classes is not None:
        two_at_least(found.classes, label)
    choice = replace(choice, usable=found.usable)
    dtype = common_dtype(source.head, names)
    features = len(found.preprocessing.names_out)
    row_bytes = (features + 1) * np.dtype(dtype).itemsize
    windows = shards if draws_rows else 0
    cell_rows = rows_of_cell(memory, features, np.dtype(dtype).itemsize, windows)
    window_cells = cells_of_window(memory, cell_rows * row_bytes, windows)
    in_flight = IN_FLIGHT + 2 * window_cells * windows
    keeper = Keeper(max(0, bytes_of(memory) - in_flight * cell_rows * row_bytes))

    to_rows = ToRows(found.preprocessing, label, found.classes, dtype, data.train.weight)
    unweighted = replace(to_rows, weight=None)

    def shard(where: Source, index: int, edges: tuple[int, int], name: str, chosen: Chosen) -> StreamedShard:
        its = to_rows if name == "train" else unweighted
        return StreamedShard(index, where, *edges, cell_rows, chosen, its, keeper, name, window_cells)

    edges = pairwise(source.rows * index // shards for index in range(shards + 1))
    train = tuple(shard(source, index, ends, "train", choice.train) for index, ends in enumerate(edges))
    if test_source is None:
        test = shard(source, 0, (0, source.rows), "test", choice.test)
    else:
        test = shard(test_source, 0, (0, test_source.rows), "test", Choice().train)
        _read_once(test, test_source, label)
    rows = sum(one.rows for one in train)
    _refuse_an_empty_part(source, data, rows, test.rows)
    return Problem(
        shards=train,
        test=test,
        held_out=data.test is not None,
        shape=Shape(rows, features, len(found.classes or ()), found.classes or ()),
        classes=found.classes,
        label=label,
        preprocessing=found.preprocessing,
        digest=source.digest,
        skipped=source.skipped + found.skipped,
    )


def _read_once(test: StreamedShard, source: Source, label: str) -> None:
    """So that a row that cannot be used is found before the training, not after it."""
    if label not in source.head.columns:
        raise InvalidData(
            f"data.test.uri: {source.head.source} has no column {label!r}; {there_are(source.head.columns)}"
        )
    for _ in test.chunks():
        pass


def known(source: Source, data: Data, names: tuple[str, ...], learns_classes: bool) -> Surveyed | None:
    """What need not be looked for: made rows are whole, and their classes are those that were asked for."""
    if not isinstance(source, SyntheticSource) or data.standardize or data.categorical or data.missing == "mean":
        return None
    if learns_classes and source.spec.kind == "regression":
        return None
    if data.train.label not in source.head.columns or source.rows < source.spec.classes * 1000:
        return None  # a class may be missing where there are few rows
    classes = tuple(range(source.spec.classes)) if learns_classes else None
    return Surveyed(Preprocessing(tuple(Feature(name) for name in names)), classes, None)


def rows_of_cell(memory: str, features: int, item_bytes: int, windows: int) -> int:
    """As an algorithm's chunks, but never more than a sixteenth of the memory, nor than a quarter for all windows."""
    parts = max(2 * IN_FLIGHT, 8 * WINDOW_CELLS[0] * windows)  # a window's cells stay while the next one's come
    most = bytes_of(memory) // (parts * max(1, features + 1) * item_bytes)
    return max(1, min(chunk_rows(features, item_bytes), most))


def cells_of_window(memory: str, cell_bytes: int, windows: int) -> int:
    """As many as WINDOW_CELLS has, while all windows and the next ones are a quarter of the memory at most."""
    if not windows:
        return 0
    return min(max(bytes_of(memory) // (8 * cell_bytes * windows), WINDOW_CELLS[0]), WINDOW_CELLS[-1])


def _refuse_an_empty_part(source: Source, data: Data, train_rows: int, test_rows: int) -> None:
    if data.test is not None and (train_rows == 0 or test_rows == 0):
        raise InvalidData(
            f"data.test.fraction {data.test.fraction} holds out {test_rows} of {train_rows + test_rows} rows of "
            f"{source.head.source}, and each part needs one; choose another fraction, or another seed"
        )
