"""From a specification to rows: what is taken, what is refused and in which words."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.model_selection import train_test_split

from lsml_trainer.data import Problem, Table, load_problem, problem_from
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data, parse


def data(uri: str = "iris", test: dict[str, Any] | None = None, standardize: bool = False, **train: Any) -> Data:
    document: dict[str, Any] = {"train": {"uri": f"builtin://{uri}", **train}, "standardize": standardize}
    return parse(Data, document | ({"test": test} if test else {}), at="spec.data")


def a_table(**columns: Any) -> Table:
    return Table("a table", {name: np.asarray(column) for name, column in columns.items()}, {})


def rows_of(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([s.x_ND for s in problem.shards]), np.concatenate([s.y_N for s in problem.shards])


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize(("fraction", "seed"), [(0.2, 42), (0.33, 0), (0.5, 7)])
def test_the_held_out_rows_are_those_of_scikit_learn(stratify: bool, fraction: float, seed: int) -> None:
    x, y = load_breast_cancer(return_X_y=True)
    theirs = train_test_split(x, y, test_size=fraction, random_state=seed, stratify=y if stratify else None)
    test = {"fraction": fraction, "seed": seed, "stratify": stratify}
    problem = load_problem(data("breast_cancer", test), learns_classes=True)
    x_train, y_train = rows_of(problem)
    test = next(problem.test.chunks())
    for ours, wanted in zip((x_train, test.x_ND, y_train, test.y_N), theirs, strict=True):
        np.testing.assert_array_equal(ours, wanted)


def test_standardisation_knows_the_training_rows_only() -> None:
    problem = load_problem(data(test={"fraction": 0.2, "seed": 42}, standardize=True), learns_classes=True)
    x_train, _ = rows_of(problem)
    np.testing.assert_allclose(x_train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(x_train.std(axis=0), 1)
    assert np.abs(next(problem.test.chunks()).x_ND.mean(axis=0)).min() > 1e-3


def test_a_constant_column_stays_finite_when_it_is_standardised() -> None:
    table = a_table(same=[3.0] * 4, other=[1.0, 2.0, 3.0, 4.0], target=[0, 1, 0, 1])
    problem = problem_from(table, data(standardize=True), learns_classes=True)
    np.testing.assert_array_equal(rows_of(problem)[0][:, 0], 0)


def test_features_are_chosen_by_pattern_and_never_hold_the_label() -> None:
    problem = load_problem(data(features=["petal*", "target"]), learns_classes=True)
    assert problem.preprocessing.names == ("petal length (cm)", "petal width (cm)")
    np.testing.assert_array_equal(rows_of(problem)[0], load_iris().data[:, 2:])


def test_the_weights_of_training_rows_are_a_column_and_no_feature() -> None:
    table = a_table(a=np.arange(10.0), w=np.arange(10), target=np.arange(10.0))
    problem = problem_from(table, data(weight="w", test={"fraction": 0.3}), learns_classes=False, shards=2)
    assert problem.preprocessing.names == ("a",)
    for shard in problem.shards:
        (rows,) = shard.chunks()
        np.testing.assert_array_equal(rows.weight_N, rows.x_ND[:, 0])
    (held_out,) = problem.test.chunks()
    assert held_out.weight_N is None


def test_any_column_can_be_learned() -> None:
    problem = load_problem(data(label="petal width (cm)"), learns_classes=False)
    assert "target" in problem.preprocessing.names
    np.testing.assert_array_equal(rows_of(problem)[1], load_iris().data[:, 3])


def test_the_digest_tells_data_apart() -> None:
    one, other = a_table(a=[1.0, 2.0], target=[0, 1]), a_table(a=[1.0, 2.5], target=[0, 1])
    assert one.digest() == a_table(a=[1.0, 2.0], target=[0, 1]).digest() != other.digest()


REFUSED: dict[str, tuple[Table, Data, bool, str]] = {
    "a label that is no column": (
        a_table(a=[1.0, 2.0], b=[0, 1]),
        data(label="colour"),
        True,
        "data.train.label: a table has no column 'colour'; there are a, b",
    ),
    "a pattern that matches nothing": (
        a_table(a=[1.0, 2.0], target=[0, 1]),
        data(features=["z*"]),
        True,
        "data.train.features: no column of a table matches 'z*'",
    ),
    "one class only": (a_table(a=[1.0, 2.0], target=[1, 1]), data(), True, "has only the class 1 in the training rows"),
    "classes that are not whole": (a_table(a=[1.0, 2.0], target=[0.5, 1.5]), data(), True, "0.5"),
    "a regression of names": (a_table(a=[1.0, 2.0], target=["x", "y"]), data(), False, "holds text such as 'x'"),
    "text among the features": (a_table(a=["u", "v"], target=[0, 1]), data(), True, "holds text such as 'u'"),
    "NaN among the features": (
        a_table(a=[1.0, np.nan], target=[0, 1]),
        data(),
        True,
        "of a table in row 2 is nan (1 of 2 rows",
    ),
    "an infinite label": (a_table(a=[1.0, 2.0], target=[np.inf, 1.0]), data(), False, "in row 1 is inf"),
    "nothing left to train on": (
        a_table(a=[1.0, 2.0], target=[0, 1]),
        data(test={"fraction": 0.9}),
        True,
        "data.test.fraction 0.9 of 2 rows leaves none to train on",
    ),
    "a class with one row, stratified": (
        a_table(a=np.arange(6.0), target=[0, 0, 0, 0, 0, 1]),
        data(test={"fraction": 0.5, "stratify": True}),
        True,
        "has a single row",
    ),
    "numbers, stratified": (
        a_table(a=np.arange(6.0), target=np.arange(6.0)),
        data(test={"fraction": 0.5, "stratify": True}),
        False,
        "only classes can be stratified",
    ),
    "a weight that is no column": (
        a_table(a=[1.0, 2.0], target=[0, 1]),
        data(weight="w"),
        True,
        "data.train.weight: a table has no column 'w'; there are a, target",
    ),
    "a weight below 0": (
        a_table(a=[1.0, 2.0], target=[0, 1], w=[1.0, -0.5]),
        data(weight="w"),
        True,
        "column 'w' of a table in row 2 is -0.5; a weight is a number, 0 or more; mend the row, or leave it out",
    ),
    "a weight that is missing": (
        a_table(a=[1.0, 2.0], target=[0, 1], w=[1.0, np.nan]),
        data(weight="w"),
        True,
        "column 'w' of a table in row 2 is nan (1 of 2 rows are not finite); a weight is a number, 0 or more",
    ),
    "a weight in words": (
        a_table(a=[1.0, 2.0], target=[0, 1], w=["1", "much"]),
        data(weight="w"),
        True,
        "column 'w' of a table in row 2 holds text such as 'much'; a weight is a number, 0 or more",
    ),
    "weights that are all 0": (
        a_table(a=[1.0, 2.0], target=[0, 1], w=[0, 0]),
        data(weight="w"),
        True,
        "column 'w' of a table is 0 in every training row; give some rows a weight",
    ),
    "no more than label and weight": (
        a_table(target=[0, 1], w=[1, 2]),
        data(weight="w"),
        True,
        "data.train.features: only label 'target' and weight 'w' is left of a table",
    ),
    "a table without rows": (a_table(a=np.empty(0), target=np.empty(0)), data(), True, "no rows"),
}


@pytest.mark.parametrize(("table", "wanted", "classes", "sentence"), REFUSED.values(), ids=REFUSED)
def test_bad_data_are_refused_with_the_column_and_the_remedy(
    table: Table, wanted: Data, classes: bool, sentence: str
) -> None:
    with pytest.raises(InvalidData) as refusal:
        problem_from(table, wanted, learns_classes=classes)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
