"""What is written is what is read, whatever the format and wherever the file is."""

import bz2
import gzip
import http.server
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyarrow import csv, parquet
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

from lsml_trainer.data.files import Reading, read_files
from lsml_trainer.data.places import matching
from lsml_trainer.data.readers import libsvm
from lsml_trainer.data.table import Table
from lsml_trainer.errors import DataUnavailable, InvalidData

Array = NDArray[np.float64]
FINITE = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
TABLES = (
    st.integers(1, 4)
    .flatmap(lambda columns: st.lists(st.lists(FINITE, min_size=columns, max_size=columns), min_size=1, max_size=8))
    .map(np.array)
)


def to_csv(x_ND: Array, path: Path) -> None:
    csv.write_csv(as_arrow(x_ND), path)


def to_parquet(x_ND: Array, path: Path) -> None:
    parquet.write_table(as_arrow(x_ND), path, row_group_size=3)


def to_npy(x_ND: Array, path: Path) -> None:
    np.save(path, x_ND)


def to_npy_by_column(x_ND: Array, path: Path) -> None:
    np.save(path, np.asfortranarray(x_ND))


def to_libsvm(x_ND: Array, path: Path) -> None:
    dump_svmlight_file(x_ND, x_ND[:, 0], str(path), zero_based=False)


def as_arrow(x_ND: Array) -> pa.Table:
    return pa.table({f"f{index}": x_ND[:, index] for index in range(x_ND.shape[1])})


def numbers(table: Table) -> Array:
    return np.column_stack([values for name, values in table.columns.items() if name != "target"]).astype(np.float64)


WRITERS: dict[str, Callable[[Array, Path], None]] = {
    "a.csv": to_csv,
    "a.parquet": to_parquet,
    "a.npy": to_npy,
    "fortran.npy": to_npy_by_column,
}


