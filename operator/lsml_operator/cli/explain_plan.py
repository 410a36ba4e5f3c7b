"""`lsml explain-plan FILE`: what a job will make and take, before it is submitted."""

from typing import Annotated

import typer

from lsml_operator.cli.ends import End, Ended, command
from lsml_operator.cli.options import JobFile, NameInFile
from lsml_trainer.spec.job_document import name_of, read_the_job


@command
async def explain_plan(
    file: JobFile,
    name: NameInFile = None,
    rows: Annotated[int | None, typer.Option("--rows", min=1, help="Rows of the training data.")] = None,
    features: Annotated[int | None, typer.Option("--features", min=1, help="Its columns but the label.")] = None,
    price: Annotated[float | None, typer.Option("--price", min=0, help="Of one worker for one hour.")] = None,
) -> End:
    """Tell what a job will make and take: pods, resources, shards, memory, cost. Without a cluster."""
    from lsml_operator.api.judge import judge  # noqa: PLC0415  (builds the schema)
    from lsml_operator.cli.plan import plan_of  # noqa: PLC0415  (imports pydantic)
    from lsml_operator.cli.show.plan import plan_screen  # noqa: PLC0415  (imports rich)
    from lsml_operator.cli.terminal import console_on  # noqa: PLC0415  (imports rich)

    document = dict(read_the_job(file, name))
    mistakes = judge(document)
    if mistakes:
        raise Ended(End.BAD_INPUT, "\n".join(mistakes))
    if (rows is None) is not (features is None):
        raise Ended(End.BAD_INPUT, "--rows and --features belong together; give both, or none")
    shape = None if rows is None or features is None else (rows, features)
    console_on().print(plan_screen(plan_of(name_of(document), document["spec"], shape), price))
    return End.DONE
