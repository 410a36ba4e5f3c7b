"""The columns that a model adds to rows."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lsml_trainer.errors import InvalidData, InvalidModel
from lsml_trainer.model import Model
from lsml_trainer.predicting.blocks import blocks_of
from lsml_trainer.predicting.parts import Part

PREDICTION = "prediction"


class Wanted(NamedTuple):
    """What to add beside the prediction."""

    probabilities: bool = False
    """A column `probability_CLASS` for each class."""
    decision: bool = False
    """The scores: `decision` for two classes, `decision_CLASS` for several."""


def check_wanted(model: Model, wanted: Wanted) -> None:
    """Raises InvalidModel where the model does not have what is wanted."""
    try:
        if wanted.probabilities:
            _ = model.predict_proba
        if wanted.decision:
            _ = model.decision_function
    except AttributeError as error:
        raise InvalidModel(f"{error}; train one that has, or leave the option out") from None


def predicted(model: Model, part: Part, wanted: Wanted) -> Any:
    """The rows of the part with what the model says of them; raises InvalidData."""
    rows = part.read()
    blocks = blocks_of(part, rows, model.preprocessing, sparse=model.reads_sparse)
    said = [_said(model, block, wanted) for block in blocks]
    for name in said[0]:
        values = np.concatenate([of_block[name] for of_block in said])
        if name in rows.column_names:
            raise InvalidData(f"{part.file.name} has a column {name!r} already; rename it")
        rows = rows.append_column(name, pa.array(values))
    return rows


def _said(model: Model, table: Any, wanted: Wanted) -> dict[str, Any]:
    said: dict[str, Any] = {PREDICTION: model.predict(table)}
    if wanted.probabilities:
        probability_NK = model.predict_proba(table)
        said |= {f"probability_{one}": probability_NK[:, k] for k, one in enumerate(model.classes_.tolist())}
    if wanted.decision:
        score = np.asarray(model.decision_function(table))
        if score.ndim == 1:
            return said | {"decision": score}
        said |= {f"decision_{one}": score[:, k] for k, one in enumerate(model.classes_.tolist())}
    return said
