"""Categories, missing values, standardisation: as scikit-learn does it, learned from the training rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from lsml_trainer.data import Preprocessing, Table, problem_from
from lsml_trainer.data.fitting import categorical_columns, fitted
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Categorical, Data, parse

NAMES = ("size", "colour", "zip")


def a_table(**columns: Any) -> Table:
    whole = {
        "size": np.array([1.0, np.nan, 3.0, 3.0, 10.0]),
        "colour": np.array(["red", "blue", "", "red", "green"]),
        "zip": np.array([10, 20, 10, 30, 10]),
    }
    return Table("a table", whole | {name: np.asarray(values) for name, values in columns.items()})


def data(**fields: Any) -> Data:
    return parse(Data, {"train": {"uri": "file:///a.csv"}, **fields}, at="spec.data")


def preprocessing(**fields: Any) -> Preprocessing:
    return fitted(a_table(), NAMES, data(missing="most_frequent", **fields), np.float64)


@pytest.mark.parametrize("missing", ["mean", "median", "most_frequent"])
@pytest.mark.parametrize("encoding", ["onehot", "ordinal"])
def test_it_does_what_scikit_learn_does(missing: str, encoding: str) -> None:
    ours = fitted(a_table(), NAMES, data(missing=missing, categorical={"encoding": encoding}), np.float64)
    table = a_table()
    x = np.empty((table.rows, 3), dtype=object)
    for position, name in enumerate(NAMES):
        x[:, position] = table.columns[name].tolist()
    encoder = OneHotEncoder(sparse_output=False) if encoding == "onehot" else OrdinalEncoder()
    names = make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"), encoder)
    theirs = make_column_transformer(
        (SimpleImputer(strategy=missing), [0]), (names, [1]), ("passthrough", [2]), sparse_threshold=0
    )
    np.testing.assert_array_equal(ours.apply(table), theirs.fit_transform(x).astype(np.float64))


def test_numbers_are_standardised_and_zeros_and_ones_stay() -> None:
    ours = preprocessing(standardize=True, categorical={})
    x_ND = ours.apply(a_table())
    filled = np.array([[1.0], [3.0], [3.0], [3.0], [10.0]])
    np.testing.assert_allclose(x_ND[:, :1], StandardScaler().fit_transform(filled))
    assert set(x_ND[:, 1:4].ravel()) == {0.0, 1.0}
    assert ours.names_out == ("size", "colour_blue", "colour_green", "colour_red", "zip")


def test_whole_numbers_are_categories_where_the_specification_says_so() -> None:
    ours = preprocessing(categorical={"columns": ["zip", "col*"]})
    assert ours.names_out[-3:] == ("zip_10", "zip_20", "zip_30")
    as_text = ours.apply(a_table(zip=["10", "20", "10", "30", "10"]))
    as_floats = ours.apply(a_table(zip=[10.0, 20.0, 10.0, 30.0, 10.0]))
    np.testing.assert_array_equal(as_text, ours.apply(a_table()))
    np.testing.assert_array_equal(as_floats, ours.apply(a_table()))


@pytest.mark.parametrize(("encoding", "wanted"), [("onehot", [3.0, 0, 0, 0, 7]), ("ordinal", [3.0, -1, 7])])
def test_a_category_that_no_training_row_has_can_be_ignored(encoding: str, wanted: list[float]) -> None:
    ours = preprocessing(categorical={"encoding": encoding, "handleUnknown": "ignore"})
    new = Table("new rows", {"size": np.array([np.nan]), "colour": np.array(["mauve"]), "zip": np.array([7])})
    assert ours.apply(new).tolist() == [wanted]


def test_it_is_the_same_after_it_was_saved() -> None:
    ours = preprocessing(standardize=True, categorical={"columns": ["zip", "colour"]})
    again = Preprocessing.load(*ours.dump())
    np.testing.assert_array_equal(again.apply(a_table()), ours.apply(a_table()))


def test_rows_without_a_value_are_dropped_before_anything_is_learned() -> None:
    problem = problem_from(a_table(target=[0, 1, 0, 1, 1]), data(missing="drop", categorical={}), learns_classes=True)
    assert problem.shards[0].x_ND.tolist() == [[1, 0, 1, 10], [3, 0, 1, 30], [10, 1, 0, 10]]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["1"] * 99 + ["one"], False),
        (["1"] * 80 + ["one"] * 20, True),
        (["", "1", "2"] * 20 + ["3.5e"], False),
        (["1"] * 40_000 + ["one"], False),
        ([str(number) for number in range(100)], True),
        ([""] * 100, True),
        (["red", "2"], True),
    ],
    ids=["one typo", "a fifth of names", "gaps and a typo", "one typo far away", "text by type", "nothing", "two rows"],
)
def test_a_column_of_numbers_with_a_typo_is_no_category(values: list[str], names: bool) -> None:
    table = Table("a table", {"x": np.array(values)})
    assert categorical_columns(table, ["x"], Categorical()) == (frozenset({"x"}) if names else frozenset())
    assert categorical_columns(table, ["x"], Categorical(columns=("x",))) == {"x"}


def test_only_training_rows_teach() -> None:
    table = a_table(size=[1.0, 2.0, 3.0, np.nan, 5.0], target=[0, 1, 0, 1, 1])
    wanted = data(missing="mean", categorical={"handleUnknown": "ignore"}, test={"fraction": 0.4, "seed": 3})
    problem = problem_from(table, wanted, learns_classes=False)
    number = problem.preprocessing.features[0]
    train = [value for value in problem.shards[0].x_ND[:, 0].tolist() if value != number.fill]
    assert number.fill == np.mean(train)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "text, and nobody spoke of categories": (
        lambda: fitted(a_table(), NAMES, data(missing="mean"), np.float64),
        "column 'colour' of a table in row 1 holds text such as 'red'; mend the row, set data.onBadRow: skip, "
        "name the column in data.categorical.columns where its values are names, or leave it out of "
        "data.train.features",
    ),
    "a pattern for categories that matches nothing": (
        lambda: preprocessing(categorical={"columns": ["shape"]}),
        "data.categorical.columns: no feature of a table matches 'shape'",
    ),
    "an unknown category": (
        lambda: preprocessing(categorical={}).apply(a_table(colour=["red", "mauve", "", "", ""])),
        "column 'colour' of a table in row 2 is 'mauve', which no training row has; "
        "set data.categorical.handleUnknown: ignore, or leave the row out",
    ),
    "no category, and nobody spoke of missing values": (
        lambda: fitted(a_table(size=[1.0] * 5), NAMES, data(categorical={}), np.float64).apply(a_table(size=[1.0] * 5)),
        "column 'colour' of a table in row 3 is empty; set data.missing: drop, mean, median or most_frequent, or leave "
        "the column out of data.train.features",
    ),
    "a column without any value": (
        lambda: fitted(a_table(size=[np.nan] * 5), NAMES, data(missing="mean", categorical={}), np.float64),
        "column 'size' of a table has no value in any training row; leave it out of data.train.features",
    ),
    "a name of each row": (
        lambda: fitted(Table("a table", {"id": np.arange(5000).astype(str)}), ["id"], data(categorical={}), np.float64),
        "column 'id' of a table has 5000 categories, and onehot makes a column of each (4096 at most); "
        "set data.categorical.encoding: ordinal, or leave it out",
    ),
    "rows that are all incomplete": (
        lambda: problem_from(
            a_table(size=[np.nan] * 5, target=[0, 1, 0, 1, 1]), data(missing="drop"), learns_classes=True
        ),
        "data.missing: drop leaves no row of a table; each lacks a value; choose another way",
    ),
}


@pytest.mark.parametrize(("work", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(work: Callable[[], object], sentence: str) -> None:
    with pytest.raises(InvalidData) as refusal:
        work()
    assert str(refusal.value) == sentence
