"""The chart: what it renders from which values, and which values it refuses."""

import json
import subprocess
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import yaml

from deploy.chart import CHART, NAMESPACE, Object, Refused, objects, one, render
from deploy.chart_readme import README, comments, readme
from lsml_operator.desired.pod import worker_pod
from unit.operator.builders import SETTINGS, a_job, a_worker

VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
DIGEST = f"sha256:{'0123456789abcdef' * 4}"


def deployment(helm: str, *settings: str) -> Object:
    return one(objects(render(helm, *settings)), "Deployment")


def pod(helm: str, *settings: str) -> dict[str, Any]:
    spec: dict[str, Any] = deployment(helm, *settings)["spec"]["template"]["spec"]
    return spec


def operator(helm: str, *settings: str) -> dict[str, Any]:
    (container,) = pod(helm, *settings)["containers"]
    assert isinstance(container, dict)
    return container


def environment(helm: str, *settings: str) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in operator(helm, *settings)["env"] if "value" in variable}


def test_lint_finds_nothing(helm: str) -> None:
    done = subprocess.run([helm, "lint", "--strict", str(CHART)], capture_output=True, text=True, check=False)
    assert (done.returncode, "[WARNING]" in done.stdout) == (0, False), done.stdout


def test_by_default_it_installs_one_of_each(helm: str) -> None:
    kinds = sorted(f"{found['kind']}/{found['metadata']['name']}" for found in objects(render(helm)))
    assert kinds == [
        "ClusterRole/lsml-edit",
        "ClusterRole/lsml-operator",
        "ClusterRole/lsml-view",
        "ClusterRoleBinding/lsml-operator",
        "CustomResourceDefinition/trainingjobs.lsml.dev",
        "Deployment/lsml-operator",
        "NetworkPolicy/lsml-operator",
        "PodDisruptionBudget/lsml-operator",
        "Role/lsml-operator-leader-election",
        "Role/lsml-operator-token-key",
        "RoleBinding/lsml-operator-leader-election",
        "RoleBinding/lsml-operator-token-key",
        "Service/lsml-operator",
        "ServiceAccount/lsml-operator",
        "ValidatingAdmissionPolicy/lsml-jobs",
        "ValidatingAdmissionPolicy/lsml-operator",
        "ValidatingAdmissionPolicy/lsml-secrets",
        "ValidatingAdmissionPolicyBinding/lsml-jobs",
        "ValidatingAdmissionPolicyBinding/lsml-operator",
        "ValidatingAdmissionPolicyBinding/lsml-secrets",
    ]


def test_the_operator_passes_restricted_pod_security(helm: str) -> None:
    assert pod(helm)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert operator(helm)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert [next(iter(volume.keys() - {"name"})) for volume in pod(helm)["volumes"]] == ["emptyDir"]


def test_what_the_operator_is_told(helm: str) -> None:
    told = {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in operator(helm)["env"]}
    assert told == {
        "LSML_TRAINER_IMAGE": "lsml/trainer:0.1.0",
        "LSML_TRAINER_PULL_POLICY": "IfNotPresent",
        "LSML_WATCH_NAMESPACE": "",
        "LSML_LOG_LEVEL": "info",
        "LSML_INGRESS": "[]",
        "LSML_EGRESS": json.dumps(VALUES["jobs"]["networkPolicy"]["egress"], separators=(",", ":"), sort_keys=True),
        "LSML_PRICES": "{}",
        "LSML_NODE_PRICES": "[]",
        "LSML_CURRENCY": "USD",
        "LSML_OPEN_METRICS": "false",
        "LSML_NAMESPACE": {"fieldRef": {"fieldPath": "metadata.namespace"}},
        "LSML_POD_NAME": {"fieldRef": {"fieldPath": "metadata.name"}},
    }


def test_every_selector_finds_the_operator(helm: str) -> None:
    found = objects(render(helm))
    labels = one(found, "Deployment")["spec"]["template"]["metadata"]["labels"].items()
    selectors = (
        one(found, "Service")["spec"]["selector"],
        one(found, "Deployment")["spec"]["selector"]["matchLabels"],
        one(found, "Deployment")["spec"]["template"]["spec"]["topologySpreadConstraints"][0]["labelSelector"][
            "matchLabels"
        ],
        {"app.kubernetes.io/name": "lsml", "app.kubernetes.io/component": "operator"},  # the jobs' NetworkPolicies
    )
    assert [selector.items() <= labels for selector in selectors] == [True] * 4


