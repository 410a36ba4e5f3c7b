"""What a job asks of machines, and what it says while it waits. The numbers are those of the list of faults."""

import re
from pathlib import Path

import pytest

from e2e.claim import hurry
from e2e.jobs import NO_RESTARTS, SLEEPY, a_job, a_long_job, a_patient_job
from e2e.kube import WAIT, WAIT_SECONDS, Kube, Object, wait_for
from e2e.test_elastic import run_together
from e2e.test_first_job import example
from e2e.test_two_nodes import notes_of

pytestmark = pytest.mark.e2e

FILLING = Path(__file__).parent / "filling.py"
WITH_FILLING = {
    "env": [{"name": "PYTHONPATH", "value": "/code"}],
    "volumes": [{"name": "code", "configMap": {"name": "filling"}}],
    "volumeMounts": [{"name": "code", "mountPath": "/code", "readOnly": True}],
}


def reason(status: Object) -> str | None:
    return next((c["reason"] for c in status.get("conditions", []) if c["type"] == "Ready"), None)


def test_a_gpu_is_requested_and_a_job_waits_for_a_free_one(kube: Kube) -> None:
    kube.cluster.advertise(**{"nvidia.com/gpu": 1})
    gpu = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    on_processors = {"gradientDescent": {"loss": "log_loss", "iterations": 1_000_000}}
    kube.apply(a_long_job("gpu-first", algorithm=on_processors, workers=gpu))
    status = kube.until("gpu-first", lambda s: "GpuUnused" in s.get("findings", []))
    assert "each worker keeps 1 nvidia.com/gpu, and gradientDescent computes on the processor" in status["diagnosis"]
    kube.apply(a_job("gpu-second", workers=gpu))
    status = kube.until("gpu-second", lambda s: reason(s) == "Unschedulable")
    assert "Insufficient nvidia.com/gpu" in status["diagnosis"]
    (pod,) = kube.pods("gpu-first")  # nobody would go on in its place
    hints = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"}
    assert hints.items() <= pod["metadata"]["annotations"].items()
    kube.delete_job("gpu-first")
    kube.until_phase("gpu-second", "Succeeded")
    (pod,) = kube.pods("gpu-second")
    assert pod["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    kube.delete_job("gpu-second")


def test_a_worker_whose_memory_is_nearly_full_is_told_of_before_it_is_killed(kube: Kube) -> None:
    """45"""
    kube("create", "configmap", "filling", f"--from-file={FILLING}")
    network = {"module": "filling:build", "arguments": {"up_to_mib": 942}}  # 92 % of the limit
    steps = {"optimizer": {"sgd": {"learningRate": 0.001}}, "epochs": 1_000_000}
    limit = {"resources": {"requests": {"memory": "64Mi"}, "limits": {"memory": "1Gi"}}}
    workers = {"template": WITH_FILLING, **limit}
    kube.apply(a_job("full", algorithm={"deepLearning": {"network": network, **steps}}, workers=workers))
    status = kube.until("full", lambda s: "NearMemoryLimit" in s.get("findings", []))
    assert re.search(r"a worker needed 9\d\d(\.\d)?Mi of its 1Gi of memory at a time; raise", status["diagnosis"])
    assert status["restarts"] == NO_RESTARTS
    kube.delete_job("full")


DEVICES = {"digits-amd": "amd.com/gpu", "digits-mig": "nvidia.com/mig-1g.10gb"}
SPOT = "karpenter.sh/capacity-type"


def test_examples_wait_for_their_machines_and_run_where_they_are(kube: Kube) -> None:
    jobs = {name: example(name) for name in (*DEVICES, "digits-spot", "digits-spot-gpu")}
    for job in jobs.values():
        job["spec"]["workers"]["replicas"] = 1
    kube.apply(*jobs.values())
    for name, device in DEVICES.items():
        status = kube.until(name, lambda s: reason(s) == "Unschedulable")
        assert f"a worker asks for {device} 1" in status["diagnosis"]
    status = kube.until("digits-spot", lambda s: reason(s) == "Unschedulable")
    assert "didn't match Pod's node affinity/selector" in status["diagnosis"]
    (node,) = kube.cluster.nodes
    kube.cluster.advertise(**dict.fromkeys((*DEVICES.values(), "nvidia.com/gpu"), 1))
    kube("label", "node", node, f"{SPOT}=spot")
    try:
        for name in jobs:
            kube.until_phase(name, "Succeeded")
    finally:
        kube("label", "node", node, f"{SPOT}-")
    for name in jobs:
        kube.delete_job(name)


SEAT = "example.com/seat"


def a_gang(name: str) -> Object:
    resources = {"requests": {"cpu": "50m", SEAT: 1}, "limits": {SEAT: 1}}
    return a_patient_job(name, replicas=2, min=2, gang="strict", gangPatienceSeconds=2, resources=resources)


def test_a_gang_that_is_not_there_as_a_whole_is_held_back_from_the_scheduler(kube: Kube) -> None:
    kube("create", "quota", "few", "--hard=pods=2")  # its coordinator, and one of its workers
    kube.apply(a_gang("halved"))
    status = kube.until("halved", lambda s: reason(s) == "QuotaExceeded")
    assert status["diagnosis"].endswith("; the quota lacks pods 1")
    assert "SchedulingGated" in kube("get", "pod", "halved-w0-0")
    kube("delete", "quota", "few")
    kube.delete_job("halved")


def test_of_two_gangs_for_one_of_which_there_is_room_the_other_gives_back_and_runs_afterwards(kube: Kube) -> None:
    """Three machines: each of the two can have one, and only one can have two."""
    kube.apply(SLEEPY)
    kube.cluster.advertise(**{SEAT: 3})
    kube.apply(a_gang("first"))
    kube.until("first", run_together(2))
    kube.apply(a_gang("second"))

    def told(words: str) -> list[str]:
        return [note for note in notes_of(kube, "second") if words in note]

    wait_for(
        lambda: told("all gave them back, and try again at"), WAIT_SECONDS, lambda: kube("describe", "tjob", "second")
    )
    assert told("some of the 2 workers that start together have machines, and give them back at ")
    assert told("machines were found for some of the 2 workers that start together, and not for the others within 2 s")
    assert run_together(2)(kube.status("first"))
    for name in ("first", "second"):
        hurry(kube, name)
    for name in ("first", "second"):
        assert kube.until_phase(name, "Succeeded")["restarts"] == NO_RESTARTS
        kube.delete_job(name)


def test_a_node_that_nobody_has_is_waited_for_with_the_schedulers_reason(kube: Kube) -> None:
    """31"""
    kube.apply(a_job("picky", workers={"template": {"nodeSelector": {"disk": "fast"}}}))
    status = kube.until("picky", lambda s: reason(s) == "Unschedulable")
    assert "didn't match Pod's node affinity/selector" in status["diagnosis"]
    (node,) = kube.cluster.nodes
    kube("label", "node", node, "disk=fast")
    try:
        kube.until_phase("picky", "Succeeded")
    finally:
        kube("label", "node", node, "disk-")
    kube.delete_job("picky")


def test_a_missing_claim_is_named_and_making_it_recovers(kube: Kube) -> None:
    """30"""
    kube.apply(a_job("homeless", output="pvc://attic/iris"))
    status = kube.until("homeless", lambda s: reason(s) == "Unschedulable")
    assert 'persistentvolumeclaim "attic" not found' in status["diagnosis"]
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    kube.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "attic"}, "spec": claim})
    kube.until_phase("homeless", "Succeeded")
    kube.delete_job("homeless")


