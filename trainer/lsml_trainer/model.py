"""A saved model: load it, predict with it. Follows scikit-learn's conventions; never unpickles anything.

model = lsml_trainer.load("pvc://models/iris")
model.predict(rows)
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as from_safetensors

from lsml_trainer.algorithms import learns_classes, predictor
from lsml_trainer.algorithms.base import Features, Predictor
from lsml_trainer.atomic import committed
from lsml_trainer.data import Preprocessing, Table
from lsml_trainer.data.preprocessing import MEAN, SCALE
from lsml_trainer.errors import InvalidModel, OutputUnavailable
from lsml_trainer.evaluation import accuracy, regression_scores
from lsml_trainer.folders import folder_of
from lsml_trainer.manifest import MANIFEST_NAME, WEIGHTS_NAME, Manifest, digest_of, read_manifest
from lsml_trainer.rows import table_of
from lsml_trainer.spec import CLAIMS_FOLDER


class Model:
    """A trained model. Rows are an array-like with the columns of the data, or a data frame with their names."""

    def __init__(self, manifest: Manifest, predictor: Predictor, preprocessing: Preprocessing) -> None:
        self.manifest = manifest
        self.feature_names_in_: NDArray[np.object_] = np.array(manifest.feature_names, dtype=object)
        self.n_features_in_ = len(manifest.feature_names)
        self._predictor = predictor
        self.preprocessing = preprocessing

    @property
    def classes_(self) -> NDArray[Any]:
        """The label's values, (K,), in the order of decision_function's columns; classifiers only."""
        if self.manifest.classes is None:
            raise AttributeError("a regression model has no classes_")
        return np.array(self.manifest.classes)

    def decision_function(self, rows: Any) -> NDArray[np.float64]:
        """Scores: (N,) for a number or two classes (positive: the second), else (N, K).

        Raises InvalidModel where the rows do not fit.
        """
        return self._predictor.decision_function(self._features(rows))

    def predict(self, rows: Any) -> NDArray[Any]:
        """The label of each row, as it was in the training data; (N,).

        Raises InvalidModel where the rows do not fit.
        """
        predicted_N = self.predict_indices(rows)
        return predicted_N if self.manifest.classes is None else self.classes_[predicted_N]

    def predict_indices(self, rows: Any) -> NDArray[Any]:
        """As predict, but for a class its index in classes_; (N,)."""
        return self._predictor.predict(self._features(rows))

    def score(self, rows: Any, labels: Any) -> float:
        """The accuracy for classes, r2 for numbers.

        Raises InvalidModel where rows or labels do not fit.
        """
        predicted_N, label_N = self.predict(rows), np.asarray(labels)
        if label_N.shape != predicted_N.shape:
            raise InvalidModel(f"there are {predicted_N.shape[0]} rows and labels of shape {label_N.shape}")
        if self.manifest.classes is None:
            return regression_scores(predicted_N, label_N.astype(np.float64))["r2"]
        if (label_N.dtype.kind in "iufb") != (predicted_N.dtype.kind == "i"):
            raise InvalidModel(f"labels such as {label_N[0]!r} are none of the classes {self.manifest.classes}")
        return accuracy(predicted_N, label_N)["accuracy"]

    def _features(self, rows: Any) -> Features:
        table = rows if isinstance(rows, Table) else table_of(rows, self.preprocessing.features)
        return self.preprocessing.apply(table)

    def __repr__(self) -> str:
        return f"Model({self.manifest.algorithm.kind}, {self.n_features_in_} features)"


def load(uri: str | os.PathLike[str]) -> Model:
    """The model at pvc://CLAIM/FOLDER (claims are in $LSML_CLAIMS), file:///FOLDER or a plain path.

    Raises InvalidModel where there is none, or its weights are not those that were saved.
    """
    claims = Path(os.environ.get("LSML_CLAIMS", CLAIMS_FOLDER))
    try:
        folder = committed(folder_of(os.fspath(uri), claims))
    except OutputUnavailable as error:
        raise InvalidModel(str(error)) from None
    manifest = read_manifest(_read(folder / MANIFEST_NAME), str(folder / MANIFEST_NAME))
    content = _read(folder / WEIGHTS_NAME)
    digest = digest_of(content)
    if digest != manifest.weights_digest:
        raise InvalidModel(
            f"{folder / WEIGHTS_NAME} has {digest}, {MANIFEST_NAME} says {manifest.weights_digest}: "
            f"the file was changed or damaged; train or copy the model again"
        )
    return _model(manifest, content, folder)


def _model(manifest: Manifest, content: bytes, folder: Path) -> Model:
    if learns_classes(manifest.algorithm) != (manifest.classes is not None):
        raise InvalidModel(f"{folder / MANIFEST_NAME}: {manifest.algorithm.kind} and the classes contradict")
    try:
        arrays = from_safetensors(content)
        preprocessing = manifest.preprocessing.built(arrays)
        made = predictor(manifest.algorithm, {name: arrays[name] for name in arrays if name not in (MEAN, SCALE)})
        # Arrays that do not fit are found now, not later.
        made.decision_function(preprocessing.scaled(np.zeros((1, len(preprocessing.names_out)))))
    except (SafetensorError, LookupError, ValueError, RuntimeError) as error:
        raise InvalidModel(f"{folder / WEIGHTS_NAME} does not hold what {MANIFEST_NAME} says: {error}") from None
    return Model(manifest, made, preprocessing)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidModel(f"there is no model at {path.parent}: {path.name}: {error.strerror}") from None
