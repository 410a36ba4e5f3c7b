"""`lsml evaluate MODEL DATA`: how good a saved model is on the rows of files."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How the result is written."""

    TABLE = "table"
    JSON = "json"


def evaluate(
    model: Annotated[
        str, typer.Argument(help="A folder, or pvc://CLAIM/FOLDER, s3://BUCKET/FOLDER, gs://BUCKET/FOLDER.")
    ],
    data: Annotated[str, typer.Argument(help="CSV, Parquet or libsvm files with the model's columns and its label.")],
    output: Annotated[Format, typer.Option("--output", "-o", help="How the result is written.")] = Format.TABLE,
    trust_module: Annotated[
        bool, typer.Option("--trust-module", help="Call the function that a network of somebody's own module names.")
    ] = False,
) -> None:
    """Measure a saved model on the rows of CSV, Parquet or libsvm files."""
    from lsml_trainer.threads import limit_threads  # noqa: PLC0415  (must precede the libraries)

    limit_threads(os.environ)
    from lsml_trainer.commands.saying import in_a_sentence  # noqa: PLC0415  (imports pydantic)
    from lsml_trainer.predicting.evaluate import evaluate_files  # noqa: PLC0415  (imports numpy)
    from lsml_trainer.spec import CLAIMS_FOLDER  # noqa: PLC0415  (imports pydantic)
    from lsml_trainer.tables import console_on, evaluation_table  # noqa: PLC0415  (imports rich)

    def show() -> None:
        claims = Path(os.environ.get("LSML_CLAIMS", CLAIMS_FOLDER))
        evaluation = evaluate_files(model, data, claims, trust_module=trust_module)
        if output is Format.JSON:
            typer.echo(evaluation.to_json())
        else:
            console_on(sys.stdout).print(evaluation_table(evaluation, f"{evaluation.rows} rows of {data}"))

    raise typer.Exit(in_a_sentence(show))
