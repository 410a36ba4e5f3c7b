"""A model is an estimator of scikit-learn: its methods, attributes and tags, and what scikit-learn makes of them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from lsml_trainer.errors import InvalidModel
from lsml_trainer.model import Model
from training.models import trained_model

IRIS, DIABETES = load_iris(), load_diabetes()
NAMED = IRIS.target_names[IRIS.target]
LOGISTIC: dict[str, Any] = {"gradientDescent": {"loss": "log_loss", "iterations": 2000, "alpha": 1e-2}}
NUMBER: dict[str, Any] = {"gradientDescent": {"loss": "mse", "iterations": 500}}
HINGE: dict[str, Any] = {"sgd": {"loss": "hinge"}}


@pytest.fixture(scope="module")
def classifier() -> Model:
    return trained_model(LOGISTIC)


@pytest.fixture(scope="module")
def regressor() -> Model:
    return trained_model(NUMBER, "builtin://diabetes")


def test_a_classifier_has_what_a_classifier_has(classifier: Model) -> None:
    check_is_fitted(classifier)
    assert is_classifier(classifier)
    assert classifier.n_features_in_ == 4
    assert list(classifier.feature_names_in_) == IRIS.feature_names
    assert list(classifier.classes_) == list(IRIS.target_names)
    assert classifier.predict(IRIS.data).dtype.kind == "U"
    assert classifier.decision_function(IRIS.data).shape == (150, 3)
    assert classifier.get_params() == LOGISTIC["gradientDescent"]
    assert classifier.fit(IRIS.data, NAMED) is clone(classifier) is classifier.set_params() is classifier


def test_its_probabilities_are_those_of_scikit_learn(classifier: Model) -> None:
    """The same objective: C is 1 / (alpha N), on the same standardised rows."""
    x_ND = (IRIS.data - IRIS.data.mean(axis=0)) / IRIS.data.std(axis=0)
    theirs = LogisticRegression(C=1 / (1e-2 * 150), tol=1e-8, max_iter=1000).fit(x_ND, NAMED)
    ours_NK = classifier.predict_proba(IRIS.data)
    np.testing.assert_allclose(ours_NK, theirs.predict_proba(x_ND), atol=1e-4)
    np.testing.assert_allclose(ours_NK.sum(axis=1), 1.0)
    assert log_loss(NAMED, ours_NK) < 0.3
    assert roc_auc_score(NAMED, ours_NK, multi_class="ovr") > 0.98


def test_one_against_the_rest_is_made_to_sum_to_one_as_scikit_learn_does() -> None:
    model = trained_model({"sgd": {"loss": "log_loss", "epochs": 2}})
    theirs = OneVsRestClassifier(LogisticRegression()).fit(IRIS.data, NAMED)
    for one, (coef, intercept) in enumerate(zip(*_weights(model), strict=True)):
        theirs.estimators_[one].coef_[:], theirs.estimators_[one].intercept_[:] = coef, intercept
    standard_ND = model.preprocessing.scaled(IRIS.data.copy())
    np.testing.assert_allclose(model.predict_proba(IRIS.data), theirs.predict_proba(standard_ND))


def _weights(model: Model) -> tuple[Any, Any]:
    learned: Any = model.predictor
    return learned.coef_KD, learned.intercept_K


def test_a_regressor_has_no_classes_and_says_so(regressor: Model) -> None:
    check_is_fitted(regressor)
    assert is_regressor(regressor)
    for name in ("classes_", "decision_function", "predict_proba"):
        assert not hasattr(regressor, name)
    with pytest.raises(AttributeError, match="predicts a number and has no predict_proba"):
        _ = regressor.predict_proba


def test_scores_are_scikit_learns(classifier: Model, regressor: Model) -> None:
    assert classifier.score(IRIS.data, NAMED) == accuracy_score(NAMED, classifier.predict(IRIS.data))
    theirs = r2_score(DIABETES.target, regressor.predict(DIABETES.data))
    assert regressor.score(DIABETES.data, DIABETES.target) == pytest.approx(theirs)


def test_a_classifier_without_probabilities_says_so() -> None:
    model = trained_model(HINGE)
    assert not hasattr(model, "predict_proba")
    with pytest.raises(AttributeError, match=r"this model \(sgd\) predicts classes without probabilities"):
        _ = model.predict_proba


def test_it_is_a_step_of_a_pipeline_and_the_subject_of_an_inspection(classifier: Model) -> None:
    pipeline = make_pipeline(FunctionTransformer(), classifier).fit(IRIS.data, NAMED)
    assert pipeline.score(IRIS.data, NAMED) == classifier.score(IRIS.data, NAMED)
    np.testing.assert_array_equal(pipeline.predict_proba(IRIS.data), classifier.predict_proba(IRIS.data))
    importance = permutation_importance(classifier, IRIS.data, NAMED, n_repeats=2, random_state=0)
    assert importance.importances_mean.argmax() in (2, 3)  # the petals tell the kinds apart


def test_columns_are_found_by_their_names(classifier: Model) -> None:
    table = pa.table({name: IRIS.data[:, i] for i, name in reversed(list(enumerate(IRIS.feature_names)))})
    np.testing.assert_array_equal(classifier.predict(table), classifier.predict(IRIS.data))
    np.testing.assert_array_equal(classifier.predict(IRIS.data.tolist()), classifier.predict(IRIS.data))


def test_what_cannot_be_asked_of_it_is_refused_in_a_sentence(classifier: Model, regressor: Model) -> None:
    with pytest.raises(InvalidModel, match="a trained model's alpha cannot be set; train another model"):
        classifier.set_params(alpha=1)
    with pytest.raises(InvalidModel, match="are no numbers, and the model predicts numbers"):
        regressor.score(DIABETES.data[:2], ["a", "b"])
