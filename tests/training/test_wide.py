"""libsvm rows of more features than can be columns: learned from, saved and loaded; refused by who needs columns."""

from pathlib import Path

import numpy as np
import pytest

from lsml_trainer import load
from lsml_trainer.algorithms import create
from lsml_trainer.algorithms.base import Unsuitable
from lsml_trainer.data import Preprocessing, load_problem
from lsml_trainer.data.preprocessing import MOST_DESCRIBED, Feature, numbered_features
from lsml_trainer.data.sparse_shard import readable
from lsml_trainer.saving import save_model
from lsml_trainer.spec import Evaluation, TrainingSpec
from lsml_trainer.stores import DiskStore
from unit.trainer.problems import training

FEATURES = 100_001


def a_job(folder: Path, algorithm: dict[str, object]) -> TrainingSpec:
    """On four rows."""
    (folder / "a.svm").write_text(f"1 1:1 {FEATURES}:2\n0 2:1\n1 1:2\n0 2:2 70000:1\n")
    return training(algorithm, train={"uri": f"file://{folder}/a.svm"})


def test_a_model_of_very_wide_rows_is_saved_without_a_name_for_each_of_them(tmp_path: Path) -> None:
    spec = a_job(tmp_path, {"svm": {"kernel": "linear", "loss": "squared_hinge"}})
    problem = load_problem(spec.data, learns_classes=True)
    assert problem.shape.sparse
    weights = {
        "coef": np.arange(FEATURES, dtype=np.float64)[None],
        "intercept": np.zeros(1),
        "classes": np.arange(2.0),
        "class_count": np.array([2.0]),
    }
    save_model(DiskStore(tmp_path / "model"), spec, problem, weights, Evaluation(metrics=(), rows=4, held_out=False))
    assert (tmp_path / "model/model.json").stat().st_size < 4096
    model = load(tmp_path / "model")
    assert model.n_features_in_ == FEATURES
    assert (model.feature_names_in_[0], model.feature_names_in_[-1]) == ("f1", f"f{FEATURES}")
    assert model.preprocessing == problem.preprocessing


def test_who_reads_zeros_refuses_rows_that_are_too_long(tmp_path: Path) -> None:
    spec = a_job(tmp_path, {"svm": {"kernel": "rbf"}})
    problem = load_problem(spec.data, learns_classes=True)
    with pytest.raises(Unsuitable) as refusal:
        readable(problem.shards, create(spec, problem.shape))
    assert str(refusal.value) == (
        "the data have 100001 features, and this algorithm reads the zeros of a row, too, 100000 numbers at most; use "
        "sgd, gradientDescent with method: gradient, or svm with kernel: linear"
    )


NUMBERED = {
    "many of libsvm's": (numbered_features(MOST_DESCRIBED + 1), 0),
    "few of libsvm's": (numbered_features(3), 3),
    "one is left out": (numbered_features(MOST_DESCRIBED + 2)[1:], MOST_DESCRIBED + 1),
    "one is filled in": ((*numbered_features(MOST_DESCRIBED + 1)[:-1], Feature("f10001", fill=0.5)), 10_001),
}


@pytest.mark.parametrize(("features", "described"), NUMBERED.values(), ids=NUMBERED)
def test_features_are_described_one_by_one_unless_they_are_numbered(
    features: tuple[Feature, ...], described: int
) -> None:
    document, arrays = Preprocessing(features).dump()
    assert len(document["features"]) == described
    assert Preprocessing.load(document, arrays).features == features
