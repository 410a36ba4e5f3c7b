"""Argo CD, Flux and whoever else waits and compares: judgements of jobs in every phase, and no drift."""

from collections.abc import Callable, Iterator
from pathlib import Path

import lupa
import pytest
import yaml

from cluster.api import Api, Object, path_of
from cluster.kstatus import judge
from cluster.kubelet import Kubelet
from cluster.objects import a_job, an_ending, done, name_of, phase, without_pods
from cluster.process import OperatorProcess
from cluster.space import Space
from localcluster import Cluster

REPOSITORY = Path(__file__).parents[2]
MANIFESTS = REPOSITORY / "manifests"
HEALTH = (MANIFESTS / "gitops" / "argocd" / "health.lua").read_text()
OPERATOR = "lsml-operator"

JUDGEMENTS = {
    # phase: kstatus, Argo CD
    "not seen yet": ("InProgress", "Progressing"),
    "starting": ("InProgress", "Progressing"),
    "held up": ("Failed", "Degraded"),
    "waiting for a machine": ("InProgress", "Progressing"),
    "running": ("Current", "Progressing"),
    "running, short of a worker": ("Current", "Progressing"),
    "fewer than workers.min": ("InProgress", "Progressing"),
    "predicting": ("Current", "Progressing"),
    "predicted": ("Current", "Healthy"),
    "edited while nobody looked": ("InProgress", "Progressing"),
    "restarting": ("InProgress", "Progressing"),
    "suspended": ("Current", "Suspended"),
    "succeeded": ("Current", "Healthy"),
    "failed": ("Failed", "Degraded"),
    "being deleted": ("Terminating", "Progressing"),
}


@pytest.fixture(scope="module")
def jobs(shared_operator: OperatorProcess, new_space: Callable[[], Space], api: Api) -> Iterator[dict[str, Object]]:
    """A job in each of these phases, as the API server has it."""
    space, full = new_space(), new_space()
    yield recorded(shared_operator, space, full, Kubelet(api))
    space.discard()
    full.discard()


def recorded(operator: OperatorProcess, space: Space, full: Space, kubelet: Kubelet) -> dict[str, Object]:
    """Drive a job into each phase, and keep it as it is then."""
    operator.stop()
    seen = {"not seen yet": space.create(a_job())}
    full.create(without_pods())
    full.create(a_job())
    operator.start()
    kubelet.runs(space.until_pod())
    seen["held up"] = full.until_reason("QuotaExceeded")
    seen["running"] = space.until_phase("Running")
    operator.stop()
    seen["edited while nobody looked"] = space.edit("TrainingJob", "iris", {"spec": {"backoffLimit": 3}})
    operator.start()
    kubelet.ends(space.get("Pod", "iris-w0-0"), 1, an_ending("InternalError", "no reason"))
    seen["restarting"] = space.until_phase("Restarting")
    kubelet.runs(space.until_pod("iris-w0-1"))
    space.until_phase("Running")
    space.edit("TrainingJob", "iris", {"spec": {"suspend": True}})
    seen["suspended"] = space.until_phase("Suspended")
    for name, code, message in (("good", 0, done()), ("bad", 2, an_ending("InvalidData", "no such column"))):
        space.create(a_job(name))
        pod = space.until_pod(f"{name}-w0-0")
        seen["starting"] = space.until_phase("Pending", name)
        kubelet.ends(pod, code, message)
    seen |= recorded_of_a_team(space, kubelet) | recorded_of_a_prediction(space, kubelet)
    seen["succeeded"] = space.until_phase("Succeeded", "good")
    seen["failed"] = space.until_phase("Failed", "bad")
    kept = space.create(a_job("kept") | {"metadata": {"name": "kept", "finalizers": ["example.com/kept"]}})
    space.delete("TrainingJob", "kept")
    seen["being deleted"] = space.job("kept")
    space.edit("TrainingJob", name_of(kept), {"metadata": {"finalizers": []}})
    return seen


def recorded_of_a_team(space: Space, kubelet: Kubelet) -> dict[str, Object]:
    """Two workers, of whom one finds no machine; then both run, and one is lost that they cannot do without."""
    space.create(a_job("team", workers={"replicas": 2, "max": 2}))
    for name in ("team-coordinator-0", "team-w0-0"):
        kubelet.runs(space.until_pod(name))
    short = space.until_job("it runs with one", lambda job: "1 of 2 workers" in said_of(job), "team")
    space.delete("TrainingJob", "team")

    space.create(a_job("pair", workers={"replicas": 2, "min": 2, "max": 2}))
    kubelet.finds_no_node(space.until_pod("pair-w1-0"), "0/1 nodes are available: 1 Insufficient cpu.")
    waiting = space.until_reason("Unschedulable", "pair")
    for name in ("pair-coordinator-0", "pair-w0-0", "pair-w1-0"):
        kubelet.runs(space.until_pod(name))
    space.until_phase("Running", "pair")
    kubelet.ends(space.get("Pod", "pair-w1-0"), 1, an_ending("InternalError", "no reason"))
    lost = space.until_phase("Restarting", "pair")
    space.delete("TrainingJob", "pair")
    return {"running, short of a worker": short, "waiting for a machine": waiting, "fewer than workers.min": lost}


