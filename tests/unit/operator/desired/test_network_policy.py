"""Who may talk to a job's pods, and with whom they may."""

from dataclasses import replace

from lsml_operator.desired.coordinator import coordinator_pod
from lsml_operator.desired.network_policy import network_policy
from lsml_operator.desired.owned import owned_metadata
from lsml_operator.desired.pod import worker_pod
from lsml_trainer.spec import PROGRESS_PORT
from unit.operator.builders import SETTINGS, a_coordinator, a_job, a_worker

SAME_JOB = {"podSelector": {"matchLabels": {"lsml.dev/job": "iris"}}}
OPERATOR = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "lsml-system"}},
    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "lsml", "app.kubernetes.io/component": "operator"}},
}
OURS = [{"from": [SAME_JOB]}, {"from": [OPERATOR], "ports": [{"port": PROGRESS_PORT, "protocol": "TCP"}]}]
DNS = {"ports": [{"port": 53, "protocol": "UDP"}]}
PROMETHEUS = {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]}


def test_the_same_jobs_pods_and_the_operator_and_nobody_else() -> None:
    """FAULTS 62."""
    assert network_policy(a_job(), SETTINGS) == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": owned_metadata(a_job(), "iris-workers"),
        "spec": {**SAME_JOB, "policyTypes": ["Ingress"], "ingress": OURS},
    }


def test_beside_them_whom_the_installation_names() -> None:
    settings = replace(SETTINGS, ingress=[PROMETHEUS], egress=[DNS])
    assert network_policy(a_job(), settings)["spec"] == {
        **SAME_JOB,
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [*OURS, PROMETHEUS],
        "egress": [{"to": [SAME_JOB]}, DNS],
    }


def test_an_installation_that_names_nobody_lets_nobody_out() -> None:
    spec = network_policy(a_job(), replace(SETTINGS, egress=[]))["spec"]
    assert (spec["policyTypes"], spec["egress"]) == (["Ingress", "Egress"], [{"to": [SAME_JOB]}])


def test_it_covers_every_pod_whatever_labels_its_user_gives_it() -> None:
    job = a_job(template={"labels": {"team": "ml"}}, replicas=2)
    selector = network_policy(job, SETTINGS)["spec"]["podSelector"]["matchLabels"]
    for pod in (worker_pod(job, a_worker(), SETTINGS), coordinator_pod(job, a_coordinator(), SETTINGS)):
        assert selector.items() <= pod["metadata"]["labels"].items()
