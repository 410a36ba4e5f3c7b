"""The dashboard in the chart: off by default, and on it may read what it shows and ask what others may see."""

import pytest

from deploy.chart import NAMESPACE, objects, one, render
from deploy.test_rbac import as_grants, grants

READS = {"lsml.dev trainingjobs": "list watch", " pods": "list watch", " events": "list"}
ASKS = {"authentication.k8s.io tokenreviews": "create", "authorization.k8s.io subjectaccessreviews": "create"}
ON = "dashboard.enabled=true"


def test_it_is_off_by_default(helm: str) -> None:
    assert not [o for o in objects(render(helm)) if "dashboard" in o["metadata"]["name"]]


def test_what_it_is_made_of(helm: str) -> None:
    mine = [o for o in objects(render(helm, ON)) if "dashboard" in o["metadata"]["name"]]
    assert sorted(f"{o['kind']}/{o['metadata']['name']}" for o in mine) == [
        "ClusterRole/lsml-dashboard",
        "ClusterRole/lsml-dashboard-reviews",
        "ClusterRoleBinding/lsml-dashboard",
        "ClusterRoleBinding/lsml-dashboard-reviews",
        "Deployment/lsml-dashboard",
        "NetworkPolicy/lsml-dashboard",
        "Service/lsml-dashboard",
        "ServiceAccount/lsml-dashboard",
    ]
    assert {o["metadata"].get("namespace") for o in mine} == {None, NAMESPACE}


@pytest.mark.parametrize(("namespace", "kind"), [("", "ClusterRole"), ("team-a", "Role")], ids=["all", "one"])
def test_it_may_read_what_it_shows_and_ask_what_others_may_see(helm: str, namespace: str, kind: str) -> None:
    found = objects(render(helm, ON, f"watchNamespace={namespace}"))
    assert sorted(grants(one(found, kind, "lsml-dashboard"))) == sorted(as_grants(READS))
    assert sorted(grants(one(found, "ClusterRole", "lsml-dashboard-reviews"))) == sorted(as_grants(ASKS))
    bindings = [o for o in found if o["kind"].endswith("RoleBinding") and "dashboard" in o["metadata"]["name"]]
    account = {"kind": "ServiceAccount", "name": "lsml-dashboard", "namespace": NAMESPACE}
    assert {binding["roleRef"]["name"]: binding["subjects"] for binding in bindings} == {
        "lsml-dashboard": [account],
        "lsml-dashboard-reviews": [account],
    }


def test_it_asks_the_api_server_and_nobody_else(helm: str) -> None:
    found = objects(render(helm, ON))
    mine, operators = (one(found, "NetworkPolicy", f"lsml-{name}")["spec"] for name in ("dashboard", "operator"))
    pod = one(found, "Deployment", "lsml-dashboard")["spec"]["template"]
    assert mine["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert not mine["podSelector"]["matchLabels"].items() <= operators["podSelector"]["matchLabels"].items()
    assert mine["ingress"] == [{"ports": [{"port": "http", "protocol": "TCP"}]}]
    assert mine["egress"] == [rule for rule in operators["egress"] if "to" not in rule]
    assert not [o for o in objects(render(helm, ON, "networkPolicy.enabled=false")) if o["kind"] == "NetworkPolicy"]


def test_it_is_the_operators_image_as_nobody_with_a_read_only_root(helm: str) -> None:
    pod = one(objects(render(helm, ON, "image.tag=1.2.3")), "Deployment", "lsml-dashboard")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (container["image"], container["command"]) == (
        "lsml/operator:1.2.3",
        ["python", "-m", "lsml_operator.dashboard"],
    )
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_its_service_finds_it_and_not_the_operator(helm: str) -> None:
    found = objects(render(helm, ON))
    for name in ("lsml-dashboard", "lsml-operator"):
        selector = one(found, "Service", name)["spec"]["selector"].items()
        pods = {
            o["metadata"]["name"]: o["spec"]["template"]["metadata"]["labels"].items()
            for o in found
            if o["kind"] == "Deployment"
        }
        assert [pod for pod, labels in pods.items() if selector <= labels] == [name]
