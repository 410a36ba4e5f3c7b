"""The operator with no more rights than it is installed with, and with fewer (FAULTS 20)."""

import base64
import json
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import yaml

from cluster.api import MERGE, Api, Object, path_of
from cluster.kubelet import Kubelet
from cluster.objects import a_job, a_namespace, a_report, a_strangers_pod, an_ending, condition, done, name_of, uid_of
from cluster.process import DashboardProcess, OperatorProcess
from cluster.space import Space
from cluster.waiting import until
from cluster.worker import a_worker, says
from deploy.chart import render
from localcluster import Cluster
from localcluster.binaries import ensure

NAMESPACE, ACCOUNT, DASHBOARD = "lsml-system", "lsml-operator", "lsml-dashboard"
NODE_PRICES = '[{"matchLabels":{"a":"b"},"factor":0.5}]'


@pytest.fixture(scope="module")
def installed(cluster: Cluster, api: Api) -> Iterator[None]:
    """Everything of the chart that brings a right along; its policies judge nobody else's tests."""
    on = ("crds.enabled=false", "dashboard.enabled=true", f"nodePrices={NODE_PRICES}")
    api.apply(a_namespace(NAMESPACE))
    manifest = render(str(ensure(["helm"])["helm"]), *on, namespace=NAMESPACE)
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", stdin=manifest)
    until("its service account is there", lambda: api.find("ServiceAccount", NAMESPACE, ACCOUNT))
    yield
    cluster.kubectl("delete", "validatingadmissionpolicybindings", "--all")


@pytest.fixture(scope="module")
def installed_operator(
    cluster: Cluster,
    api: Api,
    installed: None,
    new_operator: Callable[..., OperatorProcess],
    shared_operator: OperatorProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OperatorProcess]:
    """The operator as its service account, and no other."""
    shared_operator.stop()
    kubeconfig = tmp_path_factory.mktemp("account") / "kubeconfig"
    kubeconfig.write_text(json.dumps(kubeconfig_of(ACCOUNT, cluster, api)))
    operator = new_operator(
        "installed", kubeconfig, LSML_NAMESPACE=NAMESPACE, LSML_PRICES='{"cpu":1}', LSML_NODE_PRICES=NODE_PRICES
    )
    operator.start()
    yield operator
    operator.stop()


def kubeconfig_of(account: str, cluster: Cluster, api: Api) -> Object:
    """The administrator's kubeconfig with the account's token in place of his certificate."""
    config: Object = yaml.safe_load(cluster.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token_of(account, api)}
    return config


def token_of(account: str, api: Api) -> str:
    """As a pod of the account would have it."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = path_of("ServiceAccount", NAMESPACE, account, "token")
    token: str = api.request("POST", path, request)["status"]["token"]
    return token


@pytest.fixture
def operator(installed_operator: OperatorProcess, show_log: Callable[[OperatorProcess], None]) -> OperatorProcess:
    """The installed operator, whose log is shown if the test fails."""
    show_log(installed_operator)
    installed_operator.start()
    return installed_operator


def test_its_rights_are_enough(operator: OperatorProcess, space: Space, kubelet: Kubelet) -> None:
    """A crash, a replacement, a suspension, an end, a time to live: nothing of it is forbidden (FAULTS 20)."""
    space.create(a_job(ttlSecondsAfterFinished=2))
    kubelet.ends(space.until_pod("iris-w0-0"), 1, an_ending("InternalError", "no reason"))
    kubelet.runs(space.until_pod("iris-w0-1"))
    space.until_phase("Running")
    assert space.find("NetworkPolicy", "iris-workers")
    space.edit("TrainingJob", "iris", {"spec": {"suspend": True}})
    space.until_phase("Suspended")
    space.until_gone("Pod", "iris-w0-1")

    space.edit("TrainingJob", "iris", {"spec": {"suspend": False}})
    name = until("there is a live pod", space.live_pods, space.job)[0]
    kubelet.ends(space.get("Pod", name), 0, done())
    space.until_gone("TrainingJob", "iris")

    told = {event["reason"] for event in space.all("Event")}
    assert {"Starting", "WorkerCrashed", "Running", "Suspended", "Completed"} <= told
    assert "orbidden" not in operator.log_from(0)


def test_its_rights_are_enough_for_a_team(operator: OperatorProcess, space: Space, kubelet: Kubelet) -> None:
    """A Service is made, found again and taken away; a gang's gates are opened (FAULTS 20)."""
    space.create(a_job(workers={"replicas": 2, "min": 2, "gang": "strict"}))
    for name in ("iris-w0-0", "iris-w1-0"):
        space.until_pod(name)
        until(f"{name} may be scheduled", lambda name=name: "schedulingGates" not in space.get("Pod", name)["spec"])
    for name in ("iris-coordinator-0", "iris-w0-0", "iris-w1-0"):
        kubelet.runs(space.until_pod(name))
    space.until_phase("Running")
    assert space.find("Service", "iris-coordinator")
    kubelet.ends(space.get("Pod", "iris-w1-0"), 0, done())
    space.until_phase("Succeeded")
    space.until_gone("Service", "iris-coordinator")
    space.until_gone("Pod", "iris-w0-0")
    assert "orbidden" not in operator.log_from(0)


