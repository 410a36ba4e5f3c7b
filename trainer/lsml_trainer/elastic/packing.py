"""Named arrays as bytes, and back: safetensors, so that nothing is ever unpickled."""

import numpy as np
from safetensors.numpy import load, save

from lsml_trainer.elastic.team import Arrays


def packed(arrays: Arrays) -> bytes:
    """The arrays, of any shape; a number is an array of no dimension."""
    return save({name: np.asarray(array, order="C") for name, array in arrays.items()})


def unpacked(content: bytes) -> Arrays:
    """What `packed` gave; raises safetensors.SafetensorError."""
    arrays: Arrays = load(content)
    return arrays
