"""Arrays travel as they are."""

import numpy as np
import pytest

from lsml_trainer.elastic.packing import packed, unpacked

SHAPES = {
    "a number": np.float64(0.5),
    "no dimension": np.array(0.5),
    "a view across": np.arange(6.0).reshape(2, 3).T,
    "empty": np.empty((0, 3)),
}


@pytest.mark.parametrize("array", SHAPES.values(), ids=SHAPES)
def test_shape_and_bits_stay(array: np.ndarray) -> None:
    (found,) = unpacked(packed({"a": array})).values()
    assert (found.shape, found.dtype, found.tobytes()) == (np.shape(array), array.dtype, array.tobytes())
