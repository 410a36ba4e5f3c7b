"""What kstatus says of objects: the library itself, in a small Go program that is built once."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cluster.api import Object
from localcluster.errors import ClusterError
from localcluster.locks import locked
from localcluster.paths import cache_root

_MODULE = Path(__file__).parents[1] / "localcluster" / "kstatus"


class Judgement(NamedTuple):
    """Current, InProgress, Failed, Terminating, NotFound or Unknown; and why."""

    status: str
    message: str


def judge(objects: Sequence[Object]) -> list[Judgement]:
    """A judgement of each; raises ClusterError where the program is not there and cannot be built."""
    lines = "".join(json.dumps(each) + "\n" for each in objects)
    done = subprocess.run([_program()], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return [Judgement(*line.split(" ", 1)) for line in done.stdout.splitlines()]


@cache
def _program() -> Path:
    sources = b"\0".join((_MODULE / name).read_bytes() for name in ("go.mod", "go.sum", "main.go"))
    program = cache_root() / "bin" / f"kstatus-{hashlib.sha256(sources).hexdigest()[:16]}"
    with locked(program.with_suffix(".lock"), "another build of kstatus"):
        if not program.exists():
            _build(program)
    return program


def _build(program: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise ClusterError("kstatus must be built, and there is no Go: install Go 1.24 or newer")
    made = program.with_suffix(".building")
    command = [go, "build", "-trimpath", "-mod=readonly", "-o", str(made), "."]
    done = subprocess.run(command, cwd=_MODULE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ClusterError(f"kstatus cannot be built:\n{done.stderr}")
    made.rename(program)