IMAGES = {
    "a tag": (["image.tag=1.2.3"], "lsml/operator:1.2.3"),
    "another repository": (["image.repository=localhost/lsml-operator"], "localhost/lsml-operator:0.1.0"),
    "a digest wins": (["image.tag=1.2.3", f"image.digest={DIGEST}"], f"lsml/operator@{DIGEST}"),
}


@pytest.mark.parametrize(("settings", "image"), IMAGES.values(), ids=IMAGES)
def test_images(helm: str, settings: list[str], image: str) -> None:
    assert operator(helm, *settings)["image"] == image
    of_trainer = [f"trainer.{setting}" for setting in settings]
    assert environment(helm, *of_trainer)["LSML_TRAINER_IMAGE"] == image.replace("lsml/operator", "lsml/trainer")


POD_SETTINGS = {
    "nodeSelector": ('nodeSelector={"disk":"fast"}', {"disk": "fast"}),
    "tolerations": ('tolerations=[{"key":"gpu","operator":"Exists"}]', [{"key": "gpu", "operator": "Exists"}]),
    "affinity": ('affinity={"nodeAffinity":{}}', {"nodeAffinity": {}}),
    "imagePullSecrets": ('imagePullSecrets=[{"name":"mine"}]', [{"name": "mine"}]),
    "priorityClassName": ("priorityClassName=high", "high"),
}


@pytest.mark.parametrize(("field", "case"), POD_SETTINGS.items(), ids=POD_SETTINGS)
def test_placement_reaches_the_pod(helm: str, field: str, case: tuple[str, Any]) -> None:
    setting, wanted = case
    assert field not in pod(helm)
    assert pod(helm, setting)[field] == wanted


def test_labels_and_annotations_are_added_to_ours(helm: str) -> None:
    metadata = deployment(helm, "podLabels.team=ml", 'podAnnotations={"a/b":"c"}')["spec"]["template"]["metadata"]
    assert metadata["annotations"] == {"kubectl.kubernetes.io/default-container": "operator", "a/b": "c"}
    assert {"team": "ml", "app.kubernetes.io/component": "operator"}.items() <= metadata["labels"].items()


def test_another_service_account(helm: str) -> None:
    found = objects(render(helm, "serviceAccount.create=false", "serviceAccount.name=mine"))
    assert not [o for o in found if o["kind"] == "ServiceAccount"]
    assert one(found, "Deployment")["spec"]["template"]["spec"]["serviceAccountName"] == "mine"
    bindings = [o for o in found if o["kind"] in ("ClusterRoleBinding", "RoleBinding")]
    assert [b["subjects"] for b in bindings] == [
        [{"kind": "ServiceAccount", "name": "mine", "namespace": NAMESPACE}]
    ] * len(bindings)


def test_a_service_account_must_be_named_or_made(helm: str) -> None:
    with pytest.raises(Refused, match=r"serviceAccount.create is false: set serviceAccount.name to the one to use"):
        render(helm, "serviceAccount.create=false")


def test_replicas(helm: str) -> None:
    assert deployment(helm)["spec"]["replicas"] == 2
    assert deployment(helm, "replicas=3")["spec"]["replicas"] == 3


@pytest.mark.parametrize("setting", ["replicas=1", "podDisruptionBudget.enabled=false"])
def test_a_replica_alone_is_in_no_drains_way(helm: str, setting: str) -> None:
    assert not [o for o in objects(render(helm, setting)) if o["kind"] == "PodDisruptionBudget"]


def test_who_may_read_the_metrics(helm: str) -> None:
    port = {"ports": [{"port": "http", "protocol": "TCP"}]}
    assert network_policy(helm)["ingress"] == [port]
    peer = {"podSelector": {"matchLabels": {"app": "prometheus"}}}
    assert network_policy(helm, f"networkPolicy.from=[{json.dumps(peer)}]")["ingress"] == [port | {"from": [peer]}]
    assert not [o for o in objects(render(helm, "networkPolicy.enabled=false")) if o["kind"] == "NetworkPolicy"]


