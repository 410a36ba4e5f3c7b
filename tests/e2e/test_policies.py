"""NetworkPolicies are tried, not read: who connects to whom, as the local cluster's nodes enforce them.

A connection is `blocked` only where a firewall says so; a port where nobody listens is `closed`. The numbers are those
of the list of faults.
"""

import csv
import json
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from socket import AF_INET, SOCK_DGRAM, socket
from urllib.request import urlopen

import pytest
from pyarrow import fs
from sklearn.datasets import load_iris

from e2e.images import TRAINER
from e2e.jobs import a_job, a_long_job
from e2e.kube import WAIT, WAIT_SECONDS, Kube, Object, wait_for
from e2e.test_elastic import a_team, pod_of, run_together
from e2e.test_faults import operator_pod
from stores.server import s3_server

pytestmark = pytest.mark.e2e

STORE, ELSEWHERE = 9000, 9999
"""Ports of this machine: that of an object store, and one that no job is let out to."""
KEYS = {"AWS_ACCESS_KEY_ID": "whose-key-this-is", "AWS_SECRET_ACCESS_KEY": "what-nobody-is-told"}
WITH_KEYS = {"template": {"envFrom": [{"secretRef": {"name": "bucket-keys"}}]}}
METADATA_SERVER = "169.254.169.254:80"
QUORUM, PROGRESS, OPERATOR, DASHBOARD = 29510, 8080, 8081, 8082

CONNECT = """
import errno, json, socket, sys
def answer(target):
    host, port = target.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        return {errno.EHOSTUNREACH: "blocked", errno.ECONNREFUSED: "closed"}.get(error.errno, repr(error))
    return "open"
print(json.dumps({target: answer(target) for target in sys.argv[1:]}))
"""
LISTENING = """
listening = [line.split() for family in ("tcp", "tcp6") for line in open(f"/proc/net/{family}").readlines()[1:]]
ports = {line[1].rsplit(":", 1)[1] for line in listening if line[3] == "0A" and "0100007F" not in line[1]}
print(*(int(port, 16) for port in ports))
"""
ASK = """
import http.client, json, os, sys
token = open(os.environ["LSML_TOKEN_FILE"]).read()
def answer(method, path, headers):
    connection = http.client.HTTPConnection(sys.argv[1], timeout=60)
    connection.request(method, path, b"{}" if method == "POST" else None, headers)
    return connection.getresponse().status
asked = ("GET", "/progress"), ("GET", "/metrics"), ("POST", "/reports/w9-0"), ("GET", "/healthz")
shown = {"Authorization": "Bearer " + token}
print(json.dumps([[answer(*each, {}) for each in asked], [answer(*each, shown) for each in asked], token]))
"""
ASK_FOR_A_NAME = """
import socket, sys
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.settimeout(5)
asking.sendto(b"who?", (sys.argv[1], 53))
print(asking.recv(100).decode())
"""


def inside(kube: Kube, pod: str, program: str, *arguments: str) -> str:
    """What a Python program prints in a pod."""
    return kube("exec", pod, "--", "python", "-c", program, *arguments)


def connect(kube: Kube, pod: str, *targets: str) -> dict[str, str]:
    """HOST:PORT -> open, closed, blocked, or what else happened, from within a pod."""
    answers: dict[str, str] = json.loads(inside(kube, pod, CONNECT, *targets))
    return answers


def name_of(pod: Object) -> str:
    name: str = pod["metadata"]["name"]
    return name


def at(pod: Object, *ports: int) -> list[str]:
    return [f"{pod['status']['podIP']}:{port}" for port in ports]


@pytest.fixture(scope="module")
def outside(kube: Kube) -> str:
    """This machine's address, as pods see it: that of no pod."""
    (api_server,) = Kube(kube.cluster, "default").every("endpointslices", "kubernetes.io/service-name=kubernetes")
    address: str = api_server["endpoints"][0]["addresses"][0]
    return address


@pytest.fixture(scope="module")
def store(kube: Kube, outside: str) -> Iterator[fs.S3FileSystem]:
    """An object store on this machine with iris in it; jobs have its keys as SECURITY.md says."""
    address = f"http://{outside}:{STORE}"
    with s3_server(outside, STORE) as store:
        with store.open_output_stream("rows/flowers.csv") as stream:
            stream.write(table_of_flowers().encode())
        recorder(address, "start", b"")
        keys = {**KEYS, "AWS_ENDPOINT_URL": address}
        kube.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bucket-keys"}, "stringData": keys})
        yield store


