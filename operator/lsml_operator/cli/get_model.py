"""`lsml get-model JOB`: the finished model on this machine, out of a claim that only pods can read."""

import asyncio
import hashlib
import secrets
import sys
import tarfile
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from lsml_operator.cli.connect import Connection, connected
from lsml_operator.cli.ends import End, Ended, command
from lsml_operator.cli.options import Context, JobName, Kubeconfig, Namespace, Where
from lsml_operator.cli.reading import list_if_allowed, see
from lsml_operator.desired.reader import READER, packing, reader_pod
from lsml_operator.labels import CONTAINER
from lsml_operator.paths import collection, item
from lsml_operator.view.words import Object, dig
from lsml_operator.view.workers import pod_phase, pod_reason

WAIT_SECONDS = 120
LOOK_SECONDS = 0.5
WEIGHTS = "weights.safetensors"

Folder = Annotated[
    Path | None, typer.Argument(metavar="[FOLDER]", help="Where it goes.", show_default="the job's name")
]


@command
async def get_model(
    job: JobName,
    folder: Folder = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> End:
    """Copy the finished model of a job to this machine; needs the right to create pods and to exec into them."""
    to = folder or Path(job)
    if to.exists():
        raise Ended(End.BAD_INPUT, f"{to} is there already; name another folder")
    async with connected(Where(namespace, context, kubeconfig)) as connection:
        seen = await see(connection, job)
        claim, path, digest = kept(seen.job)
        name = f"{job[:40]}-reader-{secrets.token_hex(3)}"
        running = await list_if_allowed(connection, "Pod", {"fieldSelector": "status.phase=Running"})
        pod = reader_pod(seen.job, _worker(seen.pods, job), name, claim, holder(running, claim))
        with tempfile.TemporaryFile() as packed:
            async with _running(connection, pod):
                exec_path = item("Pod", connection.namespace, name) + "/exec"
                await _write(connection.client.output_of(exec_path, READER, packing(path)), packed, f"{claim}/{path}")
            packed.seek(0)
            unpack(packed, to, digest)
    sys.stdout.write(f"the model is in {to}: lsml_trainer.load({str(to)!r})\n")
    return End.DONE


async def _write(pieces: AsyncIterator[bytes], packed: BinaryIO, folder: str) -> None:
    from lsml_operator.client import CommandFailed  # noqa: PLC0415  (takes long)

    try:
        async for piece in pieces:
            packed.write(piece)
    except CommandFailed as error:
        sentence = f"pvc://{folder}, where the job left its model, cannot be read ({error}): is it still there?"
        raise Ended(End.REFUSED, sentence) from None


def kept(job: Object) -> tuple[str, str, str]:
    """The claim, its folder, and the digest of the weights."""
    from lsml_trainer.spec import claim_of  # noqa: PLC0415  (a third of a second)

    model, name = dig(job, "status.model"), job["metadata"]["name"]
    if not model:
        phase = dig(job, "status.phase") or "not seen by an operator yet"
        raise Ended(End.NOT_FOUND, f"{name} has no model: it is {phase}, and spec.output is {dig(job, 'spec.output')}")
    found = claim_of(model["uri"])
    if found is None:
        raise Ended(
            End.BAD_INPUT, f"the model is at {model['uri']}, which needs no pod: lsml_trainer.load({model['uri']!r})"
        )
    return found.claim, found.folder, model["digest"]


def holder(running: Sequence[Object], claim: str) -> str | None:
    """The node of a pod that has the claim mounted: a ReadWriteOnce one can be mounted on no other."""
    for pod in running:
        volumes = pod["spec"].get("volumes", [])
        if any(dig(volume, "persistentVolumeClaim.claimName") == claim for volume in volumes):
            return str(pod["spec"]["nodeName"])
    return None


def _worker(pods: tuple[Object, ...], job: str) -> Object:
    """One of the job's workers, whose image can read what it wrote."""
    for pod in pods:
        if any(container["name"] == CONTAINER for container in pod["spec"]["containers"]):
            return pod
    raise Ended(
        End.NOT_FOUND, f"no pod of {job} is left that says which image can read its claim; submit it again to have one"
    )


@asynccontextmanager
async def _running(connection: Connection, pod: dict[str, Any]) -> AsyncIterator[None]:
    """While the block runs, the pod does."""
    path = item("Pod", connection.namespace, pod["metadata"]["name"])
    await connection.client.request("POST", collection("Pod", connection.namespace), pod)
    try:
        await _until_running(connection, path)
        yield
    finally:
        await connection.client.request("DELETE", path)


async def _until_running(connection: Connection, path: str) -> None:
    for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
        pod = await connection.client.request("GET", path)
        if dig(pod, "status.phase") == "Running":
            return
        await asyncio.sleep(LOOK_SECONDS)
    raise Ended(End.TIMED_OUT, f"the pod that reads the claim does not run after {WAIT_SECONDS} s: {why_not(pod)}")


def why_not(pod: Object) -> str:
    """What keeps a pod from running, as far as anybody says it."""
    return pod_reason(pod) or pod_phase(pod)


def unpack(packed: BinaryIO, to: Path, digest: str) -> None:
    """The files of a tar, in a folder that appears as a whole; raises Ended where they are not the model's."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}-") as beside:
        fresh = Path(beside, "model")
        try:
            with tarfile.open(fileobj=packed, mode="r|") as files:
                files.extractall(fresh, filter="data")
            found = f"sha256:{hashlib.sha256((fresh / WEIGHTS).read_bytes()).hexdigest()}"
        except (tarfile.TarError, OSError) as error:
            raise Ended(End.REFUSED, f"what came is no model ({error}); try again") from None
        if found != digest:
            raise Ended(End.REFUSED, f"the weights have {found}, and the job's status says {digest}; try again")
        fresh.rename(to)
