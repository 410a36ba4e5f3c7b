"""What a specification says of data -> a problem: where rows are, and whether they are kept in memory or streamed."""

from pathlib import Path

from lsml_trainer.data.builtin import SCHEME as BUILTIN
from lsml_trainer.data.builtin import read_builtin
from lsml_trainer.data.file_source import file_source
from lsml_trainer.data.files import Reading, read_as_written
from lsml_trainer.data.memory import available_bytes
from lsml_trainer.data.problem import Problem, problem_from
from lsml_trainer.data.sources import Source, joined
from lsml_trainer.data.sparse_problem import sparse_problem, stays_sparse
from lsml_trainer.data.sparse_table import SparseTable
from lsml_trainer.data.streaming import streamed_problem
from lsml_trainer.data.synthetic import SyntheticSource
from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import CLAIMS_FOLDER, Data

COPIES = 3  # of a table that is joined, cut in two and preprocessed


def load_problem(
    data: Data,
    *,
    learns_classes: bool,
    draws_rows: bool = False,
    shards: int = 1,
    claims: Path = Path(CLAIMS_FOLDER),
) -> Problem:
    """Reads what `data` names; raises InvalidData with the column, what was found and the remedy.

    With `data.memory` rows are read whenever they are wanted; DataUnavailable may then be raised by any pass over them.
    """
    if data.memory is None:
        return _in_memory(data, claims, learns_classes, shards)
    uri = data.test.uri if data.test else None
    source = _source(data, claims)
    features = len(source.head.columns) - 1  # what libsvm does not write is 0, also where no row of a file writes it
    test_source = file_source(uri, claims, Reading(data.train.delimiter or ",", features=features)) if uri else None
    return streamed_problem(
        source,
        data,
        data.memory,
        learns_classes=learns_classes,
        shards=shards,
        draws_rows=draws_rows,
        test_source=test_source,
    )


def _in_memory(data: Data, claims: Path, learns_classes: bool, shards: int) -> Problem:
    train = _table(data, claims)
    test = _test_table(data, train, claims)
    if isinstance(train, SparseTable):
        if stays_sparse(train, data) and (test is None or (isinstance(test, SparseTable) and test.is_finite)):
            return sparse_problem(train, data, learns_classes=learns_classes, shards=shards, test=test)
        train = train.dense()
    test = test.dense() if isinstance(test, SparseTable) else test
    return problem_from(train, data, learns_classes=learns_classes, shards=shards, test=test)


def _source(data: Data, claims: Path) -> Source:
    train = data.train
    if train.synthetic is not None:
        return SyntheticSource(train.synthetic)
    assert train.uri is not None, "a rule of the specification"
    return file_source(train.uri, claims, _how(data))


def _table(data: Data, claims: Path) -> Table | SparseTable:
    if data.train.synthetic is not None:
        return _made(SyntheticSource(data.train.synthetic))
    assert data.train.uri is not None, "a rule of the specification"
    if data.train.uri.startswith(BUILTIN):
        return read_builtin(data.train.uri)
    return read_as_written(data.train.uri, claims, _how(data))


def _how(data: Data) -> Reading:
    return Reading(data.train.delimiter or ",", skip=data.on_bad_row == "skip")


def _test_table(data: Data, train: Table | SparseTable, claims: Path) -> Table | SparseTable | None:
    """The rows to evaluate on, where they are in files of their own; what libsvm does not write there is 0 as well."""
    if data.test is None or data.test.uri is None:
        return None
    features = train.features if isinstance(train, SparseTable) else len(train.columns) - 1
    return read_as_written(data.test.uri, claims, Reading(data.train.delimiter or ",", features=features))


def _made(source: SyntheticSource) -> Table:
    wanted, there = COPIES * source.rows * (source.spec.features * 4 + 16), available_bytes()
    if wanted > there:
        raise InvalidData(
            f"data.train.synthetic: {source.rows} rows of {source.spec.features} features need {wanted / 1e9:.1f} GB, "
            f"and {there / 1e9:.1f} GB are free; set data.memory to make them piece by piece"
        )
    return joined(list(source.read(0, source.rows)))
