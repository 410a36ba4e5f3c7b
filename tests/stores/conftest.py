"""An S3 server on this machine, and a proxy before it."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ports import free_port
from stores.proxy import FaultyProxy, faulty_proxy
from stores.server import s3_server

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "very-hidden", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="package")
def bucket() -> Iterator[Any]:
    """A store with the buckets `rows` and `kept`; address and credentials are in the environment, as in a pod."""
    port = free_port()
    with pytest.MonkeyPatch.context() as patch, s3_server("127.0.0.1", port) as store:
        for name, value in (ENVIRONMENT | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}).items():
            patch.setenv(name, value)
        yield store


@pytest.fixture
def proxy(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """The same store behind a proxy with faults; it is what the environment names."""
    del bucket
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL"]) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL", between.address)
        yield between
