"""libsvm's text, byte by byte, compiled: `label index:value index:value ... # comment`, a row a line.

Source: the README of libsvm (Chang and Lin, LIBSVM, 2001); indices begin at 1 and ascend. A number of up to 15 digits
and a power of ten of up to 22 is exact by one multiplication (Clinger, How to read floating point numbers accurately,
1990, section 3), one of up to 18 digits nearly always after a division. All others are left to Python, so that each
value is what float() would give, to the bit. Digits are read eight at a time (Lemire, Number parsing at a gigabyte per
second, 2021).
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
TENS: NDArray[np.int64] = 10 ** np.arange(9, dtype=np.int64)
MOST_DIGITS = 18
"""Of a mantissa: an int64 has room for them."""
AFTER = b"\n" + bytes(7)
"""What has to follow a text: its last line ends, and eight bytes can be read wherever it is not at its end."""
EXACT = 2**53
"""Whole numbers below are float64s."""
SPLIT, DOUBT = 2.0**27 + 1.0, 2.0**-40
ONE, ONES, HIGHEST = np.uint64(1), np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
ZEROS, ABOVE_NINE = np.uint64(0x3030303030303030), np.uint64(0x4646464646464646)
PAIRS = np.uint64(0x000000FF000000FF)
LOW_PAIRS, HIGH_PAIRS = np.uint64(100 + (1_000_000 << 32)), np.uint64(1 + (10_000 << 32))


@compiled_exactly
def digits_at(text: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """How many of the next eight bytes are digits up to the first that is none, and their number; without a branch."""
    i, word = np.uint64(at), np.uint64(0)  # an index without a sign: no test for one below 0, and the loads become one
    for k in range(8):
        word |= np.uint64(text[i + np.uint64(k)]) << np.uint64(8 * k)
    # The highest bit of each byte that is no digit: one below "0" borrows, one above "9" carries; the first is right.
    others = ((word - ZEROS) | (word + ABOVE_NINE)) & HIGHEST
    digits = ((((others & (~others + ONE)) >> np.uint64(7)) - ONE) & ONES) * ONES >> np.uint64(56)
    if digits == 0:
        return 0, 0
    word = (word - ZEROS) << (np.uint64(64) - (digits << np.uint64(3)))  # zeros before them
    word = word * np.uint64(10) + (word >> np.uint64(8))  # pairs, then fours, then all
    low, high = word & PAIRS, (word >> np.uint64(16)) & PAIRS
    number = (low * LOW_PAIRS + high * HIGH_PAIRS) >> np.uint64(32)
    return int(np.int64(digits)), int(np.int64(number))  # with a sign, else a sum with an int64 is a float64


@compiled_exactly
def past_digits(text: NDArray[np.uint8], at: int, mantissa: int, kept: int) -> tuple[int, int, int, int]:
    """Mantissa, digits kept in it, digits that it had no room for, and where the digits end."""
    lost, digits = 0, 8
    while digits == 8:
        digits, number = digits_at(text, at)
        if kept + digits <= MOST_DIGITS:
            mantissa = mantissa * TENS[digits] + number
            kept += digits if mantissa > 0 else 0
        else:
            lost += digits
        at += digits
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
def quotient(mantissa: int, power: float) -> tuple[float, bool]:
    """mantissa / power of two exact numbers, and whether that is certainly the nearest float64.

    The rest of the rounded quotient is found exactly (Dekker, A floating-point technique, 1971), and divided it
    corrects the quotient to 2^-50 of its last place: an error that matters only next to the middle of two numbers.
    """
    high = float(mantissa)
    low = float(mantissa - np.int64(high))
    first = high / power
    near = SPLIT * first - (SPLIT * first - first)
    near_power = SPLIT * power - (SPLIT * power - power)
    far, far_power = first - near, power - near_power
    product = first * power
    missed = ((near * near_power - product) + near * far_power + far * near_power) + far * far_power
    rest = (((high - product) - missed) + low) / power
    return first + rest, first + rest * (1.0 - DOUBT) == first + rest * (1.0 + DOUBT)


@compiled_exactly
def scaled(mantissa: int, exponent: int, powers: NDArray[np.float64]) -> tuple[float, bool]:
    """mantissa * 10^exponent, and whether that is certainly the nearest float64."""
    value = float(mantissa)
    if mantissa == 0:
        return 0.0, True
    if exponent < -22 or exponent > 22:
        return value, False
    if mantissa < EXACT:
        return (value * powers[exponent] if exponent >= 0 else value / powers[-exponent]), True
    return (value, False) if exponent >= 0 else quotient(mantissa, powers[-exponent])


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
    value, exact = scaled(mantissa, exponent, powers)
    return (-value if negative else value), at, exact and inexact == 0


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
    """Rows, entries, inexact numbers and bad lines that were found; the text ends with AFTER.

    start_N[i] is where row i's entries begin. `inexact` takes (place, begin) of numbers that are left to Python: a
    place below 0 is that of a label, -1 - row. `bad` takes (line, what is wrong, where) and its line gives no row.
    """
    at, end = 0, text.size - len(AFTER) + 1
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
