"""Workers come and go; the weights are those of one worker who was never disturbed, to the bit.

The numbers are those of the list of faults. Each fault is asserted to have fired.
"""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from faults.team import WAIT_SECONDS, Team
from lsml_trainer.spec import Exit

ALGORITHMS: dict[str, tuple[dict[str, Any], str]] = {
    "gradientDescent": ({"gradientDescent": {"loss": "log_loss", "iterations": 8000, "learningRate": 0.1}}, "digits"),
    "sgd": ({"sgd": {"loss": "log_loss", "epochs": 300, "batchSize": 32}}, "digits"),
    "deepLearning": (
        {
            "deepLearning": {
                "network": {"mlp": {"hidden": [16], "dropout": 0.1}},
                "optimizer": {"adam": {}},
                "epochs": 300,
                "batchSize": 64,
            }
        },
        "digits",
    ),
}

MORE_STEPS_THAN_A_BLOCK = 500
"""Of these networks: what is done within the tenth of a second of a block, or is told late of it, is less."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """The weights of one worker on its own, computed once an algorithm."""
    known: dict[str, bytes] = {}

    def weights(kind: str) -> bytes:
        if kind not in known:
            with Team(tmp_path_factory.mktemp(kind), *ALGORITHMS[kind]) as team:
                team.join("alone")
                known[kind] = team.weights()
        return known[kind]

    return weights


@contextmanager
def two_at_work(folder: Path, kind: str) -> Iterator[Team]:
    """A team of a and b, who both train."""
    with Team(folder, *ALGORITHMS[kind]) as team:
        team.join("a")
        team.join("b")
        team.until(lambda: team.step("a") > 0 and team.step("b") > 0, "a and b train")
        yield team


def goes_on_for_some_blocks(team: Team, name: str) -> None:
    before = team.step(name)
    team.until(lambda: team.step(name) > before + MORE_STEPS_THAN_A_BLOCK, f"{name} goes on without a coordinator")


@pytest.mark.parametrize("kind", ALGORITHMS)
def test_a_worker_killed_and_another_joined_change_no_bit(
    kind: str, tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    """37, 58"""
    with two_at_work(tmp_path, kind) as team:
        team.send("b", signal.SIGKILL)
        before = team.step("a")
        team.until(lambda: team.goes_on("a", before), "a goes on without b")
        team.join("c")
        together = team.weights()
        assert team.workers["b"].wait(WAIT_SECONDS) == -signal.SIGKILL
    assert together == undisturbed(kind)


def test_a_worker_that_is_asked_to_leave_leaves_and_the_others_go_on(
    tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    """46"""
    with two_at_work(tmp_path, "deepLearning") as team:
        team.send("a", signal.SIGTERM)
        assert team.workers["a"].wait(WAIT_SECONDS) == Exit.ASKED_TO_LEAVE
        assert team.weights() == undisturbed("deepLearning")


def test_without_its_coordinator_a_team_goes_on_and_who_comes_waits_for_the_next_one(
    tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    """38"""
    with two_at_work(tmp_path, "deepLearning") as team:
        team.kill_coordinator()
        goes_on_for_some_blocks(team, "a")
        team.join("c")
        team.start_coordinator()
        team.until(lambda: team.step("c") > 0, "c joins them")
        assert team.weights() == undisturbed("deepLearning")


def test_a_team_comes_to_its_end_though_nobody_coordinates_any_more(
    tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    """38"""
    with two_at_work(tmp_path, "deepLearning") as team:
        team.kill_coordinator()
        assert team.weights() == undisturbed("deepLearning")
        assert [worker.wait(WAIT_SECONDS) for worker in team.workers.values()] == [Exit.DONE] * 2


def test_who_is_asked_to_leave_while_nobody_coordinates_leaves(
    tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    """38, 46"""
    with two_at_work(tmp_path, "deepLearning") as team:
        team.kill_coordinator()
        goes_on_for_some_blocks(team, "a")
        team.send("a", signal.SIGTERM)
        assert team.workers["a"].wait(WAIT_SECONDS) == Exit.ASKED_TO_LEAVE
        team.start_coordinator()
        assert team.weights() == undisturbed("deepLearning")


def test_who_lost_a_member_while_nobody_coordinates_goes_on_with_the_next_coordinator(
    tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    """37, 38"""
    with two_at_work(tmp_path, "deepLearning") as team:
        team.kill_coordinator()
        team.send("b", signal.SIGKILL)
        team.start_coordinator()
        before = team.step("a")
        team.until(lambda: team.goes_on("a", before), "a goes on without b")
        assert team.weights() == undisturbed("deepLearning")


def test_a_coordinator_that_was_stopped_is_not_waited_for_and_cannot_spoil_the_result(
    tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    """38"""
    with two_at_work(tmp_path, "deepLearning") as team:
        team.send_coordinator(signal.SIGSTOP)
        goes_on_for_some_blocks(team, "a")
        team.send_coordinator(signal.SIGCONT)
        team.join("c")
        team.until(lambda: team.step("c") > 0, "c joins them")
        assert team.weights() == undisturbed("deepLearning")


def test_a_worker_that_was_stopped_is_left_out_and_cannot_spoil_the_result(
    tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    with two_at_work(tmp_path, "deepLearning") as team:
        team.send("b", signal.SIGSTOP)
        before = team.step("a")
        team.until(lambda: team.goes_on("a", before), "a goes on while b is stopped")
        team.send("b", signal.SIGCONT)
        assert team.weights() == undisturbed("deepLearning")


def test_a_stranger_whom_the_coordinator_puts_into_the_team_gets_and_spoils_nothing(
    tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    """62: it disturbs the team for as long as it is there, and that is all."""
    with two_at_work(tmp_path, "deepLearning") as team:
        team.join_as_a_stranger("c")
        team.until(lambda: team.put_together()[1] == {"a", "b", "c"}, "c is put into a team")
        number, _ = team.put_together()
        team.until(lambda: team.put_together()[0] >= number + 2, "it comes to nothing, and so does the next one")
        assert team.step("c") == 0
        team.send("c", signal.SIGKILL)
        assert team.weights() == undisturbed("deepLearning")


def test_the_coordinator_does_not_load_torch() -> None:
    look = "import sys, lsml_trainer.commands.coordinator as c; c.torchft_extension(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
