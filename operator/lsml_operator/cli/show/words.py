"""The smallest pieces of a screen: texts, phases with their colours. Pure.

Colours are the terminal's own sixteen, so that they are readable on light and dark; none carries a meaning alone.
"""

from rich.text import Text

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
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)


def counted(number: int, one: str, many: str) -> str:
    """Such as `1 crash` and `2 crashes`."""
    return f"{number} {one if number == 1 else many}"
