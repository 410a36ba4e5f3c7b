"""The LSML trainer: what runs in the pods of a TrainingJob, and on a laptop.

`load` gives a saved model, `report` tells how far a program of one's own is; each is imported when it is first named,
since the specification alone must stay light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lsml_trainer.client import report
    from lsml_trainer.loading import load

__all__ = ["load", "report"]

_HOMES = {"load": "lsml_trainer.loading", "report": "lsml_trainer.client"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