def network_policy(helm: str, *settings: str) -> dict[str, Any]:
    spec: dict[str, Any] = one(objects(render(helm, *settings)), "NetworkPolicy")["spec"]
    return spec


def test_the_operator_reaches_every_job_and_no_other_pod(helm: str) -> None:
    labels = worker_pod(a_job(), a_worker(), SETTINGS)["metadata"]["labels"]
    container = worker_pod(a_job(), a_worker(), SETTINGS)["spec"]["containers"][0]
    (rule,) = (rule for rule in network_policy(helm)["egress"] if "to" in rule)
    assert rule["to"][0]["podSelector"] == {"matchExpressions": [{"key": "lsml.dev/job", "operator": "Exists"}]}
    assert "lsml.dev/job" in labels
    assert rule["ports"] == [{"port": container["ports"][0]["name"], "protocol": "TCP"}]


EXTRA = {
    "env": ('extraEnv=[{"name":"A","value":"b"}]', {"name": "A", "value": "b"}),
    "envFrom": ('extraEnvFrom=[{"secretRef":{"name":"s"}}]', {"secretRef": {"name": "s"}}),
    "volumeMounts": ('extraVolumeMounts=[{"name":"v","mountPath":"/v"}]', {"name": "v", "mountPath": "/v"}),
}


@pytest.mark.parametrize(("field", "case"), EXTRA.items(), ids=EXTRA)
def test_what_is_added_to_the_operators_container(helm: str, field: str, case: tuple[str, Object]) -> None:
    setting, wanted = case
    assert operator(helm, setting)[field] == [*operator(helm).get(field, []), wanted]


def test_what_is_added_to_the_operators_pod(helm: str) -> None:
    volume = {"name": "v", "configMap": {"name": "c"}}
    assert pod(helm, f"extraVolumes=[{json.dumps(volume)}]")["volumes"] == [*pod(helm)["volumes"], volume]
    assert "topologySpreadConstraints" not in pod(helm, "spreadOver=[]")


