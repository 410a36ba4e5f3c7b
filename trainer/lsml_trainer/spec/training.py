"""The part of a TrainingJob that a trainer needs: all of it that does not speak of machines."""

from typing import Annotated

from pydantic import Field

from lsml_trainer.spec.algorithm import Algorithm
from lsml_trainer.spec.base import SpecModel
from lsml_trainer.spec.data import Data
from lsml_trainer.spec.storage import OutputUri


class TrainingSpec(SpecModel):
    """What to train, on what, and where the model goes."""

    algorithm: Algorithm
    """What is learned; exactly one family. It cannot be changed after the job was created."""
    data: Data
    """What is learned from. It cannot be changed after the job was created."""
    output: OutputUri | None = None
    """The folder that receives the finished model: pvc://CLAIM/FOLDER, or file:///FOLDER on a volume of the template;
    without it only the evaluation is kept. It cannot be changed after the job was created.
    """
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Of the shuffles, the first weights and dropout: the same seed gives the same model. Default: 0."""
