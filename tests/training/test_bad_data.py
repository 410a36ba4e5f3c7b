"""Whatever is wrong with the data is told in one sentence: which file, row and column, and what helps."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from lsml_trainer.data import load_problem
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data, parse

GOOD = "x,y,target\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n"
Files = dict[str, str | bytes | Callable[[Path], object]]


def npy(values: object, **options: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, np.asarray(values), **options)
    return content.getvalue()


def arrow(**columns: Any) -> bytes:
    content = io.BytesIO()
    parquet.write_table(pa.table(columns), content)
    return content.getvalue()


def twins() -> bytes:
    content = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"]), content)
    return content.getvalue()


NUMBERS = arrow(x=[1.0, 2.0], target=[0, 1])
AN_OBJECT = npy(np.array([{"a": 1}, {"b": 2}], dtype=object), allow_pickle=True)
COLOURS = "colour,target\n" + "red,0\nblue,1\n" * 4

# What is in the folder, what is asked for, and what is said.
CASES: dict[str, tuple[Files, dict[str, Any], str]] = {
    "an empty CSV": ({"a.csv": ""}, {}, "a.csv is empty; CSV with a header is expected"),
    "an empty Parquet": ({"a.parquet": ""}, {}, "a.parquet cannot be read as Parquet: Parquet file size is 0 bytes"),
    "an empty NPY": ({"a.npy": ""}, {}, "a.npy cannot be read as NPY: its beginning does not describe an array"),
    "an empty libsvm": ({"a.svm": ""}, {}, "file:///a.svm has columns and no rows; there is nothing to learn from"),
    "a header without rows": (
        {"a.csv": "x,y,target\n"},
        {},
        "file:///a.csv has columns and no rows; there is nothing to learn from",
    ),
    "Parquet without rows": (
        {"a.parquet": arrow(x=pa.array([], pa.float64()), target=pa.array([], pa.int64()))},
        {},
        "file:///a.parquet has columns and no rows; there is nothing to learn from",
    ),
    "a row with too few cells": (
        {"a.csv": GOOD + "9\n"},
        {},
        "a.csv has 1 cells in row 5, and its header has 3; mend the row, or set data.onBadRow: skip",
    ),
    "a row with too many cells": (
        {"a.csv": GOOD + "9,9,1,9\n"},
        {},
        "a.csv has 4 cells in row 5, and its header has 3; mend the row, or set data.onBadRow: skip",
    ),
    "the wrong separator": (
        {"a.csv": GOOD.replace(",", ";")},
        {},
        "a.csv has one column, 'x;y;target'; where ';' is between the cells, set data.train.delimiter to it",
    ),
    "a column twice": ({"a.csv": GOOD.replace("y", "x")}, {}, "a.csv has two columns of the name 'x'; rename one"),
    "a column twice in Parquet": ({"a.parquet": twins()}, {}, "a.parquet has two columns of the name 'x'; rename one"),
    "text in Latin 1": (
        {"a.csv": "x,target\nGr\xfcn,0\nRot,1\n".encode("latin-1")},
        {"categorical": {}},
        "column 'x' of a.csv is not text in UTF-8; save the file as UTF-8",
    ),
    "a header in Latin 1": (
        {"a.csv": "gr\xfcn,target\n1,0\n2,1\n".encode("latin-1")},
        {},
        "a.csv is not text in UTF-8; save the file as UTF-8",
    ),
    "UTF-16": ({"a.csv": GOOD.encode("utf-16")}, {}, "a.csv is not text in UTF-8; save the file as UTF-8"),
    "a header that never ends": (
        {"a.csv": "x" * 3_000_000 + ",target\n1,0\n2,1\n"},
        {},
        "a.csv has a first line of more than 1 MiB; CSV with a header is expected",
    ),
    "text among numbers": (
        {"a.csv": GOOD + "nine,9,1\n"},
        {},
        "column 'x' of a.csv in row 5 holds text such as 'nine'; mend the row, set data.onBadRow: skip, "
        "name the column in data.categorical.columns where its values are names, or leave it out of "
        "data.train.features",
    ),
    "text among numbers, where text is categories": (
        {"a.csv": GOOD + "1,2,0\n3,4,1\n" * 10 + "nine,9,1\n"},
        {"categorical": {}},
        "column 'x' of a.csv in row 25 holds text such as 'nine'; mend the row, set data.onBadRow: skip, "
        "name the column in data.categorical.columns where its values are names, or leave it out of "
        "data.train.features",
    ),
    "a value that is missing": (
        {"a.csv": GOOD + ",9,1\n"},
        {},
        "column 'x' of a.csv in row 5 is nan (1 of 5 rows are not finite); set data.missing: drop, "
        "mean, median or most_frequent, or leave the column out of data.train.features",
    ),
    "infinity": (
        {"a.csv": GOOD + "inf,9,1\n"},
        {},
        "column 'x' of a.csv in row 5 is inf (1 of 5 rows are not finite); mend the row, set "
        "data.onBadRow: skip, or leave the column out of data.train.features",
    ),
    "a label that is missing": (
        {"a.csv": GOOD + "9,9,\n"},
        {},
        "column 'target' of a.csv in row 5 is nan (1 of 5 rows are not finite); a classifier needs a "
        "class in every row of its label",
    ),
    "a label that is no column": (
        {"a.csv": GOOD},
        {"train": {"label": "species"}},
        "data.train.label: file:///a.csv has no column 'species'; there are x, y, target",
    ),
    "a feature that is no column": (
        {"a.csv": GOOD},
        {"train": {"features": ["z*"]}},
        "data.train.features: no column of file:///a.csv matches 'z*'; there are x, y",
    ),
    "nothing but the label": (
        {"a.csv": GOOD},
        {"train": {"features": ["target"]}},
        "data.train.features: only the label 'target' is left of file:///a.csv; there are x, y",
    ),
    "one class": (
        {"a.csv": GOOD.replace(",1\n", ",0\n")},
        {},
        "label 'target' has only the class 0 in the training rows; a classifier needs two classes at least",
    ),
    "a class that is no whole number": (
        {"a.csv": GOOD + "9,9,0.5\n"},
        {},
        "label 'target' of file:///a.csv holds numbers such as 0.5, which are no classes; choose a loss "
        "for numbers (mse, huber) or a label with classes",
    ),
    "a category that only the held-out rows have": (
        {"a.csv": COLOURS, "test.csv": "colour,target\nmauve,1\n"},
        {"categorical": {}, "test": {"uri": "test.csv"}},
        "column 'colour' of test.csv in row 1 is 'mauve', which no training row has; set "
        "data.categorical.handleUnknown: ignore, or leave the row out",
    ),
    "dates": (
        {"a.csv": "day,target\n2026-01-01,0\n2026-01-02,1\n"},
        {},
        "column 'day' of a.csv is of type date32[day]; numbers and text can be learned from",
    ),
    "lists": (
        {"a.parquet": arrow(x=[[1], [2]], target=[0, 1])},
        {},
        "column 'x' of a.parquet is of type list<element: int64>; numbers and text can be learned from",
    ),
    "Parquet that was cut off": (
        {"a.parquet": NUMBERS[:-9]},
        {},
        "a.parquet cannot be read as Parquet: Parquet magic bytes not found in footer. Either the file "
        "is corrupted or this is not a parquet file.",
    ),
    "Parquet with other bytes in it": (
        {"a.parquet": NUMBERS[:4] + b"\xff" * 40 + NUMBERS[44:]},
        {},
        "a.parquet cannot be read as Parquet: Couldn't deserialize thrift: don't know what type: "
        "Deserializing page header failed.",
    ),
    "text for Parquet": (
        {"a.parquet": GOOD},
        {},
        "a.parquet cannot be read as Parquet: Parquet magic bytes not found in footer. Either the file "
        "is corrupted or this is not a parquet file.",
    ),
    "Parquet for CSV": ({"a.csv": NUMBERS}, {}, "a.csv is not text in UTF-8; save the file as UTF-8"),
    "files of different columns": (
        {"a.csv": GOOD, "b.csv": GOOD.replace("y", "z")},
        {"train": {"uri": "*.csv"}},
        "b.csv has the columns x, z, target, a.csv has x, y, target; files of one data set have the "
        "same columns in the same order",
    ),
    "text in one file, numbers in another": (
        {"a.csv": GOOD, "b.csv": "x,y,target\none,2,0\n"},
        {"train": {"uri": "*.csv"}},
        "column 'x' holds text in b.csv and numbers in a.csv; mend one of them",
    ),
    "NPY with Python objects": (
        {"a.npy": AN_OBJECT},
        {},
        "a.npy holds Python objects, which are never loaded; save numbers: x.astype(float)",
    ),
    "NPY of three dimensions": (
        {"a.npy": npy(np.ones((2, 2, 2)))},
        {"train": {"label": "f0"}},
        "a.npy has 3 dimension(s); a table of rows and columns has 2",
    ),
    "NPY without columns": (
        {"a.npy": npy(np.empty((3, 0)))},
        {},
        "a.npy has 3 rows and no columns; there is nothing to learn from",
    ),
    "NPY of complex numbers": (
        {"a.npy": npy(np.ones((2, 2), complex))},
        {"train": {"label": "f0"}},
        "a.npy holds values of type complex128; numbers are expected",
    ),
    "NPY that was cut off": (
        {"a.npy": npy(np.ones((9, 9)))[:-1]},
        {"train": {"label": "f0"}},
        "a.npy is cut off: it has 775 bytes, its header speaks of 776",
    ),
    "NPY with a program as its header": (
        {"a.npy": npy(np.ones((2, 2))).replace(b"'descr'", b"exit(0)")},
        {},
        "a.npy cannot be read as NPY: its beginning does not describe an array",
    ),
    "libsvm with the index 0": (
        {"a.svm": "0 1:1\n1 0:1\n"},
        {},
        "a.svm line 2 is no libsvm row at '0:1': the index is 0; indices begin at 1; mend it, or set "
        "data.onBadRow: skip",
    ),
    "libsvm with a negative index": (
        {"a.svm": "0 1:1\n1 -1:1\n"},
        {},
        "a.svm line 2 is no libsvm row at '-1:1': index:value is expected, with an index of 1 at least; "
        "mend it, or set data.onBadRow: skip",
    ),
    "libsvm whose indices do not ascend": (
        {"a.svm": "0 1:1\n1 3:1 2:1\n"},
        {},
        "a.svm line 2 is no libsvm row at '2:1': the indices do not ascend; mend it, or set data.onBadRow: skip",
    ),
    "libsvm with a word for a value": (
        {"a.svm": "0 1:one\n"},
        {},
        "a.svm line 1 is no libsvm row at '1:one': a number is expected after the colon; mend it, or "
        "set data.onBadRow: skip",
    ),
    "libsvm without a label": (
        {"a.svm": "1:1 2:1\n"},
        {},
        "a.svm line 1 is no libsvm row at '1:1': a number, the label, is expected at the line's "
        "beginning; mend it, or set data.onBadRow: skip",
    ),
    "libsvm with an index of more than 31 bits": (
        {"a.svm": "0 99999999999:1\n"},
        {},
        "a.svm line 1 is no libsvm row at '99999999999:1': index:value is expected, with an index of 1 "
        "at least; mend it, or set data.onBadRow: skip",
    ),
    "libsvm that would not fit into memory": (
        {"a.svm": "0 100000:1\n1 1:1\n" * 1000},
        {"standardize": True},
        "file:///a.svm has 2000 rows of 100000 features, 1.6 GB when zeros are written out, and 1.0 GB "
        "are free; set data.memory to read them piece by piece",
    ),
    "libsvm with more columns than are made": (
        {"a.svm": "0 100001:1\n1 1:1\n" * 1000},
        {"standardize": True},
        "file:///a.svm has 100001 features, and of more than 100000 the zeros are not written out; leave them out: "
        "take data.memory, standardize, categorical and train.weight out, set data.missing: fail or drop and "
        "data.train.label: target",
    ),
    "libsvm with an index that is a slip": (
        {"a.svm": "0 2147483647:1\n1 1:1\n"},
        {},
        "file:///a.svm has the index 2147483647; 4000000 features at most are read from libsvm text",
    ),
    "gzip that is none": (
        {"a.csv.gz": GOOD},
        {},
        "a.csv.gz cannot be read as CSV with a header: zlib inflate failed: incorrect header check",
    ),
    "no file": ({}, {"train": {"uri": "none.csv"}}, "data.train.uri: no file matches file:///none.csv"),
    "no file for a pattern": (
        {"a.csv": GOOD},
        {"train": {"uri": "*.parquet"}},
        "data.train.uri: no file matches file:///*.parquet",
    ),
    "a folder": (
        {"a.csv": lambda path: path.mkdir()},
        {},
        "data.train.uri: a.csv is not a file; name the files in it with /*.parquet",
    ),
    "a link out of the folder": (
        {"a.csv": lambda path: path.symlink_to("/etc/hostname")},
        {},
        "data.train.uri: a.csv is a link that leads out of its folder; copy the file",
    ),
    "a link to nothing": (
        {"a.csv": lambda path: path.symlink_to(path.with_name("gone.csv"))},
        {},
        "data.train.uri: no file matches file:///a.csv",
    ),
    "a pipe": ({"a.csv": os.mkfifo}, {}, "data.train.uri: a.csv is not a file; name the files in it with /*.parquet"),
    "more held out than there is": (
        {"a.csv": GOOD},
        {"test": {"fraction": 0.9}},
        "data.test.fraction 0.9 of 4 rows leaves none to train on; lower the fraction",
    ),
    "rows to evaluate on without the label": (
        {"a.csv": GOOD, "t.csv": "x,y\n1,2\n"},
        {"test": {"uri": "t.csv"}},
        "data.test.uri: file:///t.csv has no column 'target'; there are x, y",
    ),
    "rows to evaluate on without a feature": (
        {"a.csv": GOOD, "t.csv": "x,target\n1,0\n"},
        {"test": {"uri": "t.csv"}},
        "file:///t.csv lacks the column(s) y; it needs x, y",
    ),
    "no rows to evaluate on": (
        {"a.csv": GOOD, "t.csv": "x,y,target\n"},
        {"test": {"uri": "t.csv"}},
        "data.test.uri: file:///t.csv has columns and no rows; there is nothing to evaluate on",
    ),
    "every row is bad": (
        {"a.csv": "x,target\ninf,0\ninf,1\n"},
        {"onBadRow": "skip"},
        "data.onBadRow: skip leaves no row of file:///a.csv; all 2 are bad",
    ),
    "packed text, streamed": (
        {"a.csv.gz": GOOD},
        {"memory": "64Mi"},
        "a.csv.gz is packed and cannot be read in parts; unpack it, or take data.memory out",
    ),
    "a row with too few cells, streamed": (
        {"a.csv": GOOD + "9\n"},
        {"memory": "64Mi"},
        "a.csv has 1 cells in row 5, and its header has 3; mend the row, or set data.onBadRow: skip",
    ),
    "infinity, streamed": (
        {"a.csv": GOOD + "inf,9,1\n"},
        {"memory": "64Mi"},
        "column 'x' of a.csv in row 5 is inf (1 of 5 rows are not finite); mend the row, set "
        "data.onBadRow: skip, or leave the column out of data.train.features",
    ),
    "libsvm with the index 0, streamed": (
        {"a.svm": "0 1:1\n1 0:1\n"},
        {"memory": "64Mi"},
        "a.svm line 2 is no libsvm row at '0:1': the index is 0; indices begin at 1; mend it, or set "
        "data.onBadRow: skip",
    ),
    "one class, streamed": (
        {"a.csv": GOOD.replace(",1\n", ",0\n")},
        {"memory": "64Mi"},
        "label 'target' has only the class 0 in the training rows; a classifier needs two classes at least",
    ),
}


def said(folder: Path, files: Files, asked: dict[str, Any]) -> str:
    """What the data are refused with, without the folder's name."""
    for name, content in files.items():
        if callable(content):
            content(folder / name)
        else:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    document = {"train": {"uri": next(iter(files), "")}} | asked
    document["train"] = {"uri": next(iter(files), "")} | document["train"]
    for part in (document["train"], document.get("test", {})):
        if "uri" in part:
            part["uri"] = f"file://{folder}/{part['uri']}"
    with pytest.raises(InvalidData) as refusal:
        load_problem(parse(Data, document, at="spec.data"), learns_classes=True)
    return str(refusal.value).replace(str(folder), "")


@pytest.mark.parametrize(("files", "asked", "sentence"), CASES.values(), ids=CASES)
def test_bad_data_are_refused_in_one_sentence(
    tmp_path: Path, files: Files, asked: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """51"""
    monkeypatch.setattr("lsml_trainer.data.sparse_table.available_bytes", lambda: 10**9)
    assert said(tmp_path, files, asked) == sentence


def test_there_are_many_kinds() -> None:
    assert len(CASES) >= 40
