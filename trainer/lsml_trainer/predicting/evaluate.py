"""`lsml evaluate` behind its command line: how good a model is on rows that have the label."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from lsml_trainer.algorithms.base import Rows
from lsml_trainer.errors import InvalidData
from lsml_trainer.evaluation import measured
from lsml_trainer.loading import load
from lsml_trainer.model import Model
from lsml_trainer.predicting.blocks import blocks_of
from lsml_trainer.predicting.cells import class_label, number_label
from lsml_trainer.predicting.parts import PART_ROWS, Part, files_of, parts_of
from lsml_trainer.spec import Evaluation


def evaluate_files(
    model_uri: str, data: str, claims: Path, part_rows: int = PART_ROWS, *, trust_module: bool = False
) -> Evaluation:
    """On all rows of the files, a part at a time.

    Raises InvalidModel, or InvalidData where a cell is wrong or there is no row.
    """
    model = load(model_uri, trust_module=trust_module)
    chunks = _chunks(model, parts_of(files_of(data, claims), part_rows, model.manifest.data.train.delimiter))
    first = next((rows for rows in chunks if len(rows.y_N)), None)
    if first is None:
        raise InvalidData(f"{data} has a header and no rows; there is nothing to evaluate on")
    return measured(model.predictor, chain([first], chunks), len(model.manifest.classes or ()), held_out=True)


def _chunks(model: Model, parts: Sequence[Part]) -> Iterator[Rows]:
    label, classes = model.manifest.data.train.label, model.manifest.classes
    for part in parts:
        rows = part.read()
        y_N = number_label(part, rows, label) if classes is None else class_label(part, rows, label, classes)
        first = 0
        for block in blocks_of(part, rows, model.preprocessing, sparse=model.reads_sparse):
            x_ND = model.features(block)
            yield Rows(x_ND, y_N[first : first + x_ND.shape[0]])
            first += x_ND.shape[0]
