"""Where a model may be saved, found out before it is trained; and what is wrong with a saved one."""

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save as to_safetensors
from safetensors.numpy import save_file

import lsml_trainer
from lsml_trainer.data import load_problem
from lsml_trainer.errors import InvalidModel, OutputUnavailable
from lsml_trainer.manifest import (
    Certificate,
    FeatureRecord,
    Manifest,
    PreprocessingRecord,
    TrainedOn,
    digest_of,
)
from lsml_trainer.saving import check_output, save_model
from lsml_trainer.spec import Evaluation, InvalidSpec
from lsml_trainer.spec.report import WireModel
from lsml_trainer.stores import DiskStore
from unit.trainer.problems import training

SPEC = training({"gradientDescent": {"loss": "log_loss"}})
PROBLEM = load_problem(SPEC.data, learns_classes=True)
WEIGHTS = {"coef": np.eye(3, 4), "intercept": np.zeros(3)}
EVALUATION = Evaluation(metrics=(), rows=150, held_out=False)


def saved(folder: Path) -> Path:
    save_model(DiskStore(folder), SPEC, PROBLEM, WEIGHTS, EVALUATION)
    return folder


def test_a_folder_that_is_new_empty_or_a_model_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new" / "one", tmp_path / "empty", saved(tmp_path / "model")):
        check_output(DiskStore(folder))
        assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]


def test_what_is_no_model_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").touch()
    with pytest.raises(InvalidSpec, match="thesis holds other things than a model; name another folder"):
        check_output(DiskStore(tmp_path / "thesis"))
    with pytest.raises(InvalidSpec, match=r"chapter1\.txt is a file; name a folder"):
        check_output(DiskStore(tmp_path / "thesis" / "chapter1.txt"))


def test_where_nothing_can_be_written_it_is_said_before_the_training() -> None:
    with pytest.raises(OutputUnavailable, match="the model cannot be written to /proc/model/a"):
        check_output(DiskStore(Path("/proc/model/a")))


def test_no_space_at_the_end_keeps_the_former_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """54"""
    folder = saved(tmp_path / "model")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(OutputUnavailable, match="No space left on device"):
            save_model(DiskStore(folder), SPEC, PROBLEM, {"coef": np.ones((3, 4)), "intercept": np.ones(3)}, EVALUATION)
    assert lsml_trainer.load(folder).decision_function([[1, 2, 3, 4]]).tolist() == [[1.0, 2.0, 3.0]]


def test_a_model_is_the_same_bytes_each_time_and_says_what_it_was_made_from(tmp_path: Path) -> None:
    one, other = saved(tmp_path / "one"), saved(tmp_path / "other")
    for name in ("model.json", "weights.safetensors"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    manifest = lsml_trainer.load(one).manifest
    assert (manifest.algorithm, manifest.data, manifest.data_digest) == (SPEC.algorithm, SPEC.data, PROBLEM.digest)
    assert manifest.trained_on == TrainedOn(rows=150, features=4, shards=1)
    assert list(manifest.versions) == [
        "python", "lsml", "numpy", "numba", "scipy", "pyarrow", "scikit-learn", "safetensors",
    ]  # fmt: skip
    assert manifest.versions["numpy"] == np.__version__
    assert manifest.platform.startswith(platform.system())


@pytest.mark.parametrize("record", [Manifest, TrainedOn, PreprocessingRecord, FeatureRecord, Certificate, Evaluation])
def test_every_member_of_the_file_is_described(record: type[WireModel]) -> None:
    assert [name for name, field in record.model_fields.items() if not field.description] == []


def test_a_model_of_an_older_version_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path) / "model.json"
    document = json.loads(path.read_text())
    path.write_text(
        json.dumps({name: value for name, value in document.items() if name not in ("trainedOn", "platform")})
    )
    assert lsml_trainer.load(tmp_path).manifest.trained_on is None


def test_a_certificate_is_told_where_training_gave_one(tmp_path: Path) -> None:
    assert lsml_trainer.load(saved(tmp_path / "without")).manifest.certificate is None
    bounds = {"primal": np.array([3.0, 1.5]), "dual": np.array([2.5, 1.5])}
    save_model(DiskStore(tmp_path / "with"), SPEC, PROBLEM, WEIGHTS | bounds, EVALUATION)
    certificate = lsml_trainer.load(tmp_path / "with").manifest.certificate
    assert certificate == Certificate(primal=4.5, dual=4.0, gap=0.5)


def edited(**changes: Any) -> Callable[[Path], None]:
    """Changes members of model.json."""

    def edit(folder: Path) -> None:
        path = folder / "model.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return edit


