"""One pass over a source, before the training: what its training rows teach, and whether every row can be used.

What is kept of a block are counts, sums and categories, never rows. Shapes: N rows of a block.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.bad_rows import Expected, refuse_nothing_left
from lsml_trainer.data.categories import Category, as_names, is_missing
from lsml_trainer.data.choice import Choice, Mask
from lsml_trainer.data.columns import as_numbers, finite_numbers, no_numbers, place
from lsml_trainer.data.fitting import categorical_columns, refuse_too_many
from lsml_trainer.data.labels import ClassValue, class_values
from lsml_trainer.data.preprocessing import MISSING_REMEDY, REMEDY, TEXT_REMEDY, Feature, Preprocessing, unknown
from lsml_trainer.data.row_weights import refuse_nothing, row_weights
from lsml_trainer.data.sources import Source
from lsml_trainer.data.standardize import from_moments
from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data

MOST_CATEGORIES = 1_000_000  # of one column: more is a name of each row, and would not fit into memory


class Surveyed(NamedTuple):
    """What was found."""

    preprocessing: Preprocessing
    classes: tuple[ClassValue, ...] | None
    """Those of the training rows, sorted; None for numbers."""
    usable: NDArray[np.uint8] | None
    """As Choice.usable."""
    skipped: int = 0
    """Bad rows, which are not usable."""


@dataclass
class Numbers:
    """Of the values that are there: how many, mean, and squared distances from it (Chan, Golub and LeVeque, 1979)."""

    rows: int = 0
    mean: float = 0.0
    spread: float = 0.0

    def add(self, values_N: NDArray[np.float64]) -> None:
        """Some more of them."""
        if not values_N.size:
            return
        mean = float(values_N.mean())
        share = values_N.size / (self.rows + values_N.size)
        apart = mean - self.mean
        self.spread += float(np.square(values_N - mean).sum()) + apart * apart * self.rows * share
        self.mean += apart * share
        self.rows += values_N.size


@dataclass
class Survey:
    """What is known of the rows so far."""

    data: Data
    names: Sequence[str]
    categorical: frozenset[str]
    learns_classes: bool
    numbers: dict[str, Numbers] = field(default_factory=dict)
    categories: dict[str, Counter[Category]] = field(default_factory=dict)
    held_out: dict[str, dict[Category, str]] = field(default_factory=dict)
    """The categories of rows that do not train, and where there is one of each."""
    classes: set[ClassValue] = field(default_factory=set)
    train_rows: int = 0
    weight: float = 0.0
    """Of the training rows; 0 where no column says."""

    def add(self, table: Table, train_N: Mask) -> None:
        """A block of rows that are all used, and which of them train; raises InvalidData for one that cannot be."""
        self.train_rows += int(train_N.sum())
        label = self.data.train.label
        weight_N = row_weights(table, self.data.train.weight)
        self.weight += 0.0 if weight_N is None else float(weight_N[train_N].sum())
        if self.learns_classes:
            self.classes.update(np.unique(class_values(table, label)[train_N]).tolist())
            if len(self.classes) > MOST_CATEGORIES:
                raise InvalidData(f"label {label!r} of {table.source} has more than {MOST_CATEGORIES} classes")
        else:
            finite_numbers(table, label, "a regression needs a number in every row of its label")
        for name in self.names:
            if name in self.categorical:
                self._add_names(table, name, train_N)
            else:
                self._add_numbers(table, name, train_N)

    def _add_numbers(self, table: Table, name: str, train_N: Mask) -> None:
        values_N = as_numbers(table, name, TEXT_REMEDY)
        bad_N = np.isinf(values_N) if self._fills else ~np.isfinite(values_N)
        if bad_N.any():
            raise no_numbers(table, name, values_N, MISSING_REMEDY if np.isnan(values_N[bad_N]).any() else REMEDY)
        there_N = values_N[train_N].astype(np.float64)
        self.numbers.setdefault(name, Numbers()).add(there_N[~np.isnan(there_N)])

    def _add_names(self, table: Table, name: str, train_N: Mask) -> None:
        names_N = as_names(table.columns[name])
        missing_N = is_missing(names_N)
        if missing_N.any() and not self._fills:
            raise InvalidData(f"{place(table, name, int(np.flatnonzero(missing_N)[0]))} is empty; {MISSING_REMEDY}")
        values, counts = np.unique(names_N[train_N & ~missing_N], return_counts=True)
        known = self.categories.setdefault(name, Counter())
        known.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        held_out = self.held_out.setdefault(name, {})
        values, rows = np.unique(names_N[~train_N & ~missing_N], return_index=True)
        row_N = np.flatnonzero(~train_N & ~missing_N)
        for value, row in zip(values.tolist(), row_N[rows].tolist(), strict=True):
            if value not in known and value not in held_out:
                held_out[value] = place(table, name, row)
        if max(len(known), len(held_out)) > MOST_CATEGORIES:
            raise InvalidData(f"column {name!r} of {table.source} has more than {MOST_CATEGORIES} categories; {REMEDY}")

    @property
    def _fills(self) -> bool:
        return self.data.missing == "mean"

    def preprocessing(self, head: Table) -> Preprocessing:
        """What is done to each row; raises InvalidData where a column has no value, or too many categories."""
        features = tuple(self._feature(name) for name in self.names)
        categorical = self.data.categorical
        onehot = categorical is None or categorical.encoding == "onehot"
        for feature in features:
            if feature.fill is None and self._fills:
                raise InvalidData(
                    f"column {feature.name!r} of {head.source} has no value in any training row; {REMEDY}"
                )
            if onehot:
                refuse_too_many(head, feature)
        ignores_unknown = categorical is not None and categorical.handle_unknown == "ignore"
        if not ignores_unknown:
            self._refuse_unknown(features)
        plain = Preprocessing(features, onehot, ignores_unknown)
        if not self.data.standardize:
            return plain
        moments = [moment for feature in features for moment in self._moments(feature, onehot)]
        mean_D, variance_D = (np.array(values) for values in zip(*moments, strict=True))
        return replace(plain, standardization=from_moments(self.train_rows, mean_D, variance_D))

    def _refuse_unknown(self, features: Sequence[Feature]) -> None:
        """Else the model would be trained, and be lost when it is evaluated."""
        for feature in features:
            known = {str(category) for category in feature.categories or ()}
            for value, where in self.held_out.get(feature.name, {}).items():
                if str(value) not in known:
                    raise InvalidData(unknown(where, value))

    def _feature(self, name: str) -> Feature:
        if name not in self.categorical:
            found = self.numbers.get(name, Numbers())
            return Feature(name, None, found.mean if self._fills and found.rows else None)
        counts = self.categories.get(name, Counter())
        if len({isinstance(category, str) for category in counts}) > 1:  # whole numbers in one block, text in another
            counts = self.categories[name] = _as_text(counts)
        categories = tuple(sorted(counts, key=_order))
        fill = max(categories, key=lambda category: counts[category], default=None) if self._fills else None
        return Feature(name, categories, fill)

    def _moments(self, feature: Feature, onehot: bool) -> list[tuple[float, float]]:
        """Mean and variance of each feature that this column becomes; (0, 1) where it stays what it is."""
        if feature.categories is None:
            found = self.numbers[feature.name]
            return [(found.mean, found.spread / self.train_rows)]  # the mean in place of what is missing adds no spread
        if onehot:
            return [(0.0, 1.0)] * len(feature.categories)
        counts = np.array([self.categories[feature.name][category] for category in feature.categories], dtype=float)
        if feature.fill is not None:
            counts[feature.categories.index(feature.fill)] += self.train_rows - counts.sum()
        code = np.arange(len(counts))
        mean = float(counts @ code) / self.train_rows
        return [(mean, float(counts @ np.square(code - mean)) / self.train_rows)]


def survey(
    source: Source,
    data: Data,
    names: Sequence[str],
    choice: Choice,
    wanted: Expected | None = None,
    *,
    learns_classes: bool,
) -> Surveyed:
    """Reads all rows once, and leaves out those that are not as wanted.

    Raises InvalidData with the row and the column of one that cannot be used, or where none is left.
    """
    found = Survey(data, names, categorical_columns(source.head, names, data.categorical), learns_classes)
    label, weight = data.train.label, data.train.weight
    needed = (*names, label, *([weight] if weight else [])) if data.missing == "drop" else ()
    bits: list[Mask] = []
    begin = skipped = 0
    for table in source.read(0, source.rows):
        train_N = choice.train(begin, begin + table.rows)
        begin += table.rows
        if needed or wanted:
            bad_N = wanted.bad(table) if wanted else np.zeros(table.rows, dtype=np.bool_)
            skipped += int(bad_N.sum())
            usable_N = ~np.logical_or.reduce([bad_N, *(is_missing(table.columns[name]) for name in needed)])
            bits.append(usable_N)
            rows = np.flatnonzero(usable_N)
            table, train_N = table.only(rows), train_N[rows]  # noqa: PLW2901  what is left of the block
        if table.rows:
            found.add(table, train_N)
    if wanted:
        refuse_nothing_left(source.head, skipped, source.rows)
    refuse_nothing(source.head.source, weight, found.weight)
    usable = np.packbits(np.concatenate(bits)) if bits else None
    classes = tuple(sorted(found.classes, key=_order)) if learns_classes else None
    return Surveyed(found.preprocessing(source.head), classes, usable, skipped)


def _order(category: Category) -> tuple[bool, Category]:
    return isinstance(category, str), category


def _as_text(counts: Counter[Category]) -> Counter[Category]:
    texts: Counter[Category] = Counter()
    for category, count in counts.items():
        texts[str(category)] += count
    return texts
