"""Where objects are in the API."""

import pytest

from lsml_operator.paths import collection, item

COLLECTIONS = {
    ("Pod", None): "/api/v1/pods",
    ("Pod", "team"): "/api/v1/namespaces/team/pods",
    ("TrainingJob", "team"): "/apis/lsml.dev/v1alpha1/namespaces/team/trainingjobs",
    ("NetworkPolicy", "team"): "/apis/networking.k8s.io/v1/namespaces/team/networkpolicies",
    ("Secret", "team"): "/api/v1/namespaces/team/secrets",
    ("Lease", "team"): "/apis/coordination.k8s.io/v1/namespaces/team/leases",
    ("Event", "team"): "/apis/events.k8s.io/v1/namespaces/team/events",
    ("CoreEvent", "team"): "/api/v1/namespaces/team/events",
}


@pytest.mark.parametrize(("kind", "namespace", "wanted"), [(*key, path) for key, path in COLLECTIONS.items()])
def test_collection(kind: str, namespace: str | None, wanted: str) -> None:
    assert collection(kind, namespace) == wanted


def test_item() -> None:
    assert item("Pod", "team", "iris-w0-0") == "/api/v1/namespaces/team/pods/iris-w0-0"
