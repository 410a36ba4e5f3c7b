"""`lsml predict` behind its command line: parts go through the model in order, or in several processes at once.

Who predicts a part changes nothing in it, and parts are written in their order: the bytes are the same.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeAlias, TypeVar

from lsml_trainer.atomic import fresh_file, fresh_folder
from lsml_trainer.errors import InvalidData, OutputUnavailable, TeamFailed
from lsml_trainer.loading import load
from lsml_trainer.model import Model
from lsml_trainer.predicting.columns import Wanted, check_wanted, predicted
from lsml_trainer.predicting.files import as_file, sink
from lsml_trainer.predicting.parts import PART_ROWS, Part, files_of, parts_of
from lsml_trainer.stores import DiskStore, Store, Unreadable

SUCCESS = "_SUCCESS"
"""Beside the parts: all of them are there."""

T = TypeVar("T")
Loading: TypeAlias = Callable[[], None]
"""What a process of a pool does first."""


def predict_to(
    model_uri: str,
    data: str,
    output: Path | None,
    wanted: Wanted,
    claims: Path,
    workers: int = 1,
    out: BinaryIO | None = None,
    part_rows: int = PART_ROWS,
    *,
    trust_module: bool = False,
) -> int:
    """The number of rows that were predicted, into `output` (a .csv or .parquet file, else a folder of parts) or `out`.

    `output` is written whole or not at all. Raises InvalidModel, InvalidData, or OutputUnavailable.
    """
    model, files = load(model_uri, trust_module=trust_module), files_of(data, claims)
    loading = partial(_load, model_uri, trust_module)
    check_wanted(model, wanted)
    parts = parts_of(files, part_rows, model.manifest.data.train.delimiter)
    workers = min(workers, len(parts))
    try:
        if output is None:
            return _into(out or sys.stdout.buffer, ".csv", _tables(model, loading, parts, wanted, workers))
        if output.suffix in (".csv", ".parquet"):
            if output.resolve() in {Path(file.path).resolve() for file in files}:
                raise InvalidData(f"{output} would be read and written; name another file")
            with fresh_file(output) as stream:
                return _into(stream, output.suffix, _tables(model, loading, parts, wanted, workers))
        check_folder(DiskStore(output))
        with fresh_folder(output) as fresh:
            return _into_folder(DiskStore(fresh), model, loading, parts, wanted, workers)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputUnavailable(f"{output} cannot be written: {error.strerror or error}") from error


def check_folder(folder: Store) -> None:
    """Raises InvalidData where something that is no former output would be overwritten, OSError where nothing can be
    written.
    """
    try:
        if folder.others(SUCCESS):
            raise InvalidData(f"{folder} holds other things than predictions; name another folder")
        folder.check_writable()
    except Unreadable as error:
        raise InvalidData(str(error)) from None


def part_name(index: int, part: Part) -> str:
    """The file of a part's predictions; its format is that of the rows, but CSV of libsvm text."""
    return f"part-{index:05d}.{'parquet' if part.file.kind == 'parquet' else 'csv'}"


def part_file(model: Model, index: int, part: Part, wanted: Wanted) -> tuple[int, bytes]:
    """The rows that are predicted of a part, and the content of its file; raises InvalidData."""
    table = predicted(model, part, wanted)
    return int(table.num_rows), as_file(table, PurePosixPath(part_name(index, part)).suffix)


def _into(stream: BinaryIO, suffix: str, tables: Iterator[Any]) -> int:
    rows = 0
    with sink(stream, suffix) as written:
        for table in tables:
            written.write(table)
            rows += table.num_rows
    return rows


def _tables(model: Model, loading: Loading, parts: Sequence[Part], wanted: Wanted, workers: int) -> Iterator[Any]:
    if workers == 1:
        return (predicted(model, part, wanted) for part in parts)
    return _in_processes(loading, workers, _predicted, [(part, wanted) for part in parts])


def _into_folder(
    fresh: DiskStore, model: Model, loading: Loading, parts: Sequence[Part], wanted: Wanted, workers: int
) -> int:
    tasks = [(index, part, wanted, fresh) for index, part in enumerate(parts)]
    if workers == 1:
        rows = sum(_put_part(model, *task) for task in tasks)
    else:
        rows = sum(_in_processes(loading, workers, _put_loaded, tasks))
    fresh.put(SUCCESS, b"")
    return rows


_loaded: list[Model] = []
"""Of a process of the pool: the model, loaded once."""


def _load(uri: str, trust_module: bool) -> None:
    _loaded[:] = [load(uri, trust_module=trust_module)]


def _predicted(part: Part, wanted: Wanted) -> Any:
    return predicted(_loaded[0], part, wanted)


def _put_loaded(index: int, part: Part, wanted: Wanted, folder: DiskStore) -> int:
    return _put_part(_loaded[0], index, part, wanted, folder)


def _put_part(model: Model, index: int, part: Part, wanted: Wanted, folder: DiskStore) -> int:
    rows, content = part_file(model, index, part, wanted)
    folder.put(part_name(index, part), content)
    return rows


def _in_processes(
    loading: Loading, workers: int, work: Callable[..., T], tasks: Sequence[tuple[Any, ...]]
) -> Iterator[T]:
    """The results in the order of the tasks; no more of them wait than there are processes, twice."""
    with _pool(workers, loading) as pool:
        waiting: deque[Future[T]] = deque()
        for task in tasks:
            waiting.append(pool.submit(work, *task))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _pool(workers: int, loading: Loading) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(workers, get_context("spawn"), loading)
    try:
        yield pool
    except BrokenProcessPool:
        raise TeamFailed("a process that predicted was killed; take fewer --workers where memory is short") from None
    finally:
        pool.shutdown(cancel_futures=True)
