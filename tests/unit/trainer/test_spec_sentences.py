"""What is wrong with a specification is said by the path in its file, once a place, in no words of the library's."""

from typing import Any

import pytest

from lsml_trainer.spec import Algorithm, InvalidSpec, parse

ADAM = {"adam": {}}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no number at all": (
        {"gradientDescent": {"loss": "mse", "learningRate": float("nan")}},
        "spec.gradientDescent.learningRate is NaN: Input should be a finite number or 'auto'",
    ),
    "a number that is too small, where a word is allowed": (
        {"gradientDescent": {"loss": "mse", "learningRate": -1}},
        "spec.gradientDescent.learningRate is -1: Input should be greater than 0 or 'auto'",
    ),
    "neither number nor word": (
        {"svm": {"gamma": True}},
        "spec.svm.gamma is true: Input should be a valid number or 'scale' or 'auto'",
    ),
    "a word where another or a map is allowed": (
        {"svm": {"classWeight": "equal"}},
        "spec.svm.classWeight is \"equal\": Input should be 'balanced' or an object",
    ),
    "a mistake within a map": (
        {"svm": {"classWeight": {"cat": -1}}},
        "spec.svm.classWeight.cat is -1: Input should be greater than or equal to 0",
    ),
    "two mistakes, one of them what is not there": (
        {"gradientDescent": {"iterations": 0}},
        "spec.gradientDescent.loss: Field required\n"
        "spec.gradientDescent.iterations is 0: Input should be greater than or equal to 1",
    ),
    "an entry of a list": (
        {"deepLearning": {"network": {"mlp": {"hidden": [8, 0]}}, "optimizer": ADAM}},
        "spec.deepLearning.network.mlp.hidden.1 is 0: Input should be greater than or equal to 1",
    ),
    "an exponent that overflows": (
        {"sgd": {"loss": "hinge", "learningRate": {"powerT": 11}}},
        "spec.sgd.learningRate.powerT is 11: Input should be less than or equal to 10",
    ),
    "two families": (
        {"svm": {}, "sgd": {"loss": "hinge"}},
        "spec: set exactly one of gradientDescent, sgd, svm, deepLearning, container",
    ),
}


@pytest.mark.parametrize(("document", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_said_by_its_path(document: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        parse(Algorithm, document)
    assert str(refusal.value) == sentence
