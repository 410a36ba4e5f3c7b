"""Programs of the operating system, from Debian's packages.

Installed only when missing. Must not upgrade, remove or configure anything.
"""

import os
import shutil
from collections.abc import Mapping

from .commands import run
from .errors import UnsupportedError
from .locks import locked
from .paths import packages_lock
from .report import step

CNI_PLUGINS = "/usr/lib/cni"

# A program, or a file, and the package that brings it.
NODE: Mapping[str, str] = {
    "catatonit": "catatonit",
    "conntrack": "conntrack",
    "containerd": "containerd",
    f"{CNI_PLUGINS}/bridge": "containernetworking-plugins",
    "ip": "iproute2",
    "iptables": "iptables",
    "nft": "nftables",
    "nsenter": "util-linux",
    "runc": "runc",
}
IMAGES: Mapping[str, str] = {
    "buildah": "buildah",
    "mmdebstrap": "mmdebstrap",
}

_MINUTES = 10 * 60


def ensure(programs: Mapping[str, str]) -> None:
    """Every one of these programs is installed."""
    packages = missing(programs)
    if not packages:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise UnsupportedError(f"missing here: {', '.join(packages)}; install them with the system's package manager")
    # apt-get waits for another one that installs, but not for one that updates.
    with (
        locked(packages_lock(), "another installation of packages"),
        step(f"packages {', '.join(packages)}", takes_long=True),
    ):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
        run([*apt, "update"], env=environment, timeout_seconds=_MINUTES)
        run([*apt, "install", "--no-install-recommends", *packages], env=environment, timeout_seconds=_MINUTES)


def missing(programs: Mapping[str, str]) -> list[str]:
    """The packages whose programs are not there, sorted."""
    return sorted({package for program, package in programs.items() if shutil.which(program) is None})