def token_secret_of(pod: Object) -> str | None:
    """The name of the Secret with the token that a pod has."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
    name: str | None = volumes.get("lsml-token", {}).get("secret", {}).get("secretName")
    return name


def test_a_worker_is_shown_what_is_in_its_secret(operator: OperatorProcess, space: Space, kubelet: Kubelet) -> None:
    """The operator derives it, and reads it nowhere; it goes with the job."""
    space.create(a_job())
    pod = space.until_pod()
    name = token_secret_of(pod)
    assert name is not None
    token = base64.b64decode(space.get("Secret", name)["data"]["token"]).decode()
    with a_worker(says(a_report(percent=50.0))) as worker:
        kubelet.runs(pod, worker.ip)
        space.until_job("its progress is known", lambda job: job["status"].get("progress"))
    assert {*worker.shown} == {f"Bearer {token}"}

    space.delete("TrainingJob", "iris")
    space.until_gone("Secret", name)


def test_pods_of_an_operator_that_gave_no_token_are_let_be_and_asked(
    operator: OperatorProcess, shared_operator: OperatorProcess, space: Space, kubelet: Kubelet
) -> None:
    """An upgrade restarts nobody, and whoever joins a team of before is as the others are."""
    operator.stop()
    shared_operator.start()  # outside of a cluster it has no key
    try:
        space.create(a_job(workers={"replicas": 1, "max": 2}))
        before = {name: space.until_pod(name) for name in ("iris-coordinator-0", "iris-w0-0")}
    finally:
        shared_operator.stop()
    operator.start()
    with a_worker(says(a_report(percent=50.0))) as worker:
        kubelet.runs(before["iris-coordinator-0"], worker.ip)
        kubelet.runs(before["iris-w0-0"])
        space.until_job("its progress is known", lambda job: job["status"].get("progress"))
        space.edit("TrainingJob", "iris", {"spec": {"workers": {"replicas": 2}}})
        joins = space.until_pod("iris-w1-0")
    assert {*worker.shown} == {None}
    assert [token_secret_of(pod) for pod in (*before.values(), joins)] == [None, None, None]
    assert {name: uid_of(space.get("Pod", name)) for name in before} == {n: uid_of(pod) for n, pod in before.items()}


def test_a_job_whose_pods_have_the_token_of_a_lost_key_says_so_and_is_seen_once_it_is_resumed(
    api: Api, operator: OperatorProcess, space: Space, kubelet: Kubelet
) -> None:
    """It trains on meanwhile."""
    space.create(a_job())
    pod = space.until_pod()
    operator.stop()
    api.delete("Secret", NAMESPACE, "lsml-token-key")
    operator.start()
    kubelet.runs(pod)
    job = space.until_job("it says why", lambda job: "TokenUnknown" in job["status"].get("findings", []))
    assert "their token was made of another key than the operator's" in job["status"]["diagnosis"]
    assert uid_of(space.get("Pod", name_of(pod))) == uid_of(pod)

    space.edit("TrainingJob", "iris", {"spec": {"suspend": True}})
    space.until_gone("Pod", name_of(pod))
    space.edit("TrainingJob", "iris", {"spec": {"suspend": False}})
    name = until("there is a live pod", space.live_pods, space.job)[0]
    with a_worker(says(a_report(percent=50.0))) as worker:
        kubelet.runs(space.get("Pod", name), worker.ip)
        space.until_job("its progress is known", lambda job: job["status"].get("progress"))
    secrets = {token_secret_of(found) for found in (pod, space.get("Pod", name))}
    assert {name_of(found) for found in space.all("Secret")} >= secrets
    assert len(secrets) == 2


def test_no_worker_without_its_guard(operator: OperatorProcess, space: Space, kubelet: Kubelet) -> None:
    """Where the NetworkPolicy cannot be made, no pod is (FAULTS 4, 62)."""
    space.create(a_strangers_policy("iris-workers"))
    space.create(a_job())

    job = space.until_reason("NameTaken")
    assert job["status"]["diagnosis"].startswith("networkpolicy iris-workers was refused: an object of that name is")
    assert space.all("Pod") == []

    space.delete("NetworkPolicy", "iris-workers")
    kubelet.runs(space.until_pod("iris-w0-0"))
    guard = space.get("NetworkPolicy", "iris-workers")
    assert guard["metadata"]["ownerReferences"][0]["uid"] == uid_of(job)
    space.until_phase("Running")


def a_strangers_policy(name: str) -> Object:
    """A policy that has nothing to do with any job."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
    }


