"""The API server did not accept a child: the user reads what it said."""

from lsml_operator.world import Decision, Later, Refusal, World

TRY_AGAIN_SECONDS = 15.0
SOON_SECONDS = 2.0
"""For what puts itself right within seconds: the pods of a former job, the service account of a new namespace."""


def refused(world: World) -> Decision | Later | None:
    """Wait, with the API server's own words, and try again: quotas, permissions and missing classes are put right."""
    if not world.refusals:
        return None
    refusal = world.refusals[0]
    return Decision(
        "Pending",
        _reason(refusal),
        f"{refusal.what} was refused: {refusal.message}",
        stalled=True,
        wake_seconds=SOON_SECONDS if _passes_by_itself(refusal) else TRY_AGAIN_SECONDS,
    )


def _passes_by_itself(refusal: Refusal) -> bool:
    return refusal.code == 409 or "error looking up service account" in refusal.message


def _reason(refusal: Refusal) -> str:
    if "exceeded quota" in refusal.message:
        return "QuotaExceeded"
    return {403: "Forbidden", 404: "NotFound", 409: "NameTaken", 422: "Invalid"}.get(refusal.code, "Refused")
