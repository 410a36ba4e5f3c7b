"""Where a command writes to: a terminal with its width and colours, or a pipe with neither."""

import sys
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console

PIPE_COLUMNS = 160
"""A pipe has no width; a long sentence is folded there all the same, since a table's columns need one."""


def console_on(out: TextIO | None = None) -> Console:
    """Prints texts as they are; NO_COLOR is honoured, and COLUMNS where there is no terminal."""
    console = Console(file=out or sys.stdout, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in console._environ:
        console.width = PIPE_COLUMNS
    return console


def now() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)
