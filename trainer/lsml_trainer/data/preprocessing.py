"""From the columns of a table to the features that an algorithm sees: the same for training, held-out and new rows.

What it needs to know (categories, what stands in for a missing value, mean and scale) was learned from the training
rows by `fitting.py`, is saved with the model, and is never learned again. Shapes: N rows, D features.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lsml_trainer.algorithms.base import Features
from lsml_trainer.data.categories import UNKNOWN, Category, Codes, as_names, codes_of, is_missing
from lsml_trainer.data.columns import as_numbers, no_numbers, place
from lsml_trainer.data.standardize import Standardization
from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData

COPIED_VALUES = 1 << 16
"""Of a column at a time, so that the lines of the matrix they go to stay in the cache for the next column."""

MOST_DESCRIBED = 10_000
"""Features of libsvm text that are described one by one where a model is saved; more are counted."""


def unknown(where: str, category: Category) -> str:
    """What is said of a category that is new."""
    remedy = "set data.categorical.handleUnknown: ignore, or leave the row out"
    return f"{where} is {category!r}, which no training row has; {remedy}"


@dataclass(frozen=True)
class Feature:
    """One column of the data."""

    name: str
    categories: tuple[Category, ...] | None = None
    """Sorted; None for numbers."""
    fill: Category | float | None = None
    """What stands in for a missing value; None where there must not be one."""


@dataclass(frozen=True)
class Preprocessing:
    """What is done to the columns of each row."""

    features: tuple[Feature, ...]
    onehot: bool = True
    """A category is a column of its own that holds 0 or 1; otherwise its place among the categories."""
    ignores_unknown: bool = False
    """A category that no training row has is all zeros (or -1 as a place); otherwise it is refused."""
    standardization: Standardization | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the data must have."""
        return tuple(feature.name for feature in self.features)

    @property
    def names_out(self) -> tuple[str, ...]:
        """The features that an algorithm sees, D of them; a category's is COLUMN_CATEGORY, as scikit-learn's."""
        return tuple(
            name
            for feature in self.features
            for name in (
                [f"{feature.name}_{category}" for category in feature.categories or ()]
                if self._is_wide(feature)
                else [feature.name]
            )
        )

    @property
    def is_numbered(self) -> bool:
        """Whether they are those of wide libsvm text, f1, f2, ... , too many for each to be described."""
        if len(self.features) <= MOST_DESCRIBED:
            return False
        return all(
            one.name == f"f{index}" and one.categories is None and one.fill is None
            for index, one in enumerate(self.features, 1)
        )

    def apply(self, table: Table, dtype: DTypeLike = np.float64) -> Features:
        """The features of all rows, (N, D), C-contiguous and finite.

        Raises InvalidData with column and row where a value is missing, unknown or no finite number.
        """
        return self.scaled(self.unscaled(table, dtype))

    def scaled(self, x_ND: Features) -> Features:
        """Standardised in place, where that is done."""
        return self.standardization.scale(x_ND) if self.standardization else x_ND

    def unscaled(self, table: Table, dtype: DTypeLike) -> Features:
        """As apply, but not standardised."""
        lacking = [name for name in self.names if name not in table.columns]
        if lacking:
            raise InvalidData(f"{table.source} lacks the column(s) {_listed(lacking)}; it needs {_listed(self.names)}")
        x_ND: Features = np.zeros((table.rows, len(self.names_out)), dtype=dtype)
        numbers: list[tuple[int, NDArray[Any]]] = []
        first = 0
        for feature in self.features:
            if feature.categories is None:
                numbers.append((first, self._numbers(table, feature)))
                first += 1
            elif self.onehot:
                codes_N = self._codes(table, feature)
                known_N = np.flatnonzero(codes_N != UNKNOWN)
                x_ND[known_N, first + codes_N[known_N]] = 1.0
                first += len(feature.categories)
            else:
                numbers.append((first, self._codes(table, feature)))
                first += 1
        _copy(numbers, x_ND)
        return x_ND

    def _is_wide(self, feature: Feature) -> bool:
        return self.onehot and feature.categories is not None

    def _numbers(self, table: Table, feature: Feature) -> NDArray[Any]:
        values_N = as_numbers(table, feature.name, TEXT_REMEDY)
        if feature.fill is not None:
            missing_N = np.isnan(values_N)
            values_N = np.where(missing_N, np.asarray(feature.fill, values_N.dtype), values_N)
        if not np.isfinite(values_N).all():
            raise no_numbers(table, feature.name, values_N, MISSING_REMEDY if np.isnan(values_N).any() else REMEDY)
        return values_N

    def _codes(self, table: Table, feature: Feature) -> Codes:
        assert feature.categories is not None
        names_N = as_names(table.columns[feature.name])
        codes_N = codes_of(names_N, feature.categories)
        missing_N = is_missing(names_N)
        if missing_N.any():
            if feature.fill is None:
                row = int(np.flatnonzero(missing_N)[0])
                raise InvalidData(f"{place(table, feature.name, row)} is empty; {MISSING_REMEDY}")
            codes_N = np.where(missing_N, feature.categories.index(feature.fill), codes_N)
        unknown_N = np.flatnonzero(codes_N == UNKNOWN)
        if unknown_N.size and not self.ignores_unknown:
            row = int(unknown_N[0])
            raise InvalidData(unknown(place(table, feature.name, row), names_N[row].item()))
        return codes_N

    def dump(self) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]]]:
        """What `load` takes: plain JSON values for the manifest, and named arrays for the file of the weights."""
        numbered = len(self.features) if self.is_numbered else 0
        document = {
            "features": [
                {"name": one.name, "categories": one.categories and list(one.categories), "fill": one.fill}
                for one in self.features[numbered:]
            ],
            **({"numbered": numbered} if numbered else {}),
            "onehot": self.onehot,
            "ignoresUnknown": self.ignores_unknown,
            "standardized": self.standardization is not None,
        }
        scaling = self.standardization
        return document, {} if scaling is None else {MEAN: scaling.mean_D, SCALE: scaling.scale_D}

    @classmethod
    def load(cls, document: Mapping[str, Any], arrays: Mapping[str, NDArray[np.float64]]) -> "Preprocessing":
        """What `dump` gave; raises LookupError or TypeError for anything else."""
        features = numbered_features(document.get("numbered", 0)) + tuple(
            Feature(one["name"], None if one["categories"] is None else tuple(one["categories"]), one["fill"])
            for one in document["features"]
        )
        scaling = Standardization(arrays[MEAN], arrays[SCALE]) if document["standardized"] else None
        return cls(features, document["onehot"], document["ignoresUnknown"], scaling)


def numbered_features(count: int) -> tuple[Feature, ...]:
    """f1, f2, ..., numbers."""
    return tuple(Feature(f"f{index + 1}") for index in range(count))


MEAN, SCALE = "standardization.mean", "standardization.scale"
REMEDY = "mend the row, set data.onBadRow: skip, or leave the column out of data.train.features"
TEXT_REMEDY = (
    "mend the row, set data.onBadRow: skip, name the column in data.categorical.columns where its values are names, "
    "or leave it out of data.train.features"
)
MISSING_REMEDY = "set data.missing: drop, mean, median or most_frequent, or leave the column out of data.train.features"


def _copy(columns: Sequence[tuple[int, NDArray[Any]]], x_ND: Features) -> None:
    """Each column to its place, some rows at a time: about four times as fast as column after column."""
    rows = max(1, COPIED_VALUES // max(1, x_ND.shape[1]))
    for begin in range(0, len(x_ND), rows):
        part_ND = x_ND[begin : begin + rows]
        for position, values_N in columns:
            part_ND[:, position] = values_N[begin : begin + rows]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
