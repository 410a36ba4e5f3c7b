"""The configuration files of a node, as text.

Must not write them, nor know where the node runs: inside it, every path is the usual one.
"""

import json
from typing import Any

from .packages import CNI_PLUGINS
from .slots import Slot

PAUSE_IMAGE = "localhost/lsml/pause:1"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"

# What the kubelet would set on the whole machine, and what it is shown instead: see `node`.
KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def containerd_toml(cni_folder: str) -> str:
    """containerd for a root that may not lower an oom_score_adj; without `restrict_` every pod would fail."""
    return f"""\
version = 2
oom_score = 0
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{CNI_PLUGINS}"
    conf_dir = "{cni_folder}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
"""


def cni_conflist(slot: Slot, index: int) -> str:
    """Pods on a bridge inside the node, reachable from the host by route: nothing is masqueraded."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": slot.pod_range(index)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge, ports]}, indent=2)


def kubelet_configuration(
    slot: Slot,
    *,
    cgroup: str,
    authority: str,
    certificate: str,
    key: str,
    resolv_conf: str,
    reserved: dict[str, str],
) -> str:
    """The kubelet's KubeletConfiguration."""
    configuration: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": authority},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": certificate,
        "tlsPrivateKeyFile": key,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "clusterDomain": "cluster.local",
        # There is no DNS. Asking where nobody listens fails at once; without the setting every pod gets a warning.
        "clusterDNS": [slot.bridge_address],
        "resolvConf": resolv_conf,
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        "evictionHard": {"nodefs.available": "1%", "imagefs.available": "1%", "memory.available": "100Mi"},
        # Images come by `load` and from nowhere else: never throw one away.
        "imageGCHighThresholdPercent": 100,
        "serializeImagePulls": False,
        # A sign of life each 4 s; five of them missing, and the node is not ready.
        "nodeLeaseDurationSeconds": 16,
        "systemReserved": reserved,
    }
    return json.dumps(configuration, indent=2)


def share_to_reserve(nodes: int, cpus: int, memory_bytes: int) -> dict[str, str]:
    """What each of several nodes must leave to the others: all of them see the whole machine."""
    others = (nodes - 1) / nodes
    return {"cpu": f"{round(cpus * 1000 * others)}m", "memory": f"{round(memory_bytes * others / 2**20)}Mi"}
