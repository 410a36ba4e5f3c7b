"""Judged without an API server: what it refuses and takes, in its own words, as tests/cluster has proved them."""

import pytest

from cluster.api import Object
from cluster.objects import a_job
from cluster.tables import Case, job_of
from cluster.test_schema_refuses import CASES
from cluster.test_schema_takes import GOOD, every_example
from lsml_operator.api.crd import NAME_RULE
from lsml_operator.api.judge import judge

# The API server judges what is between two fields also where one of them is out of its own range; Python only after.
BOTH = "FAULT 26: more at least than at most"
REFUSED = {name: case for name, case in CASES.items() if name != BOTH}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_the_api_server_refuses_is_refused_in_its_words(case: Case) -> None:
    assert case.sentence in ", ".join(judge(job_of(case)))


TAKEN = GOOD | every_example()


@pytest.mark.parametrize("job", TAKEN.values(), ids=TAKEN)
def test_what_the_api_server_takes_is_taken(job: Object) -> None:
    assert judge(job) == []


SENTENCES: dict[str, tuple[Object, list[str]]] = {
    "each mistake is told": (
        a_job(algorithm={"svm": {"C": 0, "kernel": "sigmoid"}}, seed=-1, colour="red"),
        [
            'unknown field "spec.colour"',
            "spec.algorithm.svm.C: Invalid value: 0: spec.algorithm.svm.C in body should be greater than 0",
            'spec.algorithm.svm.kernel: Unsupported value: "sigmoid": supported values: "linear", "poly", "rbf"',
            "spec.seed: Invalid value: -1: spec.seed in body should be greater than or equal to 0",
        ],
    ),
    "a rule is told at its object": (
        a_job(algorithm={"svm": {"kernel": "rbf", "degree": 2}}),
        [
            'spec.algorithm.svm: Invalid value: "object": '
            "degree and coef0 belong to kernel: poly; take them out or set that kernel"
        ],
    ),
    "a name is told beside other mistakes": (
        a_job("Iris", seed=-1),
        [
            "spec.seed: Invalid value: -1: spec.seed in body should be greater than or equal to 0",
            f'Invalid value: "object": {NAME_RULE["message"]}',
        ],
    ),
    "metadata that are none": (
        a_job() | {"metadata": "iris"},
        ['metadata: Invalid value: "string": metadata in body must be of type object: "string"'],
    ),
    "another version": (
        a_job() | {"apiVersion": "lsml.dev/v1"},
        ["apiVersion and kind are lsml.dev/v1, TrainingJob; lsml.dev/v1alpha1, TrainingJob are expected"],
    ),
    "no name": (a_job() | {"metadata": {}}, ["metadata.name: Required value: name or generateName is required"]),
}


@pytest.mark.parametrize(("job", "wanted"), SENTENCES.values(), ids=SENTENCES)
def test_sentences(job: Object, wanted: list[str]) -> None:
    assert judge(job) == wanted
