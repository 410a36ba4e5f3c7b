"""What a worker's pod looks like: what it must not be able to do, what its user asked for, what arrives in it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lsml_operator.desired.pod import training_spec, worker_pod
from lsml_operator.settings import Settings
from lsml_operator.template_hash import template_hash
from lsml_operator.world import Object
from lsml_trainer.spec import TrainingSpec, parse
from unit.operator.builders import SETTINGS, Json, a_job, a_spec, a_worker

EVERYTHING: Json = {
    "labels": {"team": "ml"},
    "annotations": {"note": "x"},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "priorityClassName": "high",
    "runtimeClassName": "nvidia",
    "serviceAccountName": "trainer",
    "imagePullSecrets": [{"name": "registry"}],
    "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
    "envFrom": [{"configMapRef": {"name": "more"}}],
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
}
TMP: Json = {"name": "lsml-tmp", "mountPath": "/tmp"}  # noqa: S108  a mount point in the pod


def pod(**spec: Any) -> Json:
    return worker_pod(a_job(**spec), a_worker(2, "Creating"), SETTINGS)


def container(**spec: Any) -> Json:
    (only,) = pod(**spec)["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def expanded(value: str, variables: dict[str, str]) -> str:
    """As the kubelet does it: $(NAME) is the variable's value where there is one, $$ a dollar sign."""
    result, rest = "", value
    while "$" in rest:
        before, _, rest = rest.partition("$")
        result += before
        if rest.startswith("$"):
            result, rest = result + "$", rest[1:]
        elif rest.startswith("(") and ")" in rest:
            name, _, rest = rest[1:].partition(")")
            result += variables.get(name, f"$({name})")
        else:
            result += "$"
    return result + rest


# The restricted Pod Security Standard, control by control: kubernetes.io/docs/concepts/security/pod-security-standards

RESTRICTED: dict[str, Callable[[Object], bool]] = {
    "no host process": lambda spec: "windowsOptions" not in spec["securityContext"],
    "no host namespaces": lambda spec: not {"hostNetwork", "hostPID", "hostIPC"} & set(spec),
    "not privileged": lambda spec: all("privileged" not in c["securityContext"] for c in spec["containers"]),
    "all capabilities dropped, none added": lambda spec: all(
        c["securityContext"]["capabilities"] == {"drop": ["ALL"]} for c in spec["containers"]
    ),
    "no host path, nor any volume but the harmless": lambda spec: all(
        set(volume) - {"name"} <= {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}
        for volume in spec["volumes"]
    ),
    "no host port": lambda spec: all("hostPort" not in port for c in spec["containers"] for port in c["ports"]),
    "the default AppArmor, SELinux, /proc and sysctls": lambda spec: (
        not ({"appArmorProfile", "seLinuxOptions", "sysctls"} & set(spec["securityContext"]))
    ),
    "no privilege escalation": lambda spec: all(
        c["securityContext"]["allowPrivilegeEscalation"] is False for c in spec["containers"]
    ),
    "not root": lambda spec: spec["securityContext"]["runAsNonRoot"] is True,
    "not user 0": lambda spec: spec["securityContext"]["runAsUser"] > 0,
    "the runtime's seccomp profile": lambda spec: (
        spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    ),
    # beyond the standard
    "no containers but the worker": lambda spec: not {"initContainers", "ephemeralContainers"} & set(spec),
    "a root that cannot be written": lambda spec: all(
        c["securityContext"]["readOnlyRootFilesystem"] is True for c in spec["containers"]
    ),
    "no token": lambda spec: spec["automountServiceAccountToken"] is False,
    "no list of the namespace's services": lambda spec: spec["enableServiceLinks"] is False,
}


@pytest.mark.parametrize("holds", RESTRICTED.values(), ids=RESTRICTED)
@pytest.mark.parametrize("spec", [{}, {"template": EVERYTHING, "output": "pvc://models/iris"}], ids=["plain", "full"])
def test_restricted(holds: Callable[[Object], bool], spec: Json) -> None:
    """FAULTS 33, 63."""
    assert holds(pod(**spec)["spec"])


