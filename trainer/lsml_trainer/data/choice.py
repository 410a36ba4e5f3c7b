"""Which rows of a source train and which are held out, without a shuffle: each row's number decides for itself.

A row is held out where a hash of its number, mixed with the seed, is below the fraction: the same rows whatever is read
first, whoever reads, and however many rows come after it. Source of the hash: Steele, Lea and Flood, Fast splittable
pseudorandom number generators, OOPSLA 2014 (its finaliser, as in splitmix64).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
COUNTED_ROWS = 1 << 20
"""At a time, when rows are counted."""


@dataclass(frozen=True)
class Choice:
    """Of the rows of a source."""

    fraction: float = 0.0
    """Held out; 0 where nothing is."""
    seed: int = 0
    usable: NDArray[np.uint8] | None = None
    """A bit for each row, packed, 0 for a row that is left out; None where all are used."""

    def train(self, begin: int, end: int) -> Mask:
        """Which rows of a range train."""
        usable_N = self._usable(begin, end)
        return usable_N & ~self._held_out(begin, end) if self.fraction else usable_N

    def test(self, begin: int, end: int) -> Mask:
        """Which rows of a range are held out."""
        return self._usable(begin, end) & self._held_out(begin, end)

    def _usable(self, begin: int, end: int) -> Mask:
        if self.usable is None:
            return np.ones(end - begin, dtype=np.bool_)
        first = begin // 8
        bits = np.unpackbits(self.usable[first : -(-end // 8)])
        return bits[begin - 8 * first : end - 8 * first].astype(np.bool_)

    def _held_out(self, begin: int, end: int) -> Mask:
        if not self.fraction:
            return np.zeros(end - begin, dtype=np.bool_)
        return np.asarray(hashed(np.arange(begin, end), self.seed) < np.uint64(self.fraction * 2.0**64))


def hashed(number_N: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """64 bits that look random, of each row's number and the seed."""
    with np.errstate(over="ignore"):
        z_N = (number_N.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z_N ^= np.uint64((seed * 0xD1342543DE82EF95 + 1) % 2**64)
        z_N = (z_N ^ (z_N >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z_N = (z_N ^ (z_N >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z_N ^ (z_N >> np.uint64(31)))
