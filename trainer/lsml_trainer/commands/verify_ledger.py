"""`lsml verify-ledger FOLDER`: whether a training consumed every row exactly once, whatever happened to its workers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lsml_trainer.errors import InvalidLedger, NotExactlyOnce

if TYPE_CHECKING:
    from lsml_trainer.elastic.ledger_check import Totals

WRONG = 1


def verify_ledger(folder: Annotated[Path, typer.Argument(help="The folder that spec.ledger names.")]) -> None:
    """Check that every step has consumed every row that it should exactly once; exit code 1 if not."""
    from lsml_trainer.commands.saying import in_a_sentence  # noqa: PLC0415  (imports pydantic)
    from lsml_trainer.elastic.ledger_check import check  # noqa: PLC0415  (imports numpy)
    from lsml_trainer.elastic.ledger_files import read_accounts  # noqa: PLC0415  (imports numpy)

    wrong = False

    def work() -> None:
        nonlocal wrong
        try:
            typer.echo(sentence(check(read_accounts(folder))))
        except InvalidLedger as error:
            raise InvalidLedger(f"{folder}: {error}") from None
        except NotExactlyOnce as error:
            sys.stderr.write(f"NotExactlyOnce: {folder}: {error}\n")
            wrong = True

    code = in_a_sentence(work)
    raise typer.Exit(WRONG if wrong else code)


def sentence(found: "Totals") -> str:
    """For a person."""
    by = f"{_number(found.workers, 'worker')} in {_number(found.teams, 'team')}"
    dropped = f"; {_number(found.dropped_steps, 'step')} of workers that were lost or cut off do not count"
    told = dropped if found.dropped_steps else ""
    if not found.is_done:
        return f"so far no step is missing or there twice: {_number(found.steps, 'step')} by {by}{told}"
    if found.epochs is None:
        return f"exactly once: {found.rows} rows in each of {_number(found.steps, 'step')}, by {by}{told}"
    epochs = f"{found.rows} rows in each of {_number(found.epochs, 'epoch')}"
    return f"exactly once: {epochs} ({_number(found.steps, 'step')}), by {by}{told}"


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
