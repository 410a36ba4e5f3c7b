"""`lsml submit FILE`: judged by the API server, then applied; looked at until the end if one wants."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from lsml_operator.cli.connect import Connection, connected
from lsml_operator.cli.ends import End, Ended, command
from lsml_operator.cli.options import Context, JobFile, Kubeconfig, NameInFile, Namespace, Where
from lsml_operator.cli.watch import Timeout, watch_job
from lsml_operator.paths import item
from lsml_trainer.spec.job_document import name_of, read_the_job

MANAGER = "lsml"
"""The field manager: fields that another one has since set, such as an autoscaler's replicas, are a conflict."""
ENDED = ("Succeeded", "Failed")


@command
async def submit(
    file: JobFile,
    name: NameInFile = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the job has ended; 0 succeeded, 1 failed.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Watch it until it has ended.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only have it judged by the API server.")] = False,
    give_up_seconds: Timeout = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> End:
    """Submit a TrainingJob: the API server judges all of it before anything is stored."""
    document = read_the_job(file, name)
    async with connected(Where(namespace, context, kubeconfig)) as user:
        connection = user._replace(namespace=_namespace(document, user.namespace, namespace))
        told = await _submit(connection, document, dry_run)
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
        if (wait or watch) and not dry_run:
            return await watch_job(connection, name_of(document), give_up_seconds, quiet=not watch)
    return End.DONE


def _namespace(document: Mapping[str, Any], default: str, asked: str | None) -> str:
    """Where it goes: as the file says, unless that contradicts what was asked for."""
    written: str | None = (document.get("metadata") or {}).get("namespace")
    if written and asked and written != asked:
        raise Ended(End.BAD_INPUT, f"metadata.namespace is {written!r}, but --namespace is {asked!r}; change one")
    return written or default


async def _submit(connection: Connection, document: Mapping[str, Any], dry_run: bool) -> str:
    name = name_of(document)
    before = await _found(connection, name)
    await _apply(connection, document, {"dryRun": "All"})
    if dry_run:
        return f"{connection.namespace}/{name} would be {'changed' if before else 'created'}; nothing was stored"
    after = await _apply(connection, document, {})
    if before is None:
        return f"{connection.namespace}/{name} created"
    phase = (before.get("status") or {}).get("phase")
    ended = f"; it has {phase.lower()}, and a job runs once: delete it, or take another name" if phase in ENDED else ""
    same = _of_its_author(before) == _of_its_author(after)
    return f"{connection.namespace}/{name} {'unchanged' if same else 'changed'}{ended}"


def _of_its_author(job: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the operator does not write; the resource version also changes with the status."""
    metadata = job["metadata"]
    return metadata["generation"], metadata.get("labels"), metadata.get("annotations")


async def _apply(connection: Connection, document: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    from lsml_operator.client import APPLY_PATCH  # noqa: PLC0415  (takes long)

    body = {**document, "metadata": {**document["metadata"], "namespace": connection.namespace}}
    path = item("TrainingJob", connection.namespace, name_of(document))
    strict = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
    return await connection.client.request("PATCH", path, body, APPLY_PATCH, {**strict, **query})


async def _found(connection: Connection, name: str) -> dict[str, Any] | None:
    from lsml_operator.client import ApiError  # noqa: PLC0415  (takes long)

    try:
        return await connection.client.request("GET", item("TrainingJob", connection.namespace, name))
    except ApiError as error:
        if error.code == 404:
            return None
        raise
