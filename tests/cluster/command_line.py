"""`lsml` as a person or a script runs it: a process with a kubeconfig, its exit code, and what it wrote."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

LSML = Path(sys.executable).parent / "lsml"
MOST_SECONDS = 180.0


class Ran(NamedTuple):
    """How it ended."""

    code: int
    out: str
    err: str


class CommandLine:
    """Speaks to one cluster, in one namespace."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self._kubeconfig = kubeconfig
        self._namespace = namespace

    def __call__(self, *arguments: str, stdin: str = "") -> Ran:
        """Run to its end."""
        return self._run([str(LSML), *arguments], stdin)

    def through_kubectl(self, *arguments: str) -> Ran:
        """The same, in the test's namespace, as a plug-in of kubectl."""
        return self._run(["kubectl", "lsml", *arguments, "--namespace", self._namespace], "")

    def _run(self, command: list[str], stdin: str) -> Ran:
        ended = subprocess.run(
            command,
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=MOST_SECONDS,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def here(self, *arguments: str, stdin: str = "") -> Ran:
        """The same, in the test's namespace."""
        return self(*arguments, "--namespace", self._namespace, stdin=stdin)

    @contextmanager
    def started(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """It runs during the block; whoever still needs it afterwards has waited for it."""
        process = subprocess.Popen(
            [LSML, *arguments, "--namespace", self._namespace],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def _environment(self) -> dict[str, str]:
        own = {"KUBECONFIG": str(self._kubeconfig), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        path = f"{LSML.parent}:{os.environ.get('PATH', '')}"
        return {"PATH": path, "HOME": os.environ.get("HOME", "/"), **own}
