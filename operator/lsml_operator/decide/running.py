"""A job that has the workers it needs: it runs."""

from lsml_operator.decide.autoscale import autoscale
from lsml_operator.decide.meeting import meeting
from lsml_operator.decide.straggler import straggler
from lsml_operator.world import Decision, World

MEETING = "the coordinator is being started; a team that is together goes on, and whoever comes waits for it"

UNHEARD = "the program runs; it does not say how far it is, as it could by lsml_trainer.report"

DOING = {
    "Starting": "the worker is starting",
    "LoadingData": "the worker is reading the data",
    "Training": "training",
    "Evaluating": "the model is being evaluated",
    "Predicting": "the model is saved, and rows are predicted",
    "Saving": "the model is being saved",
    "Completed": "the model is ready",
}


def running(world: World) -> Decision:
    """What the worker says it is doing; this policy always has an opinion, so it is the last."""
    coordinator = meeting(world).coordinator
    if coordinator is not None and coordinator.state != "Running":
        return Decision("Running", "Running", MEETING)
    doing = DOING[world.report.stage] if world.report else _unheard(world)
    kept = world.report.checkpoint if world.report else None
    remarks = (autoscale(world).remark, straggler(world.report), kept.problem if kept else None)
    return Decision("Running", "Running", "; ".join([doing, *filter(None, remarks)]))


def _unheard(world: World) -> str:
    return DOING["Starting"] if world.spec.algorithm.container is None else UNHEARD
