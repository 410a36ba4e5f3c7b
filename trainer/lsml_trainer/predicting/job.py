"""A job that only predicts, with a model that was trained before: `spec.model`."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lsml_trainer.elastic.plan import TeamPlan, opened
from lsml_trainer.elastic.predictions import NOTHING_PREDICTED, Predicted, Predictions, further, is_published
from lsml_trainer.elastic.session import Member
from lsml_trainer.elastic.standing import Standing
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.elastic.time_spent import TimeSpent
from lsml_trainer.elastic.travelling import Clock, travel
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
    model = load(wanted.source, trust_module=wanted.trust_module)
    delimiter = model.manifest.data.train.delimiter
    predictions = JobPredictions(predict, lambda: model, model.preprocessing, claims, delimiter=delimiter)
    journey = PredictingOnly(predictions, model.manifest.weights_digest)

    def arrived(_: Member) -> None:
        reporter.predicted(journey.position, predictions.parts, journey.taken_at)
        waiting()

    reporter.enter("Predicting")
    with opened(team, journey, waiting) as session:
        travel(journey, session, time.monotonic, arrived)


class PredictingOnly:
    """A Way whose position is what is predicted."""

    def __init__(self, predictions: Predictions, digest: str) -> None:
        """`digest` is the model's."""
        self.position = NOTHING_PREDICTED
        self.spent = TimeSpent()
        self._predictions, self._digest = predictions, digest
        self._generation = 0
        self._joined_at = 0

    @property
    def taken_at(self) -> int:
        """The part up to which others went: before this worker came, or before all of this team did."""
        return max(self._joined_at, self.position.found)

    @property
    def is_over(self) -> bool:
        """As Way."""
        return is_published(self._predictions, self.position)

    def next(self, member: Member, clock: Clock) -> Predicted:
        """As Way."""
        return further(self._predictions, self._digest, self.position, member)

    def reach(self, position: Predicted) -> None:
        """As Way."""
        self.position = position

    def standing(self) -> Standing:
        """As Way."""
        return Standing(phase=self.position.parts, step=0, block_steps=1, generation=self._generation)

    def give(self) -> Arrays:
        """As Way."""
        return {"predicted": np.array(self.position, dtype=np.float64)}

    def take(self, arrays: Arrays) -> None:
        """As Way."""
        self.position = Predicted(*map(int, arrays["predicted"]))
        self._joined_at = self.position.parts

    def enter(self, generation: int) -> None:
        """As Way."""
        self._generation = generation
