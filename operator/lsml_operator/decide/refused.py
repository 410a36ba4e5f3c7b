"""The API server did not accept a child: the user reads what it said."""

import re

from lsml_operator.api.quantity import number_of
from lsml_operator.texts import in_binary
from lsml_operator.world import Decision, Later, Refusal, World

TRY_AGAIN_SECONDS = 15.0
QUOTA = re.compile(r"requested: (.*), used: (.*), limited: (.*)")
PAIR = re.compile(r"([\w./-]+)=([0-9.]+[a-zA-Z]*)")
NAMED = (
    ("no PriorityClass with name", "PriorityClassNotFound"),
    ("RuntimeClass", "RuntimeClassNotFound"),
    ("error looking up service account", "ServiceAccountNotFound"),
    ("violates PodSecurity", "PodSecurity"),
)
"""Words of the API server, and the reason to call what they mean by."""
SOON_SECONDS = 2.0
"""For what puts itself right within seconds: the pods of a former job, the service account of a new namespace."""


def refused(world: World) -> Decision | Later | None:
    """Wait, with the API server's own words, and try again: quotas, permissions and missing classes are put right."""
    if not world.refusals:
        return None
    refusal = world.refusals[0]
    short = _short_of(refusal.message)
    return Decision(
        "Pending",
        _reason(refusal),
        f"{refusal.what} was refused: {refusal.message}{f'; the quota lacks {short}' if short else ''}",
        stalled=True,
        wake_seconds=SOON_SECONDS if _passes_by_itself(refusal) else TRY_AGAIN_SECONDS,
        findings=tuple(reason for words, reason in NAMED if words in refusal.message),
    )


def _short_of(message: str) -> str:
    """By how much a quota is exceeded: `requested: cpu=2, used: cpu=3, limited: cpu=4` lacks cpu 1."""
    found = QUOTA.search(message)
    if found is None:
        return ""
    requested, used, limited = (dict(PAIR.findall(part)) for part in found.groups())
    names = [name for name in requested if name in used and name in limited]
    lacks = {name: number_of(requested[name]) + number_of(used[name]) - number_of(limited[name]) for name in names}
    return ", ".join(f"{name} {_written(name, lack)}" for name, lack in lacks.items() if lack > 0)


def _written(name: str, number: float) -> str:
    return in_binary(number) if name.endswith(("memory", "storage")) else f"{number:g}"


def _passes_by_itself(refusal: Refusal) -> bool:
    return refusal.code == 409 or 'serviceaccount "default" not found' in refusal.message


def _reason(refusal: Refusal) -> str:
    if "exceeded quota" in refusal.message:
        return "QuotaExceeded"
    return {403: "Forbidden", 404: "NotFound", 409: "NameTaken", 422: "Invalid"}.get(refusal.code, "Refused")
