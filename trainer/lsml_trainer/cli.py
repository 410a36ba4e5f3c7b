"""`lsml`: finds its subcommands among the installed packages. Must not import what only one of them needs."""

import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint, distribution, entry_points
from pathlib import Path

import typer

GROUP = "lsml.commands"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the subcommand that the arguments name; its is the only entry point that is loaded."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    named = _named(next((argument for argument in given if not argument.startswith("-")), ""))
    app = application([named] if named else sorted(entry_points(group=GROUP), key=lambda point: point.name))
    try:
        app(args=given, prog_name=_called())
    except ModuleNotFoundError as error:  # commands import what they need when they run
        if named is None or _is_ours(error):
            raise
        _say_and_leave(_needs(named))


def _named(name: str) -> EntryPoint | None:
    """The command of this name: our own, since whoever looks for others' reads what every installed package brings."""
    own = distribution("lsml").entry_points.select(group=GROUP, name=name)
    return next(iter(own or entry_points(group=GROUP, name=name)), None)


def _called() -> str:
    """How it was called: kubectl runs the program kubectl-lsml for `kubectl lsml`."""
    return "kubectl lsml" if Path(sys.argv[0]).name == "kubectl-lsml" else "lsml"


def application(points: Iterable[EntryPoint]) -> typer.Typer:
    """The command line with these subcommands; one whose package is incomplete says what is missing."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback()(_lsml)
    for point in points:
        try:
            command = point.load()
        except ModuleNotFoundError as error:
            if _is_ours(error):
                raise
            command = _saying(_needs(point))
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=point.name)
        else:
            app.command(point.name)(command)
    return app


def _lsml() -> None:
    """Elastic machine learning on Kubernetes, and on this machine."""


def _is_ours(error: ModuleNotFoundError) -> bool:
    """A module of our own that is missing is a mistake in the package: that needs its traceback."""
    return (error.name or "").startswith("lsml_")


def _needs(point: EntryPoint) -> str:
    """The module lsml_trainer.… belongs to the extra `trainer`, and so on."""
    extra = point.module.partition(".")[0].removeprefix("lsml_")
    return f"lsml {point.name} needs the {extra}: pip install 'lsml[{extra}]'"


def _saying(sentence: str) -> Callable[[], None]:
    def incomplete() -> None:
        _say_and_leave(sentence)

    incomplete.__doc__ = f"Not usable: {sentence}"
    return incomplete


def _say_and_leave(sentence: str) -> None:
    from lsml_trainer.spec import Exit  # noqa: PLC0415  (a third of a second; seldom needed)

    typer.echo(sentence, err=True)
    raise SystemExit(Exit.INVALID)
