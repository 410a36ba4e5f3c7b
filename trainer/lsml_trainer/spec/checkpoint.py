"""Where training leaves what it needs to go on."""

from typing import Annotated

from pydantic import Field

from lsml_trainer.spec.base import SpecModel
from lsml_trainer.spec.storage import OutputUri


class Checkpoint(SpecModel):
    """Where and how often the state of the training is kept, so that it goes on when every worker was lost."""

    uri: Annotated[OutputUri, Field(max_length=256)]
    """The folder that receives the checkpoints: pvc://CLAIM/FOLDER, s3://BUCKET/FOLDER, gs://BUCKET/FOLDER, or
    file:///FOLDER on a volume of the template. Not inside of output. It cannot be changed after the job was created.
    """
    every_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    """Seconds between two checkpoints; training does not wait for them. A worker reads it when it starts. Default: 60.
    """
    keep: Annotated[int, Field(ge=1, le=100)] = 3
    """How many of the latest are kept. A worker reads it when it starts. Default: 3."""
