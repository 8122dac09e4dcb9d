"""A table of sums by 64-bit key, for compiled code: open addressing into rows that stand in the order they came."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lambdasim.kernel.compiling import compiled

_SPREAD = 0x1E3779B97F4A7C15  # odd, its bits without order (Knuth's multiplicative hashing)
_LOW_63 = 2**63 - 1


class Table(NamedTuple):
    """``slots`` hold the places of rows, or -1; a row is a key (>= 0) and its values, 0 as yet.

    ``used``: how many rows are there, and the place of the key that was asked for last: it mostly comes again.
    """

    slots: NDArray[np.int32]
    used: NDArray[np.int64]
    keys: NDArray[np.int64]
    values: NDArray[np.int64]


def empty_table(width: int, rows: int) -> Table:
    """A table with room for ``rows`` (a power of two) keys of ``width`` values each, all 0."""
    return Table(
        np.full(2 * rows, -1, dtype=np.int32),
        np.zeros(2, dtype=np.int64),
        np.full(rows, -1, dtype=np.int64),
        np.zeros((rows, width), dtype=np.int64),
    )


def roomy(table: Table, more: int) -> Table:
    """The table itself, or a larger copy where it has no room for ``more`` keys."""
    rows = len(table.keys)
    needed = int(table.used[0]) + more
    if needed <= rows:
        return table
    while rows < needed:
        rows *= 2
    larger = empty_table(table.values.shape[1], rows)
    keys, values = taken(table)
    larger.values[: len(keys)] = values
    _enter(larger, keys)
    return larger


def taken(table: Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The keys that are there, shape (n,), and their values, (n, width)."""
    used = int(table.used[0])
    return table.keys[:used], table.values[:used]


@compiled
def find(slots: NDArray[np.int32], used: NDArray[np.int64], keys: NDArray[np.int64], key: int) -> None:
    """Let ``used[1]`` be the place of ``key``, which is there from now on; the table must have room for it.

    A call costs more than a look at ``keys[used[1]]``, which is the place already where keys come in a row.
    """
    last = slots.size - 1
    slot = ((key * _SPREAD & _LOW_63) >> 31) & last
    while slots[slot] >= 0 and keys[slots[slot]] != key:
        slot = (slot + 1) & last
    if slots[slot] < 0:
        slots[slot] = used[0]
        keys[used[0]] = key
        used[0] += 1
    used[1] = slots[slot]


@compiled
def _enter(table: Table, keys: NDArray[np.int64]) -> None:
    for key in keys:
        find(table.slots, table.used, table.keys, key)
