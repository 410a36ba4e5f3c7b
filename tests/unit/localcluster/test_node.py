"""What a node is told, and when it counts as ready."""

import json
import tomllib
from pathlib import Path

import pytest

from localcluster.bring_up import is_schedulable
from localcluster.cgroups import mount_points
from localcluster.node_files import cni_conflist, containerd_toml, kubelet_configuration, share_to_reserve
from localcluster.paths import ClusterPaths
from localcluster.slots import Slot
from localcluster.storage import persistent_volume

NOT_READY_TAINT = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
MOUNTS = """\
23 1 254:0 / / rw,relatime - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:4 - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
34 23 0:29 /some/container /mnt/cpu rw,relatime - cgroup cgroup rw,cpu
"""


def a_node(ready: str = "True", taints: tuple[dict[str, str], ...] = ()) -> dict[str, object]:
    return {"spec": {"taints": [*taints]}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


SCHEDULABLE = {
    "not registered yet": (None, False),
    "registered, nothing said": ({"spec": {}, "status": {}}, False),
    "not ready": (a_node("False"), False),
    "ready, but the taint is still there": (a_node(taints=(NOT_READY_TAINT,)), False),
    "ready": (a_node(), True),
    "ready, with a taint of somebody's": (a_node(taints=({"key": "gpu", "effect": "NoSchedule"},)), True),
}


@pytest.mark.parametrize(("seen", "want"), SCHEDULABLE.values(), ids=SCHEDULABLE)
def test_is_schedulable(seen, want):
    assert is_schedulable(seen) is want


def test_containerd_works_for_a_root_without_all_capabilities():
    cri = tomllib.loads(containerd_toml("/state/cni"))["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["restrict_oom_score_adj"] is True
    assert cri["netns_mounts_under_state_dir"] is True
    assert cri["cni"]["conf_dir"] == "/state/cni"


def test_pods_have_the_nodes_range_and_are_never_masqueraded():
    bridge = json.loads(cni_conflist(Slot(3), index=1))["plugins"][0]
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.203.65.0/24"}]]
    assert bridge["ipMasq"] is False


def test_the_kubelet_keeps_to_its_group_and_lets_in_nobody_unknown():
    text = kubelet_configuration(
        Slot(3), cgroup="lsml3n0", authority="/ca", certificate="/c", key="/k", resolv_conf="/r", reserved={"cpu": "1"}
    )
    configuration = json.loads(text)
    assert configuration["cgroupRoot"] == "/lsml3n0"
    assert configuration["authentication"]["anonymous"] == {"enabled": False}
    assert configuration["systemReserved"] == {"cpu": "1"}


SHARES = {
    "one node has it all": (1, {"cpu": "0m", "memory": "0Mi"}),
    "two nodes, half each": (2, {"cpu": "2000m", "memory": "4096Mi"}),
    "four nodes, a quarter each": (4, {"cpu": "3000m", "memory": "6144Mi"}),
}


@pytest.mark.parametrize(("nodes", "want"), SHARES.values(), ids=SHARES)
def test_share_to_reserve(nodes, want):
    assert share_to_reserve(nodes, cpus=4, memory_bytes=8 * 2**30) == want


def test_control_groups_are_found_where_the_whole_of_them_is_mounted():
    assert [str(point) for point in mount_points(MOUNTS)] == ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/unified"]


def test_the_controllers_may_delete_a_volumes_folder():
    folder = ClusterPaths(Path("/state/demo")).volumes / "local-00"
    assert "tmp" in folder.parts  # they refuse elsewhere
    assert persistent_volume("local-00", folder)["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
