"""What a specification says of data -> a problem: where rows are, and whether they are kept in memory or streamed."""

from pathlib import Path

from lsml_trainer.data.builtin import SCHEME as BUILTIN
from lsml_trainer.data.builtin import read_builtin
from lsml_trainer.data.file_source import file_source
from lsml_trainer.data.files import read_files
from lsml_trainer.data.memory import available_bytes
from lsml_trainer.data.problem import Problem, problem_from
from lsml_trainer.data.sources import Source, joined
from lsml_trainer.data.streaming import streamed_problem
from lsml_trainer.data.synthetic import SyntheticSource
from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import CLAIMS_FOLDER, Data, TrainData

COPIES = 3  # of a table that is joined, cut in two and preprocessed


def load_problem(data: Data, *, learns_classes: bool, shards: int = 1, claims: Path = Path(CLAIMS_FOLDER)) -> Problem:
    """Reads what `data` names; raises InvalidData with the column, what was found and the remedy.

    With `data.memory` rows are read whenever they are wanted; DataUnavailable may then be raised by any pass over them.
    """
    if data.memory is None:
        return problem_from(_table(data.train, claims), data, learns_classes=learns_classes, shards=shards)
    source = _source(data.train, claims)
    return streamed_problem(source, data, data.memory, learns_classes=learns_classes, shards=shards)


def _source(train: TrainData, claims: Path) -> Source:
    if train.synthetic is not None:
        return SyntheticSource(train.synthetic)
    assert train.uri is not None, "a rule of the specification"
    return file_source(train.uri, claims, train.delimiter or ",")


def _table(train: TrainData, claims: Path) -> Table:
    if train.synthetic is not None:
        return _made(SyntheticSource(train.synthetic))
    assert train.uri is not None, "a rule of the specification"
    if train.uri.startswith(BUILTIN):
        return read_builtin(train.uri)
    return read_files(train.uri, claims, train.delimiter or ",")


def _made(source: SyntheticSource) -> Table:
    wanted, there = COPIES * source.rows * (source.spec.features * 4 + 16), available_bytes()
    if wanted > there:
        raise InvalidData(
            f"data.train.synthetic: {source.rows} rows of {source.spec.features} features need {wanted / 1e9:.1f} GB, "
            f"and {there / 1e9:.1f} GB are free; set data.memory to make them piece by piece"
        )
    return joined(list(source.read(0, source.rows)))
