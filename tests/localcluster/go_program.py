"""Programs whose dependencies are not those of Kubernetes: each has a Go module of its own, and is built once.

Must not write into the tree, and must not leave half a program.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

from .commands import run
from .errors import ClusterError
from .locks import locked
from .paths import cache_root
from .report import step

_BUILD_SECONDS = 60 * 60  # ten times what it takes on two idle cores
_DOWNLOAD_SECONDS = 10 * 60


def built(module: Path, package: str = ".") -> Path:
    """A package of the module in this folder as a program, which needs no library of the system."""
    sources = b"\0".join(path.read_bytes() for path in sorted(module.glob("*")))
    program = cache_root() / "bin" / f"{module.name}-{hashlib.sha256(sources).hexdigest()[:16]}"
    with locked(program.with_suffix(".lock"), f"another build of {module.name}"):
        if not program.exists():
            made = program.with_suffix(".building")
            with step(f"{module.name} is built", takes_long=True):
                _go(module, "build", "-trimpath", "-ldflags=-s -w", "-o", str(made), package, seconds=_BUILD_SECONDS)
            made.rename(program)
    return program


def source(module: Path, required: str) -> Path:
    """The files of a module that the one in this folder requires, as its go.sum knows them."""
    told = json.loads(_go(module, "mod", "download", "-json", required, seconds=_DOWNLOAD_SECONDS))
    return Path(told["Dir"])


def _go(module: Path, *arguments: str, seconds: float) -> str:
    go = shutil.which("go")
    if go is None:
        raise ClusterError(f"{module.name} must be built, and there is no Go: install Go 1.25 or newer")
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    called = f"go {arguments[0]} of {module.name}"
    return run([go, "-C", str(module), *arguments], called=called, env=environment, timeout_seconds=seconds)
