"""What may be changed of a job that is there, and what may not (FAULTS 28)."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cluster.api import Object, Refused
from cluster.objects import UNSEEN, a_job, an_svm
from cluster.process import OperatorProcess
from cluster.space import Space

LOCKED = "cannot be changed once the job was created; create a job of another name"
FIXED = (
    "cannot be changed once the job was created, since the number of shards follows from it; create a job of another"
)

A_JOB = a_job(
    algorithm=an_svm(kernel="rbf", gamma="scale"),
    data={"train": {"uri": "builtin://iris"}, "test": {"fraction": 0.2}},
    output="pvc://models/iris",
    checkpoint={"uri": "pvc://models/state", "everySeconds": 60},
    seed=1,
    reproducible="bitwise",
)

REFUSED: dict[str, tuple[str, Any]] = {
    "another family": ("algorithm", {"svm": None, "sgd": {"loss": "mse"}}),
    "another kernel": ("algorithm", {"svm": {"kernel": "linear", "gamma": None}}),
    "another C": ("algorithm", {"svm": {"C": 2}}),
    "another word for gamma": ("algorithm", {"svm": {"gamma": "auto"}}),
    "a number for gamma": ("algorithm", {"svm": {"gamma": 0.5}}),
    "gamma left out": ("algorithm", {"svm": {"gamma": None}}),
    "other data": ("data", {"train": {"uri": "builtin://wine"}}),
    "other features": ("data", {"train": {"features": ["sepal*"]}}),
    "another split": ("data", {"test": {"fraction": 0.3}}),
    "no split": ("data", {"test": None}),
    "standardized": ("data", {"standardize": True}),
    "another output": ("output", "pvc://models/other"),
    "no output": ("output", None),
    "another seed": ("seed", 2),
    "no seed": ("seed", None),
    "another word for reproducible": ("reproducible", "statistical"),
}

NUMBERS: dict[str, tuple[Object, Object, str | None]] = {
    "fewer, of so many at most": ({"replicas": 3, "max": 4}, {"replicas": 1}, None),
    "more, of so many at most": ({"replicas": 3, "max": 4}, {"replicas": 4}, None),
    "more than at most": ({"replicas": 3, "max": 4}, {"replicas": 5}, "replicas must not be larger than max"),
    "fewer than at least": ({"replicas": 3, "min": 2}, {"replicas": 1}, "min must not be larger than replicas"),
    "more, where nobody said how many at most": (
        {"replicas": 1},
        {"replicas": 2},
        FIXED,
    ),
    "fewer, where nobody said how many at most": (
        {"replicas": 2},
        {"replicas": 1},
        FIXED,
    ),
    "another max": ({"replicas": 1, "max": 4}, {"max": 8}, FIXED),
    "the same max in other words": ({"replicas": 4}, {"max": 4}, None),
    "another min": ({"replicas": 2, "min": 2}, {"min": 1}, f"min {LOCKED}"),
    "the same min in other words": ({"replicas": 2}, {"min": 1}, None),
}

TAKEN: dict[str, Object] = {
    "checkpoints more often, and more of them": {"checkpoint": {"everySeconds": 10, "keep": 5}},
    "suspended": {"suspend": True},
    "another deadline": {"activeDeadlineSeconds": 60},
    "another time to live": {"ttlSecondsAfterFinished": 60},
    "another limit of crashes": {"backoffLimit": 0},
    "more memory": {"workers": {"resources": {"limits": {"memory": "4Gi"}}}},
    "another template": {"workers": {"template": {"labels": {"a": "b"}}}},
    "the same seed": {"seed": 1},
}


@pytest.fixture(scope="module")
def there(new_space: Callable[[], Space], shared_operator: OperatorProcess) -> Space:
    """A namespace with the job in it, which nobody works on; every change is only judged."""
    shared_operator.stop()
    space = new_space()
    space.create(A_JOB)
    return space


@pytest.mark.parametrize(("field", "value"), REFUSED.values(), ids=REFUSED)
def test_it_cannot_be_changed(there: Space, field: str, value: Any) -> None:
    """What was learned from what is the job: another one is another job (FAULTS 28)."""
    with pytest.raises(Refused) as refusal:
        there.edit("TrainingJob", "iris", {"spec": {field: value}}, dry_run=True)

    assert f"spec.{field}: Invalid value" in refusal.value.message
    assert f"{field} {LOCKED}" in refusal.value.message


@pytest.mark.parametrize("value", [None, {"uri": "pvc://models/other"}], ids=["none", "another folder"])
def test_the_folder_of_the_checkpoints_cannot_be_changed(there: Space, value: Any) -> None:
    """Training would start anew, unnoticed (FAULTS 28)."""
    with pytest.raises(Refused) as refusal:
        there.edit("TrainingJob", "iris", {"spec": {"checkpoint": value}}, dry_run=True)

    assert f"checkpoint.uri {LOCKED}" in refusal.value.message


@pytest.mark.parametrize(("field", "value"), [("output", "pvc://models/x"), ("ledger", "pvc://models/l"), ("seed", 1)])
def test_it_cannot_be_added(there: Space, field: str, value: Any) -> None:
    """A field that was left out counts as chosen, too (FAULTS 28)."""
    bare = copy.deepcopy(A_JOB)
    bare["metadata"]["name"] = f"without-{field}"
    bare["spec"].pop(field, None)
    there.create(bare)

    with pytest.raises(Refused) as refusal:
        there.edit("TrainingJob", f"without-{field}", {"spec": {field: value}}, dry_run=True)

    assert f"{field} {LOCKED}" in refusal.value.message


@pytest.mark.parametrize("change", TAKEN.values(), ids=TAKEN)
def test_it_can_be_changed(there: Space, change: Object) -> None:
    """How a job runs can be changed at any time."""
    there.edit("TrainingJob", "iris", {"spec": change}, dry_run=True)


@pytest.mark.parametrize(("before", "after", "refused"), NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("shards", [None, 4])
def test_how_many_workers_there_are_changes_but_not_the_number_of_shards(
    new_space: Callable[[], Space],
    shared_operator: OperatorProcess,
    before: Object,
    after: Object,
    refused: str | None,
    shards: int | None,
) -> None:
    """Where the specification says the number of shards, the workers may also become more than were foreseen."""
    shared_operator.stop()
    space = new_space()
    data = {"train": {"uri": "builtin://iris"}, **({"shards": shards} if shards else {})}
    space.create(a_job(data=data, workers=before))

    if refused is None or (shards and FIXED in refused):
        space.edit("TrainingJob", "iris", {"spec": {"workers": after}}, dry_run=True)
        return
    with pytest.raises(Refused) as refusal:
        space.edit("TrainingJob", "iris", {"spec": {"workers": after}}, dry_run=True)
    assert refused in refusal.value.message


def test_a_status_is_not_written_with_the_spec(there: Space) -> None:
    """Whoever may edit a job cannot say that it is done: that is another subresource."""
    after = there.edit(
        "TrainingJob", "iris", {"status": {"phase": "Succeeded"}, "spec": {"suspend": True}}, dry_run=True
    )

    assert after["status"] == UNSEEN
