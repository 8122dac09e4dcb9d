"""The machine's queues: what is scheduled (a heap), and environments by a limit of theirs (skew heaps).

A skew heap (Sleator and Tarjan, "Self-adjusting heaps", 1986) lives in two columns of the environments' table, so that
ten thousand fleets need no memory of their own.
"""

from __future__ import annotations

import numpy as np

from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World

# Rows are counted without a sign, so that no index is taken for one from the end.
_ONE, _TWO, _THREE, _FOUR = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)


@inlined
def push(heap: Ints, size: int, at_us: int, order: int, kind: int, of: int) -> None:
    """Schedule ``kind`` ``of`` something for ``at_us``; ``heap`` holds ``size`` rows, of which the first is row 1."""
    row = np.uint64(size) + _ONE
    while row > _ONE:
        parent = (row + _TWO) >> _TWO
        if heap[parent, AT] < at_us or (heap[parent, AT] == at_us and heap[parent, ORDER] < order):
            break
        _move(heap, parent, row)
        row = parent
    heap[row, AT] = at_us
    heap[row, ORDER] = order
    heap[row, KIND] = kind
    heap[row, OF] = of


@inlined
def pop(heap: Ints, size: int) -> None:
    """Take away row 1, which is first: the hole goes down to a leaf, and the last of ``size`` rows up from there.

    A row has four below it, so that few are touched: 7 of 10,000, each of which may miss the cache. On the way down
    nothing is compared with the last row, which mostly belongs at the bottom.
    """
    hole, child, last = _ONE, _TWO, np.uint64(size)
    while child < last:
        first = _first_of_four(heap, child) if child + _THREE <= last else _first_of_few(heap, child, last)
        _move(heap, first, hole)
        hole, child = first, _FOUR * first - _TWO
    if hole != last:
        push(heap, int(hole) - 1, heap[last, AT], heap[last, ORDER], heap[last, KIND], heap[last, OF])


@inlined
def _first_of_four(heap: Ints, row: np.uint64) -> np.uint64:
    """Which of four rows is first: by arithmetic, for no processor could foretell the branches."""
    one, two, three = row + _ONE, row + _TWO, row + _THREE
    at_0, at_1, at_2, at_3 = heap[row, AT], heap[one, AT], heap[two, AT], heap[three, AT]
    early, late = min(at_0, at_1), min(at_2, at_3)
    if (at_0 == at_1) | (at_2 == at_3) | (early == late):
        return _first_of_few(heap, row, three)
    of_early, of_late = row + np.uint64(at_1 < at_0), two + np.uint64(at_3 < at_2)
    return of_early + np.uint64(late < early) * (of_late - of_early)


@inlined
def _first_of_few(heap: Ints, row: np.uint64, last: np.uint64) -> np.uint64:
    """Which is first of the rows from ``row`` to ``last``, of no more than four."""
    first = row
    for other in range(1, 4):
        sibling = row + np.uint64(other)
        if sibling <= last and (
            heap[sibling, AT] < heap[first, AT]
            or (heap[sibling, AT] == heap[first, AT] and heap[sibling, ORDER] < heap[first, ORDER])
        ):
            first = sibling
    return first


@inlined
def _move(heap: Ints, row: np.uint64, to: np.uint64) -> None:
    heap[to, AT] = heap[row, AT]
    heap[to, ORDER] = heap[row, ORDER]
    heap[to, KIND] = heap[row, KIND]
    heap[to, OF] = heap[row, OF]


@compiled
def merged(world: World, one: int, other: int, key: int, left: int, right: int) -> int:
    """The root of two skew heaps made one, by column ``key``, then by number; ``left`` and ``right`` link it."""
    environments = world.environments
    root = parent = NONE
    while one != NONE and other != NONE:
        if environments[other, key] < environments[one, key] or (
            environments[other, key] == environments[one, key]
            and environments[other, ENV_NUMBER] < environments[one, ENV_NUMBER]
        ):
            one, other = other, one
        if parent == NONE:
            root = one
        else:
            environments[parent, left] = one
        parent = one
        one = environments[parent, right]
        environments[parent, right] = environments[parent, left]
    rest = other if one == NONE else one
    if parent == NONE:
        return rest
    environments[parent, left] = rest
    return root
