"""What of deepLearning does not go together, in the words of both languages."""

from typing import Any

import pytest

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