# What its user asked for


FIELDS_OF_THE_POD = {
    "nodeSelector", "tolerations", "affinity", "priorityClassName", "runtimeClassName", "serviceAccountName",
    "imagePullSecrets",
}  # fmt: skip


def test_the_template_goes_through() -> None:
    spec = pod(template=EVERYTHING)["spec"]
    worker = spec["containers"][0]
    for field in FIELDS_OF_THE_POD:
        assert spec[field] == EVERYTHING[field]
    assert worker["env"][:2] == EVERYTHING["env"]
    assert worker["envFrom"] == EVERYTHING["envFrom"]
    assert spec["volumes"] == [{"name": "lsml-tmp", "emptyDir": {}}, *EVERYTHING["volumes"]]
    assert worker["volumeMounts"] == [TMP, *EVERYTHING["volumeMounts"]]


def test_what_is_not_in_the_template_is_not_in_the_pod() -> None:
    assert not FIELDS_OF_THE_POD & set(pod()["spec"])


def test_its_name_and_labels_say_whose_attempt_it_is() -> None:
    metadata = pod(template={"labels": {"team": "ml", "app.kubernetes.io/name": "mine"}, "annotations": {"a": "b"}})[
        "metadata"
    ]
    assert metadata == {
        "name": "iris-w0-2",
        "namespace": "team",
        "labels": {
            "team": "ml",
            "app.kubernetes.io/name": "lsml",
            "app.kubernetes.io/component": "worker",
            "app.kubernetes.io/instance": "iris",
            "app.kubernetes.io/managed-by": "lsml-operator",
            "lsml.dev/job": "iris",
            "lsml.dev/index": "0",
            "lsml.dev/attempt": "2",
        },
        "annotations": {
            "a": "b",
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            "karpenter.sh/do-not-disrupt": "true",
            "lsml.dev/template-hash": metadata["annotations"]["lsml.dev/template-hash"],
        },
        "ownerReferences": [
            {
                "apiVersion": "lsml.dev/v1alpha1",
                "kind": "TrainingJob",
                "name": "iris",
                "uid": "uid-iris",
                "controller": True,
            }
        ],
    }


MEMORY: Json = {"memory": "2Gi"}
CHOSEN: Json = {"cpu": "500m", "memory": "1Gi"}
GPU: Json = {"nvidia.com/gpu": 1}

RESOURCES: dict[str, tuple[Json | None, Json]] = {
    "nothing is asked": (None, {"limits": MEMORY, "requests": CHOSEN}),
    "empty": ({}, {"limits": MEMORY, "requests": CHOSEN}),
    "a GPU, and what is needed besides": ({"limits": GPU}, {"limits": {**GPU, **MEMORY}, "requests": CHOSEN}),
    "only a cpu limit: its request follows by itself": (
        {"limits": {"cpu": 2}},
        {"limits": {"cpu": 2, **MEMORY}, "requests": {"memory": "1Gi"}},
    ),
    "only a memory limit": (
        {"limits": {"memory": "512Mi"}},
        {"limits": {"memory": "512Mi"}, "requests": {"cpu": "500m"}},
    ),
    "only a memory request: no limit below it is made up": (
        {"requests": {"memory": "8Gi"}},
        {"limits": {}, "requests": {"cpu": "500m", "memory": "8Gi"}},
    ),
    "all is asked": (
        {"limits": {"cpu": "4", "memory": "8Gi", **GPU}, "requests": {"cpu": "1", "memory": "4Gi"}},
        {"limits": {"cpu": "4", "memory": "8Gi", **GPU}, "requests": {"cpu": "1", "memory": "4Gi"}},
    ),
}


