"""What the finished model predicts before the job ends."""

from typing import Annotated

from pydantic import Field

from lsml_trainer.spec.base import SpecModel
from lsml_trainer.spec.data import RowsUri
from lsml_trainer.spec.storage import OutputUri


class PredictData(SpecModel):
    """The rows to predict."""

    uri: RowsUri
    """CSV or Parquet files that have the model's columns: pvc://CLAIM/FOLDER/*.parquet, file://, s3:// or gs://."""


class Predict(SpecModel):
    """Rows that the workers predict with the finished model, each of them a part at a time."""

    data: PredictData
    """The rows to predict."""
    output: Annotated[OutputUri, Field(max_length=256)]
    """The folder that receives the rows with a column `prediction`, a file for each 131072 rows, and _SUCCESS: whole or
    not at all. pvc://CLAIM/FOLDER, or file:///FOLDER on a volume of the template; not inside of the job's output.
    """
