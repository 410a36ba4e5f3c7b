"""A job that only predicts, with a model that was trained before: `spec.model`. A team that has nothing to learn."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lsml_trainer.algorithms.base import Shard
from lsml_trainer.elastic.plan import TeamPlan, opened
from lsml_trainer.elastic.position import Position
from lsml_trainer.elastic.session import Member
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.elastic.training import Journey, travel
from lsml_trainer.loading import load
from lsml_trainer.predicting.in_job import JobPredictions
from lsml_trainer.reporting import Reporter
from lsml_trainer.spec import Predict, TrainedModel


def predict_rows(
    wanted: TrainedModel,
    predict: Predict,
    reporter: Reporter,
    waiting: Callable[[], None],
    team: TeamPlan,
    claims: Path,
) -> None:
    """Predicts all rows, a part by each worker at a time; the reporter is told how many.

    `waiting` is called after each part and while the team is waited for, and may raise. Raises what
    `ending.MEANINGS` lists.
    """
    reporter.enter("LoadingData")
    model = load(wanted.source, trust_module=wanted.trust_module)
    predictions = JobPredictions(predict, lambda: model, model.preprocessing, claims)
    journey = Journey(NothingToLearn(), _no_shards, None, predictions=predictions)
    journey.position = Position(state=0, weights=NO_WEIGHTS, digest=model.manifest.weights_digest)

    def arrived(_: Member) -> None:
        reporter.predicted(journey.position.predicted, predictions.parts, predictions.part_rows)
        waiting()

    reporter.enter("Predicting")
    with opened(team, journey, waiting) as session:
        travel(journey, session, time.monotonic, arrived)
    reporter.enter("Completed")


NO_WEIGHTS: Arrays = {"none": np.empty(0)}
"""Of a position from which all have the model already."""


def _no_shards(_: range) -> Sequence[Shard]:
    return ()


class NothingToLearn:
    """An Algorithm that is done before it starts."""

    def start(self, shards: Sequence[Shard], team: Team) -> int:
        """As Algorithm."""
        return 0

    def step(self, state: int, shards: Sequence[Shard], team: Team) -> int:
        """As Algorithm."""
        return state

    def is_done(self, state: int) -> bool:
        """As Algorithm."""
        return True

    def steps(self, state: int) -> tuple[int, int | None]:
        """As Algorithm."""
        return 0, 0

    def epoch(self, state: int) -> int | None:
        """As Algorithm."""
        return None

    def samples(self, state: int) -> int | None:
        """As Algorithm."""
        return None

    def rows_per_step(self) -> float:
        """As Algorithm."""
        return 0.0

    def metrics(self, state: int) -> Mapping[str, float]:
        """As Algorithm."""
        return {}

    def dump(self, state: int) -> Arrays:
        """As Algorithm."""
        return {"state": np.zeros(1)}

    def load(self, arrays: Arrays) -> int:
        """As Algorithm."""
        return 0

    def weights(self, state: int, shards: Sequence[Shard], team: Team) -> Arrays:
        """As Algorithm."""
        return NO_WEIGHTS
