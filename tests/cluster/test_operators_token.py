"""Whoever has the operator's token can make nothing but the pods, services and secrets of jobs (FAULTS 63)."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from cluster.api import DRY_RUN, MERGE, Api, Object, Refused, path_of
from cluster.installation import ACCOUNT, SYSTEM
from cluster.objects import a_job, a_strangers_pod, an_account, name_of
from cluster.policing import OWN_VOLUMES, SETTINGS, pods_of, tokened
from cluster.space import Space
from deploy.chart import CHART
from localcluster import Cluster
from lsml_operator.api.status import GangStatus, WorkerStatus
from lsml_operator.desired.coordinator import coordinator_service
from lsml_operator.desired.pod import worker_pod
from lsml_operator.desired.token_secret import token_secret
from lsml_operator.observe.read import read_job

pytestmark = pytest.mark.usefixtures("no_operator", "policies")


def a_token(*asked: Object) -> Object:
    """A volume with tokens of the pod's account, each for the audience that is asked for."""
    sources = [{"serviceAccountToken": {"path": f"token-{number}", **each}} for number, each in enumerate(asked)]
    return {"name": "lsml-tmp", "projected": {"sources": sources}}


ANOTHERS = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "iris", "uid": "0", "controller": True}
CONTAINER = "spec.containers.0"
WITH_THE_TOKEN: dict[str, tuple[str, Any, str]] = {
    "of nobody": ("metadata.ownerReferences", [], "nothing that does not belong to a TrainingJob"),
    "of another controller": ("metadata.ownerReferences", [ANOTHERS], "nothing that does not belong to a TrainingJob"),
    "of no job": ("metadata.labels", {}, "nothing that does not belong to a TrainingJob"),
    "of another job": ("metadata.labels", {"lsml.dev/job": "other"}, "nothing that does not belong to a TrainingJob"),
    "in the host's network": ("spec.hostNetwork", True, "no pod in the host's namespaces"),
    "among the host's processes": ("spec.hostPID", True, "no pod in the host's namespaces"),
    "in the host's shared memory": ("spec.hostIPC", True, "no pod in the host's namespaces"),
    "on a node of its choice": ("spec.nodeName", "control-plane", "past the scheduler"),
    "with the host's disk": (
        "spec.volumes", [{"name": "lsml-tmp", "hostPath": {"path": "/"}}], "no pod with a hostPath"
    ),
    "of any account": ("spec.serviceAccountName", "powerful", "no pod of a service account that jobs may not have"),
    "with a token of the API server's as a file": (
        "spec.volumes", [a_token({})], "no pod with a service account's token, but for sts.amazonaws.com"
    ),
    "with one for nobody in particular": (
        "spec.volumes", [a_token({"audience": ""})], "no pod with a service account's token, but for"
    ),
    "with one of the API server's by name": (
        "spec.volumes", [a_token({"audience": "https://kubernetes.default.svc"})],
        "no pod with a service account's token, but for",
    ),
    "with one among others": (
        "spec.volumes", [a_token({"audience": "sts.amazonaws.com"}, {})],
        "no pod with a service account's token, but for",
    ),
    "with a token": ("spec.automountServiceAccountToken", True, "no pod with a service account's token"),
    "as root": ("spec.securityContext.runAsUser", 0, "no pod that runs as root"),
    "as anybody": ("spec.securityContext.runAsNonRoot", False, "no pod that runs as root"),
    "with privileges": (f"{CONTAINER}.securityContext", {"privileged": True}, "no container with privileges"),
    "with more privileges later": (
        f"{CONTAINER}.securityContext.allowPrivilegeEscalation", True, "no container with privileges"
    ),
    "with a capability": (
        f"{CONTAINER}.securityContext.capabilities", {"add": ["SYS_ADMIN"]}, "no container with privileges"
    ),
    "on a port of the host": (f"{CONTAINER}.ports", [{"containerPort": 80, "hostPort": 80}], "no container with"),
    "with a container before": (
        "spec.initContainers", [{"name": "own", "image": "own", "securityContext": {"privileged": True}}],
        "no container with privileges",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def as_operator(cluster: Cluster, api: Api) -> Iterator[Api]:
    """Whoever has its token; beside it in the namespace `default` is an account that may more than others."""
    api.create(an_account("powerful", "default"))
    yield Api(cluster.kubeconfig, as_user=ACCOUNT)
    api.delete("ServiceAccount", "default", "powerful")


@pytest.mark.parametrize(("field", "value", "sentence"), WITH_THE_TOKEN.values(), ids=WITH_THE_TOKEN)
def test_the_operators_token_makes_no_such_pod(as_operator: Api, field: str, value: Any, sentence: str) -> None:
    """Not even in a namespace that would take it; while the operator's own pods pass."""
    job = a_job() | {"metadata": {"name": "iris", "namespace": "default", "uid": "0"}}
    for pod in pods_of(job):
        as_operator.create(tokened(pod), DRY_RUN)
        changed = copy.deepcopy(pod)
        set_at(changed, field, value)
        with pytest.raises(Refused) as refusal:
            as_operator.create(changed, DRY_RUN)
        assert sentence in refusal.value.message


AUDIENCES = yaml.safe_load((CHART / "values.yaml").read_text())["policies"]["allow"]["audiences"]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_token_that_a_cloud_adds_to_the_operators_pods_passes(as_operator: Api, audience: str) -> None:
    """As EKS and Azure do it by webhooks, whose pods the policies judge."""
    (pod, _) = pods_of(a_job() | {"metadata": {"name": "iris", "namespace": "default", "uid": "0"}})
    pod["spec"]["volumes"].append(a_token({"audience": audience}) | {"name": "added"})
    as_operator.create(pod, DRY_RUN)


WITH_AN_ACCOUNT = {
    "that is named": ("trainer", f"system:serviceaccount:{SYSTEM}:strict-lsml-operator"),
    "that begins so": ("bucket-reader", f"system:serviceaccount:{SYSTEM}:strict-lsml-operator"),
    "of which an administrator who exempts the namespace allows none": ("trainer", ACCOUNT),
}


@pytest.mark.parametrize(("account", "who"), WITH_AN_ACCOUNT.values(), ids=WITH_AN_ACCOUNT)
def test_workers_have_an_account_that_the_administrator_allows_and_no_token(
    cluster: Cluster, spaces: tuple[Space, Space], account: str, who: str
) -> None:
    """The operator makes these pods; the coordinator has nobody's account."""
    _, strict = spaces
    strict.api.apply(an_account(account, strict.name))
    job = strict.create(a_job(workers={"template": {"serviceAccountName": account}}), dry_run=True)
    operator = Api(cluster.kubeconfig, as_user=who)
    admitted = [operator.create(pod, DRY_RUN)["spec"] for pod in pods_of(job)]
    assert [pod["serviceAccountName"] for pod in admitted] == [account, "default"]
    for pod in admitted:
        assert pod["automountServiceAccountToken"] is False
        assert {kind for volume in pod.get("volumes", []) for kind in volume} <= OWN_VOLUMES


def test_the_operators_token_opens_the_gates_of_a_jobs_pod_and_changes_nothing_else(
    as_operator: Api, spaces: tuple[Space, Space]
) -> None:
    space = spaces[0]
    job = space.create(a_job("gated", workers={"replicas": 2, "min": 2, "gang": "strict"}))
    worker = WorkerStatus(index=0, attempt=0, state="Creating")
    pod = space.create(worker_pod(read_job(job), worker, SETTINGS, "10.96.0.7", GangStatus()))
    strangers = space.create(a_strangers_pod("stranger"))

    def changed(name: str, patch: Object) -> Object:
        return as_operator.request("PATCH", path_of("Pod", space.name, name), patch, MERGE)

    image = {"spec": {"containers": [{**pod["spec"]["containers"][0], "image": "theirs"}]}}
    with pytest.raises(Refused, match="changes nothing of a pod but its scheduling gates"):
        changed("gated-w0-0", image)
    with pytest.raises(Refused, match="nothing that does not belong to a TrainingJob"):
        changed("stranger", {"metadata": {"labels": {"a": "b"}}})
    owned = {key: pod["metadata"][key] for key in ("ownerReferences", "labels")}
    with pytest.raises(Refused, match="changes nothing of a pod but its scheduling gates"):
        changed(name_of(strangers), {"metadata": owned})
    assert "schedulingGates" not in changed("gated-w0-0", {"spec": {"schedulingGates": None}})["spec"]


@pytest.mark.parametrize("change", [{"type": "NodePort"}, {"type": "ClusterIP", "externalIPs": ["10.6.6.6"]}], ids=str)
def test_the_operators_token_makes_no_service_that_takes_others_traffic(as_operator: Api, change: Object) -> None:
    """CVE-2020-8554."""
    job = read_job(a_job() | {"metadata": {"name": "iris", "namespace": "default", "uid": "0", "resourceVersion": "1"}})
    service = coordinator_service(job)
    as_operator.create(service, DRY_RUN)
    with pytest.raises(Refused, match="no Service that is reached from outside"):
        as_operator.create(service | {"spec": service["spec"] | change}, DRY_RUN)


SECRETS: dict[str, Object] = {
    "of an account": {
        "type": "kubernetes.io/service-account-token",
        "metadata": {"annotations": {"kubernetes.io/service-account.name": "default"}},
    },
    "that lets a node join": {"type": "bootstrap.kubernetes.io/token"},
    "of a registry": {"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{}"}},
    "for somebody's own program": {"type": "Opaque"},
    "of nobody": {"metadata": {"ownerReferences": []}},
    "of another controller": {"metadata": {"ownerReferences": [ANOTHERS]}},
    "of another job": {"metadata": {"labels": {"lsml.dev/job": "other"}}},
    "of no job": {"metadata": {"labels": {}}},
    "under a name that others know": {"metadata": {"name": "database"}},
    "as a key, where no operator is": {
        "type": "lsml.dev/token-key",
        "metadata": {"name": "lsml-token-key", "ownerReferences": []},
    },
    "as another key": {
        "type": "lsml.dev/token-key",
        "metadata": {"name": "other", "namespace": SYSTEM, "ownerReferences": []},
    },
}


@pytest.mark.parametrize("change", SECRETS.values(), ids=SECRETS)
def test_the_operators_token_makes_no_such_secret(as_operator: Api, api: Api, change: Object) -> None:
    """While a job's token, and its own key, pass."""
    stored = a_job() | {"metadata": {"name": "iris", "namespace": "default", "uid": "0", "resourceVersion": "1"}}
    secret = token_secret(read_job(stored), bytes(32))
    as_operator.create(secret, DRY_RUN)
    key = {"type": "lsml.dev/token-key", "metadata": {"name": "lsml-token-key", "namespace": SYSTEM}}
    api.delete("Secret", SYSTEM, "lsml-token-key")  # that of another test's operator
    as_operator.create({"apiVersion": "v1", "kind": "Secret", **key}, DRY_RUN)
    metadata = secret["metadata"] | change.get("metadata", {})
    with pytest.raises(Refused, match="no secret but the token of a TrainingJob, and its own key"):
        as_operator.create({**secret, **change, "metadata": metadata}, DRY_RUN)


def test_the_operators_token_reads_no_secret_but_its_key(
    as_operator: Api, api: Api, spaces: tuple[Space, Space]
) -> None:
    """Not even one that it has made itself, and it changes and deletes none."""
    own = token_secret(read_job(spaces[0].create(a_job("tokened"))), bytes(32))
    api.create(own)
    name, patch = name_of(own), {"metadata": {"labels": {"a": "b"}}}
    for kind in (path_of("Secret", spaces[0].name, name), path_of("Secret", spaces[0].name), path_of("Secret", SYSTEM)):
        for method, body in (("GET", None), ("DELETE", {})):
            with pytest.raises(Refused, match="cannot"):
                as_operator.request(method, kind, body)
    with pytest.raises(Refused, match="cannot patch"):
        as_operator.request("PATCH", path_of("Secret", spaces[0].name, name), patch, MERGE)
    as_operator.find("Secret", SYSTEM, "lsml-token-key")  # there or not: it is told
    with pytest.raises(Refused, match="cannot get"):
        as_operator.find("Secret", SYSTEM, "another")


def set_at(document: Any, field: str, value: Any) -> None:
    """Set a field; numbers in its path are places in lists."""
    *way, last = field.split(".")
    for name in way:
        document = document[int(name)] if name.isdecimal() else document[name]
    document[last] = value