def recorded_of_a_prediction(space: Space, kubelet: Kubelet) -> dict[str, Object]:
    """A job that only predicts."""
    spec = {"model": {"from": "pvc://m/iris"}, "predict": {"data": {"uri": "pvc://m/r.csv"}, "output": "pvc://m/named"}}
    space.create(a_job("named") | {"spec": spec})
    kubelet.runs(space.until_pod("named-w0-0"))
    predicting = space.until_phase("Running", "named")
    kubelet.ends(space.get("Pod", "named-w0-0"), 0, done())
    return {"predicting": predicting, "predicted": space.until_phase("Succeeded", "named")}


def said_of(job: Object) -> str:
    diagnosis: str = job.get("status", {}).get("diagnosis", "")
    return diagnosis


def test_there_is_a_job_in_each_phase(jobs: dict[str, Object], api: Api) -> None:
    """That the resource knows."""
    version = api.request("GET", path_of("CustomResourceDefinition", None, "trainingjobs.lsml.dev"))["spec"][
        "versions"
    ][0]
    status = version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    assert {phase(job) for job in jobs.values()} - {""} == set(status["phase"]["enum"])
    assert jobs.keys() == JUDGEMENTS.keys()


@pytest.mark.parametrize("phase", JUDGEMENTS)
def test_kstatus(jobs: dict[str, Object], phase: str) -> None:
    """`flux`, `helm --wait` of Helm 4 and `kpt live` judge by this library."""
    judged = judge([jobs[phase]])[0]
    assert judged.status == JUDGEMENTS[phase][0], judged.message


@pytest.mark.parametrize("phase", JUDGEMENTS)
def test_argo_cd(jobs: dict[str, Object], phase: str) -> None:
    """Its health check, by a Lua interpreter; the message is the diagnosis."""
    health = health_of(jobs[phase])
    assert health["status"] == JUDGEMENTS[phase][1]
    diagnosis = jobs[phase].get("status", {}).get("diagnosis")
    assert health["message"] in (diagnosis, "the operator has not seen it yet")


def health_of(job: Object) -> Object:
    """What the check returns; it sees nothing but the object, as in Argo CD."""
    lua = lupa.LuaRuntime(unpack_returned_tuples=True)
    check = lua.eval(f"function(obj) {HEALTH} end")
    return dict(check(as_lua(lua, job)))


def as_lua(lua: lupa.LuaRuntime, value: object) -> object:
    """Dicts and lists as tables."""
    if isinstance(value, dict):
        return lua.table_from({name: as_lua(lua, each) for name, each in value.items()})
    if isinstance(value, list):
        return lua.table_from([as_lua(lua, each) for each in value])
    return value


def test_argo_cd_is_given_this_check(cluster: Cluster) -> None:
    """And told which field is not its own."""
    settings = yaml.safe_load(cluster.kubectl("kustomize", str(MANIFESTS / "gitops" / "argocd")))["data"]
    kind = "lsml.dev_TrainingJob"
    assert settings[f"resource.customizations.health.{kind}"] == HEALTH
    ignored = yaml.safe_load(settings[f"resource.customizations.ignoreDifferences.{kind}"])
    assert ignored == {"jsonPointers": ["/spec/workers/replicas"]}


def test_the_operator_writes_nothing_but_the_status(jobs: dict[str, Object]) -> None:
    """So there is no drift from what is in git."""
    written = [
        (entry.get("subresource"), *entry["fieldsV1"])
        for job in jobs.values()
        for entry in job["metadata"]["managedFields"]
        if entry["manager"] == OPERATOR
    ]
    assert set(written) == {("status", "f:status")}
    assert not [job for name, job in jobs.items() if name != "being deleted" and job["metadata"].get("finalizers")]


@pytest.mark.parametrize("folder", ["crd", "operator", "overlays/registry", "overlays/one-replica", "examples"])
def test_applied_twice_there_is_no_difference(cluster: Cluster, new_space: Callable[[], Space], folder: str) -> None:
    """What server-side apply makes of the manifests is what they say, also to `kubectl diff`."""
    into = ("--server-side", "--force-conflicts")
    where = ("--namespace", new_space().name) if folder == "examples" else ()
    cluster.kubectl("apply", *into, *where, "--kustomize", str(MANIFESTS / folder))
    try:
        cluster.kubectl("diff", *into, *where, "--kustomize", str(MANIFESTS / folder))  # fails if there is one
    finally:
        if folder not in ("crd", "examples"):
            cluster.kubectl("delete", "validatingadmissionpolicybindings", "--all")
