"""`lsml export MODEL --onnx FILE`: a saved model for other runtimes."""

from pathlib import Path
from typing import Annotated

import typer

from lsml_trainer.spec import Exit


def export(
    model: Annotated[
        str, typer.Argument(help="A folder, or pvc://CLAIM/FOLDER, s3://BUCKET/FOLDER, gs://BUCKET/FOLDER.")
    ],
    onnx: Annotated[Path, typer.Option(help="The ONNX file to write.")],
    trust_module: Annotated[
        bool, typer.Option("--trust-module", help="Call the function that a network of somebody's own names.")
    ] = False,
) -> None:
    """Write a saved model as ONNX, with its preprocessing."""
    from lsml_trainer.commands.saying import in_a_sentence  # noqa: PLC0415  (imports pydantic)

    try:
        from lsml_trainer.exporting.onnx_file import export_onnx  # noqa: PLC0415  (imports numpy and onnx)
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        typer.echo("lsml export needs onnx: pip install 'lsml[trainer,export]'", err=True)
        raise typer.Exit(Exit.INVALID) from None

    def work() -> None:
        export_onnx(model, onnx, trust_module=trust_module)
        typer.echo(f"the model is in {onnx}")

    raise typer.Exit(in_a_sentence(work))