def other_weights(folder: Path) -> None:
    """Well-formed weights of another model, with their digest in model.json."""
    save_file({"coef": np.ones((3, 9)), "intercept": np.zeros(3)}, folder / "weights.safetensors")
    digest = digest_of((folder / "weights.safetensors").read_bytes())
    edited(weightsDigest=digest)(folder)


def standardized(folder: Path) -> None:
    """A description that speaks of a standardisation."""
    manifest = json.loads((folder / "model.json").read_text())
    edited(preprocessing=manifest["preprocessing"] | {"standardized": True})(folder)


def a_link(folder: Path) -> None:
    """Weights that are somebody else's file."""
    (folder / "weights.safetensors").rename(folder.parent / "elsewhere")
    (folder / "weights.safetensors").symlink_to(folder.parent / "elsewhere")


def with_weights(content: bytes) -> Callable[[Path], None]:
    """Other bytes, with their digest in model.json."""

    def edit(folder: Path) -> None:
        (folder / "weights.safetensors").write_bytes(content)
        edited(weightsDigest=digest_of(content))(folder)

    return edit


def a_strangers_module(folder: Path) -> None:
    """A network that calls a function of this machine."""
    network = {"module": "os:system", "arguments": {"command": f"touch {folder}/called"}}
    edited(algorithm={"deepLearning": {"network": network, "optimizer": {"sgd": {"learningRate": 1}}}})(folder)


WHOLE = to_safetensors({"coef": np.eye(3, 4), "intercept": np.zeros(3)})
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "weights cut short": (with_weights(WHOLE[:-8]), "does not hold what model.json says"),
    "a header of petabytes": (
        with_weights((2**60).to_bytes(8, "little") + b"{}"),
        "does not hold what model.json says",
    ),
    "a header that is no JSON": (with_weights((4).to_bytes(8, "little") + b"cos\n"), "does not hold what model.json"),
    "a description of gigabytes": (
        lambda folder: os.truncate(folder / "model.json", 1 << 30),
        "has 1073741824 bytes, a description has at most",
    ),
    "a link to what is not the model's": (a_link, "is a link that leads out of its folder; copy the file"),
    "a function to call": (
        a_strangers_module,
        "is a network of the function os:system, which would be called here; if",
    ),
    "weights gone": (lambda folder: (folder / "weights.safetensors").unlink(), "there is no model at"),
    "description gone": (lambda folder: (folder / "model.json").unlink(), "there is no model at"),
    "description empty": (lambda folder: (folder / "model.json").write_text(""), "is not the description of a model"),
    "description a list": (
        lambda folder: (folder / "model.json").write_text("[]"),
        "is not the description of a model",
    ),
    "a member missing": (
        lambda folder: (folder / "model.json").write_text('{"format": 1}'),
        "is not the description of a model (algorithm: Field required)",
    ),
    "a newer format": (edited(format=2), "has format 2, this version of lsml reads 1; install a newer one"),
    "classes of a regression": (edited(classes=None), "gradientDescent and the classes contradict"),
    "a standardisation that is not there": (standardized, "does not hold what model.json says"),
    "weights of other features": (other_weights, "does not hold what model.json says"),
}


@pytest.mark.parametrize(("damage", "words"), BROKEN.values(), ids=BROKEN)
def test_a_damaged_model_is_refused_in_a_sentence(tmp_path: Path, damage: Callable[[Path], object], words: str) -> None:
    """56"""
    folder = saved(tmp_path / "model")
    damage(folder)
    with pytest.raises(InvalidModel) as refusal:
        lsml_trainer.load(folder)
    assert words in str(refusal.value)
    assert str(folder) in str(refusal.value)
    assert not (folder / "called").exists()


def test_a_newer_minor_writer_may_add_members(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model")
    edited(colour="blue")(folder)
    assert isinstance(lsml_trainer.load(folder).manifest, Manifest)


def test_a_model_in_a_claim_is_found_where_claims_are_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LSML_CLAIMS", str(tmp_path))
    (tmp_path / "models").mkdir()
    saved(tmp_path / "models" / "iris")
    assert lsml_trainer.load("pvc://models/iris").n_features_in_ == 4
    with pytest.raises(InvalidModel, match="the claim other is not mounted"):
        lsml_trainer.load("pvc://other/iris")


def test_labels_that_are_no_classes_are_refused_not_scored(tmp_path: Path) -> None:
    model = lsml_trainer.load(saved(tmp_path / "model"))
    with pytest.raises(InvalidModel, match="are none of the classes"):
        model.score(np.zeros((2, 4)), [0, 1])
    with pytest.raises(InvalidModel, match="there are 2 rows and labels of shape"):
        model.score(np.zeros((2, 4)), ["setosa"])
