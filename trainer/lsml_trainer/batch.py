"""`lsml predict` and `lsml evaluate` behind their command lines: a saved model on the rows of a CSV file."""

import csv
import os
from pathlib import Path
from typing import TextIO

from lsml_trainer.csv_file import CsvFile, class_column, feature_table, number_columns, read_csv
from lsml_trainer.data import Table
from lsml_trainer.errors import InvalidData, OutputUnavailable
from lsml_trainer.evaluation import accuracy, metrics_of, regression_scores
from lsml_trainer.loading import load
from lsml_trainer.model import Model
from lsml_trainer.spec import Evaluation

PREDICTION = "prediction"
"""The column that is added."""


def predict_file(model_uri: str, file: Path, output: Path | None, out: TextIO) -> None:
    """Writes the rows with a column `prediction` to `output`, whole or not at all; without it to `out`.

    Raises InvalidModel, InvalidData, or OutputUnavailable.
    """
    model, rows = load(model_uri), read_csv(file)
    if PREDICTION in rows.header:
        raise InvalidData(f"{file} has a column {PREDICTION!r} already; rename it")
    table = feature_table(rows, model.preprocessing.features)
    predictions = model.predict(table).tolist()
    if output is None:
        _write(rows, predictions, out)
        return
    fresh = output.with_name(f".{output.name}.writing")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as text:
            _write(rows, predictions, text)
        os.replace(fresh, output)
    except OSError as error:
        raise OutputUnavailable(f"{output} cannot be written: {error.strerror}") from error


def evaluate_file(model_uri: str, file: Path) -> Evaluation:
    """How good the model is on the rows of the file, which holds the label too.

    Raises InvalidModel, or InvalidData.
    """
    model, rows = load(model_uri), read_csv(file)
    if not rows.rows:
        raise InvalidData(f"{file} has a header and no rows; there is nothing to evaluate on")
    table = feature_table(rows, model.preprocessing.features)
    return Evaluation(metrics=metrics_of(_scores(model, table, rows)), rows=len(rows.rows), held_out=True)


def _scores(model: Model, table: Table, rows: CsvFile) -> dict[str, float]:
    label, classes = model.manifest.data.train.label, model.manifest.classes
    if classes is None:
        return regression_scores(model.predict(table), number_columns(rows, [label])[:, 0])
    return accuracy(model.predict_indices(table), class_column(rows, label, classes))


def _write(rows: CsvFile, predictions: list[object], text: TextIO) -> None:
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*rows.header, PREDICTION])
    writer.writerows([*row, prediction] for row, prediction in zip(rows.rows, predictions, strict=True))
