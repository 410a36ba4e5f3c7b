"""Building pinned programs with Go: one module, so that what they share is compiled once.

Must not write into the tree, and must not leave half a program: each appears whole, under its name, or not at all.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from .errors import ClusterError
from .paths import cache_root
from .report import say, seconds_since

_MODULE = Path(__file__).parent / "go"
_KUBERNETES = "k8s.io/kubernetes"
_HELM = "helm.sh/helm/v3"
_TELL_EVERY_SECONDS = 30
_LAST_LINES = 20


def folder() -> Path:
    """Where the programs are kept: one folder for each content of go.mod, go.sum and flags, and kind of machine."""
    parts = [(_MODULE / "go.mod").read_bytes(), (_MODULE / "go.sum").read_bytes(), " ".join(_arguments()).encode()]
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    return cache_root() / "bin" / f"{digest}-{platform.system().lower()}-{platform.machine()}"


def pinned_version(module: str) -> str:
    """The version that go.mod requires of a module: v1.34.4."""
    return version_in((_MODULE / "go.mod").read_text(), module)


def version_in(go_mod: str, module: str) -> str:
    """The version that the text of a go.mod requires of a module."""
    match = re.search(rf"^\s*{re.escape(module)} (v\S+)", go_mod, re.MULTILINE)
    if match is None:
        raise ClusterError(f"{_MODULE}/go.mod does not require {module}: restore it from git")
    return match[1]


def build(packages: Mapping[str, str], titles: str) -> None:
    """The programs, by name the package of each, are in `folder()`; the caller holds the lock of that folder."""
    go = shutil.which("go")
    if go is None:
        raise ClusterError(
            f"{titles} must be built, and there is no Go: "
            "install Go 1.24 or newer, or set KUBEBUILDER_ASSETS to a folder that has them"
        )
    say(f"building {titles}: this takes minutes, and is done once")
    started = time.monotonic()
    made = folder() / ".building"
    shutil.rmtree(made, ignore_errors=True)  # of a build that was killed
    made.mkdir(parents=True)
    _follow([go, *_arguments(), "-v", "-o", f"{made}/", *packages.values()], started)
    for name, package in packages.items():
        (made / built_as(package)).rename(folder() / name)
    made.rmdir()
    say(f"{titles}: built in {seconds_since(started)}")


def linker_flags(kubernetes: str, helm: str) -> str:
    """No symbols; and the versions, which their own build scripts would have put in."""
    major, minor, _ = kubernetes.removeprefix("v").split(".", 2)
    variables = {
        "k8s.io/component-base/version.gitVersion": kubernetes,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": kubernetes,
        f"{_HELM}/internal/version.version": helm,
    }
    return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in variables.items())])


def built_as(package: str) -> str:
    """The name that `go build` gives: the last element of the path that is not a major version."""
    *_, parent, last = package.split("/")
    return parent if re.fullmatch(r"v\d+", last) else last


def _arguments() -> list[str]:
    versions = linker_flags(pinned_version(_KUBERNETES), pinned_version(_HELM))
    # Debug information would be thrown away by the linker; not making it saves a tenth of the compilation.
    return ["build", "-trimpath", "-gcflags=all=-dwarf=false", f"-ldflags={versions}"]


def _follow(command: list[str], started: float) -> None:
    """Run a `go build -v` to its end, telling now and then how far it is."""
    compiled, told, complaints = 0, started, []
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    with subprocess.Popen(command, cwd=_MODULE, env=environment, stderr=subprocess.PIPE, text=True) as building:
        for line in building.stderr or ():
            if re.fullmatch(r"[\w./~-]+", line.strip()):  # the path of a package
                compiled += 1
            elif not line.startswith("go: downloading"):
                complaints.append(line.rstrip())
            if time.monotonic() - told > _TELL_EVERY_SECONDS:
                told = time.monotonic()
                say(f"  {compiled} packages compiled after {seconds_since(started)}")
    if building.returncode != 0:
        raise ClusterError("`go build` failed:\n" + "\n".join(complaints[-_LAST_LINES:]))