def recorder(address: str, order: str, content: bytes | None = None) -> str:
    """What the store's record of its requests answers to an order."""
    with urlopen(f"{address}/moto-api/recorder/{order}-recording", content, timeout=10) as answer:  # noqa: S310  (our own)
        words: str = answer.read().decode()
        return words


def table_of_flowers() -> str:
    """Iris, as a store has it."""
    x, y = load_iris(return_X_y=True)
    rows = [",".join([*map(str, features), f"kind-{label}"]) for features, label in zip(x, y, strict=True)]
    return "\n".join(["a,b,c,d,kind", *rows]) + "\n"


@pytest.fixture(scope="module", autouse=True)
def jobs(kube: Kube, store: fs.S3FileSystem) -> None:
    """A team and somebody else train for as long as it takes; `learns` asks the store."""
    del store
    small = {"resources": {"requests": {"cpu": "50m"}}}
    data = {"train": {"uri": "s3://rows/flowers.csv", "label": "kind"}, "standardize": True}
    kube.apply(
        a_team("guarded", 2, epochs=1_000_000),
        a_long_job("stranger", workers=small),
        a_job("learns", data=data, output="s3://kept/learned", workers=WITH_KEYS),
    )
    kube.until("guarded", run_together(2))
    kube.until_phase("stranger", "Running")


@pytest.fixture(scope="module")
def abroad(kube: Kube) -> Iterator[Kube]:
    """Another namespace, with a pod `visitor` that nobody confines and that calls itself one of the team."""
    abroad = Kube(kube.cluster, f"{kube.namespace}-abroad")
    kube("create", "namespace", abroad.namespace)
    container = {"name": "visitor", "image": TRAINER, "command": ["python", "-c", "import time; time.sleep(86_400)"]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "visitor", "labels": {"lsml.dev/job": "guarded"}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }
    abroad.apply(pod)
    abroad("wait", "--for=condition=Ready", "pod/visitor", WAIT)
    yield abroad
    abroad("delete", "namespace", abroad.namespace, "--wait=false")


@pytest.fixture(scope="module")
def team_ports(kube: Kube) -> list[str]:
    """Wherever the pods of the team listen and reach each other; some ports are others when somebody has joined."""
    pods = [pod_of(kube, "guarded", part) for part in ("coordinator", "w0", "w1")]
    found: dict[str, str] = {}

    def look() -> bool:
        ports = [(pod, map(int, inside(kube, name_of(pod), LISTENING).split())) for pod in pods]
        targets = [target for pod, open_ports in ports for target in at(pod, *open_ports)]
        found.clear()
        found.update(connect(kube, name_of(pods[1]), *targets))
        return {*found.values()} == {"open"}

    wait_for(look, WAIT_SECONDS, lambda: str(found))
    assert {*at(pods[0], QUORUM, PROGRESS), *at(pods[1], PROGRESS), *at(pods[2], PROGRESS)} < {*found}
    return [*found]


def all_are(answer: str, targets: list[str]) -> dict[str, str]:
    return dict.fromkeys(targets, answer)


def test_each_of_a_team_reaches_all_of_it(kube: Kube, team_ports: list[str]) -> None:
    assert connect(kube, name_of(pod_of(kube, "guarded", "w1")), *team_ports) == all_are("open", team_ports)


def test_who_may_connect_to_a_coordinator_and_has_no_token_is_told_nothing(kube: Kube) -> None:
    """Those who do have it in a file; but for its Secret it stands in no object."""
    coordinator, worker = (pod_of(kube, "guarded", part) for part in ("coordinator", "w1"))
    strangers, members, token = json.loads(inside(kube, name_of(worker), ASK, *at(coordinator, PROGRESS)))
    assert (strangers, members) == ([401, 401, 401, 200], [200, 200, 400, 200])  # 400: it is no report
    assert token not in kube("get", "trainingjobs,pods,services,events", "-o", "json")
    assert b64encode(token.encode()).decode() in kube("get", "secrets", "-l", "lsml.dev/job=guarded", "-o", "json")
    seen = kube.status("guarded")["progress"]["step"]
    kube.until("guarded", lambda status: status["progress"]["step"] > seen)


def test_another_job_reaches_no_port_of_a_team(kube: Kube, team_ports: list[str]) -> None:
    """62"""
    assert connect(kube, name_of(pod_of(kube, "stranger", "w0")), *team_ports) == all_are("blocked", team_ports)


