"""`lsml predict MODEL DATA`: a saved model's predictions for the rows of files."""

import os
from pathlib import Path
from typing import Annotated

import typer


def predict(
    model: Annotated[
        str, typer.Argument(help="A folder, or pvc://CLAIM/FOLDER, s3://BUCKET/FOLDER, gs://BUCKET/FOLDER.")
    ],
    data: Annotated[
        str, typer.Argument(help="CSV, Parquet or libsvm files with the model's columns: 'rows/*.parquet'.")
    ],
    output: Annotated[
        Path | None, typer.Option(help="A .csv or .parquet file, or a folder for a file a part; else it is printed.")
    ] = None,
    proba: Annotated[bool, typer.Option(help="Add the probability of each class.")] = False,
    decision: Annotated[bool, typer.Option(help="Add the scores of decision_function.")] = False,
    trust_module: Annotated[
        bool, typer.Option("--trust-module", help="Call the function that a network of somebody's own module names.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes; the result is the same.  [default: the CPUs]")
    ] = None,
) -> None:
    """Predict the rows of CSV, Parquet or libsvm files with a saved model."""
    from lsml_trainer.threads import CPU_LIMIT, allowed_cpus, limit_threads  # noqa: PLC0415  (precedes the libraries)

    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the last bits may depend on it, and processes share the CPUs
    limit_threads(os.environ)
    from lsml_trainer.commands.saying import in_a_sentence  # noqa: PLC0415  (imports pydantic)
    from lsml_trainer.predicting.columns import Wanted  # noqa: PLC0415  (imports numpy)
    from lsml_trainer.predicting.run import predict_to  # noqa: PLC0415  (imports numpy)
    from lsml_trainer.spec import CLAIMS_FOLDER  # noqa: PLC0415  (imports pydantic)

    def work() -> None:
        claims = Path(os.environ.get("LSML_CLAIMS", CLAIMS_FOLDER))
        processes = workers or allowed_cpus(CPU_LIMIT)
        wanted = Wanted(proba, decision)
        rows = predict_to(model, data, output, wanted, claims, processes, trust_module=trust_module)
        if output is not None:
            typer.echo(f"{rows} rows are in {output}")

    raise typer.Exit(in_a_sentence(work, "Stopped; nothing was written."))
