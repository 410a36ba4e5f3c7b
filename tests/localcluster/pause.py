"""The image of the container that holds a pod's namespaces: one static program that sleeps and buries the dead.

Must not be needed by anything but containerd.
"""

import platform
import shutil
from pathlib import Path

from . import oci
from .node import Node
from .node_files import PAUSE_IMAGE
from .paths import cache_root


def load(node: Node) -> None:
    """The node has the image."""
    if PAUSE_IMAGE in node.run("ctr", "--namespace=k8s.io", "images", "list", "--quiet").split():
        return
    archive = cache_root() / "images" / "pause.tar"
    catatonit = Path(shutil.which("catatonit") or "/usr/bin/catatonit")
    layer = oci.tar({"pause": catatonit.read_bytes()}, executable=["pause"])
    oci.write_archive(archive, PAUSE_IMAGE, layer, platform.machine(), {"Entrypoint": ["/pause", "-P"]})
    node.run("ctr", "--namespace=k8s.io", "images", "import", str(archive))
