"""builtin://NAME: the data sets that come with scikit-learn, as tables. Downloads nothing.

Their files are read without importing scikit-learn, whose import would take most of a small job's time (2 s). The
label column is `target`; it holds scikit-learn's integers, and the names of the classes are kept beside them.
"""

import csv
import gzip
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data import builtin_names as names
from lsml_trainer.data.table import Column, Table
from lsml_trainer.errors import InvalidData

SCHEME = "builtin://"
LABEL = "target"

Array = NDArray[np.float64]


def read_builtin(uri: str) -> Table:
    """The table that `uri` names, rows in scikit-learn's order, values to the bit those of its loaders.

    Raises InvalidData for a name that is not among them.
    """
    name = uri.removeprefix(SCHEME)
    if name not in READERS:
        raise InvalidData(f"data.train.uri {uri}: there is no such data set; there are {', '.join(READERS)}")
    return READERS[name](uri, _folder())


def _folder() -> Path:
    """Where scikit-learn's data files are."""
    found = find_spec("sklearn")
    assert found is not None, "scikit-learn is a dependency of lsml[trainer]"
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0], "datasets", "data")


def _classes(file_name: str, features: tuple[str, ...]) -> Callable[[str, Path], Table]:
    """A file whose first line has the rows, the features and the names of the classes; the last column is the class."""

    def read(uri: str, folder: Path) -> Table:
        with (folder / file_name).open(encoding="utf-8", newline="") as text:
            _, _, *class_names = next(csv.reader(text))
            values = np.loadtxt(text, delimiter=",", ndmin=2)
        return _table(uri, features, values[:, :-1], values[:, -1].astype(np.int64), tuple(class_names))

    return read


def _digits(uri: str, folder: Path) -> Table:
    """Images of 8 x 8 pixels. The digits call themselves 0 to 9: the integers say that already."""
    values = _numbers(folder / "digits.csv.gz", ",")
    return _table(uri, names.DIGITS, values[:, :-1], values[:, -1].astype(np.int64))


def _diabetes(uri: str, folder: Path) -> Table:
    """Each feature has mean 0 and length 1, as `load_diabetes` gives it."""
    values = _numbers(folder / "diabetes_data_raw.csv.gz", None)
    scaled = (values - values.mean(axis=0)) / values.std(axis=0) / len(values) ** 0.5
    return _table(uri, names.DIABETES, scaled, _numbers(folder / "diabetes_target.csv.gz", None)[:, 0])


READERS: dict[str, Callable[[str, Path], Table]] = {
    "iris": _classes("iris.csv", names.IRIS),
    "wine": _classes("wine_data.csv", names.WINE),
    "breast_cancer": _classes("breast_cancer.csv", names.BREAST_CANCER),
    "digits": _digits,
    "diabetes": _diabetes,
}


def _numbers(file: Path, delimiter: str | None) -> Array:
    with gzip.open(file, "rt", encoding="utf-8") as text:
        return np.loadtxt(text, delimiter=delimiter, ndmin=2)


def _table(
    uri: str, features: tuple[str, ...], x_ND: Array, label_N: Column, class_names: tuple[str, ...] = ()
) -> Table:
    columns: dict[str, Column] = {name: np.ascontiguousarray(x_ND[:, i]) for i, name in enumerate(features)}
    return Table(uri, {**columns, LABEL: label_N}, {LABEL: class_names} if class_names else {})
