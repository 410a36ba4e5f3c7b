"""Where files are: the files that a URI names, on this machine, in an object store or on a web server.

pvc:// and file:// are folders of this machine; s3:// and gs:// are read by ranges; http(s):// is downloaded once, for
not every server reads by ranges. Endpoints and credentials come from the environment alone (AWS_ENDPOINT_URL,
AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS, ...): never from a URI, never into a sentence.
"""

import re
import shutil
import tempfile
import urllib.error
import urllib.request
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any

from lsml_trainer.errors import DataUnavailable, InvalidData, InvalidModel, OutputUnavailable
from lsml_trainer.folders import FILE_SCHEME, folder_of
from lsml_trainer.stores.connecting import TIMEOUT_SECONDS, filesystem, words_of


@dataclass(frozen=True)
class DataFile:
    """A file to read."""

    name: str
    """What a person calls it in a sentence."""
    path: str
    filesystem: Any
    """A pyarrow.fs.FileSystem."""

    @cached_property
    def _info(self) -> Any:
        return self.filesystem.get_file_info(self.path)

    @property
    def size(self) -> int:
        """In bytes."""
        return int(self._info.size)

    @property
    def written(self) -> int:
        """When, in nanoseconds since 1970, by the clock of where it is."""
        return int(self._info.mtime_ns)

    @property
    def kind(self) -> str:
        """What its name says of its content: csv, parquet, npy, libsvm."""
        name = self.name.removesuffix(self.compression)
        suffix = PurePosixPath(name).suffix.removeprefix(".")
        return "libsvm" if suffix in ("svm", "svmlight") else suffix

    @property
    def compression(self) -> str:
        """.gz, .bz2, .zst or nothing."""
        suffix = PurePosixPath(self.name).suffix
        return suffix if suffix in (".gz", ".bz2", ".zst") else ""

    def open(self) -> Any:
        """For reading anywhere in it, as it is; raises what `reading` turns into sentences."""
        return self.filesystem.open_input_file(self.path)

    def stream(self) -> Any:
        """For reading from its beginning, unpacked."""
        return self.filesystem.open_input_stream(self.path, compression="detect")


@contextmanager
def reading(name: str, expected: str) -> Iterator[None]:
    """Turns what goes wrong while a file is read into a sentence that says what was expected."""
    import pyarrow as pa  # noqa: PLC0415  (0.3 s to import, and not needed for builtin data)

    try:
        yield
    except UnicodeDecodeError:
        raise InvalidData(f"{name} is not text in UTF-8; save the file as UTF-8") from None
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and _is_network(error):
            raise DataUnavailable(f"{name} cannot be read: {words_of(error)}; it is tried again") from None
        raise InvalidData(f"{name} cannot be read as {expected}: {words_of(error)}") from None


def matching(uri: str, claims: Path) -> list[DataFile]:
    """The files of a URI whose last part may hold `*`, in the order of their names.

    Raises InvalidData where there is none, DataUnavailable where the store does not answer.
    """
    scheme = uri.partition("://")[0]
    if scheme in ("http", "https"):
        return [_downloaded(uri)]
    found = _stored(uri, scheme) if scheme in ("s3", "gs") else _local(uri, claims)
    if not found:
        raise InvalidData(f"data.train.uri: no file matches {uri}")
    return found


def _local(uri: str, claims: Path) -> list[DataFile]:
    from pyarrow import fs  # noqa: PLC0415  (0.3 s, and only files need it)

    where, _, pattern = uri.rpartition("/")
    try:
        folder = folder_of(f"{where}/", claims) if where.startswith(FILE_SCHEME) else _claim_folder(where, claims)
    except (InvalidModel, OutputUnavailable) as error:
        raise InvalidData(f"data.train.uri: {error}") from None
    found = sorted(folder.glob(pattern))
    for path in found:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InvalidData(f"data.train.uri: {path.name} is a link that leads out of its folder; copy the file")
        if not path.is_file():
            raise InvalidData(f"data.train.uri: {path.name} is not a file; name the files in it with /*.parquet")
    return [DataFile(path.name, str(path), fs.LocalFileSystem()) for path in found]


def _claim_folder(where: str, claims: Path) -> Path:
    claim, _, folder = where.removeprefix("pvc://").partition("/")
    if folder:
        return folder_of(where, claims)
    if not (claims / claim).is_dir():
        raise OutputUnavailable(
            f"the claim {claim} is not mounted at {claims / claim}; set LSML_CLAIMS, or use file://"
        )
    return claims / claim


def _stored(uri: str, scheme: str) -> list[DataFile]:
    """Files of a bucket."""
    from pyarrow import fs  # noqa: PLC0415  (0.3 s, and only files need it)

    folder, _, pattern = uri.partition("://")[2].rpartition("/")
    try:
        store = filesystem(scheme)
        if "*" not in pattern:
            infos = [store.get_file_info(f"{folder}/{pattern}")]
        else:
            infos = store.get_file_info(fs.FileSelector(folder, allow_not_found=False))
    except OSError as error:
        if _is_network(error):
            raise DataUnavailable(f"data.train.uri: {uri} cannot be listed: {words_of(error)}") from None
        raise InvalidData(f"data.train.uri: {uri} cannot be listed: {words_of(error)}") from None
    files = sorted((info.path, info) for info in infos if info.type == fs.FileType.File)
    names = [(path, PurePosixPath(path).name) for path, _ in files]
    return [DataFile(name, path, store) for path, name in names if fnmatchcase(name, pattern)]


def _downloaded(uri: str) -> DataFile:
    """A file of a web server, in a folder that goes when nobody needs it any more."""
    from pyarrow import fs  # noqa: PLC0415  (0.3 s, and only files need it)

    name = PurePosixPath(uri).name
    path = Path(tempfile.mkdtemp(prefix="lsml-data-"), name)
    file = DataFile(name, str(path), fs.LocalFileSystem())
    weakref.finalize(file, shutil.rmtree, path.parent, ignore_errors=True)
    try:
        with urllib.request.urlopen(uri, timeout=TIMEOUT_SECONDS) as answer, path.open("wb") as copy:  # noqa: S310  the schema allows http and https alone
            shutil.copyfileobj(answer, copy, 1 << 20)
            announced = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        said = f"{uri} was answered with {error.code} {error.reason}"
        if error.code >= 500 or error.code == 429:
            raise DataUnavailable(f"data.train.uri: {said}; it is tried again") from None
        raise InvalidData(f"data.train.uri: {said}") from None
    except (OSError, HTTPException) as error:  # HTTPException: cut short in a chunk
        raise DataUnavailable(
            f"data.train.uri: {uri} cannot be reached: {words_of(error)}; it is tried again"
        ) from None
    if announced and path.stat().st_size != int(announced):
        raise DataUnavailable(f"data.train.uri: {uri} ended after {path.stat().st_size} of {announced} bytes")
    return file


_NETWORK = re.compile(
    r"NETWORK_CONNECTION|REQUEST_TIMEOUT|SLOW_DOWN|SERVICE_UNAVAILABLE|INTERNAL_FAILURE|curlCode|[Cc]ould not connect|"
    r"UNAVAILABLE|timed out"
)


def _is_network(error: OSError) -> bool:
    """Whether another try may help."""
    return _NETWORK.search(str(error)) is not None
