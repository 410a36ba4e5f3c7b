"""Data in a bucket."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from faults.slow_line import slow_line
from lsml_operator.decide.diagnosis.pace import data_bound
from lsml_trainer.data.files import read_files
from lsml_trainer.data.places import matching
from lsml_trainer.errors import AskedToLeave, DataUnavailable, InvalidData
from lsml_trainer.reporting import Reporter
from lsml_trainer.spec import Report
from lsml_trainer.worker import do_job
from stores.conftest import ENVIRONMENT
from unit.operator.builders import a_world
from unit.trainer.problems import training


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


FAR_SECONDS = 0.3
"""There, and back again: each request takes more than half a second."""


def test_rows_that_come_from_afar_in_each_pass_take_most_of_the_time(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass waits for seconds, and multiplies a matrix of 3 MB with a vector, on however busy a machine."""
    put(bucket, "rows/far.parquet", np.random.default_rng(1).normal(size=(20_000, 20)))
    data = {"train": {"uri": "s3://rows/far.parquet", "label": "f19"}, "memory": "1Mi"}
    job = training({"gradientDescent": {"loss": "huber", "iterations": 1_000_000}}, **data)
    leave, told = Event(), []

    def listen(report: Report) -> None:
        if report.stage == "Training" and report.progress.step > 1:
            told.append(report)
            leave.set()

    host, _, port = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://").partition(":")
    with slow_line((host, int(port)), FAR_SECONDS) as far:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{far}")
        with pytest.raises(AskedToLeave):
            do_job(job, None, Reporter(time.monotonic, lambda: datetime.now(UTC), listen), leave)

    found = data_bound(a_world(report=told[-1], data=data))
    assert found is not None
    assert found.reason == "DataBound"