@pytest.mark.parametrize(("asked", "wanted"), RESOURCES.values(), ids=RESOURCES)
def test_resources(asked: Json | None, wanted: Json) -> None:
    assert container(resources=asked)["resources"] == wanted


THREADS = {"no cpu limit": ({}, "requests.cpu"), "a cpu limit": ({"limits": {"cpu": "1500m"}}, "limits.cpu")}


@pytest.mark.parametrize(("asked", "wanted"), THREADS.values(), ids=THREADS)
def test_as_many_threads_as_cpus(asked: Json, wanted: str) -> None:
    assert container(resources=asked)["env"][-1] == {
        "name": "OMP_NUM_THREADS",
        "valueFrom": {"resourceFieldRef": {"resource": wanted}},
    }


# What arrives in it


def test_the_installation_chooses_the_image() -> None:
    settings = Settings(trainer_image="here/trainer:2", trainer_pull_policy="Never")
    (worker,) = worker_pod(a_job(), a_worker(), settings)["spec"]["containers"]
    assert (worker["image"], worker["imagePullPolicy"], worker["args"]) == ("here/trainer:2", "Never", ["worker"])


def test_the_worker_reads_what_its_user_wrote() -> None:
    raw = a_spec(deadline_s=60, output="pvc://models/iris", template=EVERYTHING)
    arrives = {variable["name"]: variable.get("value") for variable in container(raw_spec=raw)["env"]}["LSML_SPEC"]
    assert json.loads(arrives) == training_spec(raw)
    assert parse(TrainingSpec, json.loads(arrives)) == parse(TrainingSpec, training_spec(raw))
    assert set(training_spec(raw)) == {"algorithm", "data", "output"}


TEXTS = (
    "$(PATH)",
    "$$",
    "$$(PATH)",
    "$HOME",
    "`id`",
    "${{ x }}",
    "{{ .Values }}",
    '"; rm -rf /',
    "it's",
    "$(PA",
    "学$",
)


