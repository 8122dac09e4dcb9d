"""A contingency table over the codes of a log, and exact totals by group: counted a chunk at a time, in any pieces."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


class Counts:
    """A contingency table: how many rows have each combination of codes.

    ``fields`` says how many bits each code takes in the table's 64-bit key, in the key's order. 255 ("none") becomes
    all ones, which no other code is.
    """

    def __init__(self, fields: Mapping[str, int]) -> None:
        self._fields = fields
        self._keys = np.empty(0, dtype=np.int64)
        self._sizes = np.empty(0, dtype=np.int64)

    def add(self, codes: Mapping[str, NDArray[np.int64]]) -> None:
        """Count rows; ``codes``: a column for each field, all of one length."""
        keys: NDArray[np.int64] | int = 0
        for name, bits in self._fields.items():
            keys = keys << bits | codes[name] & (1 << bits) - 1
        self.take(*np.unique(keys, return_counts=True))

    def merge(self, other: Counts) -> None:
        """Take in what ``other`` has counted."""
        self.take(other._keys, other._sizes)

    def margin(self, *axes: str, shape: tuple[int, ...], **where: int) -> NDArray[np.int64]:
        """Rows by the codes of ``axes``, of those with the codes ``where``; ``shape``: codes to show per axis.

        ``margin("function", "outcome", shape=(2, 7), retry=0)`` counts first attempts, by function and outcome.
        """
        rows = np.ones(self._keys.size, dtype=np.bool_)
        for name, code in where.items():
            rows &= self._codes(name) == code & (1 << self._fields[name]) - 1
        codes = [self._codes(name) for name in axes]
        for axis, size in zip(codes, shape, strict=True):
            rows &= axis < size
        table = np.zeros(shape, dtype=np.int64)
        np.add.at(table, tuple(axis[rows] for axis in codes), self._sizes[rows])
        return table

    def _codes(self, name: str) -> NDArray[np.int64]:
        names = list(self._fields)
        shift = sum(self._fields[later] for later in names[names.index(name) + 1 :])
        return self._keys >> shift & (1 << self._fields[name]) - 1

    def take(self, keys: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        """Count ``sizes`` rows of each key; both of shape (n,), in any order."""
        self._keys, self._sizes = added_up((self._keys, self._sizes), (keys, sizes))


def added_up(*parts: tuple[NDArray[np.int64], NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys and sizes of all ``parts``, sorted, each key once; its sizes are added up."""
    keys, places = np.unique(np.concatenate([part for part, _ in parts]), return_inverse=True)
    sizes = np.zeros(keys.size, dtype=np.int64)
    np.add.at(sizes, places, np.concatenate([part for _, part in parts]))
    return keys, sizes


class Sizes:
    """How large some things are, by group: their count, sum and maximum."""

    def __init__(self, groups: int) -> None:
        self.counts, self.sums, self.maxima = (np.zeros(groups, dtype=np.int64) for _ in range(3))

    def add(self, groups: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        """Count ``sizes`` (>= 0), each for its group; both of shape (n,)."""
        self.counts += np.bincount(groups, minlength=self.counts.size)
        np.add.at(self.sums, groups, sizes)
        np.maximum.at(self.maxima, groups, sizes)

    def merge(self, other: Sizes) -> None:
        """Take in what ``other`` has counted."""
        self.counts += other.counts
        self.sums += other.sums
        np.maximum(self.maxima, other.maxima, out=self.maxima)

    def of(self, group: int) -> dict[str, float | None]:
        """``mean`` and ``max`` of one group; None without any."""
        count = int(self.counts[group])
        if count == 0:
            return {"mean": None, "max": None}
        return {"mean": int(self.sums[group]) / count, "max": int(self.maxima[group])}
