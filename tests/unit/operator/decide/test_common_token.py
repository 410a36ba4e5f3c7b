"""Which token the next pods have: all at work understand one another, whoever made them."""

import pytest

from lsml_operator.decide.changes import changes
from lsml_operator.decide.common_token import common_secret
from lsml_operator.settings import Settings
from lsml_operator.world import Create, Pod, World
from unit.operator.builders import (
    SETTINGS,
    TOKEN_SECRET,
    a_coordinator,
    a_coordinators_pod,
    a_pod,
    a_status,
    a_worker,
    a_world,
    an_ended_pod,
)

OF_ANOTHER_KEY = "iris-token-0badc0de"

CASES: dict[str, tuple[tuple[Pod, ...], str | None]] = {
    "the first": ((), TOKEN_SECRET),
    "one of several": ((a_coordinators_pod(), a_pod()), TOKEN_SECRET),
    "the others were made without one": ((a_coordinators_pod(token=None), a_pod(token=None)), None),
    "the others have that of a key that is lost": ((a_pod(token=OF_ANOTHER_KEY),), OF_ANOTHER_KEY),
    "whoever had none has ended": ((an_ended_pod(1, token=None),), TOKEN_SECRET),
    "whoever had none is leaving": ((a_pod(deleting=True, token=None),), TOKEN_SECRET),
}


@pytest.mark.parametrize(("pods", "wanted"), CASES.values(), ids=CASES)
def test_the_next_pod_has_the_others_token(pods: tuple[Pod, ...], wanted: str | None) -> None:
    assert common_secret(a_world(pods=pods, replicas=2)) == wanted


def test_where_there_is_no_key_there_is_no_token() -> None:
    assert common_secret(a_world(token=None)) is None


def made(world: World, settings: Settings = SETTINGS) -> list[tuple[str, str | None]]:
    """What is made of a second worker that is missing: the kinds, and which Secret the pods have."""
    status = a_status(a_worker(), a_worker(1, "Creating", index=1), coordinator=a_coordinator())
    bodies = [change.body for change in changes(world, status, settings) if isinstance(change, Create)]
    volumes = [{v["name"]: v for v in body["spec"]["volumes"]} if body["kind"] == "Pod" else {} for body in bodies]
    return [
        (body["kind"], found.get("lsml-token", {}).get("secret", {}).get("secretName"))
        for body, found in zip(bodies, volumes, strict=True)
    ]


MADE: dict[str, tuple[tuple[Pod, ...], list[tuple[str, str | None]]]] = {
    "to a team that has it": ((a_coordinators_pod(), a_pod()), [("Pod", TOKEN_SECRET)]),
    "to a team without": ((a_coordinators_pod(token=None), a_pod(token=None)), [("Pod", None)]),
    "to a team with another's": ((a_coordinators_pod(token=OF_ANOTHER_KEY),), [("Pod", OF_ANOTHER_KEY)]),
    "after all that had none": ((an_ended_pod(1, token=None),), [("Secret", None), ("Pod", TOKEN_SECRET)]),
}


@pytest.mark.parametrize(("pods", "wanted"), MADE.values(), ids=MADE)
def test_a_secret_is_made_once_and_only_for_whom_it_is(
    pods: tuple[Pod, ...], wanted: list[tuple[str, str | None]]
) -> None:
    assert made(a_world(pods=pods, replicas=2)) == wanted