@pytest.mark.parametrize("text", TEXTS)
def test_shell_and_template_text_is_taken_literally(text: str) -> None:
    """FAULTS 35."""
    raw: Json = {**a_spec(), "algorithm": {"svm": {"kernel": text}}}
    variables = container(raw_spec=raw)["env"]
    (value,) = (variable["value"] for variable in variables if variable["name"] == "LSML_SPEC")
    assert json.loads(expanded(value, {"PATH": "/bin", "PA": "!"}))["algorithm"] == raw["algorithm"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_variable_arrives_as_it_was_written(text: str) -> None:
    (variable, *_) = container(template={"env": [{"name": "A", "value": text}]})["env"]
    assert expanded(variable["value"], {"PATH": "/bin"}) == text


def test_nothing_of_the_user_can_stand_for_the_spec() -> None:
    """Of two variables of one name the kubelet takes the last, and any of `env` before all of `envFrom`."""
    mine = {"env": [{"name": "LSML_SPEC", "value": "{}"}], "envFrom": [{"secretRef": {"name": "shadow"}}]}
    raw: Json = {**a_spec(), "workers": {"template": mine}}
    last = {variable["name"]: variable for variable in container(raw_spec=raw)["env"]}["LSML_SPEC"]
    assert json.loads(last["value"]) == training_spec(raw)


OUTPUTS: dict[str, tuple[str | None, list[Json], list[Json]]] = {
    "none": (None, [], []),
    "a file": ("file:///models/iris", [], []),
    "a claim": (
        "pvc://models/iris/first",
        [{"name": "lsml-output", "persistentVolumeClaim": {"claimName": "models"}}],
        [{"name": "lsml-output", "mountPath": "/mnt/claims/models"}],
    ),
}


@pytest.mark.parametrize(("output", "volumes", "mounts"), OUTPUTS.values(), ids=OUTPUTS)
def test_the_outputs_claim_is_mounted(output: str | None, volumes: list[Json], mounts: list[Json]) -> None:
    spec = pod(output=output)["spec"]
    assert spec["volumes"] == [{"name": "lsml-tmp", "emptyDir": {}}, *volumes]
    assert spec["containers"][0]["volumeMounts"] == [TMP, *mounts]


def test_the_datas_claim_is_mounted_read_only_unless_the_model_goes_there_too() -> None:
    spec = a_spec()
    raw: Json = {**spec, "data": {"train": {"uri": "pvc://rows/set/*.csv"}}}
    assert pod(raw_spec={**raw, "output": "pvc://models/iris"})["spec"]["volumes"][1:] == [
        {"name": "lsml-output", "persistentVolumeClaim": {"claimName": "models"}},
        {"name": "lsml-data", "persistentVolumeClaim": {"claimName": "rows", "readOnly": True}},
    ]
    assert pod(raw_spec={**raw, "output": "pvc://rows/iris"})["spec"]["volumes"][1:] == [
        {"name": "lsml-output", "persistentVolumeClaim": {"claimName": "rows"}},
    ]
    raw["data"]["test"] = {"uri": "pvc://others/test.csv"}
    assert pod(raw_spec=raw)["spec"]["volumes"][1:] == [
        {"name": "lsml-data", "persistentVolumeClaim": {"claimName": "rows", "readOnly": True}},
        {"name": "lsml-test", "persistentVolumeClaim": {"claimName": "others", "readOnly": True}},
    ]


def test_a_claim_is_mounted_once_and_writable_where_checkpoints_go_there() -> None:
    raw: Json = {**a_spec(), "data": {"train": {"uri": "pvc://rows/set/*.csv"}}, "output": "pvc://models/iris"}
    state = {"name": "lsml-checkpoint", "persistentVolumeClaim": {"claimName": "state"}}
    model = {"name": "lsml-output", "persistentVolumeClaim": {"claimName": "models"}}
    rows = {"name": "lsml-data", "persistentVolumeClaim": {"claimName": "rows", "readOnly": True}}
    for claim, volumes in (
        ("state", [model, state, rows]),
        ("models", [model, rows]),
        ("rows", [model, {"name": "lsml-checkpoint", "persistentVolumeClaim": {"claimName": "rows"}}]),
    ):
        uri = f"pvc://{claim}/state"
        assert pod(raw_spec={**raw, "checkpoint": {"uri": uri}})["spec"]["volumes"][1:] == volumes


def test_the_claim_of_the_ledger_is_writable() -> None:
    raw: Json = {**a_spec(), "output": "pvc://models/iris", "ledger": "pvc://proofs/iris"}
    ledger = {"name": "lsml-ledger", "persistentVolumeClaim": {"claimName": "proofs"}}
    assert ledger in pod(raw_spec=raw)["spec"]["volumes"]


def test_the_claims_of_predictions_are_writable_and_those_of_their_rows_are_not() -> None:
    raw: Json = {**a_spec(), "output": "pvc://models/iris"}
    for claim, volumes in (
        ("rows", [{"name": "lsml-predictions", "persistentVolumeClaim": {"claimName": "rows"}}]),
        (
            "named",
            [
                {"name": "lsml-predictions", "persistentVolumeClaim": {"claimName": "named"}},
                {"name": "lsml-rows", "persistentVolumeClaim": {"claimName": "rows", "readOnly": True}},
            ],
        ),
    ):
        predict = {"data": {"uri": "pvc://rows/new/*.csv"}, "output": f"pvc://{claim}/out"}
        assert pod(raw_spec={**raw, "predict": predict})["spec"]["volumes"][2:] == volumes


def test_the_claim_of_a_model_that_predicts_is_read_only() -> None:
    predict = {"data": {"uri": "s3://rows/new/*.csv"}, "output": "pvc://named/out"}
    made = pod(raw_spec={"model": {"from": "pvc://models/iris"}, "predict": predict})["spec"]
    assert made["volumes"][1:] == [
        {"name": "lsml-predictions", "persistentVolumeClaim": {"claimName": "named"}},
        {"name": "lsml-model", "persistentVolumeClaim": {"claimName": "models", "readOnly": True}},
    ]
    (told,) = (variable["value"] for variable in made["containers"][0]["env"] if variable["name"] == "LSML_SPEC")
    assert json.loads(told) == {"model": {"from": "pvc://models/iris"}, "predict": predict}


CLAIM: Json = {"claimName": "models"}
READ: Json = {**CLAIM, "readOnly": True}
OWN: Json = {"mountPath": "/mnt/claims/models"}
THEIRS: Json = {"mountPath": "/pretrained"}
ONCE: dict[str, tuple[Json, Json, list[Json], Json, list[Json]]] = {
    "that is written, and read by the template": (
        {"output": "pvc://models/iris"}, {}, [READ],
        {"name": "lsml-output", "persistentVolumeClaim": CLAIM},
        [{"name": "lsml-output", **OWN}, {"name": "lsml-output", **THEIRS, "readOnly": True}],
    ),
    "that is read, and written by the template": (
        {"data": {"train": {"uri": "pvc://models/rows/*.csv"}}}, {}, [CLAIM],
        {"name": "lsml-data", "persistentVolumeClaim": CLAIM},
        [{"name": "lsml-data", **OWN, "readOnly": True}, {"name": "lsml-data", **THEIRS}],
    ),
    "of two volumes of the template": (
        {}, {"subPath": "iris"}, [READ, READ],
        {"name": "v0", "persistentVolumeClaim": READ},
        [{"name": "v0", **THEIRS, "subPath": "iris", "readOnly": True}],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "mount", "sources", "volume", "mounts"), ONCE.values(), ids=ONCE)
def test_a_claim_is_one_volume(spec: Json, mount: Json, sources: list[Json], volume: Json, mounts: list[Json]) -> None:
    """Of two volumes of one claim a kubelet mounts one; it waits for the other for minutes, and mounts it never."""
    volumes = [{"name": f"v{index}", "persistentVolumeClaim": source} for index, source in enumerate(sources)]
    last = {"name": volumes[-1]["name"], **THEIRS, **mount}
    raw = a_spec(template={"volumes": volumes, "volumeMounts": [last]}) | spec
    made = pod(raw_spec=raw)["spec"]
    assert made["volumes"][1:] == [volume]
    assert made["containers"][0]["volumeMounts"] == [TMP, *mounts]


# How it ends


def test_it_ends_once_and_tells_why() -> None:
    spec = pod()["spec"]
    assert spec["restartPolicy"] == "Never"
    assert spec["terminationGracePeriodSeconds"] == 30
    assert spec["containers"][0]["terminationMessagePolicy"] == "FallbackToLogsOnError"


# Whether it is still what its user wants

HASHES: dict[str, tuple[Json, bool]] = {
    "the same": (a_spec(), True),
    "suspended and resumed": (a_spec(suspend=True, deadline_s=9), True),
    "replicas are no template": ({**a_spec(), "workers": {"replicas": 1}}, True),
    "another order of keys": (dict(reversed(a_spec().items())), True),
    "resources": (a_spec(resources={"limits": {"cpu": 1}}), False),
    "a template": (a_spec(template={"nodeSelector": {"a": "b"}}), False),
}


@pytest.mark.parametrize(("spec", "same"), HASHES.values(), ids=HASHES)
def test_template_hash(spec: Json, same: bool) -> None:
    assert (template_hash(spec, {}) == template_hash(a_spec(), {})) is same


def test_the_pod_carries_the_hash_of_what_it_was_made_from() -> None:
    raw = a_spec(template=EVERYTHING)
    assert pod(raw_spec=raw)["metadata"]["annotations"]["lsml.dev/template-hash"] == template_hash(raw, {})
