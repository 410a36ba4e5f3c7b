"""Builds what is released from the last commit, twice, and compares. Must not look at the working tree."""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from localcluster.binaries import ensure

REPOSITORY = Path(__file__).parents[2]
SUMS = "SHA256SUMS"
_FIRST = "lsml/Chart.yaml"  # by which helm knows a chart


class Differs(Exception):
    """Two builds of one commit are not the same; the text says which files."""


def build_twice(folder: Path) -> dict[str, str]:
    """The wheel, the chart and their SHA256SUMS are in the folder; the digests by file. Raises Differs."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        digests, again = build(Path(first)), build(Path(second))
        if digests != again:
            odd = sorted(name for name in digests | again if digests.get(name) != again.get(name))
            raise Differs(f"two builds of the same commit differ in {', '.join(odd)}")
        folder.mkdir(parents=True, exist_ok=True)
        for name in digests:
            shutil.copyfile(Path(first) / name, folder / name)
    (folder / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))
    return digests


def build(folder: Path) -> dict[str, str]:
    """The wheel and the chart of the last commit are in the folder; the digests by file."""
    epoch = int(_git("log", "-1", "--format=%ct"))
    with tempfile.TemporaryDirectory() as sources:
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=REPOSITORY, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(sources, filter="data")
        _build_wheel(Path(sources), folder, epoch)
        package_chart(Path(sources) / "helm" / "lsml", folder, epoch)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def _build_wheel(sources: Path, folder: Path, epoch: int) -> None:
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "build", "--wheel", "--quiet", "--python", sys.executable, "--out-dir", folder, sources]
    subprocess.run(command, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}, umask=0o022, check=True)
    (folder / ".gitignore").unlink(missing_ok=True)  # uv's


def package_chart(chart: Path, folder: Path, epoch: int) -> Path:
    """The chart's package is in the folder: as `helm package` makes it, less the time of day."""
    helm = ensure(["helm"])["helm"]
    subprocess.run([helm, "package", chart, "--destination", folder], stdout=subprocess.DEVNULL, check=True)
    (package,) = folder.glob("*.tgz")
    package.write_bytes(timeless(package.read_bytes(), epoch))
    return package


def timeless(package: bytes, epoch: int) -> bytes:
    """The same files in a package that does not say when and by whom it was made."""
    plain, packed = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(package)) as old, tarfile.open(fileobj=plain, mode="w") as new:
        for member in sorted(old.getmembers(), key=lambda each: (each.name != _FIRST, each.name)):
            clean = tarfile.TarInfo(member.name)
            clean.size, clean.mtime, clean.mode = member.size, epoch, 0o644
            new.addfile(clean, old.extractfile(member))
    with gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=epoch) as zipped:
        zipped.write(plain.getvalue())
    return packed.getvalue()


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
