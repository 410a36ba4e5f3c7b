"""The only file that writes to the cluster. Does what a Plan says; decides nothing."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from lsml_operator.api import API_VERSION, KIND
from lsml_operator.api.status import Status
from lsml_operator.client import APPLY_PATCH, MERGE_PATCH, ApiError, Client
from lsml_operator.labels import MANAGER
from lsml_operator.paths import collection, item
from lsml_operator.texts import stamp
from lsml_operator.world import Change, Create, Delete, Event, Job, JobKey, Object, Outcome, Refusal, Ungate

NOTE_BYTES = 1024
"""The most that the API server takes of an event's words."""
AS_MANAGER = {"fieldManager": MANAGER}

log = logging.getLogger(__name__)


class Conflict(Exception):
    """The job is not what it was when it was looked at."""


class Gone(Exception):
    """The job does not exist any more."""


class Writer:
    """Writes as one field manager."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def write_status(self, job: Job, status: Status) -> dict[str, Any]:
        """Store the whole status of this very job, as it was seen; the job as the server has it now.

        Server-side apply of the status subresource touches nothing of the user's. Raises Conflict and Gone.
        """
        body = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"uid": job.key.uid, "resourceVersion": job.resource_version},
            "status": status.model_dump(mode="json", by_alias=True, exclude_none=True),
        }
        path = item("TrainingJob", job.key.namespace, job.key.name) + "/status"
        try:
            return await self._client.request("PATCH", path, body, APPLY_PATCH, {**AS_MANAGER, "force": "true"})
        except ApiError as error:
            if error.code == 404:
                raise Gone(job.key.name) from error
            if error.code == 409:
                raise Conflict(error.message) from error
            raise

    async def apply(self, key: JobKey, changes: Iterable[Change]) -> Outcome:
        """Do all of it; what the API server refuses is given back, for its user to read.

        No pod is made whose NetworkPolicy or Secret was refused. Raises ApiError (transient) and Unreachable: then it
        is done again later.
        """
        refusals: list[Refusal] = []
        address, guarded = None, True
        for change in changes:
            if isinstance(change, Create) and not guarded:
                continue
            done = await self._apply_one(key, change)
            if isinstance(done, Refusal):
                refusals.append(done)
                guarded = guarded and not _is_guard(change)
            elif isinstance(change, Create) and change.body["kind"] == "Service":
                address = done["spec"]["clusterIP"]
            elif isinstance(change, Delete) and change.kind == "Service":
                address = ""
        return Outcome(tuple(refusals), address)

    async def _apply_one(self, key: JobKey, change: Change) -> Object | Refusal:
        """The object that is there now, empty if it was to go."""
        try:
            if isinstance(change, Create):
                return await self._create(key, change)
            if isinstance(change, Ungate):
                await self._ungate(key, change)
            else:
                await self._delete(key, change)
        except ApiError as error:
            if error.transient:
                raise
            return Refusal(_name_of(change), error.code, error.message)
        return {}

    async def _create(self, key: JobKey, change: Create) -> Object | Refusal:
        kind, name = change.body["kind"], change.body["metadata"]["name"]
        try:
            return await self._client.request("POST", collection(kind, key.namespace), change.body, query=AS_MANAGER)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            if kind == "Secret":  # its name tells what is in it; and of secrets the operator may read none
                return {}
            there = await self._client.request("GET", item(kind, key.namespace, name))
            owners = _owners(there)
            return there if _owns(key, owners) else Refusal(_name_of(change), 409, _taken_by(key, owners))

    async def _delete(self, key: JobKey, change: Delete) -> None:
        uid = change.uid or await self._uid_of_ours(key, change)
        if uid is None:
            return
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
            "propagationPolicy": "Background",
        }
        with _unless_gone():
            await self._client.request("DELETE", item(change.kind, key.namespace, change.name), options)

    async def _ungate(self, key: JobKey, change: Ungate) -> None:
        """Gates can only be taken off, so that none is lost that came after the pod was seen."""
        body = {"metadata": {"uid": change.uid}, "spec": {"schedulingGates": None}}
        with _unless_gone():
            await self._client.request("PATCH", item("Pod", key.namespace, change.name), body, MERGE_PATCH, AS_MANAGER)

    async def _uid_of_ours(self, key: JobKey, change: Delete) -> str | None:
        """The UID of the object of that name; None if there is none, or if it is not the job's."""
        try:
            there = await self._client.request("GET", item(change.kind, key.namespace, change.name))
        except ApiError as error:
            if error.code == 404:
                return None
            raise
        uid: str = there["metadata"]["uid"]
        return uid if _owns(key, _owners(there)) else None

    async def emit(self, key: JobKey, events: Iterable[Event], reporter: str) -> None:
        """Tell; an event that is refused is not worth failing for."""
        for event in events:
            try:
                body = _event(key, event, reporter)
                await self._client.request("POST", collection("Event", key.namespace), body)
            except ApiError as error:
                if error.transient:
                    raise
                log.warning("event %s of %s was refused: %s", event.reason, key.name, error)


def _is_guard(change: Change) -> bool:
    return isinstance(change, Create) and change.body["kind"] in ("NetworkPolicy", "Secret")


def _owners(there: Object) -> list[dict[str, Any]]:
    owners: list[dict[str, Any]] = there["metadata"].get("ownerReferences") or []
    return owners


def _owns(key: JobKey, owners: list[dict[str, Any]]) -> bool:
    return any(owner["uid"] == key.uid for owner in owners)


def _taken_by(key: JobKey, owners: list[dict[str, Any]]) -> str:
    if any(owner["kind"] == KIND and owner["name"] == key.name for owner in owners):
        return "that of a former job of the same name is still there; it goes by itself"
    return "an object of that name is there already and belongs to somebody else; delete it, or rename the job"


@contextmanager
def _unless_gone() -> Iterator[None]:
    """What is asked of one object, by its UID, has nobody to be asked of: it is gone, or another one has its name."""
    try:
        yield
    except ApiError as error:
        if error.code not in (404, 409):
            raise


def _name_of(change: Change) -> str:
    if isinstance(change, Create):
        return f"{change.body['kind'].lower()} {change.body['metadata']['name']}"
    if isinstance(change, Ungate):
        return f"opening the gate of pod {change.name}"
    return f"deleting {change.kind.lower()} {change.name}"


def _event(key: JobKey, event: Event, reporter: str) -> dict[str, Any]:
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"generateName": f"{key.name}-", "namespace": key.namespace},
        "eventTime": stamp(datetime.now(UTC), "microseconds"),
        "type": event.type,
        "reason": event.reason,
        "action": "Reconcile",
        "note": event.message.encode()[:NOTE_BYTES].decode(errors="ignore"),
        "reportingController": "lsml.dev/operator",
        "reportingInstance": reporter[:128],
        "regarding": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "namespace": key.namespace,
            "name": key.name,
            "uid": key.uid,
        },
    }
