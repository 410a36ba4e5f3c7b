"""The ledger that a worker writes: it agrees with what was trained, and stays small."""

import errno
from collections.abc import Callable, Set
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from lsml_trainer.commands.verify_ledger import verify_ledger
from lsml_trainer.elastic import folder_ledger, training
from lsml_trainer.elastic.folder_ledger import FolderLedger
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts
from lsml_trainer.elastic.ledger_lines import Block, Commit, folded
from lsml_trainer.errors import InvalidLedger, OutputUnavailable
from lsml_trainer.spec import Exit
from training.test_resuming import LEARNERS, LeaveAfter, a_home
from training.test_worker import a_spec, live

LEDGER = "pvc://models/ledger"


@pytest.mark.parametrize(("kind", "epochs"), [("gradientDescent", None), ("sgd", 6)])
def test_left_and_gone_on_every_row_was_consumed_exactly_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, epochs: int | None
) -> None:
    """39, 58"""
    monkeypatch.setattr(training, "MOST_STEPS", 1)  # in a block
    home = a_home(tmp_path)
    spec = a_spec({kind: LEARNERS[kind]}, checkpoint={"uri": "pvc://models/state"}, ledger=LEDGER)
    assert live(home, spec, LeaveAfter(blocks=2))[0] == Exit.ASKED_TO_LEAVE
    assert live(home, spec)[0] == Exit.DONE
    found = check(read_accounts(home / "claims/models/ledger"))
    assert (found.is_done, found.rows, found.epochs, found.workers, found.dropped_steps) == (True, 120, epochs, 2, 0)


def test_without_a_checkpoint_what_was_done_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MOST_STEPS", 1)
    home, spec = a_home(tmp_path), a_spec({"sgd": LEARNERS["sgd"]}, ledger=LEDGER)
    assert live(home, spec, LeaveAfter(blocks=3))[0] == Exit.ASKED_TO_LEAVE
    assert live(home, spec)[0] == Exit.DONE
    found = check(read_accounts(home / "claims/models/ledger"))
    assert (found.epochs, found.teams, found.dropped_steps) == (6, 2, 2)


def test_a_file_that_has_grown_is_replaced_by_its_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MOST_STEPS", 1)
    monkeypatch.setattr(folder_ledger, "MOST_BYTES", 1000)
    monkeypatch.setattr(folder_ledger, "NEW_LINES", 4)
    home, spec = a_home(tmp_path), a_spec({"sgd": LEARNERS["sgd"]}, ledger=LEDGER)
    assert live(home, spec)[0] == Exit.DONE
    (account,) = read_accounts(home / "claims/models/ledger")
    blocks = [line for line in account.lines if isinstance(line, Block)]
    assert len(blocks) < 15
    assert check([account]).steps == blocks[-1].last == 48


def test_nothing_is_put_together_past_a_checkpoint_that_may_be_in_the_making() -> None:
    """Who goes on from it, once it is there, is held against a block that ends at it."""
    lines = [line for step in range(1, 9) for line in (Block(first=step, last=step, rows=1), Commit(committed=step))]
    ends = [line.last for line in folded(lines, {2, 4}, settled=4) if isinstance(line, Block)]
    assert ends == [2, 4, 5, 6, 7, 8]
    assert [line.last for line in folded(lines, {2, 4}) if isinstance(line, Block)] == [2, 4, 8]


def a_long_one(folder: Path, checkpoints: Callable[[], Set[int]] | None) -> FolderLedger:
    """A ledger of some steps that is to be replaced after each."""
    ledger = FolderLedger(folder, "sha256:0", 1, "w0", checkpoints)
    ledger._most_bytes = 1
    ledger.watched([SimpleNamespace(index=0, rows=3, cells=None)])
    alone = SimpleNamespace(rank=0, size=1, held=range(1), team="")
    for step in range(1, 9):
        ledger.computed(1, alone, step - 1, step)
        ledger.committed(step)
    return ledger


def test_checkpoints_that_cannot_be_listed_are_no_reason_to_stop(tmp_path: Path) -> None:
    def away() -> Set[int]:
        raise OSError(errno.EIO, "the bucket does not answer")

    a_long_one(tmp_path, away).close()
    assert check(read_accounts(tmp_path)).steps == 8


def test_a_line_that_is_written_in_part_is_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the next one, when there is space again, would make a line that is none of a ledger's."""
    ledger = a_long_one(tmp_path, None)
    ledger.close()
    monkeypatch.setattr(ledger, "_file", SimpleNamespace(write=lambda content: len(content) - 1))
    with pytest.raises(OutputUnavailable, match="No space left on device; it is tried again"):
        ledger.ended(8, None)


def test_the_folder_of_another_job_is_left_alone(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    assert live(home, a_spec(ledger=LEDGER))[0] == Exit.DONE
    code, ending = live(home, a_spec(uri="wine", ledger=LEDGER))
    assert code == Exit.INVALID
    words = "holds the ledger of another job; name another folder"
    assert ending.message == f"spec.ledger: {home}/claims/models/ledger {words}"


def test_a_ledger_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    """54"""
    code, ending = live(tmp_path, a_spec(ledger="file:///dev/null/ledger"))
    assert (code, ending.reason) == (Exit.TRY_AGAIN, "OutputUnavailable")
    assert ending.message.startswith("spec.ledger: /dev/null/ledger")


def test_a_last_line_that_is_cut_off_is_passed_over_and_any_other_is_named(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    assert live(home, a_spec(ledger=LEDGER))[0] == Exit.DONE
    folder = home / "claims/models/ledger"
    (path,) = folder.iterdir()
    with path.open("ab") as file:
        file.write(b'{"commit')
    assert check(read_accounts(folder)).is_done
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(InvalidLedger, match=r"jsonl is damaged: line \d+ is none of a ledger's"):
        read_accounts(folder)


def test_the_command_says_it_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = a_home(tmp_path)
    assert live(home, a_spec({"sgd": LEARNERS["sgd"]}, ledger=LEDGER))[0] == Exit.DONE
    folder = home / "claims/models/ledger"
    asked = verify(folder)
    assert asked == (0, "exactly once: 120 rows in each of 6 epochs (48 steps), by 1 worker in 1 team\n", "")
    (path,) = folder.iterdir()
    path.write_text("".join(line for line in path.read_text().splitlines(True) if '"first":1,' not in line))
    code, _, words = verify(folder)
    assert code == 1
    assert words == f"NotExactlyOnce: {folder}: generation 1: step 1 is missing in {path.name}\n"
    assert verify(tmp_path / "empty")[0] == Exit.INVALID


def verify(folder: Path) -> tuple[int, str, str]:
    """Exit code and what was said."""
    app = typer.Typer()
    app.command()(verify_ledger)
    found = CliRunner().invoke(app, [str(folder)])
    return found.exit_code, found.stdout, found.stderr
