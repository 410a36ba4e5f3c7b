"""The smallest pieces of a screen: texts, ages, phases with their colours. Pure.

Colours are the terminal's own sixteen, so that they are readable on light and dark; none carries a meaning alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from lsml_operator.texts import duration

STYLES = {
    "Running": "green",
    "Succeeded": "bold green",
    "Failed": "bold red",
    "Restarting": "yellow",
    "Pending": "yellow",
    "Waiting": "yellow",
    "Creating": "yellow",
    "Suspended": "cyan",
    "Warning": "yellow",
    "False": "dim",
}


def styled(word: str) -> Text:
    """A phase or a state in its colour."""
    return Text(word, STYLES.get(word, ""))


def plain(text: str) -> str:
    """Without what would steer the terminal: the words of a job are foreign."""
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)


def dig(document: Mapping[str, Any], path: str) -> Any:
    """What is there, None where nothing is."""
    found: Any = document
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def age(stamp: str | None, now: datetime) -> str:
    """How long ago, as kubectl writes it; a question mark for what is no time."""
    seconds = seconds_since(stamp, now)
    return "?" if seconds is None else duration(max(0.0, seconds))


def seconds_since(stamp: str | None, now: datetime) -> float | None:
    """None for what is no time."""
    try:
        return (now - datetime.fromisoformat(stamp or "")).total_seconds()
    except (ValueError, TypeError):  # TypeError: a time without its zone
        return None


def counted(number: int, one: str, many: str) -> str:
    """Such as `1 crash` and `2 crashes`."""
    return f"{number} {one if number == 1 else many}"
