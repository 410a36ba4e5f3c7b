"""Base images with Debian's Python 3.11, made on this machine: no registry is asked.

    localhost/lsml/python-base:3.11     to run in: the interpreter, its libraries, a shell, certificates
    localhost/lsml/python-build:3.11    to build in: the same and pip, venv, find, awk, tar

The packages are unpacked, not installed: that takes half the time of debootstrap and brings in neither apt nor perl.
What their scripts would have done for us is in `_FINISH`. Must not take anything from this machine but the names of
Debian's mirrors.
"""

import hashlib
import io
import json
import platform
import shutil
import tarfile
from pathlib import Path
from shlex import quote

from . import oci
from .commands import run

BASE = "localhost/lsml/python-base:3.11"
BUILD = "localhost/lsml/python-build:3.11"

_SUITE = "bookworm"
_PACKAGES = (
    *("base-files", "base-passwd", "libc-bin", "dash", "coreutils", "grep", "sed"),
    *("python3", "python-is-python3", "ca-certificates", "libstdc++6"),
    *("python3-pip", "python3-venv", "findutils", "mawk", "tar", "gzip"),
)
# Nobody reads these in a container.
_NOT_UNPACKED = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
# Of every file that was changed later: made again from the same packages, an image is the same.
_DATE = 1686355200
_FINISH = """\
set -e
cd "$1"
cp usr/share/base-passwd/passwd.master etc/passwd
cp usr/share/base-passwd/group.master etc/group
[ -e bin/sh ] || ln -s dash bin/sh
[ -e usr/bin/awk ] || ln -s mawk usr/bin/awk
mkdir -p etc/ssl/certs
cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt
chroot . ldconfig
# A read-only root could not keep what Python compiles; lib2to3 has files that are wrong on purpose.
chroot . python3 -m compileall -q -j 0 -x lib2to3 --invalidation-mode unchecked-hash /usr/lib/python3.11
chroot . python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /usr/lib/python3/dist-packages
# Inside an image, pip may install wherever it is told to.
rm -f usr/lib/python3.11/EXTERNALLY-MANAGED
"""
# This machine's, written by the tool for an installed system.
_IN_NEITHER = ("./etc/hostname", "./etc/resolv.conf", "./etc/fstab", "./etc/apt", "./var/lib/dpkg", "./var/cache")
_IN_BUILD_ONLY = (
    "./usr/lib/python3",
    "./usr/lib/python3.11/ensurepip",
    "./usr/lib/python3.11/lib2to3",
    "./usr/share/python-wheels",
    "./usr/bin/dpkg",
    "./usr/bin/openssl",
)
_CONFIG = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"], "Cmd": ["python3"]}


def recipe() -> str:
    """Changes whenever anything does that the images are made from."""
    parts = (_SUITE, _PACKAGES, _NOT_UNPACKED, _FINISH, _DATE, _IN_NEITHER, _IN_BUILD_ONLY, _CONFIG)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def make(folder: Path) -> list[Path]:
    """Both images as OCI archives in `folder`; whatever a killed run left in there is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    system = folder / "system.tar"
    finish = folder / "finish.sh"
    finish.write_text(_FINISH)
    run(
        [
            # Whatever it mounts ends with it.
            *("unshare", "--mount", "env", f"TMPDIR={folder}", f"SOURCE_DATE_EPOCH={_DATE}"),
            *("mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(_PACKAGES)}"),
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in _NOT_UNPACKED),
            f'--extract-hook=sh {quote(str(finish))} "$1"',
            *(_SUITE, str(system)),
        ],
        timeout_seconds=15 * 60,
    )
    config = {**_CONFIG, "Labels": {"recipe": recipe()}}
    archives = []
    for tag, leave_out in ((BASE, (*_IN_NEITHER, *_IN_BUILD_ONLY)), (BUILD, _IN_NEITHER)):
        archives.append(folder / f"{tag.partition(':')[0].rpartition('/')[2]}.tar")
        oci.write_archive(archives[-1], tag, without(system, leave_out), platform.machine(), config)
    return archives


def without(system: Path, leave_out: tuple[str, ...]) -> bytes:
    """The tar without these files and folders."""
    buffer = io.BytesIO()
    with tarfile.open(system) as source, tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as target:
        for entry in source:
            if not any(entry.name == path or entry.name.startswith(f"{path}/") for path in leave_out):
                target.addfile(entry, source.extractfile(entry) if entry.isreg() else None)
    return buffer.getvalue()
