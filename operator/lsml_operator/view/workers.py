"""The workers of a job: what the status intends, joined with the pods that are there. Pure."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from lsml_operator.labels import ATTEMPT, INDEX
from lsml_operator.texts import duration
from lsml_operator.view.words import Object, dig, seconds_since


class WorkerRow(NamedTuple):
    """One line of the table."""

    name: str
    state: str
    attempt: str
    node: str
    why: str


def worker_rows(job: Object, pods: Iterable[Object], now: datetime) -> Iterator[WorkerRow]:
    """Workers as the status has them, then pods that are none, such as a coordinator."""
    by_place = {_place(pod): pod for pod in pods}
    for member in dig(job, "status.workers.members") or ():
        pod = by_place.pop((str(member["index"]), str(member["attempt"])), None)
        node = dig(pod or {}, "spec.nodeName") or ""
        why = _until(member, now) or (pod_reason(pod) if pod else "")
        yield WorkerRow(f"w{member['index']}", member["state"], str(member["attempt"]), node, why)
    for place, pod in by_place.items():
        if place is None:
            name = str(pod["metadata"]["name"]).removeprefix(f"{job['metadata']['name']}-")
            yield WorkerRow(name, pod_phase(pod), "", dig(pod, "spec.nodeName") or "", pod_reason(pod))


def pod_phase(pod: Object) -> str:
    """Its phase, or that it is being taken away."""
    return "Terminating" if "deletionTimestamp" in pod["metadata"] else str(dig(pod, "status.phase") or "Pending")


def pod_reason(pod: Object) -> str:
    """Why it does not run, in the words of whoever knows best; empty for one that runs."""
    status: Object = pod.get("status") or {}
    for container in status.get("containerStatuses") or ():
        state: Object = container.get("state") or {}
        found = state.get("waiting") or state.get("terminated")
        if found:
            code = f" (exit code {found['exitCode']})" if found.get("exitCode") else ""
            return _joined(f"{found.get('reason') or ''}{code}", _last_words(found.get("message") or ""))
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return _joined(condition.get("reason"), condition.get("message"))
    return _joined(status.get("reason"), status.get("message"))


def _place(pod: Object) -> tuple[str, str] | None:
    labels: Object = pod["metadata"].get("labels") or {}
    return (labels[INDEX], labels[ATTEMPT]) if INDEX in labels and ATTEMPT in labels else None


def _until(member: Object, now: datetime) -> str:
    since = seconds_since(member.get("notBefore"), now)
    return f"back-off: tried again in {duration(-since)}" if since is not None and since < 0 else ""


def _last_words(message: str) -> str:
    """The sentence of a worker's termination message, which is JSON; anything else as it is."""
    try:
        said = json.loads(message)
    except ValueError:
        return message
    return _joined(said.get("reason"), said.get("message")) if isinstance(said, dict) else message


def _joined(*parts: str | None) -> str:
    return ": ".join(part for part in parts if part)
