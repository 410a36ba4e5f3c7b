"""`lsml scale`, `lsml suspend`, `lsml resume`: the fields of a job that may be changed while it runs."""

import sys
from typing import Annotated, Any

import typer

from lsml_operator.cli.connect import Connection, connected
from lsml_operator.cli.ends import End, command
from lsml_operator.cli.options import Context, JobName, Kubeconfig, Namespace, Where
from lsml_operator.cli.reading import missing, read_job
from lsml_operator.paths import item

Workers = Annotated[int, typer.Argument(metavar="N", min=0, help="How many workers are wanted.")]


@command
async def scale(
    job: JobName, workers: Workers, namespace: Namespace = None, context: Context = None, kubeconfig: Kubeconfig = None
) -> End:
    """Have a job trained by N workers, as kubectl scale; nothing that was learned is lost."""
    async with connected(Where(namespace, context, kubeconfig)) as connection:
        found = await _patch(connection, job, "/scale", {"spec": {"replicas": workers}})
    running = (found.get("status") or {}).get("replicas", 0)
    sys.stdout.write(f"{job} is to have {workers} workers; {running} run now\n")
    return End.DONE


@command
async def suspend(
    job: JobName, namespace: Namespace = None, context: Context = None, kubeconfig: Kubeconfig = None
) -> End:
    """Take a job's workers away and keep the job."""
    return await _set_suspend(Where(namespace, context, kubeconfig), job, True)


@command
async def resume(
    job: JobName, namespace: Namespace = None, context: Context = None, kubeconfig: Kubeconfig = None
) -> End:
    """Give a suspended job its workers again."""
    return await _set_suspend(Where(namespace, context, kubeconfig), job, False)


async def _set_suspend(where: Where, job: str, wanted: bool) -> End:
    async with connected(where) as connection:
        before = await read_job(connection, job)
        already = bool((before.get("spec") or {}).get("suspend")) is wanted
        if not already:
            await _patch(connection, job, "", {"spec": {"suspend": wanted}})
    word = "suspended" if wanted else "resumed" if not already else "not suspended"
    sys.stdout.write(f"{job} is already {word}\n" if already and wanted else f"{job} is {word}\n")
    return End.DONE


async def _patch(connection: Connection, job: str, subresource: str, body: dict[str, Any]) -> dict[str, Any]:
    from lsml_operator.client import MERGE_PATCH, ApiError  # noqa: PLC0415  (takes long)

    path = item("TrainingJob", connection.namespace, job) + subresource
    try:
        return await connection.client.request("PATCH", path, body, MERGE_PATCH, {"fieldManager": "lsml"})
    except ApiError as error:
        if error.code == 404:
            raise missing(connection, job, error.message) from None
        raise
