"""model.json: what a saved model is, what it was made from and how good it is. Bytes from outside, so pydantic."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from lsml_trainer.data.preprocessing import Preprocessing
from lsml_trainer.data.readers.libsvm import MOST_FEATURES
from lsml_trainer.errors import InvalidModel
from lsml_trainer.spec import Algorithm, Data, Evaluation
from lsml_trainer.spec.report import WireModel

FORMAT = 1
MANIFEST_NAME = "model.json"
WEIGHTS_NAME = "weights.safetensors"
MOST_BYTES = 64 * 2**20  # of model.json

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class FeatureRecord(WireModel):
    """A column that the model reads."""

    name: str
    """In the data."""
    categories: tuple[str | int, ...] | None
    """Sorted; null for numbers."""
    fill: str | int | float | None
    """What stands in for a missing value; null where there must not be one."""


class PreprocessingRecord(WireModel):
    """What is done to the columns of a row before the model sees them."""

    features: tuple[FeatureRecord, ...]
    """The columns, in the order in which the model reads them."""
    numbered: Annotated[int, Field(ge=0, le=MOST_FEATURES)] = 0
    """In place of `features` so many numbers f1, f2, ...: the columns of wide libsvm text."""
    onehot: bool
    """Whether a category is a column of 0 and 1, and not its place among the categories."""
    ignores_unknown: bool
    """Whether a category that no training row has is taken as none of them, and not refused."""
    standardized: bool
    """Whether the weights' file holds standardization.mean and standardization.scale."""

    def built(self, arrays: Mapping[str, NDArray[np.float64]]) -> Preprocessing:
        """The preprocessing; raises LookupError where the arrays are not there."""
        return Preprocessing.load(self.model_dump(by_alias=True), arrays)


class Certificate(WireModel):
    """What proves how near a model is to the best one: the best objective lies between `dual` and `primal`."""

    primal: float
    """The objective that training made small, summed over the pairs of classes."""
    dual: float
    """A lower bound of what any weights could reach."""
    gap: float
    """primal - dual."""


class ApproximationRecord(WireModel):
    """What stands for a kernel."""

    centres: int
    """Rows of the training data whose kernel the model is made of."""
    rank: int
    """Directions among them that rounding does not hide: where it is far below `centres`, fewer would do."""
    missed: float | None = None
    """Share of the kernel of the rows that the model was measured on, its trace, that the centres miss: 0 is the exact
    kernel, and more centres miss less. null of more than 4096 centres.
    """


class TrainedOn(WireModel):
    """The rows that the model was trained on, as its algorithm saw them."""

    rows: int
    """How many; held-out and skipped ones are not among them."""
    features: int
    """How many numbers a row has after the preprocessing."""
    shards: int
    """Into how many parts they were cut: what data.shards is to be for the same model to the bit."""


class Manifest(WireModel):
    """The content of model.json: what a model is, and all that it takes to make it again.

    No time and no name of a machine is in it: the same specification on the same data gives the same bytes.
    """

    format: Literal[1]
    """Grows when an older reader would misread a newer folder."""
    algorithm: Algorithm
    """As in the specification: what was set, no defaults."""
    data: Data
    """As in the specification."""
    seed: int
    """Of the shuffles, the first weights and dropout."""
    reproducible: Literal["bitwise", "statistical"] | None = None
    """As in the specification: whether the same specification gives the same bits, for any number of workers, or is
    equal but for rounding; null of a model that was saved by an older version.
    """
    trained_on: TrainedOn | None = None
    """null of a model that was saved by an older version."""
    preprocessing: PreprocessingRecord
    """From the columns of new rows to the features that the weights are for."""
    classes: tuple[str | int, ...] | None
    """The label's values in the order of their indices; null for a number."""
    evaluation: Evaluation
    """How good it is, and on which rows that was measured."""
    certificate: Certificate | None = None
    """Of a support vector machine; null where there is none."""
    approximation: ApproximationRecord | None = None
    """Of a support vector machine with Nystrom's approximation; what it costs is in the evaluation."""
    data_digest: Digest
    """Of the table that was read."""
    weights_digest: Digest
    """Of the file weights.safetensors beside this one."""
    versions: dict[str, str]
    """Of Python, of lsml and of the libraries that computed with it."""
    platform: str = ""
    """The system and the processor's family, such as Linux-x86_64: the last bits of a sum may depend on it."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns that new rows must have."""
        record = self.preprocessing
        return (*(f"f{index + 1}" for index in range(record.numbered)), *(feature.name for feature in record.features))

    def to_bytes(self) -> bytes:
        """Indented, for people; only what was set, since a rule may forbid what is written out as a default."""
        return (self.model_dump_json(by_alias=True, exclude_unset=True, indent=2) + "\n").encode()


def digest_of(content: bytes) -> str:
    """sha256:HEX."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def read_manifest(content: bytes, where: str) -> Manifest:
    """The manifest; raises InvalidModel where it is none, or from a newer version."""
    try:
        found = json.loads(content).get("format")
        if isinstance(found, int) and found > FORMAT:
            raise InvalidModel(f"{where} has format {found}, this version of lsml reads {FORMAT}; install a newer one")
        return Manifest.model_validate_json(content)
    except (ValidationError, ValueError, AttributeError) as error:
        if isinstance(error, InvalidModel):
            raise
        raise InvalidModel(f"{where} is not the description of a model ({_first_line(error)}); save it again") from None


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        mistake = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in mistake['loc'])}: {mistake['msg']}"
    return str(error).splitlines()[0]
