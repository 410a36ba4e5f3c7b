"""The page: whole, self-contained, and harmless whatever the names in it."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from lsml_trainer.html_report.details import ClassDetails, Curve, NumberDetails
from lsml_trainer.html_report.page import Details, page
from lsml_trainer.html_report.recording import MOST_POINTS, Point, Recorder
from lsml_trainer.spec import Evaluation, Metric, Progress, Report
from unit.trainer.problems import training

SPEC = training({"sgd": {"loss": "log_loss"}})
EVIL = '<script>alert("&")</script>'
VOID = {"meta", "br", "circle", "path"}


def a_report(step: int = 3, loss: float = 0.5, stage: str = "Training") -> Report:
    metrics = (Metric(name="loss", value=loss),)
    progress = Progress(step=step, metrics=metrics, samples_per_second=100.0, updated_at="2026-01-01T00:00:00Z")
    evaluation = Evaluation(metrics=(Metric(name="accuracy", value=0.9),), rows=30, held_out=True)
    return Report(stage=stage, progress=progress, evaluation=evaluation)


POINTS = [Point(step, {"loss": 1.0 / (1 + step), "rows/s": 100.0}) for step in range(4)]
CLASSES = ClassDetails(("a", EVIL), np.array([[3, 1], [0, 2], [1, 0]]), (Curve(EVIL, ((0, 0), (0, 1), (1, 1)), 1.0),))
NUMBERS = NumberDetails(np.arange(3.0), np.arange(3.0) + 1)


class Balance(HTMLParser):
    """The elements that are open, and what was loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not {"src", "href", "onload"} & {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag  # <path/> begins and ends


@pytest.mark.parametrize("details", [CLASSES, NUMBERS, None], ids=["classes", "numbers", "no model"])
def test_it_is_whole_and_loads_nothing(details: Details | None) -> None:
    text = page(EVIL, SPEC, POINTS, a_report(), details)
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    assert not parser.seen & {"script", "img", "link", "iframe", "object"}
    assert not re.search(r"https?://|url\(|@import", text)


def words(details: Details | None, points: list[Point] = POINTS) -> str:
    return page("iris", SPEC, points, a_report(), details)


def test_it_says_how_good_the_model_is_by_the_kind_of_task() -> None:
    assert "Measured on 30 held-out rows." in words(None)
    assert "<h2>Residuals</h2>" in words(NUMBERS)
    shown = words(CLASSES)
    assert "Area under the curve" in shown
    assert '<th scope="row">a</th><td style="--share:0.750">3</td>' in shown
    assert "(of no training row)" in shown


def test_curves_need_points() -> None:
    assert "<h2>Loss</h2>" in words(None)
    assert "The training was over before there was a curve to draw." in words(None, POINTS[:2])


def test_a_recorder_keeps_each_step_once_and_not_too_many(tmp_path: object) -> None:
    heard: list[Report] = []
    recorder = Recorder(heard.append)
    for step in range(3 * MOST_POINTS):
        recorder(a_report(step))
        recorder(a_report(step))
    assert len(heard) == 6 * MOST_POINTS
    assert MOST_POINTS // 2 <= len(recorder.points) <= MOST_POINTS
    steps = [point.step for point in recorder.points]
    assert steps == sorted(set(steps))
    assert recorder.points[0].values == {"loss": 0.5, "rows/s": 100.0}
