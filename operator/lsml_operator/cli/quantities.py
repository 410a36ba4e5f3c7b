"""Kubernetes quantities as exact numbers, to be added up. Pure."""

import re
from collections.abc import Mapping
from fractions import Fraction

_SUFFIXES = {
    "": Fraction(1),
    "m": Fraction(1, 1000),
    **{name: Fraction(1000) ** (power + 1) for power, name in enumerate(("k", "M", "G", "T", "P", "E"))},
    **{name: Fraction(1024) ** (power + 1) for power, name in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))},
}


def amount(quantity: int | str) -> Fraction:
    """The number that a quantity means: 500m is 1/2, 4Gi is 4 * 2^30."""
    match = re.fullmatch(r"([0-9.]+)(?:([a-zA-Z]{1,2})|([eE][+-]?[0-9]+))?", str(quantity))
    assert match is not None, "the schema takes quantities only"
    digits, suffix, exponent = match.groups()
    if suffix in ("E", "e") or exponent:
        return Fraction(f"{digits}{exponent}") if exponent else Fraction(digits) * _SUFFIXES["E"]
    return Fraction(digits) * _SUFFIXES[suffix or ""]


def added(lists: Mapping[str, int | str], times: int, to: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The sums with so many times this list added."""
    names = dict.fromkeys((*to, *lists))
    return {name: to.get(name, Fraction(0)) + times * amount(lists.get(name, 0)) for name in names}


def written(name: str, value: Fraction) -> str:
    """As people write it: memory in binary units, all else as a decimal number."""
    if name == "memory" or name.endswith("storage"):
        return size(value)
    return f"{float(value):g}"


def size(count_bytes: Fraction) -> str:
    """Such as 4Gi, 1.5Mi, 12 (bytes)."""
    for suffix in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"):
        if count_bytes >= _SUFFIXES[suffix]:
            return f"{float(count_bytes / _SUFFIXES[suffix]):.4g}{suffix}"
    return f"{float(count_bytes):g}"
