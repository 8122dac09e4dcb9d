"""Fewer points of an empirical distribution, by a rule that bounds how far the drawn curve is from the whole one.

A distribution of n values, in order, is known by its ranks 1 ... n: the value of rank r is where the share r/n is
reached. A curve that passes through some of the ranks exactly, and both ends among them, lies between two neighbours
of those wherever it leaves out others; so how far apart they are bounds what is lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEVELS = 250  # of the whole height: a curve of that many steps is off by less than a line's width
PER_DECADE = 40  # of a tail: neighbours are some 6 % apart in how many values are beyond them

Ranks = NDArray[np.int64]


def body_ranks(count: int) -> Ranks:
    """Ranks of ``count`` values that are no further apart than 1/LEVELS of all; the first and the last among them.

    >>> body_ranks(4)
    array([1, 2, 3, 4])
    >>> body_ranks(1_000_000).size
    251
    """
    return np.unique(np.linspace(1, count, min(count, LEVELS + 1)).round().astype(np.int64))


def tail_ranks(count: int) -> Ranks:
    """Ranks spread evenly over the logarithm of how many values are not below them; the first and the last among them.

    Next to one with b values beyond it is one with at most b + 1 + (b + 0.5) (10 ** (1 / PER_DECADE) - 1).

    >>> tail_ranks(4)
    array([1, 2, 3, 4])
    >>> tail_ranks(1_000_000).size
    209
    """
    beyond = np.geomspace(1, count, int(np.log10(count) * PER_DECADE) + 2)
    return np.unique(count + 1 - beyond.round().astype(np.int64))
