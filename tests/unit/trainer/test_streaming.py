"""Rows that are read when they are wanted are the rows that a table in memory has, however little memory there is."""

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet
from sklearn.datasets import dump_svmlight_file

from lsml_trainer.algorithms.base import Shard
from lsml_trainer.data import Problem, load_problem
from lsml_trainer.data import sources as sources_module
from lsml_trainer.data.ahead import ahead
from lsml_trainer.data.choice import hashed
from lsml_trainer.data.readers import line_blocks
from lsml_trainer.data.synthetic import SyntheticSource
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data, InvalidSpec, Synthetic, parse

KINDS = ("classification", "regression", "drifting")


def synthetic(kind: str = "classification", rows: int = 5000, **fields: Any) -> dict[str, Any]:
    return {"synthetic": {"kind": kind, "rows": rows, "features": 3, **fields}}


def data(train: dict[str, Any], memory: str | None = "1Mi", **fields: Any) -> Data:
    return parse(Data, {"train": train, **({"memory": memory} if memory else {}), **fields}, at="spec.data")


def whole(shard: Shard) -> tuple[np.ndarray, np.ndarray]:
    parts = list(shard.chunks())
    return np.concatenate([part.x_ND for part in parts]), np.concatenate([part.y_N for part in parts])


def rows_of(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    parts = [whole(shard) for shard in problem.shards]
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


@pytest.mark.parametrize("kind", KINDS)
@given(cuts=st.tuples(st.integers(0, 1999), st.integers(0, 1999)).map(sorted))
@settings(max_examples=10, deadline=None)
def test_any_range_of_made_rows_is_made_without_the_others(kind: str, cuts: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources_module, "BLOCK_BYTES", 4096)
        source = SyntheticSource(parse(Synthetic, synthetic(kind, 2000, seed=7)["synthetic"]))
        everything = sources_module.joined(list(source.read(0, 2000)))
        begin, end = cuts
        part = sources_module.joined([source.head, *source.read(begin, end)])
    for name, values in everything.columns.items():
        np.testing.assert_array_equal(part.columns[name], values[begin:end])


def test_made_rows_are_what_the_specification_says() -> None:
    x_ND, y_N = rows_of(load_problem(data(synthetic("regression", noise=0)), learns_classes=False))
    assert x_ND.dtype == np.float32
    np.testing.assert_allclose(x_ND.mean(axis=0), 0, atol=0.05)
    np.testing.assert_allclose(x_ND.var(axis=0), 1, atol=0.05)
    fit, squares, *_ = np.linalg.lstsq(np.column_stack([x_ND, np.ones(len(x_ND))]), y_N, rcond=None)
    assert fit[-1] == pytest.approx(0.5, abs=1e-5)
    assert squares[0] == pytest.approx(0, abs=1e-6)
    _, class_N = rows_of(load_problem(data(synthetic(classes=4, noise=1.0)), learns_classes=True))
    np.testing.assert_allclose(np.bincount(class_N) / len(class_N), 0.25, atol=0.03)
    x_ND, drift_N = rows_of(load_problem(data(synthetic("drifting", noise=0, features=20)), learns_classes=True))
    first = np.linalg.lstsq(x_ND[:1000], 2.0 * drift_N[:1000] - 1, rcond=None)[0]
    right = ((x_ND @ first > 0) == drift_N).reshape(5, 1000).mean(axis=1)
    assert right[0] > 0.85
    assert right[-1] < 0.7


def test_other_seeds_make_other_rows_and_another_digest() -> None:
    one, other = (load_problem(data(synthetic(seed=seed)), learns_classes=True) for seed in (1, 2))
    assert one.digest != other.digest
    assert not np.array_equal(rows_of(one)[0], rows_of(other)[0])


def to_csv(table: pa.Table, folder: Path, name: str) -> str:
    csv.write_csv(table, folder / f"{name}.csv")
    return "csv"


def to_parquet(table: pa.Table, folder: Path, name: str) -> str:
    parquet.write_table(table, folder / f"{name}.parquet", row_group_size=37)
    return "parquet"


def to_npy(table: pa.Table, folder: Path, name: str) -> str:
    types = [(column, table[column].to_numpy().dtype) for column in table.column_names]
    columns = [table[column].to_pylist() for column in table.column_names]
    np.save(folder / f"{name}.npy", np.array(list(zip(*columns, strict=True)), types))
    return "npy"


def to_libsvm(table: pa.Table, folder: Path, name: str) -> str:
    x_ND = np.column_stack([table[column].to_numpy() for column in table.column_names[:-1]])
    dump_svmlight_file(x_ND, table["target"].to_numpy(), str(folder / f"{name}.svm"), zero_based=False)
    return "svm"


def two_files(folder: Path, write: Callable[[pa.Table, Path, str], str]) -> str:
    random = np.random.default_rng(0)
    for name, rows in (("a", 100), ("b", 57)):
        columns = {f"f{index}": random.normal(size=rows) for index in range(1, 4)}
        suffix = write(pa.table({**columns, "target": np.arange(rows) % 3}), folder, name)
    return f"file://{folder}/*.{suffix}"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that these files have many."""
    monkeypatch.setattr(sources_module, "BLOCK_BYTES", 600)
    monkeypatch.setattr("lsml_trainer.data.file_source.BLOCK_BYTES", 600)
    monkeypatch.setattr(line_blocks.line_blocks, "__defaults__", (600,))
    monkeypatch.setattr("lsml_trainer.data.streaming.chunk_rows", lambda features, item_bytes: 13)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("memory", ["1Mi", "1Gi"])
@pytest.mark.parametrize("write", [to_csv, to_parquet, to_npy, to_libsvm])
def test_streamed_files_have_the_rows_of_a_table_in_memory(
    tmp_path: Path, write: Callable[[pa.Table, Path, str], str], memory: str
) -> None:
    uri = two_files(tmp_path, write)
    x_ND, y_N = rows_of(load_problem(data({"uri": uri}, memory=None), learns_classes=True))
    for shards in (1, 4):
        problem = load_problem(data({"uri": uri}, memory=memory), learns_classes=True, shards=shards)
        row_N = np.array([30, 2, 2, 17, 38])
        for which in (row_N, slice(3, 20), np.array([], dtype=np.int64)):
            taken = problem.shards[-1].take(which)
            first = len(x_ND) - problem.shards[-1].rows
            np.testing.assert_array_equal(taken.x_ND, x_ND[first:][which])
            np.testing.assert_array_equal(taken.y_N, y_N[first:][which])
        for _ in range(2):  # the second time from what was kept
            streamed_ND, streamed_N = rows_of(problem)
            np.testing.assert_array_equal(streamed_ND, x_ND)
            np.testing.assert_array_equal(streamed_N, y_N)


@pytest.mark.usefixtures("small_blocks")
def test_weights_are_streamed_with_their_rows(tmp_path: Path) -> None:
    train = {"uri": two_files(tmp_path, to_parquet), "weight": "f2", "label": "f1"}
    with pytest.raises(InvalidData, match=r"column 'f2' of .*a\.parquet in row 1?[0-9] is -.*; a weight is a number"):
        load_problem(data(train), learns_classes=False)
    train["weight"] = "target"
    problem = load_problem(data(train, test={"fraction": 0.3}), learns_classes=False, shards=2)
    assert problem.preprocessing.names == ("f2", "f3")
    whole_N = np.concatenate([np.arange(100) % 3, np.arange(57) % 3])
    chosen_N = hashed(np.arange(157), 0) >= np.uint64(0.3 * 2.0**64)
    weights = [rows.weight_N for shard in problem.shards for rows in shard.chunks()]
    np.testing.assert_array_equal(
        np.concatenate([weight_N for weight_N in weights if weight_N is not None]), whole_N[chosen_N]
    )
    assert all(rows.weight_N is None for rows in problem.test.chunks())


@pytest.mark.usefixtures("small_blocks")
def test_a_hash_decides_what_is_held_out_whatever_the_shards(tmp_path: Path) -> None:
    uri = two_files(tmp_path, to_parquet)
    problems = [
        load_problem(data({"uri": uri}, test={"fraction": 0.3, "seed": 5}), learns_classes=True, shards=shards)
        for shards in (1, 4)
    ]
    one, four = (rows_of(problem)[0] for problem in problems)
    np.testing.assert_array_equal(one, four)
    test_ND = whole(problems[0].test)[0]
    assert len(one) + len(test_ND) == 157
    assert 157 * 0.2 < len(test_ND) < 157 * 0.4
    assert not set(map(tuple, one.tolist())) & set(map(tuple, test_ND.tolist()))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("missing", ["mean", "drop"])
@pytest.mark.parametrize("encoding", ["onehot", "ordinal"])
def test_what_is_learned_in_one_pass_is_what_a_table_teaches(tmp_path: Path, missing: str, encoding: str) -> None:
    random = np.random.default_rng(1)
    size = [None if random.random() < 0.2 else float(random.normal(5, 2)) for _ in range(200)]
    colour = random.choice(["red", "green", "blue"], 200).tolist()
    table = pa.table({"size": size, "colour": colour, "target": np.arange(200) % 2})
    uri = f"file://{tmp_path}/a.{to_csv(table, tmp_path, 'a')}"
    fields = {"missing": missing, "standardize": True, "categorical": {"encoding": encoding}}
    held = load_problem(data({"uri": uri}, memory=None, **fields), learns_classes=True)
    streamed = load_problem(data({"uri": uri}, **fields), learns_classes=True, shards=2)
    np.testing.assert_allclose(rows_of(streamed)[0], rows_of(held)[0], rtol=1e-9, atol=1e-12)
    assert streamed.preprocessing.names_out == held.preprocessing.names_out
    assert streamed.shape == held.shape


@pytest.mark.usefixtures("small_blocks")
def test_a_column_that_becomes_text_late_is_text_from_the_beginning(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("zip,target\n" + "007,0\n" * 200 + "B12,1\n" * 100)
    problem = load_problem(data({"uri": f"file://{tmp_path}/a.csv"}, categorical={}), learns_classes=True)
    assert problem.preprocessing.names_out == ("zip_007", "zip_B12")


def test_memory_is_bounded_however_many_rows_there_are() -> None:
    """The rows are 16 times what may be kept; besides, some blocks are on their way."""
    wanted = data(synthetic("regression", rows=800_000, features=20), memory="4Mi", test={"fraction": 0.1})
    tracemalloc.start()
    problem = load_problem(wanted, learns_classes=False)
    rows = sum(len(chunk.y_N) for shard in problem.shards for chunk in shard.chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == problem.shape.rows
    assert rows + problem.test.rows == 800_000
    assert peak < 40 << 20


def test_what_is_read_ahead_ends_as_its_source_does() -> None:
    made: list[int] = []

    def numbers(fails: bool) -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number
        if fails:
            raise InvalidData("no more")

    assert list(ahead(numbers(fails=False))) == list(range(5))
    with pytest.raises(InvalidData, match="no more"):
        list(ahead(numbers(fails=True)))
    made.clear()
    reading = ahead(numbers(fails=False))
    next(reading)
    reading.close()
    assert len(made) <= 3


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "neither": ({"train": {}}, "set exactly one of uri, synthetic"),
    "both": ({"train": {"uri": "builtin://iris", **synthetic()}}, "set exactly one of uri, synthetic"),
    "classes of a regression": ({"train": synthetic("regression", classes=3)}, "classes belongs to kind: classific"),
    "more noise than rows": ({"train": synthetic(noise=2)}, "noise is a share of the rows, so 1 at most"),
    "a median": ({"train": synthetic(), "memory": "1Gi", "missing": "median"}, "missing: median and most_frequent"),
    "strata": ({"train": synthetic(), "memory": "1Gi", "test": {"stratify": True}}, "test.stratify needs all rows"),
    "a small set": ({"train": {"uri": "builtin://iris"}, "memory": "1Gi"}, "builtin data sets are small"),
    "no memory": ({"train": synthetic(), "memory": "0Gi"}, "memory"),
    "no unit": ({"train": synthetic(), "memory": "100"}, "memory"),
}


@pytest.mark.parametrize(("document", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_streamed_is_refused_by_the_schema(document: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        parse(Data, document, at="spec.data")
    assert words in str(refusal.value)


def test_a_category_that_only_held_out_rows_have_is_found_before_the_training(tmp_path: Path) -> None:
    """Else the model would be lost when it is evaluated."""
    lines = [f"{'RARE' if row == 150 else 'AB'[row % 2]},{row},{row % 2}" for row in range(200)]
    (tmp_path / "rows.csv").write_text("\n".join(["code,x,y", *lines]) + "\n")
    train = {"uri": f"file://{tmp_path}/rows.csv", "label": "y"}
    refused: list[str] = []
    for seed in range(30):  # the row is held out by a fifth of the seeds
        how = {"test": {"fraction": 0.2, "seed": seed}, "categorical": {}}
        try:
            test = load_problem(data(train, **how), learns_classes=True).test
        except InvalidData as error:
            refused.append(str(error))
            ignored = {**how, "categorical": {"handleUnknown": "ignore"}}
            test = load_problem(data(train, **ignored), learns_classes=True).test
        assert sum(len(chunk.y_N) for chunk in test.chunks()) == test.rows
    assert 0 < len(refused) < 30
    remedy = "set data.categorical.handleUnknown: ignore, or leave the row out"
    assert set(refused) == {f"column 'code' of rows.csv in row 151 is 'RARE', which no training row has; {remedy}"}
