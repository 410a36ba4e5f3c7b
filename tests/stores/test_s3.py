"""Data in a bucket, from an S3 server on this machine that is not of our making (moto, in a Python of its own)."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import fs, parquet

from lsml_trainer.data.files import read_files
from lsml_trainer.data.places import matching
from lsml_trainer.errors import DataUnavailable, InvalidData

SERVER = ("--from", "moto[s3]==5.2.5", "--with", "flask==3.1.3", "--with", "flask-cors==6.0.5", "moto_server")
START_SECONDS = 120.0  # its packages are downloaded the first time
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "very-hidden", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """A store with the bucket `rows`; its address and credentials are in the environment, where a pod has them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
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


def put(store: Any, path: str, x_ND: np.ndarray) -> None:
    table = pa.table({f"f{index}": x_ND[:, index] for index in range(x_ND.shape[1])})
    parquet.write_table(table, path, filesystem=store)


def test_a_bucket_is_read_like_a_folder(bucket: Any, tmp_path: Path) -> None:
    x_ND = np.arange(24.0).reshape(8, 3)
    put(bucket, "rows/day=1/b.parquet", x_ND[:4])
    put(bucket, "rows/day=1/a.parquet", x_ND[4:])
    table = read_files("s3://rows/day=1/*.parquet", tmp_path)
    np.testing.assert_array_equal(np.column_stack(list(table.columns.values())), np.concatenate([x_ND[4:], x_ND[:4]]))
    assert [file.name for file in matching("s3://rows/day=1/b.parquet", tmp_path)] == ["b.parquet"]


REFUSED = {
    "s3://rows/none/*.csv": "data.train.uri: s3://rows/none/*.csv cannot be listed: ",
    "s3://rows/none.csv": "data.train.uri: no file matches s3://rows/none.csv",
    "s3://no-such-bucket/*.csv": "data.train.uri: s3://no-such-bucket/*.csv cannot be listed: ",
}


@pytest.mark.parametrize(("uri", "words"), REFUSED.items(), ids=REFUSED)
@pytest.mark.usefixtures("bucket")
def test_what_is_not_there_is_said_and_what_is_hidden_is_not(tmp_path: Path, uri: str, words: str) -> None:
    with pytest.raises(InvalidData) as refusal:
        matching(uri, tmp_path)
    assert str(refusal.value).startswith(words)
    assert not any(hidden in str(refusal.value) for hidden in ("somebody", "very-hidden"))


def test_a_store_that_does_not_answer_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (ENVIRONMENT | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(DataUnavailable, match="cannot be listed"):
        matching("s3://rows/*.csv", tmp_path)
