"""What holds a job back that runs, each with the reading from which on it is said, and the one before it.

What makes each of them happen, other than this table:

    LossRises, LossPlateaued, NetworkBound, TooManyWorkers, ComputeBound, DeadlineNear, RowsSkipped,
    CpuOverRequested, MemoryOverRequested, NearMemoryLimit
                                                  tests/faults/test_bottlenecks.py: teams of which each is so
    CheckpointSlow, DataBound                     tests/stores: a bucket at the end of a slow line
    CheckpointFailing                             tests/faults/test_space.py: a full volume
    OftenCrashed, OftenEvicted                    tests/cluster/test_losses.py: pods that end, and that go
    NodeSilent                                    tests/e2e/test_two_nodes.py: a node without a network
    Straggler, Autoscaling                        tests/e2e/test_two_nodes.py: less CPU for one; steps that sleep
    GpuUnused                                     tests/cluster/test_life.py: a device that a pod has for nothing
    TooLarge, QuotaExceeded, PriorityClassNotFound, images, claims, secrets
                                                  tests/cluster: a real API server; tests/e2e: real nodes
"""

from collections.abc import Callable
from typing import Any

import pytest

from lsml_operator.decide.diagnosis import DIAGNOSES, MOST_TOLD, diagnoses
from lsml_operator.world import Diagnosis, World
from lsml_trainer.spec import CheckpointReport, LossTrend, TimeShares
from unit.operator.builders import Json, a_job, a_progress, a_report, a_status, a_worker, a_world

GIB = 2**30
MLP = {"deepLearning": {"network": {"mlp": {"hidden": [4]}}, "optimizer": {"sgd": {"learningRate": 0.1}}, "epochs": 3}}
SGD = {"sgd": {"loss": "hinge", "batchSize": 256}}


def a_case(
    *,
    workers: int = 1,
    shares: dict[str, float] | None = None,
    left_s: float | None = None,
    step: int = 500,
    stage: str = "Training",
    status: dict[str, Any] | None = None,
    said: dict[str, Any] | None = None,
    **spec: Any,
) -> World:
    """A job that trains with so many workers; `said` is what else they report."""
    members = [a_worker(index=index) for index in range(workers)]
    progress = a_progress(step=step, total_steps=1000, estimated_seconds_remaining=left_s)
    told = {"time_shares": TimeShares(**shares) if shares else None, **(said or {})}
    stored = a_status(*members, phase="Running", started_s=7200, **(status or {}))
    return a_world(stored, report=a_report(stage, progress=progress, **told), replicas=workers, **spec)


def rising(late: float, best: float = 0.5) -> dict[str, Any]:
    return {"loss_trend": LossTrend(late=late, best=best, best_step=100)}


def flat(best_step: int) -> dict[str, Any]:
    return {"loss_trend": LossTrend(late=0.25, best=0.25, best_step=best_step)}


def a_checkpoint(**fields: Any) -> dict[str, Any]:
    return {"checkpoint": CheckpointReport(uri="pvc://models/state", **fields)}


def memory(limit: str, request: str | None = None) -> dict[str, Any]:
    return {"limits": {"memory": limit}, **({"requests": {"memory": request}} if request else {})}


EVERY_MINUTE = {"uri": "pvc://models/state", "everySeconds": 60}
STREAMED = {"train": {"uri": "pvc://rows/all.csv", "label": "y"}, "memory": "128Mi"}
EXCHANGING = {"computing": 0.4, "exchanging": 0.5, "committing": 0.1}

