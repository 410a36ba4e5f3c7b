"""What a job does, in a line, and where that is in the end. Pure."""

from lsml_operator.view.words import Object, dig


def what_it_trains(job: Object) -> str:
    """Such as `svm (linear) on builtin://iris, label target`."""
    model = dig(job, "spec.model.from")
    if model is not None:
        return f"predictions of {dig(job, 'spec.predict.data.uri')} with the model {model}"
    algorithm: Object = dig(job, "spec.algorithm") or {}
    family = next(iter(algorithm), "nothing")
    settings: Object = algorithm.get(family) or {}
    detail = settings.get("kernel") or settings.get("loss") or ""
    label = dig(job, "spec.data.train.label") or "target"
    rows = dig(job, "spec.data.train.uri") or "rows that are made"
    return f"{family}{f' ({detail})' if detail else ''} on {rows}, label {label}"


def predictions_of(job: Object) -> str | None:
    """Where the predictions are, of a job that makes some; None before all of them are there."""
    output: str | None = dig(job, "spec.predict.output")
    return output if dig(job, "status.phase") == "Succeeded" else None
