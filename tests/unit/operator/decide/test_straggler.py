"""One worker that is several times slower than the others is named; a little slower is not."""

import pytest

from lsml_operator.decide.straggler import straggler
from lsml_trainer.spec import Teammate
from unit.operator.builders import a_report


def says(index: int, times: str) -> str:
    return f"worker {index} holds the others up: its part of a step takes {times} as theirs; look at its machine"


CASES: dict[str, tuple[list[float | None], str | None]] = {
    "nobody told": ([], None),
    "alone": ([5.0], None),
    "alike": ([0.1, 0.12, 0.1, 0.09], None),
    "twice as long: it holds twice as many shards": ([0.1, 0.1, 0.2], None),
    "three times as long": ([0.1, 0.31, 0.1], says(1, "3 times as long")),
    "of two the slower": ([1.0, 0.1], says(0, "10 times as long")),
    "half of them are slow: the slowest": ([0.1, 0.1, 0.9, 1.0], says(3, "10 times as long")),
    "those who do not know are left out": ([None, 0.1, 0.5], says(2, "5 times as long")),
    "the others have nothing to do": ([0.0, 0.0, 0.5], says(2, "much longer")),
    "so short that nobody waits": ([0.0001, 0.009], None),
}


@pytest.mark.parametrize(("seconds", "wanted"), CASES.values(), ids=CASES)
def test_straggler(seconds: list[float | None], wanted: str | None) -> None:
    """FAULTS 44"""
    team = [Teammate(name=f"w{n}-2", stage="Training", step=1, step_seconds=s) for n, s in enumerate(seconds)]
    assert straggler(a_report(team=tuple(team)), shards=4) == wanted


@pytest.mark.parametrize(("shards", "wanted"), [(1, None), (2, says(1, "10 times as long"))])
def test_whoever_holds_no_shard_is_no_measure(shards: int, wanted: str | None) -> None:
    team = [Teammate(name=f"w{n}-0", stage="Training", step=1, step_seconds=s) for n, s in enumerate((0.1, 1.0, 0.0))]
    assert straggler(a_report(team=tuple(team)), shards) == wanted


def test_without_a_report_there_is_nothing_to_say() -> None:
    assert straggler(None, shards=4) is None
