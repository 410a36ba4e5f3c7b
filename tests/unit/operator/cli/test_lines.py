"""A job as plain lines, and losses as a line of blocks."""

import math

import pytest

from lsml_operator.cli.reading import Seen
from lsml_operator.cli.show.lines import Lines, end_line, job_line
from lsml_operator.cli.show.losses import Losses
from lsml_operator.cli.show.sparkline import sparkline
from unit.operator.builders import NOW_STAMP, Json
from unit.operator.cli.seen import NOW, a_running_job, a_seen, a_succeeded_job

RUNNING = (
    "iris Running 63% loss 0.1234 · accuracy 0.98, 2/3 workers, 2m10s left: "
    "training with 2 of 3 workers: worker 2 is tried again in 40 s"
)


def test_a_line() -> None:
    assert job_line(a_running_job()) == RUNNING


ENDS: dict[str, tuple[Json, str]] = {
    "it has succeeded": (
        a_succeeded_job(),
        "iris Succeeded: accuracy 0.9667 on 30 held-out rows; the model is at pvc://models/iris",
    ),
    "it has predicted": (
        {
            "metadata": {"name": "iris"},
            "spec": {"predict": {"output": "pvc://named/iris"}},
            "status": {"phase": "Succeeded", "diagnosis": "the job is complete"},
        },
        "iris Succeeded: the predictions are at pvc://named/iris",
    ),
    "it has failed": (
        a_running_job(phase="Failed", diagnosis="the loss is not finite"),
        "iris Failed: the loss is not finite",
    ),
}


@pytest.mark.parametrize(("job", "wanted"), ENDS.values(), ids=ENDS)
def test_the_last_line(job: Json, wanted: str) -> None:
    assert end_line(job) == wanted


def test_nothing_is_told_twice() -> None:
    lines = Lines()
    seen = a_seen()
    assert list(lines.new_in(seen, NOW)) == [
        "2025-06-01T11:55:00Z Starting: 1 of 3 workers run",
        "2025-06-01T11:55:10Z Running: training",
        "2025-06-01T11:59:15Z WorkerCrashed: worker 2 (attempt 0) ended: exit code 1 (Error)",
        f"{NOW_STAMP} {RUNNING}",
    ]
    assert list(lines.new_in(seen, NOW)) == []
    assert list(lines.new_in(Seen(a_succeeded_job()), NOW)) == [
        f"{NOW_STAMP} iris Succeeded 100% loss 0.1, 0/0 workers: every worker is done"
    ]


SERIES: dict[str, tuple[list[float], int, str]] = {
    "falling": ([4, 3, 2, 1, 0], 40, "█▇▅▃▁"),
    "all the same": ([1, 1, 1], 40, "▁▁▁"),
    "longer than the line: means": ([0, 0, 8, 8], 2, "▁█"),
    "what is not finite is a gap": ([1, math.nan, 0], 40, "█ ▁"),
    "nothing finite": ([math.inf, math.nan], 40, "  "),
    "nothing": ([], 40, ""),
}


@pytest.mark.parametrize(("values", "width", "wanted"), SERIES.values(), ids=SERIES)
def test_sparkline(values: list[float], width: int, wanted: str) -> None:
    assert sparkline(values, width) == wanted


def test_a_loss_is_taken_once_a_report_and_never_too_many_are_kept() -> None:
    losses = Losses(most=8)
    for number in range(17):
        metrics = [{"name": "loss", "value": float(number)}]
        for _ in range(2):
            losses.see(a_running_job(progress={"metrics": metrics, "updatedAt": str(number)}))
    assert losses.values == [0, 8, 12, 14, 16]
