"""What most of the time of training goes into, by what the workers measured."""

from lsml_operator.texts import duration
from lsml_operator.world import Diagnosis, World
from lsml_trainer.spec import TimeShares

MOST_OF_IT = 0.5
NEARLY_ALL = 0.8
WORTH_SECONDS = 30.0
"""A job that is over sooner needs no advice."""
LONG_SECONDS = 600.0
"""One that takes longer may be worth more workers."""
FEW_ROWS = 64
"""So few rows a worker and step are computed sooner than their sums are exchanged."""


def data_bound(world: World) -> Diagnosis | None:
    """It waits for its rows."""
    shares = _shares(world)
    if shares is None or shares.reading < MOST_OF_IT or not world.spec.data:
        return None
    kept = world.spec.data.memory
    return Diagnosis(
        "DataBound",
        f"{_percent(shares.reading)} of the time goes into waiting for rows; raise data.memory (it is {kept}) so that "
        "more of them stay in it, or bring the data nearer",
    )


def too_many_workers(world: World) -> Diagnosis | None:
    """The batch is too small to be divided among so many."""
    shares, workers = _together(world), len(world.members)
    algorithm = world.spec.algorithm
    family = None if algorithm is None else algorithm.sgd or algorithm.deep_learning
    if shares is None or family is None or family.batch_size / workers > FEW_ROWS:
        return None
    rows = max(1, family.batch_size // workers)
    return Diagnosis(
        "TooManyWorkers",
        f"{_percent(_apart(shares))} of the time goes into exchanging, since each of {workers} workers computes "
        f"{rows} of the {family.batch_size} rows of a batch; scale to fewer workers, or choose a larger batchSize",
    )


def network_bound(world: World) -> Diagnosis | None:
    """Even the worker that waits least waits for what the others send."""
    shares = _together(world)
    if shares is None or too_many_workers(world):
        return None
    return Diagnosis(
        "NetworkBound",
        f"{_percent(_apart(shares))} of the time goes into exchanging among {len(world.members)} workers; fewer "
        "workers, or machines that are nearer each other, may be as fast",
    )


def compute_bound(world: World) -> Diagnosis | None:
    """More workers would make it faster, and may come."""
    shares, seconds = _shares(world), _seconds_left(world)
    workers, most = len(world.members), world.spec.workers.most
    if shares is None or seconds is None or seconds < LONG_SECONDS or workers >= most or shares.computing < NEARLY_ALL:
        return None
    return Diagnosis(
        "ComputeBound",
        f"{_percent(shares.computing)} of the time goes into computing, and {duration(seconds)} are left; more workers "
        f"would help, up to {most} of which there are {workers}",
    )


def _together(world: World) -> TimeShares | None:
    """The shares of a team that spends most of its time on being one."""
    shares = _shares(world)
    return shares if shares is not None and len(world.members) > 1 and _apart(shares) >= MOST_OF_IT else None


def _apart(shares: TimeShares) -> float:
    return shares.exchanging + shares.committing


def _shares(world: World) -> TimeShares | None:
    """Of a job that trains, and goes on training for a while."""
    seconds = _seconds_left(world)
    if world.report is None or world.report.stage != "Training" or (seconds is not None and seconds < WORTH_SECONDS):
        return None
    return world.report.time_shares if world.report.progress.step else None


def _seconds_left(world: World) -> float | None:
    return world.report.progress.estimated_seconds_remaining if world.report else None


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
