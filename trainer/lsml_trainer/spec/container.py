"""A torchrun program of the user's own: nothing of it is known but how it is started."""

from typing import Annotated

from pydantic import Field

from lsml_trainer.spec.base import SpecModel

Word = Annotated[str, Field(max_length=16_384)]
Words = Annotated[tuple[Word, ...], Field(max_length=128)]


class Container(SpecModel):
    """A program of your own, started by torchrun in an image of your own. Each worker runs it; the variables PET_* tell
    torchrun where the others are, so it needs no options. When workers come or go torchrun starts its processes anew,
    and the program goes on from a checkpoint of its own. lsml_trainer.report(step=..., total_steps=..., loss=...) tells
    how far it is.
    """

    image: Annotated[str, Field(pattern=r"^[^\s]+$", max_length=512)]
    """The image, with torch in it. It runs as user 65532."""
    command: Words = ()
    """What is run, such as [torchrun, /code/train.py]. Default: the image's entrypoint."""
    args: Words = ()
    """Its arguments. Default: the image's, if command is not given either."""
    processes_per_worker: Annotated[int, Field(ge=1, le=64)] | None = None
    """PET_NPROC_PER_NODE. Default: the worker's limit of whole GPUs (nvidia.com/gpu, amd.com/gpu), or 1."""
    max_restarts: Annotated[int, Field(ge=0, le=100_000)] = 100
    """PET_MAX_RESTARTS: how often torchrun starts its processes anew after one of them failed, also because another
    worker was lost; beyond that it ends, which counts as a crash of the worker. Default: 100.
    """
