"""When checkpoints are written, and by whom: the first member of the team, in a thread, so that training goes on."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lsml_trainer.elastic.checkpoint_store import CheckpointStore, TooLate, job_digest
from lsml_trainer.elastic.packing import packed
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.errors import OutputUnavailable
from lsml_trainer.spec import CheckpointReport, TrainingSpec
from lsml_trainer.stores import store_of

Now = Callable[[], datetime]
Clock = Callable[[], float]
Tell = Callable[[CheckpointReport], None]


class CheckpointKeeper:
    """Writes what it is offered, if it is time for it; tells what became of it from the thread that offers."""

    def __init__(
        self, store: CheckpointStore, uri: str, every_seconds: float, clock: Clock, now: Now, tell: Tell
    ) -> None:
        self._store = store
        self._every_seconds = every_seconds
        self._clock = clock
        self._now = now
        self._tell = tell
        self._last = CheckpointReport(uri=uri)
        self._due = clock() + every_seconds
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._writing: Future[CheckpointReport] | None = None

    def resume(self) -> bytes:
        """What `Journey.give` gave when the latest good checkpoint was made; empty without one.

        Raises InvalidCheckpoint where all are damaged, OutputUnavailable where the folder cannot be read.
        """
        try:
            found = self._store.latest()
        except OSError as error:
            words = f"{self._last.uri} cannot be read: {error.strerror or error}; it is tried again"
            raise OutputUnavailable(words) from error
        step = found.stored.manifest.step if found.stored else None
        if found.problem or found.stored:
            self._told(self._last.model_copy(update={"step": step, "problem": _short(found.problem)}))
        return found.stored.position if found.stored else b""

    def offer(self, give: Callable[[], Arrays], step: int, generation: int, is_first: bool) -> None:
        """After each block. Every member keeps time, so that another one can take over as the first."""
        self._hear()
        if self._clock() < self._due or self._writing is not None:
            return
        self._due = self._clock() + self._every_seconds
        if is_first:
            self._writing = self._writer.submit(self._write, give(), step, generation)

    def write_now(self, arrays: Arrays, step: int, generation: int) -> CheckpointReport:
        """Before this process ends; what became of it."""
        self._finish()
        if self._last.step != step:
            self._told(self._write(arrays, step, generation))
        return self._last

    def close(self) -> None:
        """Waits for what is being written."""
        self._finish()
        self._writer.shutdown()

    def _write(self, arrays: Arrays, step: int, generation: int) -> CheckpointReport:
        """A checkpoint, or why not; never raises, since training goes on without it."""
        made = self._now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        content, started = packed(arrays), self._clock()
        try:
            size = self._store.write(content, step, generation)
        except TooLate:
            return self._last
        except OSError as error:
            words = error.strerror or str(error)
            problem = f"the checkpoint of step {step} could not be written: {words}; training goes on, and tries again"
            return self._last.model_copy(update={"problem": _short(problem)})
        took_seconds = self._clock() - started
        return CheckpointReport(uri=self._last.uri, step=step, time=made, bytes=size, seconds=took_seconds)

    def _hear(self) -> None:
        if self._writing is not None and self._writing.done():
            self._finish()

    def _finish(self) -> None:
        if self._writing is not None:
            written, self._writing = self._writing.result(), None
            self._told(written)

    def _told(self, saved: CheckpointReport) -> None:
        self._last = saved
        self._tell(saved)


@contextmanager
def keeping(training: TrainingSpec, shards: int, claims: Path, tell: Tell) -> Iterator[CheckpointKeeper | None]:
    """A keeper where the specification asks for checkpoints; in the end what it is writing is finished."""
    wanted = training.checkpoint
    if wanted is None:
        yield None
        return
    store = CheckpointStore(store_of(wanted.uri, claims), job_digest(training, shards), shards, wanted.keep)
    keeper = CheckpointKeeper(store, wanted.uri, wanted.every_seconds, time.monotonic, lambda: datetime.now(UTC), tell)
    try:
        yield keeper
    finally:
        keeper.close()


def _short(sentence: str | None) -> str | None:
    return sentence if sentence is None or len(sentence) <= 256 else f"{sentence[:255]}…"
