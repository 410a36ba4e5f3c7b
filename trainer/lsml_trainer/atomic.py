"""A folder that is there whole or not at all, whenever the process or the machine dies. Knows nothing of models.

    new     .NAME.saving-RANDOM   written, synced
    commit  exchanged with NAME in one system call (or renamed, where NAME was not there)
    clean   what was NAME is removed

Where the file system cannot exchange (NFS), the former folder waits as .NAME.before while the new one is renamed;
`committed` finds it should the process die in between.
"""

import ctypes
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def write_folder(folder: Path, files: Mapping[str, bytes], before_commit: Callable[[], None] = lambda: None) -> None:
    """Makes `folder` hold exactly these files: the former content or the new one, never a mix.

    Raises OSError, and what `before_commit` raises; then the former content still stands, and what was written of the
    new one is removed.
    """
    with fresh_folder(folder) as fresh:
        for name, content in files.items():
            _write_synced(fresh / name, content)
        before_commit()


@contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """A new folder to fill, which becomes `folder` when the block ends well; else it is removed.

    The files in it are the block's to sync.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    fresh = folder.with_name(f"{_saving(folder)}{secrets.token_hex(4)}")
    try:
        fresh.mkdir()
        yield fresh
        _sync(fresh)
        _replace(folder, fresh)
        _sync(folder.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)  # the former content after an exchange, or what could not be written
    shutil.rmtree(_before(folder), ignore_errors=True)


def move_folder(fresh: Path, folder: Path) -> None:
    """Gives a finished folder its name; what had that name before is removed.

    It can be done again wherever it was cut off: where `fresh` is not there, it was done. So the names are not
    exchanged, after which `fresh` would be what was there before.
    """
    if fresh.exists():
        _sync(fresh)
        if folder.exists():
            _put_aside(folder)
        fresh.rename(folder)
        _sync(folder.parent)
    shutil.rmtree(_before(folder), ignore_errors=True)


@contextmanager
def fresh_file(path: Path) -> Iterator[BinaryIO]:
    """A new file to fill, which becomes `path` when the block ends well; else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.saving-{secrets.token_hex(4)}")
    try:
        with fresh.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        _sync(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def committed(folder: Path) -> Path:
    """Where the content of `folder` is: there, or aside, if a save was cut off between two renames."""
    return _before(folder) if not folder.exists() and _before(folder).exists() else folder


def _before(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.before")


def _replace(folder: Path, fresh: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
    elif not _exchange(folder, fresh):
        _put_aside(folder)
        fresh.rename(folder)


def _put_aside(folder: Path) -> None:
    shutil.rmtree(_before(folder), ignore_errors=True)
    folder.rename(_before(folder))


def _exchange(left: Path, right: Path) -> bool:
    """Swaps two names in one system call; False where kernel or file system cannot (renameat2(2), EINVAL)."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # no glibc 2.28
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(left), _AT_FDCWD, os.fsencode(right), _RENAME_EXCHANGE) == 0)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Makes the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_leftovers(folder: Path) -> None:
    """Of savers that were killed: a job has one at a time."""
    for leftover in folder.parent.iterdir():
        if leftover.name.startswith(_saving(folder)):
            shutil.rmtree(leftover, ignore_errors=True)


def _saving(folder: Path) -> str:
    return f".{folder.name}.saving-"
