"""`lsml` itself: what it lists, what it loads, and what it says where a package is incomplete."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lsml_trainer import cli
from lsml_trainer.commands.saying import in_a_sentence
from lsml_trainer.errors import InvalidData, OutputUnavailable
from lsml_trainer.spec import Exit


def a_command(folder: Path, name: str, text: str, package: str = "lsml_operator_test") -> EntryPoint:
    """An entry point to a module with this text."""
    (folder / package).mkdir(exist_ok=True)
    (folder / package / f"{name}.py").write_text(text)
    return EntryPoint(name, f"{package}.{name}:{name}", cli.GROUP)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


LACKS = "import a_library_that_is_not_installed\ndef submit(): ...\n"
LACKS_WHEN_RUN = 'def submit():\n    "Submit."\n    import a_library_that_is_not_installed\n'
SENTENCE = "lsml submit needs the operator_test: pip install 'lsml[operator_test]'"


def test_the_list_shows_each_command_and_what_an_incomplete_one_lacks(folder: Path) -> None:
    points = [a_command(folder, "submit", LACKS), a_command(folder, "watch", 'def watch():\n    "Watch a job."\n')]
    result = CliRunner().invoke(cli.application(points), ["--help"])
    assert result.exit_code == 0
    assert "Watch a job." in result.output
    assert "needs the operator_test" in result.output


@pytest.mark.parametrize("text", [LACKS, LACKS_WHEN_RUN], ids=["on import", "when it is run"])
def test_an_incomplete_command_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    package = "lsml_operator_test" if text == LACKS else "lsml_operator_test2"
    point = a_command(folder, "further", text.replace("submit", "further"), package)
    monkeypatch.setattr(cli, "entry_points", lambda group, name: [point])
    with pytest.raises(SystemExit) as end:
        cli.main(["further"])
    assert end.value.code == Exit.INVALID
    extra = package.removeprefix("lsml_")
    assert capsys.readouterr().err == f"lsml further needs the {extra}: pip install 'lsml[{extra}]'\n"


def test_only_the_command_that_is_named_is_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        a_command(folder, "broken", "raise RuntimeError('loaded')\n", "lsml_named"),
        a_command(folder, "fine", "def fine(): ...\n", "lsml_named"),
    ]
    monkeypatch.setattr(cli, "entry_points", lambda group, name: [point for point in points if point.name == name])
    with pytest.raises(SystemExit) as end:
        cli.main(["fine"])
    assert end.value.code == 0


def test_help_imports_no_numerics() -> None:
    program = (
        "import sys\n"
        "from lsml_trainer.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(','.join({'torch', 'numpy', 'sklearn'} & set(sys.modules)) or 0)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert "Train a TrainingJob on this machine" in result.stdout


def raising(error: BaseException) -> int:
    def work() -> None:
        raise error

    return in_a_sentence(work, "Stopped; no model was saved.")


ENDS: dict[str, tuple[BaseException, int, str]] = {
    "Ctrl-C": (KeyboardInterrupt(), 130, "Stopped; no model was saved.\n"),
    "bad data": (InvalidData("column 'a' is text"), Exit.INVALID, "InvalidData: column 'a' is text\n"),
    "no space": (OutputUnavailable("no space"), Exit.TRY_AGAIN, "OutputUnavailable: no space\n"),
}


@pytest.mark.parametrize(("error", "code", "words"), ENDS.values(), ids=ENDS)
def test_a_command_ends_in_one_sentence(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, words: str
) -> None:
    assert raising(error) == code
    assert capsys.readouterr().err == words


def test_only_a_defect_of_ours_shows_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(KeyError("what")) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_reader_that_has_enough_ends_it_in_silence() -> None:
    program = (
        "import os, sys\n"
        "from lsml_trainer.commands.saying import in_a_sentence\n"
        "def work():\n"
        "    while True: print('row' * 1000)\n"
        "sys.exit(in_a_sentence(work))\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.readline()
    writer.stdout.close()
    with writer.stderr as said:
        assert said.read() == b""
    assert writer.wait(60) == 141
