"""A job as a row of the table of all jobs. Pure."""

from lsml_operator.view.words import Object, dig, loss_of


def row_of(job: Object) -> dict[str, object]:
    """The figures as numbers: how they are written is the page's."""
    metadata: Object = job["metadata"]
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "phase": dig(job, "status.phase"),
        "family": next(iter(dig(job, "spec.algorithm") or ()), "predict" if dig(job, "spec.model") else None),
        "running": dig(job, "status.workers.running") or 0,
        "desired": dig(job, "status.workers.desired") or 0,
        "percent": dig(job, "status.progress.percent"),
        "loss": loss_of(job),
        "etaSeconds": eta_seconds_of(job),
        "restarts": dig(job, "status.summary.restarts") or 0,
        "goodput": dig(job, "status.goodput.ratio"),
        "cost": dig(job, "status.cost.amount"),
        "currency": dig(job, "status.cost.currency"),
        "created": metadata.get("creationTimestamp"),
        "message": dig(job, "status.diagnosis"),
    }


def eta_seconds_of(job: Object) -> float | None:
    """Time left; none is left of a job that has ended, and nothing is known of one that does not run."""
    running = dig(job, "status.phase") == "Running"
    found: float | None = dig(job, "status.progress.estimatedSecondsRemaining")
    return found if running else None