def test_a_missing_secret_is_named_and_making_it_recovers(kube: Kube) -> None:
    """30"""
    env = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "token"}}}]
    kube.apply(a_job("secretive", workers={"template": {"env": env}}))
    status = kube.until("secretive", lambda s: reason(s) == "CreateContainerConfigError")
    assert 'secret "token" not found' in status["diagnosis"]
    assert any(c["type"] == "Stalled" and c["status"] == "True" for c in status["conditions"])
    kube("create", "secret", "generic", "token", "--from-literal=token=hunter2")
    status = kube.until_phase("secretive", "Succeeded")
    assert "hunter2" not in str(status)
    kube.delete_job("secretive")


def test_a_missing_volume_is_named_and_making_it_recovers(kube: Kube) -> None:
    """30"""
    template = {
        "volumes": [{"name": "settings", "configMap": {"name": "settings"}}],
        "volumeMounts": [{"name": "settings", "mountPath": "/settings"}],
    }
    kube.apply(a_job("bookless", workers={"template": template}))
    status = kube.until("bookless", lambda s: reason(s) == "FailedMount")
    assert 'configmap "settings" not found' in status["diagnosis"]
    kube("create", "configmap", "settings", "--from-literal=a=b")
    kube.until_phase("bookless", "Succeeded")
    kube.delete_job("bookless")


def test_a_worker_has_no_token_and_cannot_write_to_its_root(kube: Kube) -> None:
    """63"""
    kube.apply(a_long_job("caged"))
    kube.until_phase("caged", "Running")
    (pod,) = kube.pods("caged")
    inside = ("exec", pod["metadata"]["name"], "--", "python", "-c")
    look = "import os; print(os.path.exists('/var/run/secrets/kubernetes.io'), os.getuid(), os.access('/', os.W_OK))"
    assert kube(*inside, look).split() == ["False", "65532", "False"]
    kube.delete_job("caged")


def test_shell_and_template_text_is_taken_literally(kube: Kube) -> None:
    """35"""
    text = "$(OMP_NUM_THREADS) $HOME `id` {{ .Values }} '; rm -rf /"
    kube.apply(a_job("literal", data={"train": {"uri": "builtin://iris", "label": text}}))
    assert text in kube.until_phase("literal", "Failed")["diagnosis"]
    kube.delete_job("literal")


def test_data_that_cannot_be_are_refused_with_the_column_that_is_missing(kube: Kube) -> None:
    data = {"train": {"uri": "builtin://iris", "label": "colour"}}
    kube.apply(a_job("blind", data=data))
    status = kube.until_phase("blind", "Failed")
    assert "InvalidData" in {c["reason"] for c in status["conditions"]}
    assert "colour" in status["diagnosis"]
    assert status["restarts"]["crashes"] == 0
    kube.delete_job("blind")


def test_an_image_that_cannot_be_pulled_is_named(kube: Kube, system: Kube) -> None:
    """30"""
    system("set", "env", "deployment/lsml-operator", "LSML_TRAINER_IMAGE=localhost/nobody/has:this")
    system("rollout", "status", "deployment/lsml-operator", WAIT)
    try:
        kube.apply(a_job("imageless"))
        status = kube.until("imageless", lambda s: reason(s) in ("ErrImagePull", "ImagePullBackOff"))
        assert "localhost/nobody/has:this" in status["diagnosis"]
    finally:
        system("set", "env", "deployment/lsml-operator", "LSML_TRAINER_IMAGE=localhost/lsml/trainer:test")
        system("rollout", "status", "deployment/lsml-operator", WAIT)
    kube.delete_job("imageless")
