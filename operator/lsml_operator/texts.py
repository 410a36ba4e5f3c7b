"""Numbers and times as people read them, and as the API server does. Pure."""

import re
from datetime import datetime
from typing import Literal

UNITS = {"y": 365 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
"""In seconds."""
Precision = Literal["seconds", "milliseconds", "microseconds"]


def stamp(now: datetime, to: Precision = "seconds") -> str:
    """A time of UTC as Kubernetes writes it, RFC 3339 with a Z; what is reckoned with needs more than whole seconds."""
    return now.isoformat(timespec=to).replace("+00:00", "Z")


def duration(seconds: float) -> str:
    """As kubectl writes an age: 8s, 2m10s, 3h5m, 4d2h."""
    whole = round(seconds)
    for unit_seconds, unit, next_seconds, next_unit in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "m"),
        (60, "m", 1, "s"),
    ):
        if whole >= unit_seconds:
            rest = whole % unit_seconds // next_seconds
            return f"{whole // unit_seconds}{unit}" + (f"{rest}{next_unit}" if rest else "")
    return f"{whole}s"


def seconds_of(words: str) -> float | None:
    """The inverse of `duration`, and of the API server's, which knows years, too; None for what is none."""
    parts = re.findall(r"(\d+)([ydhms])", words)
    return float(sum(int(count) * UNITS[unit] for count, unit in parts)) if parts else None


def short_number(value: float) -> str:
    """Four significant digits."""
    return f"{value:.4g}"


def in_binary(count_bytes: float) -> str:
    """Memory as Kubernetes writes it: 640Mi, 1.9Gi."""
    for power, unit in ((4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
        if count_bytes >= 1024.0**power:
            return f"{count_bytes / 1024.0**power:.4g}{unit}"
    return f"{count_bytes:.0f}"
