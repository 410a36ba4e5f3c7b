"""A save that is cut off at any system call leaves the former folder or the new one, never a mix."""

import errno
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lsml_trainer import atomic

FORMER = {"weights": b"former weights", "model": b"former model"}
NEW = {"weights": b"new weights", "model": b"new model"}
CALLS = ("mkdir", "rename", "open", "rmdir", "unlink")  # what pathlib and shutil come down to, besides fsync


def content(folder: Path) -> dict[str, bytes] | None:
    there = atomic.committed(folder)
    return {path.name: path.read_bytes() for path in there.iterdir()} if there.exists() else None


def killed_at(call: int, work: Callable[[], None]) -> bool:
    """Runs `work` in a process of its own that dies before its call number `call`; whether it came so far."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: threads of libraries; the child uses none
        pid = os.fork()
    if pid == 0:
        _die_at(call)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9


def _die_at(call: int) -> None:
    calls = iter(range(call, -1, -1))
    for name in (*CALLS, "fsync"):
        setattr(os, name, _counted(getattr(os, name), calls))
    atomic._exchange = _counted(atomic._exchange, calls)


def _counted(function: Callable[..., Any], calls: Iterator[int]) -> Callable[..., Any]:
    def counted(*args: Any, **kwargs: Any) -> Any:
        if next(calls, 1) == 0:
            os._exit(9)
        return function(*args, **kwargs)

    return counted


@pytest.mark.parametrize("exchanges", [True, False], ids=["exchange", "a file system without exchange"])
@pytest.mark.parametrize("former", [FORMER, None], ids=["over a former model", "the first model"])
def test_killed_at_each_system_call_the_folder_is_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, former: dict[str, bytes] | None, exchanges: bool
) -> None:
    """53, 56"""
    if not exchanges:
        monkeypatch.setattr(atomic, "_exchange", lambda *_: False)
    seen = set()
    for call in range(100):
        folder = tmp_path / f"at{call}" / "model"
        if former:
            atomic.write_folder(folder, former)
        came_so_far = killed_at(call, lambda folder=folder: atomic.write_folder(folder, NEW))
        found = content(folder)
        assert found in (former, NEW)
        seen.add(found == NEW)
        atomic.write_folder(folder, NEW)  # the next attempt
        assert (content(folder), [path.name for path in folder.parent.iterdir()]) == (NEW, ["model"])
        if not came_so_far:
            break
    assert call > 8, "the kills have fired"
    assert seen == {False, True}


@pytest.mark.parametrize("former", [FORMER, None], ids=["over a former folder", "the first"])
def test_a_move_that_is_killed_at_any_system_call_can_be_done_again(
    tmp_path: Path, former: dict[str, bytes] | None
) -> None:
    """53"""
    for call in range(100):
        fresh, folder = tmp_path / f"at{call}" / "fresh", tmp_path / f"at{call}" / "named"
        atomic.write_folder(fresh, NEW)
        if former:
            atomic.write_folder(folder, former)
        came_so_far = killed_at(call, lambda fresh=fresh, folder=folder: atomic.move_folder(fresh, folder))
        assert content(folder) in (former, NEW)
        atomic.move_folder(fresh, folder)
        assert (content(folder), [path.name for path in folder.parent.iterdir()]) == (NEW, ["named"])
        if not came_so_far:
            break
    assert call > 2, "the kills have fired"


@pytest.mark.parametrize("call", ["fsync", "mkdir", "rename"])
def test_without_space_the_former_folder_stands_and_nothing_is_left_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """54"""
    folder = tmp_path / "model"
    atomic.write_folder(folder, FORMER)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic, "_exchange", lambda *_: False)
    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        with pytest.raises(OSError, match="No space left"):
            atomic.write_folder(folder, NEW)
    assert content(folder) == FORMER
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
