"""Tables as files, a part at a time: CSV and Parquet, by the name."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from lsml_trainer.errors import InvalidData

ROW_GROUP_ROWS = 1 << 17


class Sink(Protocol):
    """Takes tables of the same columns."""

    def write(self, table: Any) -> None:
        """After what was written before."""
        ...


@contextmanager
def sink(stream: BinaryIO, suffix: str) -> Iterator[Sink]:
    """What writes to the stream; complete when the block has ended."""
    if suffix == ".csv":
        yield _CsvSink(stream)
        return
    made = _ParquetSink(stream)
    yield made
    made.close()


class _CsvSink:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._names: list[str] = []

    def write(self, table: Any) -> None:
        if not self._names:
            self._names = table.column_names
            self._stream.write(_header(self._names))
        _same(self._names, table.column_names)
        self._stream.write(_lines(table))


class _ParquetSink:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._writer: Any = None

    def write(self, table: Any) -> None:
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._stream, table.schema)
        _same(self._writer.schema.names, table.column_names)
        try:
            self._writer.write_table(table.cast(self._writer.schema), row_group_size=ROW_GROUP_ROWS)
        except pa.ArrowException as error:
            raise InvalidData(f"the files' columns are not of the same types: {error}") from None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _lines(table: Any) -> bytes:
    """The rows as CSV; cells are quoted only where they have to be."""
    out = pa.BufferOutputStream()
    try:
        arrow_csv.write_csv(table, out, arrow_csv.WriteOptions(include_header=False, quoting_style="none"))
        return bytes(out.getvalue())
    except pa.ArrowInvalid:  # a cell holds a comma, a quote or an end of a line
        lines = io.StringIO()
        columns = [column.to_pylist() for column in table.columns]
        csv.writer(lines, lineterminator="\n").writerows(zip(*columns, strict=True))
        return lines.getvalue().encode()


def _header(names: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(names)
    return line.getvalue().encode()


def _same(names: list[str], others: list[str]) -> None:
    if names != others:
        raise InvalidData(
            f"one file has the columns {', '.join(names)}, another {', '.join(others)}; "
            "files that are written into one have the same columns in the same order"
        )


def as_file(table: Any, suffix: str) -> bytes:
    """The content of a file of one table."""
    stream = io.BytesIO()
    with sink(stream, suffix) as out:
        out.write(table)
    return stream.getvalue()
