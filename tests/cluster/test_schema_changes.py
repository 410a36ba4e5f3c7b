"""What may be changed of a job that is there, and what may not (FAULTS 28)."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cluster.api import Object, Refused
from cluster.objects import a_job, an_svm
from cluster.process import OperatorProcess
from cluster.space import Space

LOCKED = "cannot be changed once the job was created; create a job of another name"

A_JOB = a_job(
    algorithm=an_svm(kernel="rbf", gamma="scale"),
    data={"train": {"uri": "builtin://iris"}, "test": {"fraction": 0.2}},
    output="pvc://models/iris",
    seed=1,
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
}

TAKEN: dict[str, Object] = {
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


@pytest.mark.parametrize(("field", "value"), [("output", "pvc://models/x"), ("seed", 1)])
def test_it_cannot_be_added(there: Space, field: str, value: Any) -> None:
    """A field that was left out counts as chosen, too (FAULTS 28)."""
    bare = copy.deepcopy(A_JOB)
    bare["metadata"]["name"] = f"without-{field}"
    del bare["spec"][field]
    there.create(bare)

    with pytest.raises(Refused) as refusal:
        there.edit("TrainingJob", f"without-{field}", {"spec": {field: value}}, dry_run=True)

    assert f"{field} {LOCKED}" in refusal.value.message


@pytest.mark.parametrize("change", TAKEN.values(), ids=TAKEN)
def test_it_can_be_changed(there: Space, change: Object) -> None:
    """How a job runs can be changed at any time."""
    there.edit("TrainingJob", "iris", {"spec": change}, dry_run=True)


def test_a_status_is_not_written_with_the_spec(there: Space) -> None:
    """Whoever may edit a job cannot say that it is done: that is another subresource."""
    after = there.edit(
        "TrainingJob", "iris", {"status": {"phase": "Succeeded"}, "spec": {"suspend": True}}, dry_run=True
    )

    assert "status" not in after
