"""What a tenant might try, and what would come of it: rows of the table in test_escapes.py. Pure."""

from typing import Any

from cluster.api import Object
from cluster.objects import A_CONTAINER
from cluster.tables import Case, env, template, unknown, volume

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
FROM_SECRET = {"secretKeyRef": {"name": "s", "key": "k", "namespace": "kube-system"}}


def power(field: str, value: Any) -> Case:
    """A field of a pod that the template does not have."""
    return template(unknown(f"workers.template.{field}"), **{field: value})


def source(kind: str, **fields: Any) -> Case:
    """A kind of volume that the template does not have."""
    return volume(unknown(f"workers.template.volumes[0].{kind}"), **{kind: fields})


def elsewhere(field: str, of_volume: Object) -> Case:
    """A volume of something in another namespace."""
    return volume(unknown(f"workers.template.volumes[0].{field}.namespace"), **{field: of_volume})


def from_field(kind: str, **fields: Any) -> Case:
    """A variable with what the pod, or its node, is."""
    field = unknown(f"workers.template.env[0].valueFrom.{kind}")
    return env(field, {"name": "NODE", "valueFrom": {kind: fields}})


def annotated(name: str, value: str) -> Case:
    """An annotation that something on the node obeys."""
    return template(f"spec.workers.template.annotations: {name} is not allowed here", annotations={name: value})


def tolerating(**toleration: Any) -> Case:
    """A taint that keeps strangers away."""
    sentence = "every taint, and node-role.kubernetes.io/control-plane, node-role.kubernetes.io/master, cannot be"
    return template(sentence, tolerations=[toleration])


def in_class(kind: str, name: str) -> Case:
    """A class of priority or runtime that is the administrator's."""
    return template(f"spec.workers.template.{kind}: {name} is not allowed here", **{kind: name})


