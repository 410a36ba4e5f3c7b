"""What holds a training back is measured where it really is so, not by a clock of the test's."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from lsml_operator.decide.diagnosis import diagnoses
from lsml_trainer.local_run import Kept, run_job
from lsml_trainer.spec import Report
from unit.operator.builders import a_job, a_status, a_worker, a_world

ROWS, BAD, FEATURES = 6_000, 3, 20
NAMES = [f"x{index}" for index in range(FEATURES)]


def a_table(path: Path) -> None:
    """Of which some rows have a word where a number is expected."""
    x_ND = np.random.default_rng(1).normal(size=(ROWS, FEATURES))
    with path.open("w") as file:
        write = csv.writer(file)
        write.writerow([*NAMES, "y"])
        for number, x_D in enumerate(x_ND):
            x = [f"{value:.12f}" for value in x_D]
            write.writerow([*x[:-1], "none" if number < BAD else x[-1], number % 2])


def test_rows_that_are_parsed_anew_in_each_pass_take_most_of_the_time(tmp_path: Path) -> None:
    """A pass reads 1.7 MB of text, and multiplies a matrix of 1 MB with a vector."""
    a_table(tmp_path / "rows.csv")
    spec: dict[str, Any] = {
        "algorithm": {"gradientDescent": {"loss": "log_loss", "iterations": 40}},
        "data": {"train": {"uri": f"file://{tmp_path}/rows.csv", "label": "y"}, "memory": "1Mi", "onBadRow": "skip"},
    }
    document = {"apiVersion": "lsml.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "text"}, "spec": spec}
    (tmp_path / "job.yaml").write_text(json.dumps(document))

    run_job(tmp_path / "job.yaml", None, None, 1, io.StringIO(), Kept(metrics=tmp_path / "metrics"))

    told = [Report.model_validate_json(line) for line in (tmp_path / "metrics").read_text().splitlines()]
    last = [report for report in told if report.stage == "Training" and report.time_shares is not None][-1]
    assert (last.rows, last.skipped_rows) == (ROWS - BAD, BAD)
    assert last.peak_memory_bytes
    progress = last.progress.model_copy(update={"estimated_seconds_remaining": 3600.0})  # had it more to do
    world = a_world(
        job=a_job(a_status(a_worker(), phase="Running"), raw_spec=spec),
        report=last.model_copy(update={"progress": progress}),
    )
    assert [found.reason for found in diagnoses(world)] == ["DataBound", "RowsSkipped"]
