"""A TrainingJob read from a file for training on this machine. Knows nothing of training."""

from pathlib import Path
from typing import NamedTuple

from lsml_trainer.spec import InvalidSpec, TrainingSpec, parse
from lsml_trainer.spec.job_document import name_of, read_the_job

# What speaks of machines and of runs in a cluster: without effect on this machine.
MACHINE_FIELDS = ("workers", "suspend", "activeDeadlineSeconds", "ttlSecondsAfterFinished", "backoffLimit")


class Job(NamedTuple):
    """What a file says of one job."""

    name: str
    training: TrainingSpec
    without_effect: tuple[str, ...]
    """The machine fields that are set."""


def read_job(path: Path, name: str | None = None) -> Job:
    """The only TrainingJob of the file, or the one of that name.

    Raises InvalidSpec with a sentence that names the file or the field.
    """
    document = read_the_job(path, name)
    specification = document.get("spec")
    if not isinstance(specification, dict):
        raise InvalidSpec(f"{path}: TrainingJob {name_of(document)} has no spec")
    trained = {key: value for key, value in specification.items() if key not in MACHINE_FIELDS}
    without_effect = tuple(key for key in MACHINE_FIELDS if key in specification)
    training = parse(TrainingSpec, trained)
    if training.container is not None:
        raise InvalidSpec("spec.algorithm.container runs in a cluster only; here, run its program with torchrun")
    return Job(name_of(document), training, without_effect)
