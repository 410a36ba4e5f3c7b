"""A folder of an object store, where nothing can be renamed: uploaded, read back and compared, then marked.

    s3://bucket/iris/weights-0123456789abcdef.safetensors    named by its sha256: it replaces none that is being read
                     model.json                              the marker, written last; by it the new content counts

An upload that failed, or whose acknowledgement was lost, is done again: the same bytes under the same name. What a
killed writer left is named by no marker; it is removed once it is LEFTOVER_SECONDS older than what was written since,
by the store's own clock, so that nobody's unfinished upload is taken away. Parts of an upload that a kill cut off are
no objects; a rule of the bucket expires them (AbortIncompleteMultipartUpload).
"""

import errno
import os
import re
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Self

from lsml_trainer.spec import BucketFolder
from lsml_trainer.stores.base import Unreadable
from lsml_trainer.stores.connecting import filesystem, words_of
from lsml_trainer.stores.naming import name_with

PAUSES_SECONDS = (1.0, 2.0, 4.0)
"""Between the tries of an upload."""
LEFTOVER_SECONDS = 3600.0
COPIES_AT_ONCE = 16
"""Each is a request that the store answers after some tenths of a second."""
_PIECE_BYTES = 8 << 20
_ADOPTING = ".lsml-adopts"
"""In a folder while it takes over a folder aside, and has no marker: what is in it is not another's."""
_PROBE = ".lsml-can-write-"
_FINAL = re.compile(r"ACCESS_DENIED|NO_SUCH_BUCKET|INVALID_ACCESS_KEY|SIGNATURE_DOES_NOT_MATCH|PERMISSION_DENIED")


