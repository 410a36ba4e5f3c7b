"""Small networks are slower on two threads than on one, much so where tests run side by side."""

from collections.abc import Iterator

import pytest
import torch

from lsml_trainer.algorithms.deep.modules.named_optimizer import spare_the_compiler

spare_the_compiler()  # for the plain loops to compare with, too


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
