"""Processes that outlive the command that starts them.

A process is known by its number together with its start time and the machine's boot, so that a number that was given
away again is never mistaken for it. Each also carries a mark in its environment, inherited by whatever it starts: that
finds what a killed run left behind. Must not signal a process that has neither our record nor our mark.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .waiting import wait_until

_MARK = "LSML_LOCALCLUSTER"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Process:
    """One process, for ever: no other process equals it, before or after."""

    pid: int
    started: str  # clock ticks since boot on Linux, a date elsewhere
    boot: str


def spawn(argv: Sequence[str], log: Path, mark: Path) -> Process:
    """Start a daemon: a session and a log of its own, nothing of our environment but what it needs."""
    log.parent.mkdir(parents=True, exist_ok=True)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        pid = os.posix_spawn(
            "/bin/sh",
            # The shell steps out of our working directory and becomes the daemon, under the same number.
            ["sh", "-c", 'cd / && exec "$@"', "sh", *argv],
            {"PATH": _PATH, "HOME": os.environ.get("HOME", "/"), _MARK: str(mark)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(output)
    return Process(pid, _start_time(pid) or "", _boot())


def is_alive(process: Process) -> bool:
    """Whether it still runs; a stopped one does, a zombie does not."""
    _reap(process.pid)
    return _boot() == process.boot and _start_time(process.pid) == process.started != ""


def send(process: Process, number: signal.Signals) -> None:
    """Signal it if it is still the one we mean."""
    if is_alive(process):
        os.kill(process.pid, number)


def stop(process: Process, grace_seconds: float) -> None:
    """End it: asked first, killed after the grace; it is gone on return."""
    send(process, signal.SIGTERM)
    send(process, signal.SIGCONT)
    if not wait_until(lambda: not is_alive(process), grace_seconds):
        kill(process)


def kill(process: Process) -> None:
    """End it at once; it is gone on return."""
    send(process, signal.SIGKILL)
    wait_until(lambda: not is_alive(process), timeout_seconds=60)


def save(process: Process, path: Path) -> None:
    """Write the record whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(process)))
    temporary.replace(path)


def load(path: Path) -> Process | None:
    """The recorded process, alive or not; None without a readable record."""
    try:
        return Process(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def identify(pid: int) -> Process | None:
    """Who has this number now."""
    started = _start_time(pid)
    return Process(pid, started, _boot()) if started else None


def marked(folder: Path) -> list[Process]:
    """Everything that runs on behalf of this folder or one below, recorded or not; Linux only, elsewhere empty."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            mark = mark_in((entry / "environ").read_bytes())
        except OSError:  # gone meanwhile, or another user's
            continue
        process = identify(int(entry.name)) if mark and mark.is_relative_to(folder) else None
        if process:
            found.append(process)
    return found


def mark_in(environ: bytes) -> Path | None:
    """The mark in the text of a /proc/PID/environ."""
    for variable in environ.split(b"\0"):
        name, _, value = variable.partition(b"=")
        if name == _MARK.encode():
            return Path(os.fsdecode(value))
    return None


def _start_time(pid: int) -> str | None:
    """When the process started; None when there is none, or only its corpse."""
    if sys.platform == "linux":
        return parse_start_time(_read(Path(f"/proc/{pid}/stat")))
    listed = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = listed.stdout.strip().partition(" ")
    return None if state.startswith("Z") else started.strip() or None


def parse_start_time(stat: str) -> str | None:
    """Field 22 of /proc/PID/stat; the second field, the name, may hold spaces and brackets."""
    state, *fields = stat.rpartition(")")[2].split() or ["X"]
    return None if state in "ZX" else fields[18]


def _boot() -> str:
    return _read(Path("/proc/sys/kernel/random/boot_id")).strip()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _reap(pid: int) -> None:
    """Collect it if it is our own child and has ended; anybody else's is collected by its parent."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
