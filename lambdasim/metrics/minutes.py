"""Sums and maxima for each function and minute in which something happened; quiet minutes take no memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.records import CHUNK

_MINUTES = 2**32  # a cell's key is function x _MINUTES + minute
_Arrays = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # keys, sums, maxima


class Cells:
    """A cell for each (function, minute), with some sums and some maxima of values >= 0, exact in any pieces."""

    def __init__(self, sums: int, maxima: int) -> None:
        self._cells: _Arrays = (
            np.empty(0, np.int64),
            np.empty((0, sums), np.int64),
            np.empty((0, maxima), np.int64),
        )
        self._fresh: list[_Arrays] = []

    def add(
        self,
        functions: NDArray[np.int64],
        minutes: NDArray[np.int64],
        sums: tuple[NDArray[np.generic], ...],
        maxima: tuple[NDArray[np.generic], ...],
    ) -> None:
        """Count rows: the columns of ``sums`` are added up, of those of ``maxima`` the largest is kept."""
        rows = functions.size
        self._take(_summed(functions * _MINUTES + minutes, _beside(sums, rows), _beside(maxima, rows)))

    def merge(self, other: Cells) -> None:
        """Take in what ``other`` has counted."""
        self._take(other.arrays())

    def arrays(self) -> _Arrays:
        """(keys, sums, maxima), one row a cell, sorted by function and minute."""
        if self._fresh:
            parts = zip(self._cells, *self._fresh, strict=True)
            keys, sums, maxima = (np.concatenate(part) for part in parts)
            self._cells, self._fresh = _summed(keys, sums, maxima), []
        return self._cells

    @property
    def minutes(self) -> int:
        """How many minutes it takes to show all cells."""
        return int((self.arrays()[0] % _MINUTES).max(initial=-1)) + 1

    def tables(self, minutes: int, functions: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sums and maxima of shape (minutes, functions + 1, columns); the last function is all of them together."""
        keys, sums, maxima = self.arrays()
        tables = []
        for values, together in ((sums, np.sum), (maxima, np.max)):
            table = np.zeros((minutes, functions + 1, values.shape[1]), dtype=np.int64)
            table[keys % _MINUTES, keys // _MINUTES] = values
            table[:, functions] = together(table, axis=1)  # the last is zero as yet
            tables.append(table)
        return tables[0], tables[1]

    def _take(self, cells: _Arrays) -> None:
        """Keep for later, until it is worth the joining: then each cell is joined a few times, however long the run."""
        self._fresh.append(cells)
        if sum(keys.size for keys, _, _ in self._fresh) > CHUNK + self._cells[0].size:
            self.arrays()


def _beside(columns: tuple[NDArray[np.generic], ...], rows: int) -> NDArray[np.int64]:
    table = np.empty((rows, len(columns)), dtype=np.int64)
    for column, values in enumerate(columns):
        table[:, column] = values
    return table


def _summed(keys: NDArray[np.int64], sums: NDArray[np.int64], maxima: NDArray[np.int64]) -> _Arrays:
    """Rows of equal keys become one: sums added, the largest kept."""
    if keys.size == 0:
        return keys, sums, maxima
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[starts], np.add.reduceat(sums[order], starts), np.maximum.reduceat(maxima[order], starts)