def test_it_has_no_right_that_it_does_not_use(
    cluster: Cluster, api: Api, operator: OperatorProcess, space: Space, kubelet: Kubelet
) -> None:
    """What the API server was asked for in these tests is what the roles allow, no more and no less.

    Three rights are for what is odd: a name that is taken, a pod that has a machine and does not start, a job that is
    edited all the time.
    """
    space.create(a_strangers_pod("taken-w0-0"))
    space.create(a_job("taken"))
    space.create(a_job("odd"))
    kubelet.waits(space.until_pod("odd-w0-0"), "ContainerCreating", "")

    rights = granted(api, OF_THE_OPERATOR)

    def asked_for_all() -> bool:
        for number in range(1, 20):
            space.edit("TrainingJob", "odd", {"spec": {"backoffLimit": number}})
        return asked_for(cluster, ACCOUNT) >= rights

    until(
        "all rights were used", asked_for_all, lambda: [" ".join(odd) for odd in rights - asked_for(cluster, ACCOUNT)]
    )
    assert asked_for(cluster, ACCOUNT) == rights


def test_neither_has_the_dashboard(
    cluster: Cluster, api: Api, operator: OperatorProcess, space: Space, tmp_path: Path
) -> None:
    """A reader who may list jobs, pods and events looks at all jobs, and at one."""
    space.create(a_job())
    space.until_pod()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(kubeconfig_of(DASHBOARD, cluster, api)))
    dashboard = DashboardProcess(kubeconfig, tmp_path / "log")
    dashboard.start()
    try:
        for page in ("jobs", f"jobs/{space.name}/iris"):
            headers = {"Authorization": f"Bearer {token_of(ACCOUNT, api)}"}
            with urllib.request.urlopen(urllib.request.Request(f"{dashboard.url}/api/{page}", headers=headers)) as sent:  # noqa: S310  (our own port)
                assert sent.readline().startswith(b"event: job")
                assert "iris" in sent.readline().decode()
    finally:
        dashboard.stop()
    assert asked_for(cluster, DASHBOARD) == granted(api, OF_THE_DASHBOARD)


