"""Who may talk to a job's workers."""

from lsml_operator.desired.network_policy import network_policy
from lsml_operator.desired.owned import owned_metadata
from lsml_operator.desired.pod import worker_pod
from unit.operator.builders import SETTINGS, a_job, a_worker


def test_the_same_jobs_pods_and_the_operator_and_nobody_else() -> None:
    """FAULTS 62."""
    assert network_policy(a_job(), "lsml-system") == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": owned_metadata(a_job(), "iris-workers"),
        "spec": {
            "podSelector": {"matchLabels": {"lsml.dev/job": "iris"}},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [
                        {"podSelector": {"matchLabels": {"lsml.dev/job": "iris"}}},
                        {
                            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "lsml-system"}},
                            "podSelector": {
                                "matchLabels": {
                                    "app.kubernetes.io/name": "lsml",
                                    "app.kubernetes.io/component": "operator",
                                }
                            },
                        },
                    ]
                }
            ],
        },
    }


def test_it_covers_the_workers_whatever_labels_their_user_gives_them() -> None:
    job = a_job(template={"labels": {"team": "ml"}})
    labels = worker_pod(job, a_worker(), SETTINGS)["metadata"]["labels"]
    selector = network_policy(job, "lsml-system")["spec"]["podSelector"]["matchLabels"]
    assert selector.items() <= labels.items()
