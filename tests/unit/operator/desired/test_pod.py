"""What a worker's pod looks like: what it must not be able to do, what its user asked for, what arrives in it."""

import json
from collections.abc import Callable

import pytest

from lsml_operator.desired.pod import training_spec, worker_pod
from lsml_operator.settings import Settings
from lsml_operator.template_hash import template_hash
from lsml_operator.world import Object
from lsml_trainer.spec import TrainingSpec, parse
from unit.operator.builders import Json, a_job, a_spec, a_worker
from unit.operator.desired.made import TMP, container, pod

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