def asked_for(cluster: Cluster, account: str) -> set[tuple[str, str, str]]:
    """Group, resource and verb of every request that the account made."""
    events = [json.loads(line) for line in cluster.audit_log.read_text().splitlines()]
    mine = [event for event in events if event["user"]["username"] == f"system:serviceaccount:{NAMESPACE}:{account}"]
    objects = [(event["objectRef"], event["verb"]) for event in mine if "objectRef" in event]
    return {
        (ref.get("apiGroup", ""), "/".join(filter(None, (ref["resource"], ref.get("subresource")))), verb)
        for ref, verb in objects
    }


OF_THE_OPERATOR = (
    path_of("ClusterRole", None, ACCOUNT),
    path_of("ClusterRole", None, f"{ACCOUNT}-nodes"),
    path_of("Role", NAMESPACE, f"{ACCOUNT}-leader-election"),
    path_of("Role", NAMESPACE, f"{ACCOUNT}-token-key"),
)
OF_THE_DASHBOARD = (path_of("ClusterRole", None, DASHBOARD), path_of("ClusterRole", None, f"{DASHBOARD}-reviews"))


def granted(api: Api, roles: Iterable[str]) -> set[tuple[str, str, str]]:
    """Group, resource and verb of all that the roles give."""
    return {
        (group, resource, verb)
        for role in roles
        for rule in api.request("GET", role)["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_what_is_installed_is_admitted(api: Api, installed: None) -> None:
    """Its own pod passes the restricted Pod Security that its namespace enforces."""
    labels = {"labelSelector": "app.kubernetes.io/component=operator"}
    until(
        "there is a pod of the operator's deployment",
        lambda: api.request("GET", path_of("Pod", NAMESPACE), query=labels)["items"],
        lambda: api.request("GET", path_of("Event", NAMESPACE))["items"],
    )


def test_a_right_is_taken_away_and_given_back(
    api: Api, operator: OperatorProcess, space: Space, kubelet: Kubelet
) -> None:
    """The job says what is forbidden to whom; running ones run on; given back, it goes on by itself (FAULTS 20)."""
    space.create(a_job("running"))
    running = space.until_pod("running-w0-0")
    kubelet.runs(running)
    space.until_phase("Running", "running")
    role = path_of("ClusterRole", None, ACCOUNT)
    rules = api.request("GET", role)["rules"]
    api.request("PATCH", role, {"rules": [without_creating_pods(rule) for rule in rules]}, MERGE)
    try:
        until("pods are forbidden", lambda: not may_create_pods(api), lambda: api.request("GET", role)["rules"])
        space.create(a_job())

        job = space.until_reason("Forbidden")
        assert job["status"]["phase"] == "Pending"
        assert condition(job, "Stalled")["status"] == "True"
        assert (
            f'User "system:serviceaccount:{NAMESPACE}:{ACCOUNT}" cannot create resource "pods"'
            in job["status"]["diagnosis"]
        )
        kubelet.ends(running, 0, done())
        space.until_phase("Succeeded", "running")
    finally:
        api.request("PATCH", role, {"rules": rules}, MERGE)

    kubelet.runs(space.until_pod())
    space.until_phase("Running")
    assert uid_of(space.job()) == uid_of(job)


def without_creating_pods(rule: Object) -> Object:
    """The rule, less one verb."""
    verbs = [verb for verb in rule["verbs"] if verb != "create" or "pods" not in rule["resources"]]
    return rule | {"verbs": verbs}


def may_create_pods(api: Api) -> bool:
    """What the authorizer itself says."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}",
            "resourceAttributes": {"namespace": "default", "verb": "create", "resource": "pods"},
        },
    }
    answer = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    allowed: bool = answer["status"]["allowed"]
    return allowed
