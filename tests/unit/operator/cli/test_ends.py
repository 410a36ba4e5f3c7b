"""How a command ends: the exit code of each trouble, and its sentence."""

import subprocess
import sys

import pytest
import typer

from lsml_operator.cli.ends import End, Ended, command
from lsml_operator.client import ApiError, NoCluster, Unreachable
from lsml_trainer.spec import InvalidSpec

ENDS: dict[str, tuple[BaseException, int, str]] = {
    "what the command itself says": (Ended(End.TIMED_OUT, "not in time"), 7, "not in time\n"),
    "a file that is wrong": (InvalidSpec("job.yaml is not YAML"), 2, "job.yaml is not YAML\n"),
    "no kubeconfig": (NoCluster("no cluster to speak to"), 2, "no cluster to speak to\n"),
    "no answer": (Unreachable("refused"), 4, "the API server cannot be reached: refused\n"),
    "a busy server": (ApiError(503, "later"), 4, "later\n"),
    "not logged in": (ApiError(401, "Unauthorized"), 5, "Unauthorized\n"),
    "not allowed": (ApiError(403, "jobs is forbidden"), 5, "jobs is forbidden\n"),
    "not there": (ApiError(404, "not found"), 3, "not found\n"),
    "a conflict": (ApiError(409, "conflict"), 6, "conflict\n"),
    "invalid": (ApiError(422, "is invalid"), 2, "is invalid\n"),
    "an answer without a word": (ApiError(409, ""), 6, "409 : \n"),
    "Ctrl-C": (KeyboardInterrupt(), 130, ""),
}


def ended(error: BaseException) -> int:
    async def work() -> End:
        raise error

    with pytest.raises(typer.Exit) as end:
        command(work)()
    return end.value.exit_code


@pytest.mark.parametrize(("error", "code", "said"), ENDS.values(), ids=ENDS)
def test_what_goes_wrong(capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str) -> None:
    assert (ended(error), capsys.readouterr().err) == (code, said)


def test_only_a_defect_of_ours_shows_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(KeyError("what")) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_help_lists_the_exit_codes() -> None:
    async def work() -> End:
        """Work."""
        return End.DONE

    assert (command(work).__doc__ or "").startswith("Work.\n\nExit codes: 0 done, 1 the job failed, 2 bad input")


def test_what_top_need_not_know_is_not_imported() -> None:
    """The schema alone takes a third of a second to build, of the second in which a thousand jobs are shown."""
    program = "import sys, lsml_trainer.cli, lsml_operator.cli.top; print('lsml_trainer.spec' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
