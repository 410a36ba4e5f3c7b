"""`lsml evaluate MODEL FILE`: how good a saved model is on the rows of a CSV file."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    model: Annotated[str, typer.Argument(help="A folder, file:///FOLDER or pvc://CLAIM/FOLDER.")],
    file: Annotated[Path, typer.Argument(help="A CSV file whose header names the model's features and its label.")],
) -> None:
    """Measure a saved model on the rows of a CSV file."""
    from lsml_trainer.batch import evaluate_file  # noqa: PLC0415  (imports numpy)
    from lsml_trainer.commands.saying import in_a_sentence  # noqa: PLC0415
    from lsml_trainer.tables import console_on, evaluation_table  # noqa: PLC0415

    def show() -> None:
        evaluation = evaluate_file(model, file)
        console_on(sys.stdout).print(evaluation_table(evaluation, f"{evaluation.rows} rows of {file.name}"))

    raise typer.Exit(in_a_sentence(show))
