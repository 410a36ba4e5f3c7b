"""A job that has the workers it needs: it runs."""

from lsml_operator.decide.common_token import is_unknown
from lsml_operator.decide.diagnosis import diagnoses
from lsml_operator.decide.meeting import meeting
from lsml_operator.world import Decision, World
from lsml_trainer.spec import Report

MEETING = "the coordinator is being started; a team that is together goes on, and whoever comes waits for it"

UNKNOWN = "the workers run; how far they are cannot be asked: their token was made of another key than the operator's"

UNHEARD = "the program runs; it does not say how far it is, as it could by lsml_trainer.report"

DOING = {
    "Starting": "the worker is starting",
    "LoadingData": "the worker is reading the data",
    "Training": "training",
    "Evaluating": "the model is being evaluated",
    "Predicting": "rows are predicted",
    "Saving": "the model is being saved",
    "Completed": "the model is ready",
}
PREDICTED = "the predictions are ready"
"""Of a job that only predicts, once it has completed."""


def running(world: World) -> Decision:
    """What the worker says it is doing, and what holds it back; always an opinion, so it is the last policy."""
    coordinator = meeting(world).coordinator
    if coordinator is not None and coordinator.state != "Running":
        return Decision("Running", "Running", MEETING, findings=("CoordinatorMissing",))
    if world.report is None and is_unknown(world):
        return Decision("Running", "Running", UNKNOWN, findings=("TokenUnknown",))
    doing = _doing(world, world.report) if world.report else _unheard(world)
    found = diagnoses(world)
    said = "; ".join([doing, *(one.sentence for one in found)])
    return Decision("Running", "Running", said, findings=tuple(one.reason for one in found))


def _doing(world: World, heard: Report) -> str:
    return PREDICTED if heard.stage == "Completed" and world.spec.model else DOING[heard.stage]


def _unheard(world: World) -> str:
    return DOING["Starting"] if world.spec.container is None else UNHEARD
