"""The sketch's buckets without a logarithm: looked up by the first bits of a duration, then by one edge.

:func:`lambdasim.metrics.sketch.bucket_of` says what the buckets are; the tables here are made by it, so that both
agree to the microsecond.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lambdasim.kernel.compiling import compiled
from lambdasim.metrics.sketch import SPAN, bucket_of

_MANTISSA = 52  # bits of a float64 after its exponent
_FIRST = 7  # ... of which these, and the exponent, name a cell: narrower than a bucket, so that it has one edge at most
_ONE = 1023 << _FIRST  # the cell of 1
_LONGEST = 2**53  # us, 285 years: longer ones are no whole numbers in a float64


class Buckets(NamedTuple):
    """``first``: the bucket of each cell's smallest value, int16; ``edges``: each bucket's smallest value, int64."""

    first: NDArray[np.int16]
    edges: NDArray[np.int64]


@functools.cache
def buckets() -> Buckets:
    """The tables for :func:`bucket`."""
    cells = np.arange(_ONE, _ONE + ((_LONGEST.bit_length() - 1) << _FIRST), dtype=np.int64)
    smallest = np.ceil((cells << _MANTISSA - _FIRST).view(np.float64)).astype(np.int64)
    return Buckets(bucket_of(smallest).astype(np.int16), _edges())


def _edges() -> NDArray[np.int64]:
    """The smallest value that falls into each bucket or a later one, found by halving."""
    wanted = np.arange(SPAN + 1, dtype=np.int64)
    low, high = np.zeros_like(wanted), np.full_like(wanted, _LONGEST)
    while (low < high).any():
        middle = low + (high - low) // 2
        reached = bucket_of(middle) >= wanted
        high, low = np.where(reached, middle, high), np.where(reached, low, np.minimum(middle + 1, high))
    return high


@compiled
def bucket(first: NDArray[np.int16], edges: NDArray[np.int64], value_us: int) -> int:
    """The bucket of a duration >= 0, below 2**53 us, by the two tables of :class:`Buckets`."""
    if value_us < 1:
        return 0
    place = int(first[(np.float64(value_us).view(np.int64) >> _MANTISSA - _FIRST) - _ONE])
    return place + 1 if value_us >= edges[place + 1] else place
