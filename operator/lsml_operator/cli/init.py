"""`lsml init DATA`: a TrainingJob to begin with, written by looking at the data."""

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lsml_operator.cli.drafting import Family, draft, guessed_label, learns_classes, usual_family
from lsml_operator.cli.ends import End, Ended, command
from lsml_operator.cli.looking import Look, look_at
from lsml_trainer.spec import claim_of

Data = Annotated[Path, typer.Argument(metavar="DATA", help="A CSV or Parquet file; its beginning is looked at.")]


@command
async def init(
    data: Data,
    label: Annotated[str | None, typer.Option("--label", help="The column to learn.")] = None,
    family: Annotated[Family | None, typer.Option("--family", help="What is learned.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The job's name.", show_default="that of the file")] = None,
    uri: Annotated[
        str | None, typer.Option("--uri", help="Where the workers find it.", show_default="pvc://data/FILE")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", help="Where the model goes.", show_default="pvc://models/NAME")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="How many.")] = 1,
    to: Annotated[Path | None, typer.Option("--to", help="The file to write.", show_default="NAME.yaml")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: take what was seen.")] = False,
) -> End:
    """Write a TrainingJob for a data file: looks at it, asks what it cannot know, takes flags instead."""
    look, asks = look_at(data), sys.stdin.isatty() and not yes
    label = label or _answer("Which column is to be learned", guessed_label(look), asks)
    family = family or Family(
        _answer("What is learned", usual_family(learns_classes(look, label)).value, asks, list(Family))
    )
    name = name or _answer("The job's name", _as_a_name(data.stem), asks)
    uri = uri or _answer("Where the workers find the data", f"pvc://data/{data.name}", asks)
    output = output or _answer("Where the model goes", f"pvc://models/{name}", asks)
    document = draft(name, uri, look, label, family, output, workers)
    path = to or Path(f"{name}.yaml")
    _write(path, document, look, data)
    sys.stdout.write(f"wrote {path}; next: {_next(path, uri, data)}\n")
    return End.DONE


def _next(path: Path, uri: str, data: Path) -> str:
    claim = claim_of(uri)
    if uri.startswith("file://"):
        return f"lsml run {path}"
    first = f"put {data.name} onto the claim {claim.claim}, then " if claim else ""
    return f"{first}lsml submit {path} --watch"


def _answer(question: str, usual: str, asks: bool, choices: list[Family] | None = None) -> str:
    if not asks:
        return usual
    import click  # noqa: PLC0415  (seldom needed)

    kind = click.Choice([choice.value for choice in choices]) if choices else None
    return str(typer.prompt(question, default=usual, type=kind))


def _as_a_name(stem: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-0123456789")[:50].strip("-") or "job"


def _write(path: Path, document: dict[str, Any], look: Look, data: Path) -> None:
    """Only what the API server would take; an existing file stays as it is."""
    import yaml  # noqa: PLC0415  (seldom needed)

    from lsml_operator.api.judge import judge  # noqa: PLC0415  (builds the schema)

    mistakes = judge(document)
    if mistakes:
        raise Ended(End.BAD_INPUT, "\n".join(mistakes))
    seen = f"# Written by lsml init after a look at {data.name}: {len(look.columns)} columns.\n"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(seen + yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    except FileExistsError:
        raise Ended(End.BAD_INPUT, f"{path} is there already; name another file with --to") from None
    except OSError as error:
        raise Ended(End.BAD_INPUT, f"{path}: {error.strerror}") from None