def test_another_namespace_reaches_no_port_of_a_team(abroad: Kube, team_ports: list[str]) -> None:
    """62: whatever a pod there is called."""
    assert connect(abroad, "visitor", *team_ports) == all_are("blocked", team_ports)


def test_the_operator_reaches_the_progress_and_nothing_else_of_a_job(kube: Kube, system: Kube, outside: str) -> None:
    coordinator = pod_of(kube, "guarded", "coordinator")
    progress, quorum = at(coordinator, PROGRESS, QUORUM)
    api_server, store = f"{outside}:6443", f"{outside}:{STORE}"
    answers = connect(system, name_of(operator_pod(system)), progress, quorum, api_server, store)
    assert answers == {progress: "open", quorum: "blocked", api_server: "open", store: "blocked"}


def test_whoever_scrapes_or_looks_reaches_the_operator_and_the_dashboard(abroad: Kube, system: Kube) -> None:
    dashboard = next(p for p in system.every("pods", "app.kubernetes.io/component=dashboard"))
    operator = operator_pod(system)
    served = [*at(operator, OPERATOR), *at(dashboard, DASHBOARD)]
    others = [*at(operator, ELSEWHERE), *at(dashboard, ELSEWHERE)]
    assert connect(abroad, "visitor", *served, *others) == all_are("open", served) | all_are("blocked", others)


def test_a_job_is_let_out_to_stores_and_to_dns_only(kube: Kube, outside: str) -> None:
    pod = name_of(pod_of(kube, "stranger", "w0"))
    store, elsewhere, api_server = (f"{outside}:{port}" for port in (STORE, ELSEWHERE, 6443))
    with listening(outside, ELSEWHERE), answering_names(outside):
        answers = connect(kube, pod, store, elsewhere, api_server, METADATA_SERVER)
        assert inside(kube, pod, ASK_FOR_A_NAME, outside).strip() == "nobody"
    assert answers == {store: "open", elsewhere: "blocked", api_server: "blocked", METADATA_SERVER: "blocked"}


def test_a_job_learns_from_a_bucket_and_another_predicts_by_its_model(
    kube: Kube, system: Kube, store: fs.S3FileSystem, outside: str
) -> None:
    """All of it in the bucket, by the keys of a Secret, which stand nowhere else."""
    kube.until_phase("learns", "Succeeded")
    predicts = a_job("predicts")
    predicts["spec"] = {
        "model": {"from": "s3://kept/learned"},
        "predict": {"data": {"uri": "s3://rows/flowers.csv"}, "output": "s3://kept/predicted"},
        "workers": WITH_KEYS,
    }
    kube.apply(predicts)
    kube.until_phase("predicts", "Succeeded")
    kept = {
        found.path: store.open_input_file(found.path).read()
        for found in store.get_file_info(fs.FileSelector("kept", recursive=True))
        if found.is_file
    }
    rows = [*csv.DictReader(kept["kept/predicted/part-00000.csv"].decode().splitlines())]
    assert [row["kind"] for row in rows] == [row["kind"] for row in csv.DictReader(table_of_flowers().splitlines())]
    assert sum(row["kind"] == row["prediction"] for row in rows) >= 140

    asked = recorder(f"http://{outside}:{STORE}", "download")
    assert f"Credential={KEYS['AWS_ACCESS_KEY_ID']}/" in asked
    told = [kube("get", "trainingjobs,pods,services,networkpolicies,events", "-o", "json"), str(kept)]
    told += [kube("logs", name_of(pod)) for job in ("learns", "predicts") for pod in kube.pods(job)]
    told += [system("logs", name_of(operator_pod(system)))]
    assert not [words for words in told if any(key in words for key in KEYS.values())]


def test_rules_are_in_the_nodes_network_and_none_is_in_this_machines(kube: Kube) -> None:
    node = ("nsenter", f"--target={kube.cluster.pid('node-0')}", "--net")
    tables = [subprocess.check_output([*where, "nft", "list", "tables"], text=True) for where in (node, ())]
    assert ["table inet policies" in found for found in tables] == [True, False]


@contextmanager
def listening(host: str, port: int) -> Iterator[None]:
    with closing(socket()) as server:
        server.bind((host, port))
        server.listen()
        yield


@contextmanager
def answering_names(host: str) -> Iterator[None]:
    """Who asks at the port of DNS is told that nobody is there."""
    with socket(AF_INET, SOCK_DGRAM) as server:
        server.bind((host, 53))

        def answer() -> None:
            _, asker = server.recvfrom(100)
            server.sendto(b"nobody", asker)

        threading.Thread(target=answer, daemon=True).start()
        yield
