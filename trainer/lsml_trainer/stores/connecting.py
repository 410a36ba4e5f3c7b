"""Connections to object stores. Endpoints and credentials come from the environment alone, and into no sentence."""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

TIMEOUT_SECONDS = 30.0
_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL")
_SHORTEST_SECRET = 6  # shorter values are words such as true


def filesystem(scheme: str, tries: int = 3) -> Any:
    """The pyarrow.fs.FileSystem of s3:// or gs://; `tries` of a request are S3's."""
    from pyarrow import fs  # noqa: PLC0415  (0.3 s, and only files need it)

    return _s3(fs, tries) if scheme == "s3" else fs.GcsFileSystem(retry_time_limit=timedelta(seconds=TIMEOUT_SECONDS))


def _s3(fs: Any, tries: int) -> Any:
    """AWS's own chain of credentials (environment, web identity, EKS's agent, instance), and a server that is named."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    scheme, _, host = endpoint.rpartition("://") if endpoint else ("", "", None)
    return fs.S3FileSystem(
        endpoint_override=host,
        scheme=scheme or "https",
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        connect_timeout=TIMEOUT_SECONDS,
        request_timeout=TIMEOUT_SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=tries),
        allow_delayed_open=True,  # a small file is one request, which leaves no part behind
    )


def words_of(error: Exception, environ: Mapping[str, str] | None = None) -> str:
    """What went wrong, on one line, without what the environment keeps secret."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(getattr(error, "reason", None) or error))
    text = re.sub(r"^When .*?: (?=AWS Error)", "", text)  # who asked says what it was about
    text = re.sub(r" \(Request ID: [^)]*\)", "", text)
    for name, value in (os.environ if environ is None else environ).items():
        if _SECRET.search(name) and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "***")
    return " ".join(text.split())[:300]
