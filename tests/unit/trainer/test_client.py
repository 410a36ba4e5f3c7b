"""What a program of the user's own tells of itself, as the coordinator hears it; outside a job it is silent."""

import json
import subprocess
import sys
from typing import Any

import pytest

import lsml_trainer
from lsml_trainer.client import Client, client_from
from lsml_trainer.progress_server import serving
from lsml_trainer.team_reports import TeamReports

IN_A_JOB = {"LSML_REPORT_TO": "127.0.0.1:9", "LSML_WORKER": "w0-0"}

SILENT = {
    "outside a job": {},
    "no name": {"LSML_REPORT_TO": "127.0.0.1:9"},
    "nobody to tell": {"LSML_WORKER": "w0-0"},
    "the second process of a worker": {**IN_A_JOB, "LOCAL_RANK": "1"},
}


@pytest.mark.parametrize("environ", SILENT.values(), ids=SILENT)
def test_it_is_silent(environ: dict[str, str]) -> None:
    assert client_from(environ) is None


@pytest.mark.parametrize("environ", [IN_A_JOB, {**IN_A_JOB, "LOCAL_RANK": "0"}])
def test_the_first_process_of_a_worker_tells(environ: dict[str, str]) -> None:
    assert client_from(environ) is not None


def heard(*put: Any) -> dict[str, Any]:
    """The progress that the coordinator gives after a report of step, total, speed and metrics."""
    reports = TeamReports()
    with serving("127.0.0.1", 0, reports.current, reports.put) as port:
        client = Client(f"127.0.0.1:{port}", "w0-0")
        client.put(*put)
        client.post()
    current = reports.current()
    assert current is not None
    told: dict[str, Any] = json.loads(current.progress.to_json())
    del told["updatedAt"]
    return told


def test_a_report_arrives() -> None:
    assert heard(25, 100, 320.5, {"loss": 0.5, "accuracy": 0.75}) == {
        "percent": 25.0,
        "step": 25,
        "totalSteps": 100,
        "samplesPerSecond": 320.5,
        "metrics": [{"name": "loss", "value": 0.5}, {"name": "accuracy", "value": 0.75}],
    }


def test_without_a_total_no_share_is_known() -> None:
    assert heard(7, None, None, {}) == {"percent": 0.0, "step": 7, "metrics": []}


def test_what_the_wire_does_not_take_is_left_out() -> None:
    metrics = {"loss": float("nan"), "_hidden": 1.0, "text": "high", "ok": 2, "large": 10**400}
    assert heard(7, None, float("inf"), metrics) == {
        "percent": 0.0,
        "step": 7,
        "metrics": [{"name": "ok", "value": 2.0}],
    }


def test_more_steps_than_there_are_and_many_metrics_are_still_a_report() -> None:
    told = heard(300, 200, None, {f"m{number}": number for number in range(40)})
    assert (told["percent"], len(told["metrics"])) == (100.0, 16)


def test_nobody_answers_and_nothing_is_raised() -> None:
    Client("127.0.0.1:9", "w0-0").post()
    lsml_trainer.report(step=1, total_steps=2, loss=0.5, accuracy=1)  # this process is in no job


def test_it_needs_nothing_but_the_standard_library() -> None:
    listed = (
        "import sys, json, lsml_trainer.client; print(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert {"pydantic", "numpy", "torch", "typer", "prometheus_client"}.isdisjoint(json.loads(done.stdout))