BY_THE_SCHEMA = {
    "the host's disk": source("hostPath", path="/"),
    "a disk of the node": source("local", path="/dev/sda"),
    "a volume over the network": source("nfs", server="a", path="/"),
    "a block device over the network": source("iscsi", targetPortal="a", iqn="b", lun=0),
    "a share": source("azureFile", secretName="s", shareName="share"),
    "a volume of a driver": source("csi", driver="own"),
    "a program of the node's as a volume": source("flexVolume", driver="own/driver"),
    "a projected token": source("projected", sources=[{"serviceAccountToken": {"path": "token"}}]),
    "what the pod is, as files": source("downwardAPI", items=[]),
    "a repository as a volume": source("gitRepo", repository="https://example.com/a.git"),
    "another image as a volume": source("image", reference="own"),
    "a claim that is made with the pod": source("ephemeral", volumeClaimTemplate={}),
    "the host's network": power("hostNetwork", True),
    "the host's processes": power("hostPID", True),
    "the host's shared memory": power("hostIPC", True),
    "the host's users": power("hostUsers", True),
    "the host's names": power("hostAliases", [{"ip": "10.0.0.1", "hostnames": ["api"]}]),
    "ports of the host": power("ports", [{"hostPort": 80}]),
    "privileges": power("privileged", True),
    "to be root": power("securityContext", {"runAsUser": 0}),
    "a container's own rights": power("containerSecurityContext", {"capabilities": {"add": ["SYS_ADMIN"]}}),
    "kernel settings": power("sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
    "a container of its own": power("containers", [{"name": "own", "image": "own"}]),
    "a container before": power("initContainers", [{"name": "own", "image": "own"}]),
    "a container afterwards": power("ephemeralContainers", [{"name": "own", "image": "own"}]),
    "a command at the end": power("lifecycle", {"preStop": {"exec": {"command": ["sh"]}}}),
    "a request from the kubelet": power("livenessProbe", {"httpGet": {"host": "169.254.169.254", "port": 80}}),
    "another account, by its old name": power("serviceAccount", "admin"),
    "an account of another namespace": template(
        "should match", serviceAccountName="system:serviceaccount:kube-system:default"
    ),
    "the account's token": power("automountServiceAccountToken", True),
    "a node past the scheduler": power("nodeName", "control-plane"),
    "another scheduler": power("schedulerName", "own"),
    "a priority by its number": power("priority", 2_000_000_000),
    "processes seen by one another": power("shareProcessNamespace", True),
    "another name server": power("dnsConfig", {"nameservers": ["10.6.6.6"]}),
    "names of the node": power("dnsPolicy", "Default"),
    "another's host name": power("hostname", "database"),
    "to be found under another's name": power("subdomain", "database"),
    "to live on in spite of its end": power("terminationGracePeriodSeconds", 10**6),
    "a device by its claim": power("resourceClaims", [{"name": "gpu", "resourceClaimName": "theirs"}]),
    "another's owner": power("ownerReferences", [{"kind": "Node", "name": "a"}]),
    "never to be deleted": power("finalizers", ["own.example.com/never"]),
    "fields of the pod as variables": from_field("fieldRef", fieldPath="spec.nodeName"),
    "what other containers have": from_field("resourceFieldRef", resource="limits.cpu"),
    "a file of another volume": from_field("fileKeyRef", path="a", key="b", volumeName="c"),
    "a secret of another namespace": elsewhere("secret", {"secretName": "s", "namespace": "kube-system"}),
    "a config map of another namespace": elsewhere("configMap", {"name": "s", "namespace": "kube-system"}),
    "a claim of another namespace": elsewhere("persistentVolumeClaim", {"claimName": "s", "namespace": "kube-system"}),
    "another namespace's secret as variables": template(
        unknown("workers.template.envFrom[0].secretRef.namespace"),
        envFrom=[{"secretRef": {"name": "s", "namespace": "kube-system"}}],
    ),
    "another namespace's secret as a variable": env(
        unknown("workers.template.env[0].valueFrom.secretKeyRef.namespace"), {"name": "A", "valueFrom": FROM_SECRET}
    ),
    "another namespace's secret to pull with": template(
        unknown("workers.template.imagePullSecrets[0].namespace"),
        imagePullSecrets=[{"name": "s", "namespace": "kube-system"}],
    ),
    "another namespace in a name": volume("should match", secret={"secretName": "kube-system/s"}),
    "another namespace in a claim": Case(
        template("").algorithm, "spec.output", "pvc://kube-system:models/iris", "spec.output in body should match"
    ),
    "another job's label": template("under lsml.dev/ are the operator's own", labels={"lsml.dev/job": "other"}),
    "a mark of the operator's": template(
        "under lsml.dev/ are the operator's own", annotations={"lsml.dev/template-hash": "0"}
    ),
    "a variable of the operator's": env("the operator's own", {"name": "LSML_COORDINATOR", "value": "10.6.6.6:1"}),
    "a volume of the operator's": template("the operator's own", volumes=[{"name": "lsml-tmp", "emptyDir": {}}]),
}

BY_THE_POLICY = {
    "another account": in_class("serviceAccountName", "admin"),
    "the priority of the cluster's own": in_class("priorityClassName", "system-cluster-critical"),
    "the priority of a node's own": in_class("priorityClassName", "system-node-critical"),
    "every taint": tolerating(operator="Exists"),
    "every taint, with an empty key": tolerating(key="", operator="Exists"),
    "the control plane": tolerating(key=CONTROL_PLANE, operator="Exists"),
    "the control plane, by its old name": tolerating(key="node-role.kubernetes.io/master", effect="NoSchedule"),
    "no AppArmor": annotated("container.apparmor.security.beta.kubernetes.io/worker", "unconfined"),
    "no seccomp": annotated("container.seccomp.security.alpha.kubernetes.io/worker", "unconfined"),
    "no seccomp for the pod": annotated("seccomp.security.alpha.kubernetes.io/pod", "unconfined"),
    "a device of the node": annotated("cdi.k8s.io/own", "vendor.com/device=all"),
    "a device by the container runtime": annotated("io.kubernetes.cri-o.Devices", "/dev/kmsg:/dev/kmsg:rwm"),
    "users by the container runtime": annotated("io.kubernetes.cri-o.userns-mode", "auto"),
    "a second network": annotated("k8s.v1.cni.cncf.io/networks", "kube-system/host"),
    "another first network": annotated("v1.multus-cni.io/default-network", "kube-system/host"),
    "another's address": annotated("cni.projectcalico.org/ipAddrs", '["10.0.0.1"]'),
}

STRICT = (
    "policies.allow.volumes=[\"emptyDir\",\"secret\",\"persistentVolumeClaim\"]",
    'policies.allow.images=["registry.example.com/ml/*"]',
    "policies.allow.secrets=[\"lsml-*\"]",
    "policies.allow.serviceAccounts=[\"trainer\",\"bucket-*\"]",
    "policies.allow.uris=[\"builtin://*\",\"pvc://models/*\"]",
    "policies.allow.priorityClasses=[\"batch\"]",
    "policies.allow.runtimeClasses=[]",
    "policies.allow.resources=[\"nvidia.com/*\"]",
)  # fmt: skip
"""Values of an administrator who allows little."""

_SECRETS = "of the secrets a job may use lsml-* here"
_URIS = "use one of builtin://*, pvc://models/*"
_RESOURCES = "here a worker may have nvidia.com/*"


def _at(field: str, value: Any, sentence: str) -> Case:
    return Case(template("").algorithm, f"spec.{field}", value, sentence)


BY_THE_STRICT_POLICY = {
    "a volume that is not wanted": volume(
        "here a volume is one of emptyDir, secret, persistentVolumeClaim", configMap={"name": "c"}
    ),
    "somebody's secret as a volume": volume(_SECRETS, secret={"secretName": "default-token-abcde"}),
    "somebody's secret as a variable": env(
        _SECRETS, {"name": "A", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}
    ),
    "somebody's secret as variables": template(_SECRETS, envFrom=[{"secretRef": {"name": "database"}}]),
    "somebody's registry": template(_SECRETS, imagePullSecrets=[{"name": "theirs"}]),
    "data of a server inside": _at("data.train.uri", "http://169.254.169.254/latest/user-data.csv", _URIS),
    "data of somebody's bucket": _at("data.test", {"uri": "s3://theirs/rows.csv"}, _URIS),
    "a model onto somebody's claim": _at("output", "pvc://theirs/iris", _URIS),
    "checkpoints onto somebody's claim": _at("checkpoint", {"uri": "pvc://theirs/iris"}, _URIS),
    "a ledger onto somebody's claim": _at("ledger", "pvc://theirs/iris", _URIS),
    "an image of somewhere": Case(
        A_CONTAINER, "spec.algorithm.container.args", ["-v"], "image: registry/theirs:1 is not allowed here"
    ),
    "more priority": in_class("priorityClassName", "high"),
    "a weaker sandbox": in_class("runtimeClassName", "runc"),
    "the host's file systems": _at("workers.resources", {"limits": {"smarter-devices/fuse": 1}}, _RESOURCES),
    "virtual machines of the host": _at("workers.resources", {"requests": {"devices.kubevirt.io/kvm": 1}}, _RESOURCES),
}

HARMLESS: dict[str, Object] = {
    "to be taken for the operator": {
        "labels": {"app.kubernetes.io/component": "operator", "app.kubernetes.io/name": "lsml"}
    },
    "to be taken for another job": {"labels": {"app.kubernetes.io/instance": "other"}},
    "a library before all others": {"env": [{"name": "LD_PRELOAD", "value": "/scratch/own.so"}]},
    "to find the API server": {"env": [{"name": "KUBERNETES_SERVICE_HOST", "value": "10.0.0.1"}]},
    "a secret in the words of another variable": {"env": [{"name": "A", "value": "$(AWS_SECRET_ACCESS_KEY)"}]},
    "the operator's variables from a config map": {
        "envFrom": [{"prefix": "LSML_", "configMapRef": {"name": "own", "optional": True}}]
    },
    "a token of its own making": {
        "volumes": [{"name": "v", "emptyDir": {}}],
        "volumeMounts": [{"name": "v", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
    },
    "the container's own passwords": {
        "volumes": [{"name": "v", "emptyDir": {}}],
        "volumeMounts": [{"name": "v", "mountPath": "/etc"}],
    },
    "all of the node's memory": {"volumes": [{"name": "v", "emptyDir": {"medium": "Memory"}}]},
    "the node of the control plane": {"nodeSelector": {CONTROL_PLANE: ""}},
    "to be near somebody else's pods": {
        "affinity": {
            "podAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "namespaces": ["kube-system"]}
                ]
            }
        }
    },
}
