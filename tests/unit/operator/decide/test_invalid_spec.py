"""A job that cannot be understood fails with its mistakes."""

from lsml_operator.decide.invalid_spec import invalid_spec
from lsml_operator.world import Decision
from unit.operator.builders import a_world


def test_a_valid_spec_has_no_opinion() -> None:
    assert invalid_spec(a_world()) is None


def test_an_invalid_one_fails_with_a_sentence_for_each_mistake() -> None:
    world = a_world(deadline_s=-5, suspend="maybe")
    assert invalid_spec(world) == Decision(
        "Failed",
        "InvalidSpec",
        'spec.suspend is "maybe": Input should be a valid boolean\n'
        "spec.activeDeadlineSeconds is -5: Input should be greater than or equal to 1",
    )
