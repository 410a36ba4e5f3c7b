"""Ledgers as they are found in a folder. Bytes from outside: read with suspicion, judged elsewhere."""

from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from lsml_trainer.elastic.ledger_lines import LINE, Line, Opening
from lsml_trainer.errors import InvalidLedger

SUFFIX = ".jsonl"


class Account(NamedTuple):
    """What one worker, from its start to its end, has written."""

    file: str
    opening: Opening
    lines: tuple[Line, ...]
    """Those that follow."""


def read_accounts(folder: Path) -> list[Account]:
    """All that are there, in the order of their names; none where there is no folder.

    A last line without its end, of a worker whose machine died, is passed over. Raises InvalidLedger, OSError.
    """
    paths = sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))
    return [account for path in paths if (account := _account(path))]


def _account(path: Path) -> Account | None:
    *whole, _cut_off = path.read_bytes().split(b"\n")
    lines = [_line(path, number, content) for number, content in enumerate(whole, start=1)]
    if not lines:
        return None
    if not isinstance(lines[0], Opening):
        raise InvalidLedger(f"{path.name} does not say whose ledger it is; its first line is missing")
    return Account(path.name, lines[0], tuple(lines[1:]))


def _line(path: Path, number: int, content: bytes) -> Line:
    try:
        return LINE.validate_json(content)
    except ValidationError:
        raise InvalidLedger(f"{path.name} is damaged: line {number} is none of a ledger's") from None
