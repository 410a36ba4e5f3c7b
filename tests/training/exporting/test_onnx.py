"""ONNX says what the model says, in onnxruntime, on the data sets that come with scikit-learn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnxruntime import InferenceSession

import lsml_trainer
from lsml_trainer.data import Feature, Preprocessing, load_problem
from lsml_trainer.data.standardize import Standardization
from lsml_trainer.errors import InvalidModel
from lsml_trainer.exporting.onnx_file import export_onnx, onnx_model
from lsml_trainer.model import Model
from training.models import trained_model
from training.predicting.saved import IRIS, iris_model
from unit.trainer.problems import training


def mlp(loss: str = "cross_entropy", **settings: Any) -> dict[str, Any]:
    network = {"mlp": {"hidden": [8, 5], **settings}}
    return {
        "deepLearning": {"network": network, "loss": loss, "optimizer": {"adam": {"learningRate": 0.01}}, "epochs": 2}
    }


MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "least squares": ("diabetes", {"gradientDescent": {"loss": "mse", "iterations": 50}}),
    "logistic, two classes": ("breast_cancer", {"gradientDescent": {"loss": "log_loss", "iterations": 20}}),
    "multinomial": ("wine", {"gradientDescent": {"loss": "log_loss", "iterations": 20}}),
    "one against the rest": ("digits", {"sgd": {"loss": "log_loss", "epochs": 1}}),
    "hinge": ("iris", {"sgd": {"loss": "hinge", "epochs": 1}}),
    "linear SVM, two classes": ("breast_cancer", {"svm": {"kernel": "linear", "C": 0.1}}),
    "linear SVM": ("wine", {"svm": {"kernel": "linear"}}),
    "RBF, two classes": ("breast_cancer", {"svm": {"kernel": "rbf"}}),
    "RBF": ("iris", {"svm": {"kernel": "rbf", "gamma": 0.3}}),
    "polynomial": ("iris", {"svm": {"kernel": "poly", "degree": 3, "coef0": 1.0}}),
    "squared hinge": ("wine", {"svm": {"kernel": "linear", "loss": "squared_hinge"}}),
    "Nystrom": ("iris", {"svm": {"C": 10.0, "approximation": {"nystrom": {"centres": 30}}}}),
    "support vector regression": ("diabetes", {"svm": {"loss": "epsilon_insensitive", "C": 20.0}}),
    "linear support vector regression": ("diabetes", {"svm": {"loss": "epsilon_insensitive", "kernel": "linear"}}),
    "Platt's probabilities, two classes": ("breast_cancer", {"svm": {"kernel": "linear", "probability": True}}),
    "Platt's probabilities of an approximation": (
        "iris",
        {"svm": {"probability": True, "approximation": {"nystrom": {"centres": 30}}}},
    ),
    "Platt's probabilities": ("wine", {"svm": {"probability": True}}),
    "relu": ("digits", mlp(activation="relu")),
    "gelu": ("iris", mlp(activation="gelu")),
    "silu": ("breast_cancer", mlp(activation="silu")),
    "tanh": ("wine", mlp(activation="tanh", dropout=0.5)),
    "sigmoid": ("diabetes", mlp("mse", activation="sigmoid")),
}


def run(content: bytes, x_ND: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    session = InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"X": x_ND}), strict=True))


def rows_of(name: str, model: Model) -> NDArray[np.float64]:
    """The features of a data set as they are."""
    data = training({"sgd": {"loss": "mse"}}, train={"uri": f"builtin://{name}"}).data
    problem = load_problem(data, learns_classes=model.manifest.classes is not None)
    return np.concatenate([chunk.x_ND for shard in problem.shards for chunk in shard.chunks()])


@pytest.mark.parametrize(("name", "algorithm"), MODELS.values(), ids=MODELS)
def test_it_says_what_the_model_says(name: str, algorithm: dict[str, Any]) -> None:
    model = trained_model(algorithm, f"builtin://{name}")
    x_ND = rows_of(name, model)
    found = run(onnx_model(model).SerializeToString(), x_ND)
    if model.manifest.classes is None:
        assert list(found) == ["prediction"]
        np.testing.assert_allclose(found["prediction"], model.predict(x_ND), rtol=1e-5, atol=1e-5)
        return
    np.testing.assert_array_equal(found["prediction"], model.predict(x_ND))
    np.testing.assert_allclose(found["scores"], model.decision_function(x_ND), rtol=1e-5, atol=1e-5)
    assert ("probabilities" in found) == hasattr(model, "predict_proba")
    if "probabilities" in found:
        np.testing.assert_allclose(found["probabilities"], model.predict_proba(x_ND), atol=1e-5)


def test_missing_values_are_filled_in_before_they_are_scaled() -> None:
    model = trained_model({"gradientDescent": {"loss": "log_loss", "iterations": 20}})
    features = tuple(Feature(name, fill=3.0 if place == 1 else None) for place, name in enumerate(IRIS.feature_names))
    scaling = Standardization(np.array([5.0, 3.0, 4.0, 1.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    filling = Model(model.manifest, model.weights, model.predictor, Preprocessing(features, standardization=scaling))
    x_ND = IRIS.data.copy()
    x_ND[::3, 1] = np.nan
    found = run(onnx_model(filling).SerializeToString(), x_ND)
    np.testing.assert_allclose(found["scores"], filling.decision_function(x_ND), rtol=1e-12)


def test_the_file_names_the_model_it_was_made_from(tmp_path: Path) -> None:
    folder = iris_model(tmp_path / "model")
    export_onnx(str(folder), tmp_path / "iris.onnx")
    session = InferenceSession((tmp_path / "iris.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    manifest = lsml_trainer.load(folder).manifest
    assert session.get_modelmeta().custom_metadata_map["weightsDigest"] == manifest.weights_digest
    assert session.get_inputs()[0].shape == ["N", 4]


FLATS = "size,colour,floor,target\n" + "".join(
    f"{'' if row % 11 == 5 else row},{'' if row % 7 == 3 else ('red', 'green', 'blue')[row % 3]},{row % 4},{row % 2}\n"
    for row in range(60)
)


@pytest.mark.parametrize("encoding", ["onehot", "ordinal"])
@pytest.mark.parametrize("unknown", ["error", "ignore"])
def test_names_and_gaps_are_read_by_column(tmp_path: Path, encoding: str, unknown: str) -> None:
    (tmp_path / "a.csv").write_text(FLATS)
    categorical = {"columns": ["colour", "floor"], "encoding": encoding, "handleUnknown": unknown}
    model = trained_model(
        {"gradientDescent": {"loss": "log_loss", "iterations": 20}},
        f"file://{tmp_path}/a.csv",
        missing="mean",
        categorical=categorical,
    )
    rows = {
        "size": np.array([[1.0], [np.nan], [7.5], [2.0]]),
        "colour": np.array([["red"], ["blue"], [""], ["pink"]], dtype=object),
        "floor": np.array([[3], [0], [1], [2]]),
    }
    session = InferenceSession(onnx_model(model).SerializeToString(), providers=["CPUExecutionProvider"])
    (scores,) = session.run(["scores"], rows)
    known = 4 if unknown == "ignore" else 3
    table = {name: values[:known, 0] for name, values in rows.items()}
    wanted = model.decision_function(Frame(table))
    np.testing.assert_allclose(scores[:known], wanted, rtol=1e-9)
    assert np.isnan(scores[known:]).all()


class Frame(dict[str, NDArray[Any]]):
    """As a data frame."""

    @property
    def columns(self) -> list[str]:
        return list(self)


PATH = "training.algorithms.deep.networks"
NETWORKS: dict[str, dict[str, Any]] = {
    "normalised over the batch": {"mlp": {"hidden": [8], "normalization": "batch"}},
    "a person's own": {"module": f"{PATH}:build", "arguments": {"norm": True, "dropout": 0.2}},
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_module_of_torch_is_written_by_torch(network: dict[str, Any]) -> None:
    model = trained_model({"deepLearning": {"network": network, "optimizer": {"adam": {}}, "epochs": 1}})
    x_ND = IRIS.data[:7]
    found = run(onnx_model(model).SerializeToString(), x_ND)
    np.testing.assert_allclose(found["scores"], model.decision_function(x_ND), rtol=1e-5, atol=1e-5)


def test_what_onnx_cannot_say_is_a_sentence() -> None:
    network = {"module": f"{PATH}:not_for_onnx"}
    model = trained_model({"deepLearning": {"network": network, "optimizer": {"adam": {}}, "epochs": 1}})
    with pytest.raises(InvalidModel, match=rf"^torch cannot write the network {PATH}:not_for_onnx as ONNX: "):
        onnx_model(model)


def test_a_column_named_as_an_output_is_a_sentence() -> None:
    model = trained_model({"gradientDescent": {"loss": "log_loss", "iterations": 2}})
    named = Preprocessing((Feature("scores", ("blue", "red")), *(Feature(name) for name in "abc")), onehot=False)
    with pytest.raises(InvalidModel, match="a column is called 'scores', as an output of the graph is; rename it"):
        onnx_model(Model(model.manifest, model.weights, model.predictor, named))
