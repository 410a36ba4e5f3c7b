"""Trained models, without a file."""

from typing import Any

from lsml_trainer.algorithms import create, learns_classes, predictor
from lsml_trainer.data import load_problem
from lsml_trainer.elastic.team import Solo
from lsml_trainer.manifest import FORMAT, Manifest, PreprocessingRecord
from lsml_trainer.model import Model
from lsml_trainer.spec import Evaluation
from unit.trainer.problems import training


def trained_model(
    algorithm: dict[str, Any], uri: str = "builtin://iris", *, standardize: bool = True, **data: Any
) -> Model:
    """Trained on all rows."""
    spec = training(algorithm, train={"uri": uri}, standardize=standardize, **data)
    problem = load_problem(spec.data, learns_classes=learns_classes(spec.algorithm))
    learner, team = create(spec, problem.shape), Solo()
    state = learner.start(problem.shards, team)
    while not learner.is_done(state):
        state = learner.step(state, problem.shards, team)
    manifest = Manifest(
        format=FORMAT,
        algorithm=spec.algorithm,
        data=spec.data,
        seed=0,
        preprocessing=PreprocessingRecord.model_validate(problem.preprocessing.dump()[0]),
        classes=problem.classes,
        evaluation=Evaluation(metrics=(), rows=1, held_out=False),
        data_digest=problem.digest,
        weights_digest=problem.digest,
        versions={},
    )
    weights = learner.weights(state, problem.shards, team)
    return Model(manifest, weights, predictor(spec.algorithm, weights), problem.preprocessing)
