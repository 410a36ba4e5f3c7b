"""A finished model into its folder, on a disk or in a bucket. Never pickle; old or new, never a mix (`stores`)."""

import platform
from collections.abc import Mapping
from importlib.metadata import version

import numpy as np
from safetensors.numpy import save as to_safetensors

from lsml_trainer.algorithms import predictor
from lsml_trainer.data import Problem
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.errors import OutputUnavailable
from lsml_trainer.evaluation import rows_to_measure
from lsml_trainer.manifest import (
    FORMAT,
    MANIFEST_NAME,
    WEIGHTS_NAME,
    ApproximationRecord,
    Certificate,
    Manifest,
    PreprocessingRecord,
    TrainedOn,
    digest_of,
)
from lsml_trainer.spec import Evaluation, InvalidSpec, TrainingSpec
from lsml_trainer.stores import Store, Unreadable

LIBRARIES = ("lsml", "numpy", "numba", "scipy", "pyarrow", "scikit-learn", "safetensors")
"""Those that read, computed and saved; torch beside them where a network was trained."""


def check_output(folder: Store) -> None:
    """Finds out before the training what would stop the saving after it.

    Raises InvalidSpec where something that is no model would be overwritten, OutputUnavailable where nothing can be
    written.
    """
    try:
        if folder.others(MANIFEST_NAME):
            raise InvalidSpec(f"spec.output: {folder} holds other things than a model; name another folder")
        folder.check_writable()
    except Unreadable as error:
        raise InvalidSpec(f"spec.output: {error}") from None
    except OSError as error:
        raise _unavailable(folder, error) from error


def save_model(folder: Store, training: TrainingSpec, problem: Problem, weights: Arrays, evaluation: Evaluation) -> str:
    """Writes the model and gives the digest of its weights' file.

    Raises OutputUnavailable; then what was in the folder before still is.
    """
    document, arrays = problem.preprocessing.dump()
    content = to_safetensors({name: np.ascontiguousarray(array) for name, array in {**weights, **arrays}.items()})
    digest = digest_of(content)
    manifest = Manifest(
        format=FORMAT,
        algorithm=training.learning.algorithm,
        data=training.learning.data,
        seed=training.seed,
        reproducible=training.reproducible,
        trained_on=TrainedOn(rows=problem.shape.rows, features=problem.shape.features, shards=len(problem.shards)),
        preprocessing=PreprocessingRecord.model_validate(document),
        classes=problem.classes,
        evaluation=evaluation,
        certificate=_certificate(weights),
        approximation=_approximation(training, problem, weights),
        data_digest=problem.digest,
        weights_digest=digest,
        versions=_versions(training),
        platform=f"{platform.system()}-{platform.machine()}",
    )
    try:
        folder.write({WEIGHTS_NAME: content, MANIFEST_NAME: manifest.to_bytes()})  # the marker last
    except OSError as error:
        raise _unavailable(folder, error) from error
    return digest


def _certificate(weights: Arrays) -> Certificate | None:
    """Of the sums over all pairs of classes."""
    if not {"primal", "dual"} <= weights.keys():
        return None
    primal, dual = float(weights["primal"].sum()), float(weights["dual"].sum())
    return Certificate(primal=primal, dual=dual, gap=primal - dual)


def _approximation(training: TrainingSpec, problem: Problem, weights: Arrays) -> ApproximationRecord | None:
    if not {"centres", "rank"} <= weights.keys():
        return None
    from lsml_trainer.algorithms.svm.missed import missed_share  # noqa: PLC0415  (imports scipy.linalg)

    algorithm = training.learning.algorithm
    rows = rows_to_measure(problem, predictor(algorithm, weights))
    missed = missed_share(algorithm.chosen, weights, rows)
    return ApproximationRecord(centres=len(weights["centres"]), rank=int(weights["rank"][0]), missed=missed)


def _versions(training: TrainingSpec) -> Mapping[str, str]:
    names = [*LIBRARIES, *(["torch"] if training.learning.algorithm.kind == "deepLearning" else [])]
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _unavailable(folder: Store, error: OSError) -> OutputUnavailable:
    return OutputUnavailable(f"the model cannot be written to {folder}: {error.strerror or error}; it is tried again")
