"""Sums and maxima for each function and minute in which something happened; quiet minutes take no memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.records import CHUNK

MINUTES = 2**32  # a cell's key is function x MINUTES + minute
_Arrays = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # keys, sums, maxima


class Cells:
    """A cell for each (function, minute), with some sums and some maxima of values >= 0, exact in any pieces."""

    def __init__(self, sums: int, maxima: int) -> None:
        self.sums = sums
        self._cells: _Arrays = (
            np.empty(0, np.int64),
            np.empty((0, sums), np.int64),
            np.empty((0, maxima), np.int64),
        )
        self._fresh: list[_Arrays] = []
        self._waiting = 0  # cells in `_fresh`: a long run brings so many parts that counting them anew takes long

    def add(
        self,
        functions: NDArray[np.int64],
        minutes: NDArray[np.int64],
        sums: tuple[NDArray[np.generic], ...],
        maxima: tuple[NDArray[np.generic], ...],
    ) -> None:
        """Count rows: the columns of ``sums`` are added up, of those of ``maxima`` the largest is kept."""
        rows = functions.size
        self.take(*_summed([(functions * MINUTES + minutes, _beside(sums, rows), _beside(maxima, rows))]))

    def merge(self, other: Cells) -> None:
        """Take in what ``other`` has counted."""
        self.take(*other.arrays())

    def arrays(self) -> _Arrays:
        """(keys, sums, maxima), one row a cell, sorted by function and minute."""
        if self._fresh:
            self._cells, self._fresh, self._waiting = _summed([self._cells, *self._fresh]), [], 0
        return self._cells

    @property
    def minutes(self) -> int:
        """How many minutes it takes to show all cells."""
        return int((self.arrays()[0] % MINUTES).max(initial=-1)) + 1

    def tables(self, minutes: int, functions: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sums and maxima of shape (minutes, functions + 1, columns); the last function is all of them together."""
        keys, sums, maxima = self.arrays()
        tables = []
        for values, together in ((sums, np.sum), (maxima, np.max)):
            table = np.zeros((minutes, functions + 1, values.shape[1]), dtype=np.int64)
            table[keys % MINUTES, keys // MINUTES] = values
            table[:, functions] = together(table, axis=1)  # the last is zero as yet
            tables.append(table)
        return tables[0], tables[1]

    def take(self, keys: NDArray[np.int64], sums: NDArray[np.int64], maxima: NDArray[np.int64]) -> None:
        """Count cells, one row each: keys of shape (n,) in any order, sums and maxima of shape (n, columns).

        They are kept until it is worth the joining: then each cell is joined a few times, however long the run.
        """
        self._fresh.append((keys, sums, maxima))
        self._waiting += keys.size
        if self._waiting > CHUNK + self._cells[0].size:
            self.arrays()


def _beside(columns: tuple[NDArray[np.generic], ...], rows: int) -> NDArray[np.int64]:
    table = np.empty((rows, len(columns)), dtype=np.int64)
    for column, values in enumerate(columns):
        table[:, column] = values
    return table


def _summed(parts: list[_Arrays]) -> _Arrays:
    """The rows of all parts; those of equal keys become one: sums added, the largest kept."""
    all_keys, all_sums, all_maxima = zip(*parts, strict=True)
    keys = np.concatenate(all_keys)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if keys.size else order
    room = np.empty((2, keys.size), dtype=np.int64)  # column by column: there may be millions of rows
    return (
        keys[starts],
        _reduced(np.add, all_sums, order, starts, room),
        _reduced(np.maximum, all_maxima, order, starts, room),
    )


def _reduced(
    reduce: np.ufunc,
    tables: tuple[NDArray[np.int64], ...],
    order: NDArray[np.int64],
    starts: NDArray[np.int64],
    room: NDArray[np.int64],
) -> NDArray[np.int64]:
    columns = tables[0].shape[1]
    reduced = np.empty((starts.size, columns), dtype=np.int64)
    for column in range(columns if starts.size else 0):
        np.concatenate([table[:, column] for table in tables], out=room[0])
        np.take(room[0], order, out=room[1], mode="clip")  # any other mode makes a copy first
        reduced[:, column] = reduce.reduceat(room[1], starts)
    return reduced
