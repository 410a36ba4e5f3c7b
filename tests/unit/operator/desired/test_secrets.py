"""What is secret stays with whoever keeps it: the operator hands on names, never values (FAULTS 66)."""

import json
from typing import Any

from lsml_operator.desired.coordinator import coordinator_pod, coordinator_service
from lsml_operator.desired.network_policy import network_policy
from lsml_operator.desired.pod import worker_pod
from unit.operator.builders import SETTINGS, a_coordinator, a_job, a_worker

HIDDEN = "very-hidden"
TEMPLATE: dict[str, Any] = {
    "env": [
        {"name": "TOKEN", "value": HIDDEN},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "store", "key": "password"}}},
    ],
    "envFrom": [{"secretRef": {"name": "store"}}],
    "serviceAccountName": "store-writer",
}
JOB = a_job(template=TEMPLATE, replicas=2)


def test_a_value_is_where_its_author_put_it_and_nowhere_else() -> None:
    """Not in arguments, which every process of the node may read, nor in LSML_SPEC, which goes into the model."""
    pod = worker_pod(JOB, a_worker(), SETTINGS, "10.96.0.7")
    (container,) = pod["spec"]["containers"]
    assert json.dumps(pod).count(HIDDEN) == 1
    assert {"name": "TOKEN", "value": HIDDEN} in container["env"]
    assert container["args"] == ["worker"]
    assert "command" not in container


def test_nobody_but_the_workers_is_given_it() -> None:
    others = (
        coordinator_pod(JOB, a_coordinator(), SETTINGS),
        coordinator_service(JOB),
        network_policy(JOB, SETTINGS),
    )
    for other in others:
        assert HIDDEN not in json.dumps(other)
        assert "store" not in json.dumps(other)


def test_the_kubelet_reads_secrets_not_the_operator() -> None:
    (container,) = worker_pod(JOB, a_worker(), SETTINGS)["spec"]["containers"]
    assert container["envFrom"] == TEMPLATE["envFrom"]
    assert TEMPLATE["env"][1] in container["env"]
