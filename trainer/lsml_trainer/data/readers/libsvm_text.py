"""libsvm's text, byte by byte, compiled: `label index:value index:value ... # comment`, a row a line.

Source: the README of libsvm (Chang and Lin, LIBSVM, 2001); indices begin at 1 and ascend. A number of up to 15 digits
and a power of ten of up to 22 is exact by one multiplication (Clinger, How to read floating point numbers accurately,
1990, section 3); all others are left to Python, so that each value is what float() would give, to the bit.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.compiled import compiled_exactly

NEWLINE, SPACE, TAB, RETURN, COLON, HASH, PLUS, MINUS, DOT = 10, 32, 9, 13, 58, 35, 43, 45, 46
# What can be wrong with a line.
NO_LABEL, NO_INDEX, INDEX_ZERO, NOT_ASCENDING, NO_VALUE = 1, 2, 3, 4, 5
MOST_INDEX = 2**31
POWERS: NDArray[np.float64] = 10.0 ** np.arange(23, dtype=np.float64)


@compiled_exactly
def past_digits(text: NDArray[np.uint8], at: int, mantissa: int, kept: int) -> tuple[int, int, int, int]:
    """Mantissa, digits kept in it, digits that it had no room for, and where the digits end."""
    lost = 0
    digit = int(text[at]) - 48
    while 0 <= digit <= 9:
        if kept < 18:
            mantissa = mantissa * 10 + digit
            kept += mantissa > 0
        else:
            lost += 1
        at += 1
        digit = int(text[at]) - 48
    return mantissa, kept, lost, at


@compiled_exactly
def past_exponent(text: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """The power of ten that begins after an `e`, and where it ends: where it began if there is none."""
    first = at
    negative = text[at] == MINUS
    if negative or text[at] == PLUS:
        at += 1
    begin, power = at, 0
    while 48 <= text[at] <= 57:
        power = min(9999, power * 10 + (text[at] - 48))
        at += 1
    return (-power if negative else power), (first if at == begin else at)


@compiled_exactly
def number_at(text: NDArray[np.uint8], at: int, powers: NDArray[np.float64]) -> tuple[float, int, bool]:
    """The number that begins here: its value, where it ends, and whether the value is exact.

    Where there is none, it ends where it begins.
    """
    begin = at
    negative = text[at] == MINUS
    if negative or text[at] == PLUS:
        at += 1
    first = at
    mantissa, kept, lost, at = past_digits(text, at, 0, 0)
    digits, exponent, inexact = at - first, lost, lost
    if text[at] == DOT:
        point = at + 1
        mantissa, kept, lost, at = past_digits(text, point, mantissa, kept)
        digits, exponent, inexact = digits + at - point, exponent - (at - point - lost), inexact + lost
    if digits == 0:
        return 0.0, begin, False
    if text[at] == 101 or text[at] == 69:  # e, E
        power, after = past_exponent(text, at + 1)
        if after == at + 1:
            return 0.0, begin, False
        exponent, at = exponent + power, after
    if text[at] > SPACE and text[at] != HASH:
        return 0.0, begin, False
    exact = mantissa == 0 or (inexact == 0 and mantissa < 9007199254740992 and -22 <= exponent <= 22)
    value = float(mantissa)
    if exact:
        value = value * powers[exponent] if exponent >= 0 else value / powers[min(22, -exponent)]
    return (-value if negative else value), at, exact


@compiled_exactly
def past_blanks(text: NDArray[np.uint8], at: int) -> int:
    """Where something else begins."""
    while text[at] == SPACE or text[at] == TAB or text[at] == RETURN:
        at += 1
    return at


@compiled_exactly
def index_at(text: NDArray[np.uint8], at: int, before: int) -> tuple[int, int, int]:
    """The index that ends with a colon, where its value begins, and what is wrong with it."""
    begin, index = at, 0
    while 48 <= text[at] <= 57 and index < MOST_INDEX:
        index = index * 10 + (text[at] - 48)
        at += 1
    if at == begin or text[at] != COLON or index >= MOST_INDEX:
        return 0, begin, NO_INDEX
    if index == 0:
        return 0, begin, INDEX_ZERO
    return index, at + 1, (NOT_ASCENDING if index <= before else 0)


@compiled_exactly
def entries_at(
    text: NDArray[np.uint8],
    at: int,
    powers: NDArray[np.float64],
    index_Z: NDArray[np.int32],
    value_Z: NDArray[np.float64],
    entries: int,
    inexact: NDArray[np.int64],
    fuzzy: int,
) -> tuple[int, int, int, int]:
    """The entries of a row to its line's end: entries, inexact numbers, where it stopped, and what is wrong there."""
    before = 0
    while True:
        at = past_blanks(text, at)
        if text[at] == NEWLINE or text[at] == HASH:
            return entries, fuzzy, at, 0
        index, first, problem = index_at(text, at, before)
        if problem != 0:
            return entries, fuzzy, at, problem
        value, after, exact = number_at(text, first, powers)
        if after == first:
            return entries, fuzzy, at, NO_VALUE
        index_Z[entries], value_Z[entries] = index, value
        if not exact:
            inexact[fuzzy, 0], inexact[fuzzy, 1] = entries, first
            fuzzy += 1
        entries, before, at = entries + 1, index, after


@compiled_exactly
def parse(
    text: NDArray[np.uint8],
    powers: NDArray[np.float64],
    label_N: NDArray[np.float64],
    start_N: NDArray[np.int64],
    index_Z: NDArray[np.int32],
    value_Z: NDArray[np.float64],
    inexact: NDArray[np.int64],
    bad: NDArray[np.int64],
) -> tuple[int, int, int, int]:
    """Rows, entries, inexact numbers and bad lines that were found; the text ends with a newline.

    start_N[i] is where row i's entries begin. `inexact` takes (place, begin) of numbers that are left to Python: a
    place below 0 is that of a label, -1 - row. `bad` takes (line, what is wrong, where) and its line gives no row.
    """
    at, end = 0, text.size
    rows = entries = fuzzy = wrong = line = 0
    while at < end:
        line += 1
        at = past_blanks(text, at)
        if text[at] != NEWLINE and text[at] != HASH:
            first = at
            label, at, exact = number_at(text, at, powers)
            if at == first:
                found, fuzzy_now, problem = entries, fuzzy, NO_LABEL
            else:
                if not exact:
                    inexact[fuzzy, 0], inexact[fuzzy, 1] = -1 - rows, first
                found, fuzzy_now, at, problem = entries_at(
                    text, at, powers, index_Z, value_Z, entries, inexact, fuzzy + (not exact)
                )
            if problem == 0:
                label_N[rows], start_N[rows] = label, entries
                rows, entries, fuzzy = rows + 1, found, fuzzy_now
            else:
                if wrong < bad.shape[0]:
                    bad[wrong, 0], bad[wrong, 1], bad[wrong, 2] = line, problem, at
                wrong += 1
        while text[at] != NEWLINE:
            at += 1
        at += 1
    start_N[rows] = entries
    return rows, entries, fuzzy, wrong


@compiled_exactly
def spread(
    start_N: NDArray[np.int64], index_Z: NDArray[np.int32], value_Z: NDArray[np.float64], x_ND: NDArray[Any]
) -> None:
    """Each entry to its place in a matrix of zeros; indices beyond its columns are left out."""
    for row in range(x_ND.shape[0]):
        for entry in range(start_N[row], start_N[row + 1]):
            if index_Z[entry] <= x_ND.shape[1]:
                x_ND[row, index_Z[entry] - 1] = value_Z[entry]
