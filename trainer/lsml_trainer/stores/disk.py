"""A folder of a disk: written beside its place, synced, then exchanged by one system call (`atomic.py`)."""

import errno
import os
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

from lsml_trainer.atomic import committed, fresh_file, move_folder, write_folder
from lsml_trainer.stores.base import Unreadable
from lsml_trainer.stores.naming import name_with

LEFTOVER_SECONDS = 60.0


@dataclass(frozen=True)
class DiskStore:
    """As Store."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """The last part of where it is."""
        return self.path.name

    def child(self, name: str) -> Self:
        """A folder in it, there or not."""
        return type(self)(self.path / name)

    def children(self, marker: str) -> list[str]:
        """All but hidden ones: here a folder is there whole or not at all, so one without a marker is a damaged one."""
        del marker
        return [path.name for path in self.path.iterdir() if path.name[0] != "."] if self.path.is_dir() else []

    def read(self, name: str, digest: str | None = None, most_bytes: int | None = None) -> bytes:
        """A file of the folder itself; a link out of it would read what is another's."""
        folder = committed(self.path)
        path = folder / Path(name).name
        if digest and not path.exists():  # a folder that was copied from a bucket
            path = folder / name_with(digest, path.name)
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            raise Unreadable(f"{path} is a link that leads out of its folder; copy the file into it")
        if most_bytes is not None and path.stat().st_size > most_bytes:
            raise Unreadable(f"{path} has {path.stat().st_size} bytes, a description has at most {most_bytes}")
        return path.read_bytes()

    def write(self, files: Mapping[str, bytes], before_commit: Callable[[], None] = lambda: None) -> None:
        """Makes it hold exactly these files."""
        write_folder(self.path, files, before_commit)

    def remove(self, marker: str) -> None:
        """Takes it away."""
        del marker
        shutil.rmtree(self.path, ignore_errors=True)

    def clean(self, prefix: str, marker: str) -> None:
        """Removes what killed writers left; what was written to a minute ago may have a writer that lives."""
        del marker
        for leftover in self.path.glob(f".{prefix}*"):
            if _idle_seconds(leftover) > LEFTOVER_SECONDS:
                shutil.rmtree(leftover, ignore_errors=True)

    def others(self, marker: str) -> bool:
        """Whether it holds something, and no marker."""
        return self.path.is_dir() and not (self.path / marker).exists() and any(self.path.iterdir())

    def may_answer_later(self, error: OSError) -> bool:
        """A disk does not come and go."""
        del error
        return False

    def aside(self, name: str) -> Self:
        """A hidden folder beside it."""
        return type(self)(self.path.with_name(f".{self.path.name}.{name}"))

    def put(self, name: str, content: bytes) -> None:
        """One file more."""
        with fresh_file(self.path / name) as file:
            file.write(content)

    def adopt(self, aside: Self, names: Collection[str], marker: str) -> None:
        """By giving the folder aside this one's name."""
        if aside.path.exists():
            there = {path.name: path for path in aside.path.iterdir()}
            for missing in set(names) - there.keys():
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(aside.path / missing))
            for name in there.keys() - {*names}:
                there[name].unlink()
            aside.put(marker, b"")
        move_folder(aside.path, self.path)

    def check_writable(self) -> None:
        """Raises OSError where nothing can be written; leaves nothing."""
        if self.path.exists() and not self.path.is_dir():
            raise Unreadable(f"{self.path} is a file; name a folder")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=self.path.parent):  # without a name, so that a team's workers can all try at once
            pass


def _idle_seconds(folder: Path) -> float:
    """Since something in it was written; 0 where it has just gone."""
    try:
        return time.time() - max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return 0.0
