"""What the training rows teach of themselves: categories, what stands in for a missing value, mean and scale."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lsml_trainer.data.categories import Category, as_names, categories_of, is_missing
from lsml_trainer.data.columns import as_numbers, matches, numbers_but_for_some
from lsml_trainer.data.preprocessing import TEXT_REMEDY, Feature, Preprocessing
from lsml_trainer.data.standardize import standardization_of
from lsml_trainer.data.table import Column, Table
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Categorical, Data

MOST_ONEHOT = 4096  # columns of one feature: more is a name of each row, not a category


def fitted(table: Table, names: Sequence[str], data: Data, dtype: DTypeLike) -> Preprocessing:
    """The preprocessing of these columns, learned from all rows of the table, which are the training rows.

    Raises InvalidData where a column has no value at all, or too many categories.
    """
    categorical = data.categorical
    chosen = categorical_columns(table, names, categorical)
    features = tuple(_feature(table, name, name in chosen, data.missing) for name in names)
    onehot = categorical is None or categorical.encoding == "onehot"
    for feature in features:
        if onehot:
            refuse_too_many(table, feature)
    plain = Preprocessing(features, onehot, categorical is not None and categorical.handle_unknown == "ignore")
    if not data.standardize:
        return plain
    scaling = standardization_of(plain.unscaled(table, dtype))
    return replace(plain, standardization=scaling.sparing(indicators(plain)))


def categorical_columns(table: Table, names: Sequence[str], categorical: Categorical | None) -> frozenset[str]:
    """Those of the features that are categories; raises InvalidData for a pattern that matches none."""
    if categorical is None:
        return frozenset()
    if categorical.columns is None:
        texts = ((name, table.columns[name]) for name in names if table.columns[name].dtype.kind == "U")
        return frozenset(name for name, column in texts if not numbers_but_for_some(column))  # a typo is no category
    for pattern in categorical.columns:
        if not any(matches(pattern, name) for name in names):
            raise InvalidData(f"data.categorical.columns: no feature of {table.source} matches {pattern!r}")
    return frozenset(name for name in names if any(matches(pattern, name) for pattern in categorical.columns))


def indicators(preprocessing: Preprocessing) -> NDArray[np.bool_]:
    """Which features hold 0 and 1 for a category: they stay what they are when numbers are standardised; (D,)."""
    return np.concatenate(
        [
            np.full(len(one.categories) if wide and one.categories is not None else 1, wide)
            for one in preprocessing.features
            for wide in [preprocessing.onehot and one.categories is not None]
        ]
    )


def refuse_too_many(table: Table, feature: Feature) -> None:
    """Raises InvalidData where a category would be a column and there are thousands."""
    if feature.categories is not None and len(feature.categories) > MOST_ONEHOT:
        raise InvalidData(
            f"column {feature.name!r} of {table.source} has {len(feature.categories)} categories, and onehot makes a "
            f"column of each ({MOST_ONEHOT} at most); set data.categorical.encoding: ordinal, or leave it out"
        )


def _feature(table: Table, name: str, categorical: bool, missing: str) -> Feature:
    replaces = missing not in ("fail", "drop")
    if categorical:
        names_N = as_names(table.columns[name])
        categories = categories_of(names_N)
        _refuse_nothing(table, name, bool(categories))
        return Feature(name, categories, most_frequent(names_N) if replaces else None)
    if not replaces:
        return Feature(name)
    values_N = as_numbers(table, name, TEXT_REMEDY)
    there_N = values_N[~np.isnan(values_N)]
    _refuse_nothing(table, name, there_N.size > 0)
    return Feature(name, None, statistic(there_N.astype(np.float64), missing))


def statistic(values_N: NDArray[np.float64], kind: str) -> float:
    """SimpleImputer's; N > 0."""
    if kind == "most_frequent":
        return float(most_frequent(values_N))
    return float(np.median(values_N) if kind == "median" else values_N.mean())


def most_frequent(names_N: Column) -> Category:
    """The value that most rows have, the smallest of those that tie; without what is missing."""
    values, counts = np.unique(names_N[~is_missing(names_N)], return_counts=True)
    found: Category = values[counts.argmax()].item()
    return found


def _refuse_nothing(table: Table, name: str, there_is_one: bool) -> None:
    if not there_is_one:
        raise InvalidData(
            f"column {name!r} of {table.source} has no value in any training row; leave it out of data.train.features"
        )