@pytest.mark.parametrize(("name", "write"), WRITERS.items(), ids=WRITERS)
@given(x_ND=TABLES)
@settings(max_examples=20, deadline=None)
def test_what_is_written_is_read_to_the_bit(
    name: str, write: Callable[[Array, Path], None], x_ND: Array, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("files")
    write(x_ND, folder / name)
    np.testing.assert_array_equal(numbers(read_files(f"file://{folder}/{name}", folder)), x_ND)


@given(rows=st.lists(st.tuples(FINITE, st.dictionaries(st.integers(1, 9), FINITE, max_size=4)), min_size=1, max_size=8))
@settings(max_examples=15, deadline=None)
def test_libsvm_text_is_read_as_python_reads_its_numbers(rows: list[tuple[float, dict[int, float]]]) -> None:
    lines = [f"{y!r} {' '.join(f'{i}:{v!r}' for i, v in sorted(x.items()))}\n" for y, x in rows]
    found = libsvm.parsed("".join(lines).encode())
    wanted = np.zeros((len(rows), 9))
    for row, (_, entries) in enumerate(rows):
        for index, value in entries.items():
            wanted[row, index - 1] = value
    np.testing.assert_array_equal(found.label_N, [y for y, _ in rows])
    np.testing.assert_array_equal(found.dense(9), wanted)


@pytest.mark.parametrize(
    "text",
    [
        *("1e22", "1e23", "0.1", "123456789012345678", "9007199254740993", "5e-324", "-.5", "7."),
        *(
            "0.30000000000000004",
            "-0.6232740000000001",
            "12345678.12345678",
            "1234567.890123456789",
            "0.000000012345678901",
        ),
        "0.500000000000000056",  # 2^-54 above 0.5, next to the middle of two numbers
        *("9007199254740993.0", "900719925474099.30"),  # the middle itself, and a tenth of it
    ],
)
def test_every_way_to_write_a_number_gives_the_nearest_double(text: str) -> None:
    assert libsvm.parsed(f"{text} 1:{text}".encode()).value_Z[0] == float(text)


def test_numbers_of_many_digits_are_those_of_python() -> None:
    numbers = np.random.default_rng(0).normal(size=2000) * 10.0 ** np.arange(-10, 10).repeat(100)
    texts = [f"{number:.{digits % 19}f}" for digits, number in enumerate(numbers)]
    found = libsvm.parsed("".join(f"1 1:{text}\n" for text in texts).encode()).value_Z
    np.testing.assert_array_equal(found, [float(text) for text in texts])


def test_libsvm_files_are_read_as_scikit_learn_reads_them(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x_ND = random.normal(size=(50, 7)) * (random.random((50, 7)) < 0.3)
    for part, rows in (("a", slice(0, 30)), ("b", slice(30, 50))):
        dump_svmlight_file(x_ND[rows], np.arange(50)[rows] % 2, str(tmp_path / f"{part}.svm"), zero_based=False)
    table = read_files(f"file://{tmp_path}/*.svm", tmp_path)
    theirs, label_N = load_svmlight_file(str(tmp_path / "a.svm"), n_features=7)
    np.testing.assert_array_equal(numbers(table)[:30], theirs.toarray())
    np.testing.assert_array_equal(table.columns["target"][:30], label_N)
    assert table.columns["target"].dtype == np.int64


def test_a_part_ends_where_a_line_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.svm").write_text("".join(f"{row} 1:{row}\n" for row in range(200)))
    monkeypatch.setattr(libsvm, "PART_BYTES", 64)
    table = read_files(f"file://{tmp_path}/a.svm", tmp_path)
    assert table.columns["f1"].tolist() == table.columns["target"].tolist() == list(range(200))


@pytest.mark.parametrize(("suffix", "packed"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
@pytest.mark.parametrize(("name", "text"), [("a.csv", b"f1;target\n2.5;1\n"), ("a.libsvm", b"1 1:2.5\n")])
def test_packed_text_is_unpacked(
    tmp_path: Path, suffix: str, packed: Callable[[bytes], bytes], name: str, text: bytes
) -> None:
    (tmp_path / f"{name}{suffix}").write_bytes(packed(text))
    table = read_files(f"file://{tmp_path}/{name}{suffix}", tmp_path, Reading(";"))
    assert (table.columns["f1"].tolist(), table.columns["target"].tolist()) == ([2.5], [1])


def test_whole_numbers_that_no_float_holds_become_the_nearest(tmp_path: Path) -> None:
    large, gap = pa.array([2**63 + 1, 7], pa.uint64()), pa.array([2**53 + 1, None], pa.int64())
    parquet.write_table(pa.table({"large": large, "gap": gap}), tmp_path / "a.parquet")
    columns = read_files(f"file://{tmp_path}/a.parquet", tmp_path).columns
    np.testing.assert_array_equal(columns["large"], [2.0**63, 7.0])
    np.testing.assert_array_equal(columns["gap"], [2.0**53, np.nan])


def test_npy_keeps_float32_and_the_names_of_records(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 3), dtype=np.float32))
    table = read_files(f"file://{tmp_path}/a.npy", tmp_path)
    assert {name: column.dtype for name, column in table.columns.items()} == dict.fromkeys(
        ("f0", "f1", "f2"), np.float32
    )
    np.save(tmp_path / "b.npy", np.array([(1, 2.5, "x")], dtype=[("n", "i4"), ("x", "f8"), ("s", "U3")]))
    table = read_files(f"file://{tmp_path}/b.npy", tmp_path)
    assert {name: column.tolist() for name, column in table.columns.items()} == {"n": [1], "x": [2.5], "s": ["x"]}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Says nothing, and fails where it is asked to."""

    def do_GET(self) -> None:
        if "broken" in self.path:
            self.send_error(503)
        elif "cut" in self.path:
            cut = {"Content-Length": "9"} if "length" in self.path else {"Transfer-Encoding": "chunked"}
            self.protocol_version = "HTTP/1.1"  # the first that knows chunks
            self.send_response(200)
            for name, value in cut.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"9\r\na,b")
            self.close_connection = True
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("web")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


def test_a_web_server_gives_a_file(web: tuple[str, Path]) -> None:
    address, folder = web
    to_parquet(np.arange(12.0).reshape(4, 3), folder / "a.parquet")
    np.testing.assert_array_equal(numbers(read_files(f"{address}/a.parquet", folder)), np.arange(12.0).reshape(4, 3))


def test_what_a_web_server_says_is_told_and_tells_whether_to_try_again(web: tuple[str, Path]) -> None:
    address, folder = web
    with pytest.raises(InvalidData, match=r"/none\.csv was answered with 404 File not found$"):
        matching(f"{address}/none.csv", folder)
    with pytest.raises(DataUnavailable, match="503 Service Unavailable; it is tried again"):
        matching(f"{address}/broken.csv", folder)
    with pytest.raises(DataUnavailable, match=r"cannot be reached: .*Connection refused"):
        matching("http://127.0.0.1:9/a.csv", folder)
    with pytest.raises(DataUnavailable, match=r"cut-by-length\.csv ended after 6 of 9 bytes"):
        matching(f"{address}/cut-by-length.csv", folder)
    with pytest.raises(DataUnavailable, match=r"cut-in-a-chunk.csv cannot be reached: .*; it is tried again"):
        matching(f"{address}/cut-in-a-chunk.csv", folder)
