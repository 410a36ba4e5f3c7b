"""`spec.predict` in a job: parts by whoever is there into a folder aside, whose files then are the output's.

    ASIDE  part-00000.csv, and its receipt: its rows, its sha256, and of which rows it is
    OUTPUT part-00000.csv, …, _SUCCESS       once all parts are there

The name of the folder aside tells the model, so what another training left is not taken for this one's. A team that
begins anew, since all of one before it were lost, keeps the parts that have a receipt and are as it says.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from lsml_trainer.data import Preprocessing, Table
from lsml_trainer.elastic.predictions import Done
from lsml_trainer.errors import InvalidData, InvalidModel, OutputUnavailable
from lsml_trainer.manifest import digest_of
from lsml_trainer.model import Model
from lsml_trainer.predicting.blocks import blocks_of
from lsml_trainer.predicting.columns import Wanted
from lsml_trainer.predicting.parts import PART_ROWS, Part, files_of, parts_of
from lsml_trainer.predicting.run import SUCCESS, check_folder, part_file, part_name
from lsml_trainer.spec import InvalidSpec, Predict
from lsml_trainer.stores import Store, Unreadable, store_of

PLAIN = Wanted()


class JobPredictions:
    """As `elastic.predictions.Predictions`."""

    def __init__(
        self,
        predict: Predict,
        model: Callable[[], Model],
        preprocessing: Preprocessing,
        claims: Path,
        part_rows: int = PART_ROWS,
        delimiter: str | None = None,
    ) -> None:
        """Finds out before the training what would be wrong after it; `model` loads the one that predicts.

        The delimiter is that of the training rows.

        Raises InvalidData where the files cannot be read or lack a column, InvalidSpec where the output is something
        else, OutputUnavailable where nothing can be written.
        """
        try:
            self._output = store_of(predict.output, claims)
            with _writing(self._output):
                check_folder(self._output)
            self._parts = parts_of(files_of(predict.data.uri, claims), part_rows, delimiter)
            first = self._parts[0]
            for block in blocks_of(first, first.read(), preprocessing, sparse=True):
                if isinstance(block, Table):
                    preprocessing.apply(block)
        except InvalidModel as error:
            raise InvalidSpec(f"spec.predict.output: {error}") from None
        except InvalidData as error:
            raise InvalidData(f"spec.predict: {error}") from None
        self._load = model

    @property
    def parts(self) -> int:
        """How many."""
        return len(self._parts)

    def predict(self, part: int, digest: str) -> Done:
        """Writes the part's file, if it is not there already; raises InvalidData, OutputUnavailable."""
        aside, wanted = self._aside(digest), self._parts[part]
        name = part_name(part, wanted)
        with _writing(self._output):
            found = _rows_of(aside, name, wanted)
        if found is not None:
            return Done(found, found=True)
        rows, content = part_file(self._model, part, wanted, PLAIN)
        with _writing(self._output):
            aside.put(name, content)
            aside.put(_receipt_of(name), _receipt(rows, wanted, content))
        return Done(rows, found=False)

    def publish(self, digest: str) -> None:
        """Makes the parts the output; doing it again changes nothing."""
        names = [part_name(*numbered) for numbered in enumerate(self._parts)]
        with _writing(self._output):
            self._output.adopt(self._aside(digest), names, SUCCESS)

    def _aside(self, digest: str) -> Store:
        return self._output.aside(f"predicting-{digest.removeprefix('sha256:')[:12]}")

    @cached_property
    def _model(self) -> Model:
        return self._load()


def _rows_of(aside: Store, name: str, part: Part) -> int | None:
    """How many rows are in the file; None unless it was made of this part, and is as it was made."""
    try:
        receipt, content = aside.read(_receipt_of(name)), aside.read(name)
    except (FileNotFoundError, Unreadable):
        return None
    rows, _, _ = receipt.partition(b" ")
    return int(rows) if rows.isdigit() and receipt == _receipt(int(rows), part, content) else None


def _receipt(rows: int, part: Part, content: bytes) -> bytes:
    return f"{rows} {digest_of(content)} {part.identity}\n".encode()


def _receipt_of(name: str) -> str:
    return f"{name}.receipt"


@contextmanager
def _writing(output: Store) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = f"{output} cannot be written: {error.strerror or error}; it is tried again"
        raise OutputUnavailable(words) from error
