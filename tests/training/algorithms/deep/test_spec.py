"""What of deepLearning does not go together, in the words of both languages."""

from typing import Any

import pytest

from lsml_trainer.algorithms import deep
from lsml_trainer.algorithms.base import Shape
from lsml_trainer.spec import InvalidSpec
from lsml_trainer.spec.base import parse
from lsml_trainer.spec.deep_learning import DeepLearning

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "smoothed labels of another loss": (
        {"loss": "mse", "labelSmoothing": 0.1},
        "labelSmoothing belongs to loss: cross_entropy; take it out or set that loss",
    ),
    "delta of the default loss": ({"delta": 2.0}, "delta belongs to loss: huber; take it out or set that loss"),
    "two warm-ups": (
        {"schedule": {"oneCycle": {}}, "warmupSteps": 5},
        "schedule.oneCycle has its own warm-up, pctStart; take warmupSteps out",
    ),
    "an mlp with arguments": (
        {"network": {"mlp": {}, "arguments": {"width": 3}}},
        "arguments belong to module; take them out or name a module",
    ),
    "no network": ({"network": {}}, "set exactly one of mlp, module"),
    "arguments that the data give": (
        {"network": {"module": "a:b", "arguments": {"features": 3}}},
        "arguments features and outputs are given by the data; take them out",
    ),
    "an argument that is no name": (
        {"network": {"module": "a:b", "arguments": {"2 wide": 3}}},
        "the name '2 wide' is no argument of a Python function",
    ),
    "too many arguments": (
        {"network": {"module": "a:b", "arguments": {f"a{n}": 1 for n in range(65)}}},
        "there are 65 arguments; at most 64 can be given",
    ),
    "arguments that are too long": (
        {"network": {"module": "a:b", "arguments": {"words": "x" * 16_384}}},
        "the arguments have 16397 characters as JSON; at most 16384 can be given",
    ),
    "an optimizer's own arguments": (
        {"optimizer": {"torch": {"name": "SGD", "arguments": {"fused": True}}}},
        "arguments params, fused, capturable, differentiable and maximize are not yours; take them out",
    ),
    "two schedules": (
        {"schedule": {"linear": {}, "cosine": {}}},
        "set exactly one of step, exponential, linear, cosine, oneCycle",
    ),
}


@pytest.mark.parametrize(("more", "sentence"), BAD.values(), ids=BAD)
def test_it_is_refused(more, sentence):
    with pytest.raises(InvalidSpec) as refused:
        parse(DeepLearning, {"network": {"mlp": {}}, "optimizer": {"adam": {}}, **more})
    assert str(refused.value).endswith(sentence)


def test_a_network_that_does_not_fit_into_memory_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr("lsml_trainer.algorithms.deep.available_bytes", lambda: 2**20)
    asked = parse(DeepLearning, {"network": {"mlp": {"hidden": [1000]}}, "optimizer": {"adam": {}}})
    with pytest.raises(InvalidSpec) as refused:
        deep.create(asked, Shape(10, 99, 3), 0)
    assert str(refused.value) == (
        "spec.algorithm.deepLearning.network.mlp.hidden makes a network of 103,003 weights, which takes 2 MiB of "
        "memory at least, and there are 1 MiB; lower it, or raise the limit"
    )
