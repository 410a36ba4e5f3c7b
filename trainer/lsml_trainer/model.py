"""A trained model as an estimator of scikit-learn: fitted for good. Knows mathematics and names, no files.

    model = lsml_trainer.load("pvc://models/iris")
    model.predict(rows)

It fits into pipelines, metrics and whatever else takes an estimator by its methods; `fit` changes nothing, as that of
scikit-learn's FrozenEstimator. What a model does not have (probabilities, classes) is an AttributeError with its
reason, so that `hasattr` tells. Shapes: N rows, D features, K classes.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Predictor, Probabilistic, ReadsSparse
from lsml_trainer.data import Preprocessing, Table
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.errors import InvalidModel
from lsml_trainer.evaluation import regression_scores
from lsml_trainer.manifest import Manifest
from lsml_trainer.rows import table_of

if TYPE_CHECKING:
    from sklearn.utils import Tags

Scores: TypeAlias = Callable[[Any], NDArray[np.float64]]


class Model:
    """A trained model.

    Rows are an array-like of N rows and D columns, one of scipy's sparse ones, or a data frame or a table of Arrow with
    the columns by name.
    """

    def __init__(self, manifest: Manifest, weights: Arrays, predictor: Predictor, preprocessing: Preprocessing) -> None:
        self.manifest = manifest
        self.weights = weights
        self.feature_names_in_: NDArray[np.object_] = np.array(manifest.feature_names, dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        self.predictor = predictor
        self.preprocessing = preprocessing

    @property
    def classes_(self) -> NDArray[Any]:
        """The label's values, (K,), in the order of the columns of scores; classifiers only."""
        if self.manifest.classes is None:
            raise AttributeError("this model predicts a number and has no classes_")
        return np.array(self.manifest.classes)

    def predict(self, rows: Any) -> NDArray[Any]:
        """The label of each row, as it was in the training data; (N,).

        Raises InvalidModel, a ValueError, where the rows do not fit.
        """
        predicted_N = self.predictor.predict(self.features(rows))
        return predicted_N if self.manifest.classes is None else self.classes_[predicted_N]

    @property
    def decision_function(self) -> Scores:
        """Scores from rows: (N,) for two classes (positive: the second), else (N, K); classifiers only."""
        if self.manifest.classes is None:
            raise AttributeError("this model predicts a number and has no decision_function; use predict")
        return lambda rows: self.predictor.decision_function(self.features(rows))

    @property
    def predict_proba(self) -> Scores:
        """Probabilities of the classes from rows, (N, K); only of a model that was trained to give them."""
        predictor = self.predictor
        if not isinstance(predictor, Probabilistic):
            kind = self.manifest.algorithm.kind
            other = "a number" if self.manifest.classes is None else "classes without probabilities"
            raise AttributeError(f"this model ({kind}) predicts {other} and has no predict_proba")
        return lambda rows: predictor.probabilities(self.features(rows))

    def score(self, rows: Any, labels: Any) -> float:
        """The accuracy for classes, r2 for numbers.

        Raises InvalidModel where rows or labels do not fit.
        """
        predicted_N, label_N = self.predict(rows), np.asarray(labels)
        if label_N.shape != predicted_N.shape:
            raise InvalidModel(f"there are {predicted_N.shape[0]} rows and labels of shape {label_N.shape}")
        if self.manifest.classes is None:
            if label_N.dtype.kind not in "iufb":
                raise InvalidModel(f"labels such as {label_N[0]!r} are no numbers, and the model predicts numbers")
            return regression_scores(predicted_N, label_N.astype(np.float64))["r2"]
        if (label_N.dtype.kind in "iufb") != (predicted_N.dtype.kind == "i"):
            raise InvalidModel(f"labels such as {label_N[0]!r} are none of the classes {self.manifest.classes}")
        return float((predicted_N == label_N).mean())

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The hyperparameters that were set, by the names they have in a specification."""
        chosen: dict[str, Any] = self.manifest.algorithm.chosen.model_dump(by_alias=True, exclude_unset=True)
        return chosen

    def set_params(self, **params: Any) -> Self:
        """Refuses every change: the model is trained already."""
        if params:
            raise InvalidModel(f"a trained model's {', '.join(params)} cannot be set; train another model")
        return self

    def fit(self, rows: Any, labels: Any = None, **_: Any) -> Self:
        """Changes nothing."""
        return self

    @property
    def reads_sparse(self) -> bool:
        """Whether CSR rows are predicted without their zeros."""
        reader, preprocessing = self.predictor, self.preprocessing
        plain = preprocessing.standardization is None and not any(one.categories for one in preprocessing.features)
        return isinstance(reader, ReadsSparse) and reader.reads_sparse and plain

    def features(self, rows: Any) -> Features:
        """The rows as the predictor reads them; raises InvalidModel where they do not fit."""
        if hasattr(rows, "tocsr"):
            return self._of_sparse(rows.tocsr())
        table = rows if isinstance(rows, Table) else table_of(rows, self.preprocessing.features)
        return self.preprocessing.apply(table)

    def _of_sparse(self, rows: Any) -> Features:
        if rows.shape[1] != self.n_features_in_ or not self.reads_sparse:
            return self.features(rows.toarray())
        if not np.isfinite(rows.data).all():
            raise InvalidModel("a value of the rows is not finite; a finite number is needed")
        sparse: Features = rows
        return sparse

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> Self:
        return self

    def __sklearn_tags__(self) -> "Tags":
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags  # noqa: PLC0415  (asked by it alone)

        target = TargetTags(required=True)
        if self.manifest.classes is None:
            return Tags("regressor", target, regressor_tags=RegressorTags())
        return Tags("classifier", target, classifier_tags=ClassifierTags())

    def __repr__(self) -> str:
        return f"Model({self.manifest.algorithm.kind}, {self.n_features_in_} features)"
