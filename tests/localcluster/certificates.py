"""The cluster's keys and certificates, made with openssl.

Three authorities, so that a certificate is good for one thing only: the cluster's (clients, servers), etcd's, and the
front proxy's. Must not replace what exists: a cluster that is brought up again keeps its identity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .commands import run

_DAYS = "365"
# The system's openssl.cnf would add extensions of its own taste.
_CONFIGURATION = "[req]\ndistinguished_name = subject\n[subject]\n"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Request:
    """What a certificate says."""

    name: str  # of its files
    subject: str  # /O=group/CN=user
    authority: str = "ca"
    addresses: tuple[str, ...] = ()  # IP:… and DNS:…; with any, it is a server's certificate, too


AUTHORITIES = ("ca", "etcd-ca", "front-proxy-ca")
_AUTHORITY_EXTENSIONS = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")


def pair(folder: Path, name: str) -> Pair:
    """Where the certificate `name` is, made or not."""
    return Pair(folder / f"{name}.crt", folder / f"{name}.key")


def make(folder: Path, requests: Sequence[Request]) -> None:
    """Every authority and every requested certificate exists afterwards; 15 ms for each that did not."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openssl.cnf").write_text(_CONFIGURATION)
    for name in AUTHORITIES:
        _make_once(folder, name, f"/CN={name}", _AUTHORITY_EXTENSIONS, ())
    for request in requests:
        issuer = pair(folder, request.authority)
        signed_by = ("-CA", str(issuer.certificate), "-CAkey", str(issuer.key))
        _make_once(folder, request.name, request.subject, _extensions(request), signed_by)


def _extensions(request: Request) -> tuple[str, ...]:
    common = ("basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature")
    if not request.addresses:
        return (*common, "extendedKeyUsage=clientAuth")
    return (*common, "extendedKeyUsage=clientAuth,serverAuth", f"subjectAltName={','.join(request.addresses)}")


def _make_once(folder: Path, name: str, subject: str, extensions: tuple[str, ...], signed_by: tuple[str, ...]) -> None:
    made = pair(folder, name)
    if made.certificate.exists():
        return
    run(
        [
            *("openssl", "req", "-x509", "-config", str(folder / "openssl.cnf"), "-days", _DAYS),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"),
            *("-subj", subject, "-keyout", str(made.key), "-out", str(made.certificate)),
            *signed_by,
            *(argument for extension in extensions for argument in ("-addext", extension)),
        ]
    )
