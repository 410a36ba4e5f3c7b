"""Images without a registry: built with buildah, handed to the nodes' containerd.

buildah keeps its layers in our cache, so that a second build is quick, and runs in a mount namespace of its own, so
that a build that is killed leaves no mount. Must not push to or pull from a registry.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import packages, python_images
from .commands import run
from .errors import ClusterError
from .locks import locked
from .node import Node
from .paths import cache_root
from .report import step

# How pip finds packages, as it says itself; the Dockerfile declares those that it honours.
_PIP_SETTINGS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT")
_CERTIFICATES = Path("/etc/ssl/certs")
_BUILD_SECONDS = 30 * 60
# Six times PyTorch's CUDA build: in the layer it is installed in, the image's, the node's, and while each is written.
_ROOM_BYTES = 30 << 30
_LOAD_SECONDS = 10 * 60
_ID_LABEL = "lsml.dev/image-id"


def make_base_images() -> None:
    """The images that Dockerfiles start from are in buildah's store."""
    with _store_to_ourselves():
        _make_base_images()


def build(dockerfile: Path, target: str, tag: str, arguments: Mapping[str, str]) -> None:
    """The image `tag` is what the Dockerfile's target says; its folder is the context."""
    wanted = {
        "PYTHON_IMAGE": python_images.BASE,
        "BUILD_IMAGE": python_images.BUILD,
        **{name: os.environ[name] for name in _PIP_SETTINGS if os.environ.get(name)},
        **arguments,
    }
    with _store_to_ourselves():
        if shutil.disk_usage(cache_root()).free < _ROOM_BYTES:
            _prune()
        _make_base_images()
        _build(dockerfile, target, tag, wanted)


def prune() -> None:
    """Layers that no image's name leads to are gone: the next build of what changed starts anew."""
    with _store_to_ourselves():
        _prune()


def load(nodes: Sequence[Node], tag: str) -> None:
    """Every node has the image that is called so here; nothing is copied where it already is."""
    image_id = id_of(tag)
    for node in nodes:
        listed = node.run("ctr", "--namespace=k8s.io", "images", "list", f"name=={tag}")
        if image_id in listed:
            continue
        with step(f"image {tag} on {node.name}"):
            _copy(node, tag)
            node.run("ctr", "--namespace=k8s.io", "images", "label", tag, f"{_ID_LABEL}={image_id}")


def call(nodes: Sequence[Node], tag: str, name: str) -> None:
    """Every node has the image by this name, too."""
    for node in nodes:
        node.run("ctr", "--namespace=k8s.io", "images", "tag", "--force", tag, name)


def id_of(tag: str) -> str:
    """Which image is called so here: another one after a build that changed anything."""
    return _buildah("inspect", "--type=image", "--format={{.FromImageID}}", tag).strip()


def local_paths(setting: str) -> list[Path]:
    """The files and folders of this machine among the words of one of pip's settings."""
    return [Path(word) for word in setting.split() if word.startswith("/") and Path(word).exists()]


@contextmanager
def _store_to_ourselves() -> Iterator[None]:
    """One build at a time: two would be no faster, and what a killed one left behind can be told from a live one's."""
    packages.ensure(packages.IMAGES)
    with locked(cache_root() / "containers.lock", "another command that builds images"):
        _buildah("rm", "--all")
        yield


def _prune() -> None:
    with step("layers without a name removed"):
        _buildah("rmi", "--prune", "--force")


def _make_base_images() -> None:
    if all(_recipe_of(tag) == python_images.recipe() for tag in (python_images.BASE, python_images.BUILD)):
        return
    with step("base images with Python", takes_long=True):
        workshop = cache_root() / "images" / "python"
        for archive in python_images.make(workshop):
            _buildah("pull", "--quiet", f"oci-archive:{archive}")
        shutil.rmtree(workshop)


def _build(dockerfile: Path, target: str, tag: str, arguments: Mapping[str, str]) -> None:
    local = [_CERTIFICATES, *(path for name in _PIP_SETTINGS for path in local_paths(arguments.get(name, "")))]
    with step(f"image {tag}", takes_long=True):
        _buildah(
            *("bud", "--quiet", "--layers", "--isolation=chroot", "--network=host", "--pull-never"),
            *(f"--volume={path}:{path}:ro" for path in dict.fromkeys(local)),
            *(f"--build-arg={name}={value}" for name, value in arguments.items()),
            *(f"--target={target}", f"--tag={tag}", f"--file={dockerfile}", str(dockerfile.parent)),
        )


def _copy(node: Node, tag: str) -> None:
    """Stream the image from buildah's store into containerd's."""
    importing = [*node.enter(), "ctr", "--namespace=k8s.io", "images", "import", "-"]
    export = [*_buildah_command(), "push", "--quiet", tag, f"docker-archive:/dev/stdout:{tag}"]
    with subprocess.Popen(export, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as pushing:
        done = subprocess.run(
            importing, stdin=pushing.stdout, capture_output=True, text=True, timeout=_LOAD_SECONDS, check=False
        )
        complaint = pushing.stderr.read().decode() if pushing.stderr else ""
    if pushing.returncode or done.returncode:
        raise ClusterError(f"could not load {tag} into {node.name}: {complaint}{done.stderr}")


def _recipe_of(tag: str) -> str | None:
    try:
        return _buildah("inspect", "--type=image", '--format={{index .OCIv1.Config.Labels "recipe"}}', tag).strip()
    except ClusterError:
        return None


def _buildah(*arguments: str) -> str:
    return run([*_buildah_command(), *arguments], called=f"buildah {arguments[0]}", timeout_seconds=_BUILD_SECONDS)


def _buildah_command() -> tuple[str, ...]:
    folder = cache_root() / "containers"
    configuration = folder / "containers.conf"
    if not configuration.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # It would make /etc/cni, for networks that it never uses.
        configuration.write_text(f"[network]\nnetwork_config_dir = {json.dumps(str(folder / 'networks'))}\n")
    apart = ("unshare", "--mount", "env", f"CONTAINERS_CONF={configuration}")
    return (*apart, "buildah", "--log-level=error", f"--root={folder / 'store'}", f"--runroot={folder / 'run'}")
