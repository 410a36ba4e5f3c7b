"""A TrainingJob from a file, as kubectl would read it: what is taken, what is refused and in which words."""

from pathlib import Path

import pytest

from lsml_operator.api.training_job import TrainingJobSpec
from lsml_trainer.job_file import MACHINE_FIELDS, read_job
from lsml_trainer.spec import InvalidSpec, TrainingSpec

JOB = """
apiVersion: lsml.dev/v1alpha1
kind: TrainingJob
metadata: {name: NAME}
spec:
  algorithm: {svm: {kernel: linear, tolerance: 1e-3}}
  data: {train: {uri: "builtin://iris"}}
"""


def job(name: str = "a", **more: str) -> str:
    return JOB.replace("NAME", name) + "".join(f"  {key}: {value}\n" for key, value in more.items())


def a_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "job.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_numbers_are_read_as_kubectl_reads_them(tmp_path: Path) -> None:
    training = read_job(a_file(tmp_path, job())).training
    assert training.algorithm.svm is not None
    assert training.algorithm.svm.tolerance == 1e-3


def test_of_several_jobs_one_is_chosen_by_name_and_other_kinds_are_passed_over(tmp_path: Path) -> None:
    claim = "kind: PersistentVolumeClaim\nmetadata: {name: b}\n"
    path = a_file(tmp_path, "\n---\n".join([job("a"), claim, job("b", seed="7")]))
    assert read_job(path, "b").training.seed == 7


def test_what_speaks_of_machines_is_told_to_be_without_effect(tmp_path: Path) -> None:
    path = a_file(tmp_path, job(workers="{max: 4}", suspend="true", backoffLimit="3"))
    assert read_job(path).without_effect == ("workers", "suspend", "backoffLimit")


def test_all_fields_of_the_resource_are_known_here() -> None:
    there = {field.alias for field in TrainingJobSpec.model_fields.values()}
    trained = {field.alias for field in TrainingSpec.model_fields.values()}
    assert set(MACHINE_FIELDS) == there - trained


REFUSED: dict[str, tuple[str | bytes, str | None, str]] = {
    "no YAML": ("kind: [", None, "is not YAML: line 1, column 8: expected the node content, but found '<stream end>'"),
    "no text": (b"\xff\xfe\x00", None, "is not text in UTF-8"),
    "nothing": ("", None, "holds no document of kind: TrainingJob"),
    "another kind": ("kind: Pod\n", None, "holds no document of kind: TrainingJob"),
    "a program of one's own": (
        JOB.replace("{svm: {kernel: linear, tolerance: 1e-3}}", "{container: {image: theirs}}").replace(
            "  data:", "  #"
        ),
        None,
        "spec.algorithm.container runs in a cluster only; here, run its program with torchrun",
    ),
    "several": (f"{job('a')}---{job('b')}", None, "holds 2 TrainingJobs (a, b); choose one with --name"),
    "none of that name": (job("a"), "c", "holds no TrainingJob named 'c'; there are a"),
    "another version": (
        job().replace("v1alpha1", "v9"),
        None,
        "apiVersion is 'lsml.dev/v9', this version of lsml reads 'lsml.dev/v1alpha1'",
    ),
    "no spec": (
        "apiVersion: lsml.dev/v1alpha1\nkind: TrainingJob\nmetadata: {name: a}\n",
        None,
        "TrainingJob a has no spec",
    ),
    "a key given twice": (job(seed="1", output="null") + "  seed: 2\n", None, "'seed' is given twice"),
    "a field that there is not": (job(epochs="3"), None, "spec.epochs is 3: Extra inputs are not permitted"),
    "text for a number": (job(seed='"7"'), None, 'spec.seed is "7": Input should be a valid integer'),
    "a date is text": (job(output="2026-01-02"), None, 'spec.output is "2026-01-02": String should match pattern'),
    "code": (job(seed='!!python/object/apply:os.getpid ""'), None, "could not determine a constructor"),
}


@pytest.mark.parametrize(("text", "name", "words"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_taken_is_refused_in_a_sentence(
    tmp_path: Path, text: str | bytes, name: str | None, words: str
) -> None:
    """29, 35"""
    with pytest.raises(InvalidSpec) as refusal:
        read_job(a_file(tmp_path, text), name)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match=r"none\.yaml: No such file or directory"):
        read_job(tmp_path / "none.yaml")