CASES: dict[str, tuple[World, Diagnosis | None]] = {
    "nothing was said": (a_world(), None),
    "nothing is wrong": (a_case(shares={"computing": 1.0}), None),
    # It may all be in vain
    "the loss is less than twice its best": (a_case(said=rising(0.99)), None),
    "the loss is twice its best": (
        a_case(said=rising(1.0)),
        Diagnosis(
            "LossRises",
            "the loss rises: it is 1, and was 0.5 after step 100; lower the learning rate, or set "
            "data.standardize: true",
        ),
    ),
    "of standardized rows": (
        a_case(said=rising(3.0), data={"standardize": True}),
        Diagnosis("LossRises", "the loss rises: it is 3, and was 0.5 after step 100; lower the learning rate"),
    ),
    "a loss below zero has no double": (a_case(said=rising(-1.0, best=-3.0)), None),
    "a checkpoint that could not be written": (
        a_case(said=a_checkpoint(problem="no space is left")),
        Diagnosis("CheckpointFailing", "no space is left"),
    ),
    "memory below nine tenths of the limit": (
        a_case(said={"peak_memory_bytes": int(3.5 * GIB)}, resources=memory("4Gi")),
        None,
    ),
    "memory above nine tenths of the limit": (
        a_case(said={"peak_memory_bytes": int(3.75 * GIB)}, resources=memory("4Gi")),
        Diagnosis(
            "NearMemoryLimit",
            "a worker needed 3.75Gi of its 4Gi of memory at a time; raise workers.resources.limits.memory before it "
            "is killed",
        ),
    ),
    "the limit that nobody named": (
        a_case(said={"peak_memory_bytes": 2 * GIB}),
        Diagnosis(
            "NearMemoryLimit",
            "a worker needed 2Gi of its 2Gi of memory at a time; raise workers.resources.limits.memory before it is "
            "killed",
        ),
    ),
    "no limit": (
        a_case(said={"peak_memory_bytes": 9 * GIB}, resources={"requests": {"memory": "8Gi"}}),
        None,
    ),
    "done just before the deadline": (a_case(left_s=400, deadline_s=7600), None),
    "not done before the deadline": (
        a_case(left_s=500, deadline_s=7600),
        Diagnosis(
            "DeadlineNear",
            "it needs 8m20s more, and activeDeadlineSeconds ends it in 6m40s; raise it, or scale the job up",
        ),
    ),
    "two crashes": (a_case(status={"restarts": {"crashes": 1, "out_of_memory": 1}}), None),
    "three crashes": (
        a_case(status={"restarts": {"crashes": 2, "out_of_memory": 1}}, backoff_limit=6),
        Diagnosis("OftenCrashed", "its workers crashed 3 times, and backoffLimit allows 6"),
    ),
    "two evictions": (a_case(status={"restarts": {"evictions": 2}}), None),
    "three evictions": (
        a_case(status={"restarts": {"evictions": 3}}),
        Diagnosis(
            "OftenEvicted",
            "3 workers were evicted in 2h; a higher priorityClassName, or machines that are not spot, would keep "
            "them; set spec.checkpoint, so that less is done again",
        ),
    ),
    "a checkpoint in time": (a_case(said=a_checkpoint(seconds=60), checkpoint=EVERY_MINUTE), None),
    "a checkpoint that takes longer than its interval": (
        a_case(said=a_checkpoint(seconds=61), checkpoint=EVERY_MINUTE),
        Diagnosis(
            "CheckpointSlow",
            "a checkpoint takes 1m1s to write, and checkpoint.everySeconds is 1m; raise it, or choose a faster place "
            "than pvc://models/state",
        ),
    ),
    # It is slower than it could be
    "less than half of the time for rows": (a_case(shares={"reading": 0.49, "computing": 0.51}, data=STREAMED), None),
    "half of the time for rows": (
        a_case(shares={"reading": 0.5, "computing": 0.5}, data=STREAMED),
        Diagnosis(
            "DataBound",
            "50% of the time goes into waiting for rows; raise data.memory (it is 128Mi) so that more of them stay in "
            "it, or bring the data nearer",
        ),
    ),
    "it is over before advice could help": (a_case(shares={"reading": 1.0}, left_s=29, data=STREAMED), None),
    "it does not train any more": (a_case(shares={"reading": 1.0}, stage="Evaluating", data=STREAMED), None),
    "no step is done": (a_case(shares={"reading": 1.0}, step=0, data=STREAMED), None),
    "a team that computes": (a_case(workers=4, shares={"computing": 0.51, "exchanging": 0.49}), None),
    "a team whose batches are small": (
        a_case(workers=4, shares=EXCHANGING, algorithm=SGD),
        Diagnosis(
            "TooManyWorkers",
            "60% of the time goes into exchanging, since each of 4 workers computes 64 of the 256 rows of a batch; "
            "scale to fewer workers, or choose a larger batchSize",
        ),
    ),
    "a team whose batches are large": (
        a_case(workers=3, shares=EXCHANGING, algorithm=SGD),
        Diagnosis(
            "NetworkBound",
            "60% of the time goes into exchanging among 3 workers; fewer workers, or machines that are nearer each "
            "other, may be as fast",
        ),
    ),
    "one worker has no network": (a_case(shares=EXCHANGING), None),
    "a device for what computes without": (
        a_case(resources={"limits": {"nvidia.com/gpu": 1}}),
        Diagnosis(
            "GpuUnused",
            "each worker keeps 1 nvidia.com/gpu, and svm computes on the processor; take it out of "
            "workers.resources.limits",
        ),
    ),
    "a slice of a device for what computes without": (
        a_case(resources={"limits": {"nvidia.com/mig-1g.10gb": 1}}),
        Diagnosis(
            "GpuUnused",
            "each worker keeps 1 nvidia.com/mig-1g.10gb, and svm computes on the processor; take it out of "
            "workers.resources.limits",
        ),
    ),
    "a device for a network": (
        a_case(
            resources={"limits": {"nvidia.com/gpu": 1}},
            algorithm=MLP,
        ),
        None,
    ),
    "less than half of the steps for nothing": (a_case(said=flat(251)), None),
    "half of the steps for nothing": (
        a_case(said=flat(250)),
        Diagnosis(
            "LossPlateaued",
            "the loss has stayed at 0.25 for 250 of 500 steps; end the job here, or change the learning rate",
        ),
    ),
    "few of all steps for nothing": (a_case(said=flat(10), step=109), None),
    # It costs more than it needs
    "a third of the memory is used": (
        a_case(said={"peak_memory_bytes": 3 * GIB}, resources=memory("8Gi")),
        None,
    ),
    "little of the memory is used": (
        a_case(said={"peak_memory_bytes": 2 * GIB}, resources=memory("16Gi", "8Gi")),
        Diagnosis(
            "MemoryOverRequested",
            "a worker needed 2Gi at most of the 8Gi of memory that are kept for it; lower "
            "workers.resources.requests.memory",
        ),
    ),
    "what nobody asked for is not too much": (a_case(said={"peak_memory_bytes": 2**20}), None),
    "half of the processors are busy": (a_case(said={"cpus": 2.0}, resources={"requests": {"cpu": 4}}), None),
    "few of the processors are busy": (
        a_case(said={"cpus": 1.0}, resources={"requests": {"cpu": "4000m"}}),
        Diagnosis(
            "CpuOverRequested",
            "a worker keeps 1 of the 4 processors busy that are kept for it; lower workers.resources.requests.cpu",
        ),
    ),
    # Worth knowing
    "bad rows": (
        a_case(said={"rows": 1437, "skipped_rows": 12}),
        Diagnosis("RowsSkipped", "12 rows are bad and left out, as data.onBadRow allows, and 1437 are trained on"),
    ),
    "no bad rows": (a_case(said={"rows": 1437, "skipped_rows": 0}), None),
    "it computes for long, and more workers may come": (
        a_case(workers=2, shares={"computing": 0.95, "exchanging": 0.05}, left_s=3600, most=8),
        Diagnosis(
            "ComputeBound",
            "95% of the time goes into computing, and 1h are left; more workers would help, up to 8 of which there "
            "are 2",
        ),
    ),
    "it computes for long, and no more workers may come": (
        a_case(workers=2, shares={"computing": 1.0}, left_s=3600),
        None,
    ),
    "it is over soon": (a_case(shares={"computing": 1.0}, left_s=599, most=8), None),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_diagnosis(world: World, wanted: Diagnosis | None) -> None:
    assert diagnoses(world) == ((wanted,) if wanted else ())


def test_of_many_the_gravest_are_told() -> None:
    said = {**rising(9.0), **a_checkpoint(problem="no space is left"), "rows": 9, "skipped_rows": 9}
    found = diagnoses(a_case(said=said, status={"restarts": {"crashes": 5, "evictions": 5}}))
    assert len(found) == MOST_TOLD
    assert [one.reason for one in found] == ["LossRises", "CheckpointFailing"]


PREDICTION = {
    "model": {"from": "pvc://models/iris"},
    "predict": {"data": {"uri": "pvc://rows/*.csv"}, "output": "pvc://named/out"},
}
PROGRAM = {"algorithm": {"container": {"image": "theirs:1"}}}


@pytest.mark.parametrize("asked", [PREDICTION, PROGRAM], ids=["a prediction", "a program"])
@pytest.mark.parametrize("policy", DIAGNOSES, ids=lambda policy: policy.__name__)
def test_a_job_that_trains_nothing_of_ours_is_diagnosed_too(
    policy: Callable[[World], Diagnosis | None], asked: Json
) -> None:
    """Whatever is said of it: it has no algorithm or no data that a policy could look into."""
    said = a_report(
        progress=a_progress(step=500, total_steps=1000, estimated_seconds_remaining=3600),
        time_shares=TimeShares(reading=0.5, exchanging=0.5),
        **rising(9.0),
    )
    spec = {**asked, "workers": {"replicas": 2, "resources": {"limits": {"nvidia.com/gpu": 1}}}}
    status = a_status(a_worker(), a_worker(index=1), phase="Running", started_s=7200)
    policy(a_world(status, job=a_job(status, raw_spec=spec), report=said))
