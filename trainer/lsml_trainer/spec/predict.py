"""What a finished model predicts before the job ends: the one that the job trained, or one that was trained before."""

from typing import Annotated

from pydantic import Field

from lsml_trainer.spec.base import SpecModel
from lsml_trainer.spec.data import RowsUri
from lsml_trainer.spec.storage import OutputUri


class TrainedModel(SpecModel):
    """A model that was trained before."""

    source: Annotated[OutputUri, Field(alias="from", max_length=256)]
    """The folder of the model: the output of the job that trained it, on a claim or in a bucket."""
    trust_module: bool = False
    """Run the function package.module:build that a network of a user's own module names. A model from somebody else can
    name any function of the image. Default: false; such a model is refused.
    """


class PredictData(SpecModel):
    """The rows to predict."""

    uri: RowsUri
    """CSV, Parquet or libsvm files that have the model's columns: pvc://CLAIM/FOLDER/*.parquet, file://, s3:// or gs://."""


class Predict(SpecModel):
    """Rows that the workers predict with a finished model, each of them a part at a time."""

    data: PredictData
    """The rows to predict."""
    output: Annotated[OutputUri, Field(max_length=256)]
    """The folder that receives the rows with a column `prediction`, a file for each 131072 rows, and _SUCCESS: whole or
    not at all; in a bucket it is whole once _SUCCESS is there. pvc://CLAIM/FOLDER, s3://BUCKET/FOLDER,
    gs://BUCKET/FOLDER, or file:///FOLDER on a volume of the template; not inside of the job's output.
    """
