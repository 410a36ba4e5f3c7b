"""What the API server did not accept is told in its own words, and tried again."""

import pytest

from lsml_operator.decide.refused import refused
from lsml_operator.world import Decision, Refusal
from unit.operator.builders import a_world

POD = "pod iris-w0-0"
ACCOUNT = 'error looking up service account team/{0}: serviceaccount "{0}" not found'

CASES: dict[str, tuple[tuple[Refusal, ...], Decision | None]] = {
    "nothing was refused": ((), None),
    "a quota": (
        (Refusal(POD, 403, "exceeded quota: small, requested: pods=1"),),
        Decision(
            "Pending",
            "QuotaExceeded",
            "pod iris-w0-0 was refused: exceeded quota: small, requested: pods=1",
            stalled=True,
            wake_seconds=15,
        ),
    ),
    "a quota, with its numbers": (
        (
            Refusal(
                POD,
                403,
                "exceeded quota: small, requested: limits.memory=2Gi,pods=1, used: limits.memory=3Gi,pods=1, limited: "
                "limits.memory=4Gi,pods=4",
            ),
        ),
        Decision(
            "Pending",
            "QuotaExceeded",
            "pod iris-w0-0 was refused: exceeded quota: small, requested: limits.memory=2Gi,pods=1, used: "
            "limits.memory=3Gi,pods=1, limited: limits.memory=4Gi,pods=4; the quota lacks limits.memory 1Gi",
            stalled=True,
            wake_seconds=15,
        ),
    ),
    "a class that nobody made": (
        (Refusal(POD, 403, "no PriorityClass with name high was found"),),
        Decision(
            "Pending",
            "Forbidden",
            "pod iris-w0-0 was refused: no PriorityClass with name high was found",
            stalled=True,
            wake_seconds=15,
            findings=("PriorityClassNotFound",),
        ),
    ),
    "a permission": (
        (Refusal(POD, 403, "not you"),),
        Decision("Pending", "Forbidden", "pod iris-w0-0 was refused: not you", stalled=True, wake_seconds=15),
    ),
    "a namespace that is gone": (
        (Refusal(POD, 404, "no such namespace"),),
        Decision("Pending", "NotFound", "pod iris-w0-0 was refused: no such namespace", stalled=True, wake_seconds=15),
    ),
    "a name that is taken is free soon": (
        (Refusal(POD, 409, "there is one"),),
        Decision("Pending", "NameTaken", "pod iris-w0-0 was refused: there is one", stalled=True, wake_seconds=2),
    ),
    "a namespace whose service account is about to be made": (
        (Refusal(POD, 403, ACCOUNT.format("default")),),
        Decision(
            "Pending",
            "Forbidden",
            f"pod iris-w0-0 was refused: {ACCOUNT.format('default')}",
            stalled=True,
            wake_seconds=2,
            findings=("ServiceAccountNotFound",),
        ),
    ),
    "an account that nobody made": (
        (Refusal(POD, 403, ACCOUNT.format("trainer")),),
        Decision(
            "Pending",
            "Forbidden",
            f"pod iris-w0-0 was refused: {ACCOUNT.format('trainer')}",
            stalled=True,
            wake_seconds=15,
            findings=("ServiceAccountNotFound",),
        ),
    ),
    "a pod that cannot be": (
        (Refusal(POD, 422, "bad"),),
        Decision("Pending", "Invalid", "pod iris-w0-0 was refused: bad", stalled=True, wake_seconds=15),
    ),
    "anything else": (
        (Refusal(POD, 400, "what?"),),
        Decision("Pending", "Refused", "pod iris-w0-0 was refused: what?", stalled=True, wake_seconds=15),
    ),
    "two: the first, since the second may follow from it": (
        (Refusal("networkpolicy iris-workers", 403, "no"), Refusal(POD, 422, "bad")),
        Decision("Pending", "Forbidden", "networkpolicy iris-workers was refused: no", stalled=True, wake_seconds=15),
    ),
}


@pytest.mark.parametrize(("refusals", "wanted"), CASES.values(), ids=CASES)
def test_refused(refusals: tuple[Refusal, ...], wanted: Decision | None) -> None:
    assert refused(a_world(refusals=refusals)) == wanted