def test_helm_test_asks_the_operator_whether_it_is_ready(helm: str) -> None:
    found = objects(render(helm, hooks=True))
    (tests,) = (o for o in found if o["kind"] == "Pod")
    assert tests["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert not one(found, "Service")["spec"]["selector"].items() <= tests["metadata"]["labels"].items()
    service = one(found, "Service")
    (port,) = service["spec"]["ports"]
    host = service["metadata"]["name"].upper().replace("-", "_") + "_SERVICE_HOST"
    program = tests["spec"]["containers"][0]["command"][-1]
    assert f'os.environ["{host}"]' in program
    assert f":{port['port']}/readyz" in program
    compile(program, "ready", "exec")


def test_the_charts_readme_is_made_of_its_values() -> None:
    assert README.read_text() == readme(), "run `make generate`"


def test_every_value_of_the_readme_is_said_something_of_or_speaks_for_itself() -> None:
    paths = dict(comments((CHART / "values.yaml").read_text()))
    assert paths["policies.allow.uris"].startswith("Where data, models, checkpoints and predictions may be")
    assert paths["crds.keep"] == (
        "Leave the resource, and with it every TrainingJob, in the cluster when the chart is uninstalled."
    )


def test_the_resource_is_kept_on_uninstall_and_otherwise_as_generated(helm: str) -> None:
    generated = yaml.safe_load((CHART / "crd" / "trainingjobs.lsml.dev.yaml").read_text())
    assert one(objects(render(helm, "crds.keep=false")), "CustomResourceDefinition") == generated

    kept = one(objects(render(helm)), "CustomResourceDefinition")
    assert kept["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
    assert kept == generated


def test_the_resource_may_be_left_to_others(helm: str) -> None:
    assert not [o for o in objects(render(helm, "crds.enabled=false")) if o["kind"] == "CustomResourceDefinition"]


METADATA_SERVERS = ("169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fe80::a9fe:a9fe")


@pytest.mark.parametrize("address", METADATA_SERVERS)
def test_a_job_does_not_reach_what_gives_a_machines_credentials(address: str) -> None:
    rules = VALUES["jobs"]["networkPolicy"]["egress"]
    where = [rule["to"] for rule in rules if {port["port"] for port in rule["ports"]} != {53}]
    assert where
    assert not [
        block
        for peers in where
        for block in (peer["ipBlock"] for peer in peers)
        if within(address, block["cidr"]) and not any(within(address, less) for less in block["except"])
    ]


def within(address: str, network: str) -> bool:
    return ip_address(address) in ip_network(network)


def test_a_job_may_be_let_out_to_everybody(helm: str) -> None:
    assert environment(helm, "jobs.networkPolicy.egress=null")["LSML_EGRESS"] == "null"


JUDGED = {
    "every namespace": ((), None),
    "the one that is watched": (
        ("watchNamespace=team",),
        [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team"]}],
    ),
    "all but some": (
        ('policies.exemptNamespaces=["trusted"]',),
        [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["trusted"]}],
    ),
}


@pytest.mark.parametrize(("settings", "expressions"), JUDGED.values(), ids=JUDGED)
def test_whose_jobs_are_judged(helm: str, settings: tuple[str, ...], expressions: Any) -> None:
    found = objects(render(helm, *settings))
    selector = {"matchResources": {"namespaceSelector": {"matchExpressions": expressions}}} if expressions else {}
    assert one(found, "ValidatingAdmissionPolicyBinding", "lsml-jobs")["spec"] == {
        "policyName": "lsml-jobs",
        "validationActions": ["Deny"],
        **selector,
    }
    assert "matchResources" not in one(found, "ValidatingAdmissionPolicyBinding", "lsml-operator")["spec"]


def test_policies_may_be_left_to_others(helm: str) -> None:
    assert not [o for o in objects(render(helm, "policies.enabled=false")) if o["kind"].startswith("Validating")]


REFUSED = {
    "a pattern with a star inside": ('policies.allow.images=["a*b"]', "at '/policies/allow/images/0'"),
    "an action that is none": ('policies.actions=["Refuse"]', "at '/policies/actions/0'"),
    "a volume that the schema does not have": ('policies.allow.volumes=["hostPath"]', "at '/policies/allow/volumes/0'"),
    "a key that is not known": ("replicaCount=2", "additional properties 'replicaCount' not allowed"),
    "one further down": ("image.name=x", "at '/image': additional properties 'name' not allowed"),
    "a log level that is none": ("logLevel=loud", "at '/logLevel': value must be one of"),
    "a pull policy that is none": ("trainer.image.pullPolicy=always", "at '/trainer/image/pullPolicy'"),
    "a price below nothing": ('prices={"cpu":-1}', "at '/prices/cpu'"),
    "a price of no machine": ('nodePrices=[{"matchLabels":{},"factor":1}]', "at '/nodePrices/0/matchLabels'"),
    "a machine without a price": ('nodePrices=[{"matchLabels":{"a":"b"}}]', "at '/nodePrices/0'"),
    "a digest that is none": ("image.digest=sha256:abc", "at '/image/digest'"),
    "no number of replicas": ("replicas=many", "at '/replicas': got string, want integer"),
    "a namespace that cannot be": ("watchNamespace=Team_A", "at '/watchNamespace'"),
    "an affinity that is none": ('affinity={"nodes":{}}', "at '/affinity': additional properties 'nodes' not allowed"),
    "resources of another kind": (
        "resources.limit.cpu=1",
        "at '/resources': additional properties 'limit' not allowed",
    ),
}


@pytest.mark.parametrize(("setting", "sentence"), REFUSED.values(), ids=REFUSED)
def test_the_schema_refuses(helm: str, setting: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        render(helm, setting)
    assert sentence in str(refusal.value)


def test_the_schema_knows_every_value_and_no_other() -> None:
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    assert _paths_of(VALUES, schema, schema) == []


def _paths_of(values: Any, schema: Any, root: Any, at: str = "") -> list[str]:
    """The paths that only one of the two has; what a schema leaves to its user is not looked into."""
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    known = schema.get("properties", {})
    if not isinstance(values, dict) or schema.get("additionalProperties", True) is not False or at == ".affinity":
        return []
    odd = [f"{at}.{name}" for name in set(values) ^ (set(known) - {"global"})]
    return odd + [
        path for name in set(values) & set(known) for path in _paths_of(values[name], known[name], root, f"{at}.{name}")
    ]
