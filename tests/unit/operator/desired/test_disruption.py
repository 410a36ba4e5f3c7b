"""Who may be moved to empty a machine: whoever is not missed for long."""

from typing import Any

import pytest

from lsml_operator.desired.disruption import DO_NOT_DISRUPT, SAFE_TO_EVICT, disruption_annotations
from lsml_operator.desired.pod import worker_pod
from unit.operator.builders import SETTINGS, a_job, a_worker

MAY_BE_MOVED: dict[str, dict[str, Any]] = {
    "of a team": {"replicas": 2},
    "of a team of one that may grow": {"most": 4},
    "alone, with a checkpoint": {"checkpoint": {"uri": "pvc://models/state"}},
    "of a program that torchrun starts again": {
        "raw_spec": {"algorithm": {"container": {"image": "a:1", "command": ["torchrun"]}}}
    },
}


@pytest.mark.parametrize("spec", MAY_BE_MOVED.values(), ids=MAY_BE_MOVED)
def test_a_worker_that_is_not_missed_may_be_moved(spec: dict[str, Any]) -> None:
    job = a_job(**spec)
    assert job.spec is not None
    assert disruption_annotations(job) == {SAFE_TO_EVICT: "true"}


def test_a_worker_alone_that_would_begin_anew_is_left_where_it_is() -> None:
    assert disruption_annotations(a_job()) == {SAFE_TO_EVICT: "false", DO_NOT_DISRUPT: "true"}


def test_the_template_knows_better() -> None:
    job = a_job(template={"annotations": {SAFE_TO_EVICT: "true"}})
    assert worker_pod(job, a_worker(0, "Creating"), SETTINGS)["metadata"]["annotations"][SAFE_TO_EVICT] == "true"
