"""The page itself: what was trained, how it went, how good it is. Every text that is not ours is escaped. Pure."""

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from lsml_trainer.html_report.details import ClassDetails, NumberDetails
from lsml_trainer.html_report.recording import Point
from lsml_trainer.html_report.svg import Series, lines, scatter, short
from lsml_trainer.lines import evaluated_rows
from lsml_trainer.spec import Report, TrainingSpec

Details = ClassDetails | NumberDetails
MOST_CELLS = 40
"""Classes whose confusion is shown as a table."""


def page(name: str, training: TrainingSpec, points: Sequence[Point], last: Report, details: Details | None) -> str:
    """The HTML of a report."""
    style = files("lsml_trainer.html_report").joinpath("style.css").read_text(encoding="utf-8")
    sections = [_summary(name, training, last), *_curves(points), *_quality(details), _settings(training)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(name)}: training report</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def _summary(name: str, training: TrainingSpec, last: Report) -> str:
    progress, evaluation = last.progress, last.evaluation
    algorithm, data = training.learning
    facts = [
        ("algorithm", algorithm.kind),
        ("data", data.train.uri or "rows that are made"),
        ("steps", f"{progress.step:,}"),
        *((metric.name, short(metric.value)) for metric in progress.metrics),
        *((("model", f"{last.model.uri} ({last.model.digest})"),) if last.model else ()),
    ]
    measured = ""
    if evaluation is not None:
        cards = "".join(
            f"<div><dt>{escape(metric.name)}</dt><dd>{short(metric.value)}</dd></div>" for metric in evaluation.metrics
        )
        measured = f'<p>Measured on {escape(evaluated_rows(evaluation))}.</p><dl class="cards">{cards}</dl>'
    rows = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in facts)
    return f"<header><h1>{escape(name)}</h1>{measured}</header>\n{_section('Training', f'<dl>{rows}</dl>')}"


def _curves(points: Sequence[Point]) -> list[str]:
    names = list(dict.fromkeys(name for point in points for name in point.values))
    charts = [
        _section(name.capitalize() if name == "loss" else name, lines(name, [_series(name, points)], "step", name))
        for name in names
        if sum(name in point.values for point in points) > 2
    ]
    said = "<p>The training was over before there was a curve to draw.</p>"
    return charts or [_section("Curves", said)]


def _series(name: str, points: Sequence[Point]) -> Series:
    return Series(name, [(float(point.step), point.values[name]) for point in points if name in point.values])


def _quality(details: Details | None) -> list[str]:
    if details is None:
        return []
    if isinstance(details, NumberDetails):
        wanted, predicted = details.wanted_N.tolist(), details.predicted_N.tolist()
        apart = (details.predicted_N - details.wanted_N).tolist()
        pairs = list(zip(wanted, predicted, strict=True)), list(zip(predicted, apart, strict=True))
        return [
            _section("Predicted and true", scatter("Predicted against true", pairs[0], "true", "predicted")),
            _section("Residuals", scatter("Residuals", pairs[1], "predicted", "predicted - true", level=0.0)),
        ]
    found = [_section("Confusion", _confusion(details))]
    if details.curves:
        series = [Series(f"{one.label} (area {one.area:.4f})", one.points) for one in details.curves]
        chart = lines("ROC", series, "false positive rate", "true positive rate", square=True)
        areas = "; ".join(f"{escape(one.label)} {one.area:.4f}" for one in details.curves)
        found.append(_section("ROC", f"{chart}<p>Area under the curve: {areas}.</p>"))
    return found


def _confusion(details: ClassDetails) -> str:
    """A table, shaded by the share of the label's rows."""
    confusion_LK, labels = details.confusion_LK, details.labels
    if len(labels) > MOST_CELLS:
        return f"<p>{len(labels)} classes are too many for a table.</p>"
    named = [*labels, "(of no training row)"]
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in labels)
    body = "".join(
        f'<tr><th scope="row">{escape(label)}</th>{_cells(row_K)}</tr>'
        for label, row_K in zip(named, confusion_LK, strict=True)
        if row_K.sum() or label in labels
    )
    return (
        '<div class="wide"><table class="confusion"><caption>Rows by their label (down) and by what was predicted '
        f"(across)</caption><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row_K: Any) -> str:
    share_K = row_K / max(1, int(np.sum(row_K)))
    return "".join(
        f'<td style="--share:{share:.3f}">{count}</td>' for count, share in zip(row_K.tolist(), share_K, strict=True)
    )


def _settings(training: TrainingSpec) -> str:
    document = json.loads(training.model_dump_json(by_alias=True, exclude_unset=True))
    return _section("Specification", f"<pre>{escape(json.dumps(document, indent=2, ensure_ascii=False))}</pre>")


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"
