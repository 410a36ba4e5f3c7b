"""The chart against a real API server, whatever values it takes."""

import subprocess

import pytest
import yaml

from cluster.api import Api
from cluster.installation import SYSTEM
from cluster.objects import a_namespace
from deploy.chart import CHART, render
from deploy.chart_readme import values_of
from localcluster import Cluster
from localcluster.binaries import ensure
from lsml_operator.api.judge import judge

VALUES: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "one replica": ("replicas=1",),
    "no replica": ("replicas=0",),
    "five replicas": ("replicas=5", "spreadOver=[]"),
    "one namespace": ("watchNamespace=default",),
    "one namespace, nothing of the cluster's": (
        "watchNamespace=default", "rbac.aggregate=false", "policies.enabled=false", "crds.enabled=false",
    ),
    "images by digest": (f"image.digest=sha256:{'0' * 64}", f"trainer.image.digest=sha256:{'1' * 64}"),
    "images by tag": (
        "image.tag=1.2.3", "image.pullPolicy=Always", "trainer.image.repository=localhost/trainer",
        "trainer.image.tag=1.2.3", "trainer.image.pullPolicy=Never",
    ),
    "a registry": ("image.repository=registry.example.com:5000/a/b", 'imagePullSecrets=[{"name":"mine"}]'),
    "another account": ("serviceAccount.create=false", "serviceAccount.name=default"),
    "an account with an identity": ('serviceAccount.annotations={"example.com/role":"a"}',),
    "places": (
        'nodeSelector={"a":"b"}', 'tolerations=[{"operator":"Exists"}]', "priorityClassName=system-cluster-critical",
        'affinity={"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"preference":'
        '{"matchExpressions":[{"key":"a","operator":"Exists"}]}}]}}',
    ),
    "marks": ('podAnnotations={"a/b":"c"}', 'podLabels={"d":"e"}', 'deploymentAnnotations={"f":"true"}'),
    "more for the container": (
        'extraEnv=[{"name":"HTTPS_PROXY","value":"http://proxy:3128"}]', 'extraEnvFrom=[{"configMapRef":{"name":"c"}}]',
        'extraVolumes=[{"name":"v","configMap":{"name":"c"}}]', 'extraVolumeMounts=[{"name":"v","mountPath":"/v"}]',
    ),
    "sizes": (
        "resources.requests.cpu=1", "resources.limits.cpu=1", "resources.requests.memory=1Gi",
        "resources.limits.memory=1Gi",
    ),
    "prices": ('prices={"cpu":0.04,"memory":0.005,"nvidia.com/gpu":2.5}', "currency=EUR", "logLevel=debug"),
    "prices by the machine": (
        'nodePrices=[{"matchLabels":{"a":"b"},"factor":0.3},{"matchLabels":{"c":"d"},"prices":{"cpu":1}}]',
    ),
    "no budget for drains": ("podDisruptionBudget.enabled=false",),
    "open networks": (
        "networkPolicy.enabled=false", 'jobs.networkPolicy.ingress=[{"from":[{"podSelector":{}}]}]',
        "jobs.networkPolicy.egress=null",
    ),
    "closed networks": (
        'networkPolicy.from=[{"namespaceSelector":{"matchLabels":{"a":"b"}}}]', "jobs.networkPolicy.egress=[]",
        "networkPolicy.apiServerPorts=[443]",
    ),
    "policies that only warn": ('policies.actions=["Warn","Audit"]', 'policies.exemptNamespaces=["a","b"]'),
    "policies that allow nothing": (
        "policies.allow.volumes=[]", "policies.allow.secrets=[]", "policies.allow.images=[]", "policies.allow.uris=[]",
        "policies.allow.priorityClasses=[]", "policies.allow.runtimeClasses=[]", "policies.allow.resources=[]",
        "policies.allow.serviceAccounts=[]", "policies.allow.audiences=[]",
    ),
    "policies that forbid nothing": ("policies.forbid.tolerations=[]", "policies.forbid.annotations=[]"),
    "a page of its own": ("dashboard.enabled=true",),
    "a page of one namespace": (
        "dashboard.enabled=true", "watchNamespace=default", "dashboard.resources.requests.cpu=1",
        "dashboard.resources.requests.memory=1Gi", "dashboard.resources.limits.memory=1Gi",
    ),
    "a dashboard for Grafana": ("monitoring.grafanaDashboard=true", 'monitoring.labels={"a":"b"}'),
    "a resource that goes with the chart": ("crds.keep=false",),
}  # fmt: skip


OF_ANOTHER_OPERATOR = {f"monitoring.{name}" for name in ("serviceMonitor", "podMonitor", "rules", "interval")}
"""Of kinds that this API server does not have."""


def test_every_value_is_tried() -> None:
    """At least once other than by default."""
    tried = {setting.partition("=")[0] for settings in VALUES.values() for setting in settings}
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    paths = {path for path, value in values_of(values) if not (isinstance(value, dict) and value)}
    assert {path for path in paths if path not in tried and not any(each.startswith(f"{path}.") for each in tried)} == (
        OF_ANOTHER_OPERATOR
    )


@pytest.fixture(scope="module")
def system(api: Api) -> str:
    """The namespace that the chart goes to: restricted pods only."""
    if api.find("Namespace", None, SYSTEM) is None:
        api.create(a_namespace(SYSTEM))
    return SYSTEM


@pytest.mark.parametrize("settings", VALUES.values(), ids=VALUES)
def test_the_api_server_takes_what_it_renders(
    cluster: Cluster, system: str, helm: str, settings: tuple[str, ...]
) -> None:
    """All of it, hooks too, in a namespace that enforces restricted Pod Security, without a warning."""
    manifest = render(helm, *settings, namespace=system, hooks=True)
    cluster.kubectl(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--warnings-as-errors", "--filename", "-",
        stdin=manifest,
    )  # fmt: skip


@pytest.mark.parametrize("namespace", ["", "team"])
def test_the_notes_have_a_first_job_that_can_be_pasted_into_a_shell(
    cluster: Cluster, helm: str, namespace: str
) -> None:
    values = f"watchNamespace={namespace},crds.enabled=false"  # the tests' own resource is there
    install = [helm, "install", "notes", str(CHART), "--dry-run=client", "--set", values]
    said = subprocess.run(install, env=cluster.environment(), capture_output=True, text=True, check=True).stdout
    pasted = said[said.index("kubectl" + (f" --namespace {namespace}" if namespace else "") + " apply") :]
    commands = "kubectl() { cat; }\n" + pasted.partition("\nEOF\n")[0] + "\nEOF\n"
    shell = subprocess.run(["bash", "-c", commands], capture_output=True, text=True, check=True)
    assert shell.stderr == ""
    assert judge(yaml.safe_load(shell.stdout)) == []


@pytest.fixture(scope="module")
def helm() -> str:
    """Helm in the pinned version."""
    return str(ensure(["helm"])["helm"])
