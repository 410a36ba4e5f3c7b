"""`spec.predict` in a job: parts by whoever is there into a folder beside the output, which then takes its name.

That folder's name tells the model, so what another training left is not taken for this one's.
"""

import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from lsml_trainer.atomic import publish
from lsml_trainer.data import Preprocessing, Table
from lsml_trainer.errors import InvalidData, InvalidModel, OutputUnavailable
from lsml_trainer.folders import folder_of
from lsml_trainer.model import Model
from lsml_trainer.predicting.blocks import blocks_of
from lsml_trainer.predicting.columns import Wanted
from lsml_trainer.predicting.parts import PART_ROWS, files_of, parts_of
from lsml_trainer.predicting.run import SUCCESS, check_folder, write_part
from lsml_trainer.spec import InvalidSpec, Predict

PLAIN = Wanted()


class JobPredictions:
    """As `elastic.training.Predictions`."""

    def __init__(
        self,
        predict: Predict,
        model: Callable[[], Model],
        preprocessing: Preprocessing,
        claims: Path,
        part_rows: int = PART_ROWS,
    ) -> None:
        """Finds out before the training what would be wrong after it; `model` loads the one that predicts.

        Raises InvalidData where the files cannot be read or lack a column, InvalidSpec where the output is something
        else, OutputUnavailable without the claim.
        """
        try:
            self._output = folder_of(predict.output, claims)
            check_folder(self._output)
            self._parts = parts_of(files_of(predict.data.uri, claims), part_rows)
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

    @property
    def part_rows(self) -> float:
        """Rows of a part, about."""
        return sum(part.rows for part in self._parts) / len(self._parts)

    def predict(self, part: int, digest: str) -> None:
        """Writes the part's file; raises InvalidData, OutputUnavailable."""
        staging = self._staging(digest)
        try:
            staging.mkdir(parents=True, exist_ok=True)
            write_part(self._model, part, self._parts[part], PLAIN, staging)
        except OSError as error:
            raise OutputUnavailable(f"{self._output} cannot be written: {error.strerror or error}") from error

    def publish(self, digest: str) -> None:
        """Gives the folder its name; one that was published before is left as it is."""
        staging = self._staging(digest)
        try:
            if staging.exists():
                (staging / SUCCESS).touch()
                publish(staging, self._output)
                shutil.rmtree(staging, ignore_errors=True)  # what had the name before
        except OSError as error:
            raise OutputUnavailable(f"{self._output} cannot be written: {error.strerror or error}") from error

    def _staging(self, digest: str) -> Path:
        return self._output.with_name(f".{self._output.name}.predicting-{digest.removeprefix('sha256:')[:12]}")

    @cached_property
    def _model(self) -> Model:
        return self._load()