@dataclass(frozen=True)
class BucketStore:
    """As Store."""

    files: Any
    """The pyarrow.fs.FileSystem."""
    scheme: str
    path: str
    """BUCKET/FOLDER."""
    sleep: Callable[[float], None] = time.sleep
    leftover_seconds: float = LEFTOVER_SECONDS

    @classmethod
    def at(cls, where: BucketFolder) -> Self:
        """The folder, with the credentials of the environment."""
        return cls(filesystem(where.scheme), where.scheme, f"{where.bucket}/{where.folder}")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.path}"

    @property
    def name(self) -> str:
        """The last part of where it is."""
        return self.path.rpartition("/")[2]

    def child(self, name: str) -> Self:
        """A folder in it, there or not."""
        return type(self)(self.files, self.scheme, f"{self.path}/{name}", self.sleep, self.leftover_seconds)

    def children(self, marker: str) -> list[str]:
        """Those that are marked; others are still being written, or never will be."""
        return [child for child, names in self._listed().items() if child and "/" not in child and marker in names]

    def read(self, name: str, digest: str | None = None, most_bytes: int | None = None) -> bytes:
        """A file, by the name that its content gives it; else by its own, where a folder was copied into the bucket."""
        if digest:
            with suppress(FileNotFoundError):
                return self.read(name_with(digest, name), most_bytes=most_bytes)
        with _in_our_words(f"{self}/{name}"), self.files.open_input_file(f"{self.path}/{name}") as stored:
            if most_bytes is not None and stored.size() > most_bytes:
                raise Unreadable(f"{self}/{name} has {stored.size()} bytes, a description has at most {most_bytes}")
            return bytes(stored.read())

    def write(self, files: Mapping[str, bytes], before_commit: Callable[[], None] = lambda: None) -> None:
        """Makes it hold these files, the marker last; former ones stay until they are old."""
        *parts, marker = files
        named = {name_with(sha256(files[name]).hexdigest(), name): files[name] for name in parts}
        for name, content in named.items():
            self.put(name, content)
        before_commit()
        self.put(marker, files[marker])
        with suppress(OSError):  # the content counts already
            self._remove_old({*named, marker})

    def remove(self, marker: str) -> None:
        """Takes it away, the marker first."""
        with suppress(OSError):
            if marker in self._listed().get("", {}):
                self.files.delete_file(f"{self.path}/{marker}")
            self.files.delete_dir(self.path)

    def clean(self, prefix: str, marker: str) -> None:
        """Removes old folders without a marker."""
        listed = self._listed()
        newest = max((at for names in listed.values() for at in names.values()), default=0.0)
        for child, names in listed.items():
            is_old = max(names.values()) + self.leftover_seconds <= newest
            if child.startswith(prefix) and marker not in names and is_old:
                self.child(child).remove(marker)

    def others(self, marker: str) -> bool:
        """Whether it holds something other than uploads that were never marked, and no marker."""
        listed = self._listed()
        if _ADOPTING in listed.get("", {}):
            return False
        own = {name for name in listed.get("", {}) if not re.search(rf"^{_PROBE}|-[0-9a-f]{{16}}\.", name)}
        return marker not in own and bool(own or [child for child in listed if child and child[0] != "."])

    def may_answer_later(self, error: OSError) -> bool:
        """All but what is not there, or not allowed."""
        return not isinstance(error, FileNotFoundError) and not _FINAL.search(str(error))

    def aside(self, name: str) -> Self:
        """A folder in it, whose name begins as those that readers of folders pass over."""
        return self.child(f".{name}")

    def put(self, name: str, content: bytes) -> None:
        """Uploads a file and makes sure that it is there."""
        self._again(name, lambda: self._upload(f"{self.path}/{name}", content))

    def adopt(self, aside: Self, names: Collection[str], marker: str) -> None:
        """Copied by the store itself; before that the former marker goes, and what is not wanted any more."""
        listed = self._listed()
        here, there = listed.get("", {}), listed.get(aside.path.removeprefix(f"{self.path}/"), {})
        if marker not in here or set(names) <= there.keys():  # else it was done, and cut off as the folder aside went
            self.put(_ADOPTING, b"")
            for name in (marker, *sorted(here.keys() - {*names, marker, _ADOPTING})):
                if name in here:
                    self._again(name, partial(self.files.delete_file, f"{self.path}/{name}"))
            with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
                list(pool.map(lambda name: self._again(name, lambda: self._copy(aside, name)), names))
            self.put(marker, b"")
        for remove, path in ((self.files.delete_dir, aside.path), (self.files.delete_file, f"{self.path}/{_ADOPTING}")):
            with suppress(OSError):  # the content counts already
                remove(path)

    def check_writable(self) -> None:
        """Raises OSError where nothing can be written."""
        probe = f"{_PROBE}{secrets.token_hex(4)}"  # of its own, since a team's workers may all try at once
        self.put(probe, b"")
        with suppress(OSError):  # whoever may write here need not be allowed to remove
            self.files.delete_file(f"{self.path}/{probe}")

    def _listed(self) -> dict[str, dict[str, float]]:
        """When each file was written, by child ('': of this folder itself) and name."""
        from pyarrow import fs  # noqa: PLC0415  (0.3 s to import)

        listed: dict[str, dict[str, float]] = {}
        with _in_our_words(str(self)):
            infos = self.files.get_file_info(fs.FileSelector(self.path, allow_not_found=True, recursive=True))
        for info in infos:
            if info.type == fs.FileType.File:
                child, _, name = info.path.removeprefix(f"{self.path}/").rpartition("/")
                listed.setdefault(child, {})[name] = info.mtime.timestamp()
        return listed

    def _remove_old(self, wanted: set[str]) -> None:
        """Files of former contents and of killed writers."""
        written = self._listed().get("", {})
        newest = max(written.values(), default=0.0)
        for name, at in written.items():
            if name not in wanted and at + self.leftover_seconds <= newest:
                self.files.delete_file(f"{self.path}/{name}")

    def _again(self, name: str, act: Callable[[], None]) -> None:
        """Does something with a file; what the store refuses is tried again, each time after a longer pause."""
        for pause_seconds in (*PAUSES_SECONDS, None):
            try:
                with _in_our_words(f"{self}/{name}"):
                    act()
                return
            except OSError as error:
                if pause_seconds is None or not self.may_answer_later(error):
                    raise
                self.sleep(pause_seconds)

    def _upload(self, path: str, content: bytes) -> None:
        with self.files.open_output_stream(path) as upload:
            upload.write(content)
        with self.files.open_input_file(path) as stored:
            pieces = range(0, len(content), _PIECE_BYTES)
            same = all(stored.read_at(_PIECE_BYTES, at) == content[at : at + _PIECE_BYTES] for at in pieces)
            if stored.size() != len(content) or not same:
                raise OSError("what the store gives back is not what was uploaded")

    def _copy(self, aside: Self, name: str) -> None:
        self.files.copy_file(f"{aside.path}/{name}", f"{self.path}/{name}")
        copied, source = self.files.get_file_info([f"{self.path}/{name}", f"{aside.path}/{name}"])
        if copied.size != source.size:
            raise OSError("what the store copied is not what it was to copy")


@contextmanager
def _in_our_words(where: str) -> Iterator[None]:
    """Makes an OSError's `strerror` a sentence without secrets."""
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), where) from None
    except OSError as error:
        raise OSError(errno.EIO, words_of(error), where) from None
