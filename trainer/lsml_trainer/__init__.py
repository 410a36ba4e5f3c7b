"""The LSML trainer: what runs in the pods of a TrainingJob, and on a laptop."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsml_trainer.model import Model

__all__ = ["load", "report"]


def load(uri: str | os.PathLike[str], *, trust_module: bool = False) -> "Model":
    """The model that was saved at s3:// or gs://BUCKET/FOLDER, pvc://CLAIM/FOLDER, file:///FOLDER or a plain path.

    `trust_module` lets a network call the function that it names, its author's own code. Raises
    lsml_trainer.errors.InvalidModel where there is no model, or its weights are not those that were saved.
    """
    from lsml_trainer import loading  # noqa: PLC0415  (the specification alone must stay light)

    return loading.load(uri, trust_module=trust_module)


def report(
    step: int,
    total_steps: int | None = None,
    loss: float | None = None,
    samples_per_second: float | None = None,
    **metrics: float,
) -> None:
    """Tell how far a program of one's own (`algorithm.container`) is; it is seen in the job's status.

    Steps that are done, and that there are in all; the last loss; rows read in a second by all workers together; any
    other numbers by name. Costs microseconds, never raises, and does nothing outside a job.
    """
    from lsml_trainer import client  # noqa: PLC0415  (the specification alone must stay light)

    client.report(step, total_steps, loss, samples_per_second, **metrics)
