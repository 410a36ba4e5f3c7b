"""`lsml predict MODEL FILE`: a saved model's predictions for the rows of a CSV file."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def predict(
    model: Annotated[str, typer.Argument(help="A folder, file:///FOLDER or pvc://CLAIM/FOLDER.")],
    file: Annotated[Path, typer.Argument(help="A CSV file whose header names the model's features.")],
    output: Annotated[Path | None, typer.Option(help="The CSV file to write, instead of printing.")] = None,
) -> None:
    """Predict the rows of a CSV file with a saved model."""
    from lsml_trainer.batch import predict_file  # noqa: PLC0415  (imports numpy)
    from lsml_trainer.commands.saying import in_a_sentence  # noqa: PLC0415

    raise typer.Exit(in_a_sentence(lambda: predict_file(model, file, output, sys.stdout)))
