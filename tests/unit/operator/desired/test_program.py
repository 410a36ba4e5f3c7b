"""A program of the user's own in a worker's pod: its image and words, and what torchrun has to know."""

from typing import Any

import pytest

from lsml_operator.decide.running import UNHEARD, running
from lsml_operator.desired.coordinator import coordinator_pod
from lsml_operator.desired.pod import worker_pod
from lsml_operator.world import Job
from unit.operator.builders import SETTINGS, Json, a_coordinator, a_coordinators_pod, a_job, a_pod, a_report, a_spec

from unit.operator.builders import a_status, a_worker, a_world  # isort: skip


def raw(container: Json | None = None, **spec: Any) -> Json:
    theirs = {"image": "theirs:1", **(container or {})}
    body = a_spec(algorithm={"container": theirs}, **spec)
    del body["data"]
    return body


def job(container: Json | None = None, **spec: Any) -> Job:
    return a_job(raw_spec=raw(container, **spec))


def pod(container: Json | None = None, **spec: Any) -> Json:
    return worker_pod(job(container, **spec), a_worker(4, index=1), SETTINGS, "10.96.0.7")


def variables(body: Json) -> Json:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in body["spec"]["containers"][0]["env"]}


def test_torchrun_knows_where_the_others_are() -> None:
    known = variables(pod(replicas=2, most=5, least=2))
    assert {name: value for name, value in known.items() if name.startswith(("PET_", "LSML_", "TORCH_"))} == {
        "PET_RDZV_BACKEND": "c10d",
        "PET_RDZV_ENDPOINT": "10.96.0.7:29510",
        "PET_RDZV_ID": "uid-iris",
        "PET_RDZV_CONF": "is_host=false,join_timeout=86400,last_call_timeout=5,keep_alive_interval=1,"
        "keep_alive_max_attempt=5",
        "PET_NNODES": "2:5",
        "PET_NPROC_PER_NODE": "1",
        "PET_MAX_RESTARTS": "100",
        "PET_LOCAL_ADDR": {"fieldRef": {"fieldPath": "status.podIP"}},
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        "LSML_REPORT_TO": "10.96.0.7:8080",
        "LSML_WORKER": "w1-4",
    }


@pytest.mark.parametrize(
    ("device", "want"), [("nvidia.com/gpu", "4"), ("amd.com/gpu", "4"), ("nvidia.com/mig-1g.10gb", "1")]
)
def test_as_many_processes_as_whole_gpus(device: str, want: str) -> None:
    assert variables(pod(resources={"limits": {device: "4"}}))["PET_NPROC_PER_NODE"] == want


def test_as_many_processes_as_are_said() -> None:
    gpus: Json = {"limits": {"nvidia.com/gpu": 4}}
    said = variables(pod({"processesPerWorker": 2, "maxRestarts": 0}, resources=gpus))
    assert (said["PET_NPROC_PER_NODE"], said["PET_MAX_RESTARTS"]) == ("2", "0")


def test_image_and_words_are_theirs_and_are_taken_literally() -> None:
    words = {"command": ["torchrun", "$(HOME)/train.py"], "args": ["--cost=1$"]}
    (container,) = pod(words)["spec"]["containers"]
    assert (container["image"], container["command"], container["args"]) == (
        "theirs:1",
        ["torchrun", "$$(HOME)/train.py"],
        ["--cost=1$"],
    )
    assert "imagePullPolicy" not in container
    (plain,) = pod()["spec"]["containers"]
    assert {"command", "args", "ports"}.isdisjoint(plain)


def test_it_may_write_into_its_root_and_do_no_more_than_another() -> None:
    ours = worker_pod(a_job(replicas=2), a_worker(), SETTINGS, "10.96.0.7")
    assert pod(replicas=2)["spec"]["securityContext"] == ours["spec"]["securityContext"]
    (theirs,), (trainers,) = pod(replicas=2)["spec"]["containers"], ours["spec"]["containers"]
    assert theirs["securityContext"] == {**trainers["securityContext"], "readOnlyRootFilesystem": False}


def test_its_template_outweighs_home_and_nothing_else() -> None:
    env = [{"name": "HOME", "value": "/home/me"}, {"name": "PET_NNODES", "value": "9"}]
    known = variables(pod(template={"env": env}))
    assert (known["HOME"], known["LOGNAME"], known["PET_NNODES"]) == ("/home/me", "lsml", "1:1")


def test_even_one_worker_has_a_coordinator_and_it_keeps_a_store() -> None:
    alone = job().spec
    assert alone is not None
    assert alone.has_coordinator
    (container,) = coordinator_pod(job(), a_coordinator(), SETTINGS)["spec"]["containers"]
    assert container["args"] == ["coordinator", "--store"]
    assert container["image"] == SETTINGS.trainer_image
    assert container["resources"]["limits"] == {"memory": "512Mi"}


def test_until_it_reports_the_status_says_that_it_does_not() -> None:
    status = a_status(a_worker(), coordinator=a_coordinator(), phase="Running")
    pods = (a_pod(), a_coordinators_pod())
    silent = a_world(job=a_job(status, raw_spec=raw()), pods=pods)
    assert running(silent).message == UNHEARD
    heard = a_world(job=a_job(status, raw_spec=raw()), pods=pods, report=a_report())
    assert running(heard).message == "training"
