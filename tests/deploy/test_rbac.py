"""What the operator and its users may do: exactly this."""

from collections.abc import Iterator

import pytest

from deploy.chart import Object, objects, one, render
from lsml_operator.token_key import NAME

Grant = tuple[str, str, str]
"""A group, a resource and a verb."""

OF_THE_OPERATOR = {
    "lsml.dev trainingjobs": "get list watch delete",
    "lsml.dev trainingjobs/status": "patch",
    " pods": "get list watch create patch delete",
    " services": "get create delete",
    " secrets": "create",
    " events": "list",
    "events.k8s.io events": "create",
    "networking.k8s.io networkpolicies": "get create",
}
OF_THE_LEASE = {"coordination.k8s.io leases": "get create update"}
OF_THE_KEY = {" secrets": "create get"}
OF_VIEWERS = {
    "lsml.dev trainingjobs": "get list watch",
    "lsml.dev trainingjobs/status": "get",
    "lsml.dev trainingjobs/scale": "get",
}
OF_EDITORS = {
    "lsml.dev trainingjobs": "create update patch delete deletecollection",
    "lsml.dev trainingjobs/scale": "update patch",
}


def grants(role: Object) -> Iterator[Grant]:
    for rule in role["rules"]:
        assert rule.keys() - {"resourceNames"} == {"apiGroups", "resources", "verbs"}
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield group, resource, verb


def as_grants(table: dict[str, str]) -> list[Grant]:
    return [(*line.split(" "), verb) for line, verbs in table.items() for verb in verbs.split()]  # type: ignore[misc]


ROLES = {
    "the operator": ("ClusterRole", "lsml-operator", OF_THE_OPERATOR),
    "the operator's lease": ("Role", "lsml-operator-leader-election", OF_THE_LEASE),
    "the operator's key": ("Role", "lsml-operator-token-key", OF_THE_KEY),
    "viewers": ("ClusterRole", "lsml-view", OF_VIEWERS),
    "editors": ("ClusterRole", "lsml-edit", OF_EDITORS),
}


@pytest.mark.parametrize(("kind", "name", "table"), ROLES.values(), ids=ROLES)
def test_roles(helm: str, kind: str, name: str, table: dict[str, str]) -> None:
    assert sorted(grants(one(objects(render(helm)), kind, name))) == sorted(as_grants(table))


SPOT = 'nodePrices=[{"matchLabels":{"karpenter.sh/capacity-type":"spot"},"factor":0.3}]'


def test_nodes_are_read_only_where_prices_depend_on_them(helm: str) -> None:
    wanted = sorted(as_grants({" nodes": "list watch"}))
    assert sorted(grants(one(objects(render(helm, SPOT)), "ClusterRole", "lsml-operator-nodes"))) == wanted
    roles = [o for o in objects(render(helm)) if o["kind"] in ("Role", "ClusterRole")]
    assert "nodes" not in {resource for role in roles for _, resource, _ in grants(role)}


@pytest.mark.parametrize(
    "settings",
    [(), ("watchNamespace=team-a",), (SPOT,), ("dashboard.enabled=true",)],
    ids=["all namespaces", "one namespace", "prices by node", "with a page"],
)
def test_no_role_has_a_wildcard_or_exec(helm: str, settings: tuple[str, ...]) -> None:
    roles = [o for o in objects(render(helm, *settings)) if o["kind"] in ("Role", "ClusterRole")]
    given = [grant for role in roles for grant in grants(role)]
    assert given
    for group, resource, verb in given:
        assert "*" not in f"{group}{resource}{verb}"
        assert resource.split("/")[0] not in ("serviceaccounts", "roles", "rolebindings", "clusterroles")
        assert resource not in ("pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers")
        assert verb not in ("escalate", "bind", "impersonate")


@pytest.mark.parametrize("settings", [(), ("watchNamespace=team-a",), ("dashboard.enabled=true",)], ids=str)
def test_of_secrets_none_is_read_but_the_operators_key(helm: str, settings: tuple[str, ...]) -> None:
    roles = [o for o in objects(render(helm, *settings)) if o["kind"] in ("Role", "ClusterRole")]
    rules = [(role, rule) for role in roles for rule in role["rules"] if "secrets" in rule["resources"]]
    assert [rule["verbs"] for _, rule in rules] == [["create"], ["create"], ["get"]]
    (reads,) = ((role, rule) for role, rule in rules if rule["verbs"] == ["get"])
    assert (reads[0]["kind"], reads[0]["metadata"]["namespace"]) == ("Role", "lsml-system")
    assert reads[1]["resourceNames"] == [NAME]


def test_with_watch_namespace_the_operator_can_do_nothing_elsewhere(helm: str) -> None:
    found = objects(render(helm, "watchNamespace=team-a", "rbac.aggregate=false", "crds.enabled=false"))
    assert not [o for o in found if o["kind"].startswith("Cluster")]
    role = one(found, "Role", "lsml-operator")
    assert role["metadata"]["namespace"] == "team-a"
    assert sorted(grants(role)) == sorted(as_grants(OF_THE_OPERATOR))
    binding = one(found, "RoleBinding", "lsml-operator")
    assert (binding["metadata"]["namespace"], binding["roleRef"]["kind"]) == ("team-a", "Role")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "lsml-operator", "namespace": "lsml-system"}]


def test_every_binding_gives_a_role_that_exists(helm: str) -> None:
    found = objects(render(helm))
    bindings = [o for o in found if o["kind"].endswith("RoleBinding")]
    assert [one(found, b["roleRef"]["kind"], b["roleRef"]["name"])["kind"] for b in bindings] == [
        "ClusterRole",
        "Role",
        "Role",
    ]


def test_the_clusters_own_roles_take_in_ours(helm: str) -> None:
    found = objects(render(helm))
    labels = {
        name: sorted(
            label.removeprefix("rbac.authorization.k8s.io/aggregate-to-")
            for label, value in one(found, "ClusterRole", name)["metadata"]["labels"].items()
            if label.startswith("rbac.authorization.k8s.io/") and value == "true"
        )
        for name in ("lsml-view", "lsml-edit", "lsml-operator")
    }
    assert labels == {"lsml-view": ["admin", "edit", "view"], "lsml-edit": ["admin", "edit"], "lsml-operator": []}
