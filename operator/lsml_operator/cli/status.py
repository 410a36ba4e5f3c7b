"""`lsml status JOB`: all that its status says."""

import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from lsml_operator.cli.connect import connected
from lsml_operator.cli.ends import End, command
from lsml_operator.cli.options import Context, JobName, Kubeconfig, Namespace, Where
from lsml_operator.cli.reading import read_job, see


class Form(StrEnum):
    """How a status is written."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


@command
async def status(
    job: JobName,
    output: Annotated[
        Form, typer.Option("--output", "-o", help="For people, or the status as it is stored.")
    ] = Form.TEXT,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> End:
    """Show all of a job's status: how far it is, its workers, what happened."""
    async with connected(Where(namespace, context, kubeconfig)) as connection:
        if output is Form.TEXT:
            from lsml_operator.cli.show.job import status_screen  # noqa: PLC0415  (imports rich)
            from lsml_operator.cli.terminal import console_on, now  # noqa: PLC0415  (imports rich)

            console_on().print(status_screen(await see(connection, job), now()))
        else:
            found = (await read_job(connection, job)).get("status") or {}
            sys.stdout.write(_written(found, output))
    return End.DONE


def _written(document: object, form: Form) -> str:
    if form is Form.JSON:
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    import yaml  # noqa: PLC0415  (seldom needed)

    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
