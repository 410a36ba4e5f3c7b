"""An S3 server on this machine that is not of our making (moto, in a Python of its own), and a proxy before it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

from ports import free_port
from stores.proxy import FaultyProxy, faulty_proxy

SERVER = ("--from", "moto[s3]==5.2.5", "--with", "flask==3.1.3", "--with", "flask-cors==6.0.5", "moto_server")
START_SECONDS = 300.0  # its packages are downloaded the first time
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "very-hidden", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="package")
def bucket() -> Iterator[Any]:
    """A store with the buckets `rows` and `kept`; address and credentials are in the environment, as in a pod."""
    port = free_port()
    uv = Path(sys.executable).with_name("uv")
    server = subprocess.Popen(
        [uv, "tool", "run", "--quiet", "--python", sys.executable, *SERVER, "-H", "127.0.0.1", "-p", str(port)],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "VIRTUAL_ENV": ""},
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (ENVIRONMENT | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}).items():
            patch.setenv(name, value)
        try:
            wait_for(port, server)
            store = fs.S3FileSystem(
                endpoint_override=f"127.0.0.1:{port}", scheme="http", region="us-east-1", allow_bucket_creation=True
            )
            store.create_dir("rows")
            store.create_dir("kept")
            yield store
        finally:
            server.terminate()
            server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the S3 server does not answer (exit code {server.poll()})")


@pytest.fixture
def proxy(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """The same store behind a proxy with faults; it is what the environment names."""
    del bucket
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL"]) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL", between.address)
        yield between
