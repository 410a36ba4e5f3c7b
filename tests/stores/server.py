"""An S3 server that is not of our making: moto, in a Python of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pyarrow import fs

PROGRAM = ("--from", "moto[s3]==5.2.5", "--with", "flask==3.1.3", "--with", "flask-cors==6.0.5", "moto_server")
START_SECONDS = 300.0  # its packages are downloaded the first time


@contextmanager
def s3_server(host: str, port: int) -> Iterator[fs.S3FileSystem]:
    """A store with the buckets `rows` and `kept` at that address while the block lasts."""
    uv = Path(sys.executable).with_name("uv")
    with TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [uv, "tool", "run", "--quiet", "--python", sys.executable, *PROGRAM, "-H", host, "-p", str(port)],
            stderr=subprocess.DEVNULL,
            env={**os.environ, "VIRTUAL_ENV": ""},
            cwd=folder,  # where it keeps its record of requests
        )
        try:
            _wait_for(host, port, server)
            store = fs.S3FileSystem(
                access_key="the-tests-own",
                secret_key="of-no-account",  # noqa: S106  (the server takes any)
                endpoint_override=f"{host}:{port}",
                scheme="http",
                region="us-east-1",
                allow_bucket_creation=True,
            )
            store.create_dir("rows")
            store.create_dir("kept")
            yield store
        finally:
            server.terminate()
            server.wait()


def _wait_for(host: str, port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection((host, port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the S3 server does not answer (exit code {server.poll()})")
