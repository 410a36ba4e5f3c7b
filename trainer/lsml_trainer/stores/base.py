"""What models, checkpoints and predictions ask of the place where they are kept. Knows none of them."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol, Self


class Unreadable(ValueError):
    """A file that is not read though it is there; the text says why and the remedy."""


class Store(Protocol):
    """A folder whose readers see the former content or the new one, never a mix. Its `str` is for people.

    The last of the files that are written is the marker: it names the others by their sha256, and only what it names
    counts. Everything raises OSError with its words in `strerror`.
    """

    @property
    def name(self) -> str:
        """The last part of where it is."""
        ...

    def child(self, name: str) -> Self:
        """A folder in it, there or not."""
        ...

    def children(self, marker: str) -> list[str]:
        """The names of the folders in it that were written; none where it is not there."""
        ...

    def read(self, name: str, digest: str | None = None, most_bytes: int | None = None) -> bytes:
        """A file; with `digest` (sha256:HEX) the one that a marker names, whose content is the caller's to verify.

        Raises FileNotFoundError without it, Unreadable where it is too long or a link out of the folder.
        """
        ...

    def write(self, files: Mapping[str, bytes], before_commit: Callable[[], None] = lambda: None) -> None:
        """Makes it hold exactly these files; what `before_commit` raises is raised, and then nothing has changed."""
        ...

    def remove(self, marker: str) -> None:
        """Takes it away as far as that can be done now; at no time a part of it is left that counts."""
        ...

    def clean(self, prefix: str, marker: str) -> None:
        """Removes what killed writers left of its folders whose names begin with the prefix."""
        ...

    def others(self, marker: str) -> bool:
        """Whether it holds something, and no marker."""
        ...

    def may_answer_later(self, error: OSError) -> bool:
        """Whether what it raised may be over when it is asked again."""
        ...

    def aside(self, name: str) -> Self:
        """A folder for what may become its content, which its readers do not see."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """One file more, by its own name, whole or not at all."""
        ...

    def adopt(self, aside: Self, names: Collection[str], marker: str) -> None:
        """Makes it hold exactly these files of a folder aside, which goes, and then an empty marker.

        Doing it again changes nothing, also where it was cut off. Raises FileNotFoundError where a file is not there.
        """
        ...

    def check_writable(self) -> None:
        """Raises OSError where nothing can be written, Unreadable where it cannot be a folder; leaves nothing."""
        ...
