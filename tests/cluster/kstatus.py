"""What kstatus says of objects: the library itself, in a small Go program that is built once."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cluster.api import Object
from localcluster import go_program

_MODULE = Path(__file__).parents[1] / "localcluster" / "kstatus"


class Judgement(NamedTuple):
    """Current, InProgress, Failed, Terminating, NotFound or Unknown; and why."""

    status: str
    message: str


def judge(objects: Sequence[Object]) -> list[Judgement]:
    """A judgement of each; raises ClusterError where the program is not there and cannot be built."""
    lines = "".join(json.dumps(each) + "\n" for each in objects)
    done = subprocess.run([go_program.built(_MODULE)], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return [Judgement(*line.split(" ", 1)) for line in done.stdout.splitlines()]
