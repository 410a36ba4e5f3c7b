"""What the API server refuses at once, and the words in which it does (FAULTS 26, 27, 29, 35, 36)."""

import pytest

from cluster.api import DRY_RUN, Api, Refused
from cluster.objects import a_job
from cluster.refused_algorithms import (
    CONTAINERS,
    DEEP_LEARNING_PARAMETERS,
    FAMILIES,
    GRADIENT_DESCENT_PARAMETERS,
    SGD_PARAMETERS,
    SVM_PARAMETERS,
)
from cluster.refused_jobs import (
    CHECKPOINTS,
    DATA,
    FAULT_26_NUMBERS_OF_WORKERS,
    FAULT_27_NAMES,
    FAULT_29_SHAPES,
    FAULT_35_CODE_FOR_DATA,
    FAULT_36_PATHS,
    MACHINES,
    RUN_POLICY,
)
from cluster.tables import Case, job_of

TABLES = {
    "FAULT 26": FAULT_26_NUMBERS_OF_WORKERS,
    "FAULT 27": FAULT_27_NAMES,
    "FAULT 29": FAULT_29_SHAPES,
    "FAULT 35": FAULT_35_CODE_FOR_DATA,
    "FAULT 36": FAULT_36_PATHS,
    "checkpoints": CHECKPOINTS,
    "families": FAMILIES,
    "svm": SVM_PARAMETERS,
    "gradientDescent": GRADIENT_DESCENT_PARAMETERS,
    "sgd": SGD_PARAMETERS,
    "deepLearning": DEEP_LEARNING_PARAMETERS,
    "data": DATA,
    "containers": CONTAINERS,
    "run policy": RUN_POLICY,
    "machines": MACHINES,
}
CASES = {f"{table}: {name}": case for table, cases in TABLES.items() for name, case in cases.items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_refused_with_its_sentence(api: Api, case: Case) -> None:
    """`kubectl create` of each of these fails before anything is stored (FAULTS 26, 27, 29, 35, 36)."""
    job = job_of(case)
    job["metadata"]["namespace"] = "default"

    with pytest.raises(Refused) as refusal:
        api.create(job, DRY_RUN)

    assert refusal.value.code in (400, 422)
    assert case.sentence in refusal.value.message


def test_more_than_the_store_takes_is_refused(api: Api) -> None:
    """Each part may be within its bounds and the whole still too large (FAULTS 29)."""
    for variables in (64, 128):  # more than etcd takes, more than the API server reads
        job = a_job(workers={"template": {"env": [{"name": f"V{n}", "value": "x" * 32_000} for n in range(variables)]}})
        job["metadata"]["namespace"] = "default"

        with pytest.raises(Refused) as refusal:
            api.create(job)

        assert "too large" in refusal.value.message
        assert api.find("TrainingJob", "default", "iris") is None
