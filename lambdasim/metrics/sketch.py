"""Quantile sketches (DDSketch): percentiles of millions of durations in a few kilobytes, to half a percent.

A sketch counts values in buckets whose edges grow geometrically, by gamma = (1 + a) / (1 - a); any value is
then within the relative accuracy a of its bucket's middle. Merging adds counts, so it does not matter who
merges with whom, or when.

Source: Masson, Rim, Lee: DDSketch, PVLDB 12(12), 2019.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lambdasim.metrics.counts import added_up
from lambdasim.metrics.measures import PER_MILLE, rank_of

RELATIVE_ACCURACY = 0.005
_GAMMA = (1 + RELATIVE_ACCURACY) / (1 - RELATIVE_ACCURACY)
_LOG_GAMMA = math.log(_GAMMA)
_EXCESS = 2 * RELATIVE_ACCURACY / (1 - RELATIVE_ACCURACY)  # gamma - 1
_PER_OCTAVE = 1 / math.log1p(_EXCESS) * math.log(2)  # to the bit what Datadog's library comes to, as is middle_of
_ZERO = 0  # the bucket of the value 0; those of 1, 2, ... us follow
SPAN = math.ceil(math.log(2.0**63) / _LOG_GAMMA) + 2  # buckets that int64 microseconds can fall into
_BLOCK = 2**20  # values that wait before they are counted: the more, the fewer times they are sorted


def bucket_of(values_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bucket of each value >= 0: int64, same shape."""
    logs = np.log(np.maximum(values_us, 1)) / _LOG_GAMMA
    return np.where(values_us > 0, np.ceil(logs).astype(np.int64) + 1, _ZERO)


def middle_of(bucket: int) -> float:
    """The value that stands for a bucket: no value in it is further away than the relative accuracy."""
    return 0.0 if bucket == _ZERO else 2.0 ** ((bucket - 1) / _PER_OCTAVE) * (2 / (2 + _EXCESS))


class Sketches:
    """One sketch per group (0, 1, ...): values go in as columns, percentiles come out."""

    def __init__(self) -> None:
        self._cells, self._sizes = (np.empty(0, dtype=np.int64) for _ in range(2))  # a cell: group x SPAN + bucket
        self._waiting: list[NDArray[np.int32]] = []
        self._count = 0

    def add(self, groups: NDArray[np.int64], values_us: NDArray[np.int64]) -> None:
        """Count ``values_us`` (>= 0), each for its group; both of shape (n,)."""
        self._waiting.append((groups * SPAN + bucket_of(values_us)).astype(np.int32))
        self._count += values_us.size
        if self._count >= _BLOCK:
            self._settle()

    def take(self, groups: NDArray[np.int64], buckets: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        """Count ``sizes`` values of each group and bucket; all of shape (n,), in any order."""
        self._join(groups * SPAN + buckets, sizes)

    def merge(self, other: Sketches) -> None:
        """Take in what ``other`` has counted; ``other`` stays as it is."""
        other._settle()
        self._join(other._cells, other._sizes)

    def percentiles(self, group: int) -> tuple[float, ...] | None:
        """The percentiles of ``measures.PER_MILLE`` in microseconds, by nearest rank; None without values."""
        self._settle()
        first, last = np.searchsorted(self._cells, (group * SPAN, (group + 1) * SPAN))
        ranks = np.cumsum(self._sizes[first:last])  # the highest of each bucket
        if not ranks.size:
            return None
        wanted = [rank_of(per_mille, int(ranks[-1])) for per_mille in PER_MILLE.values()]
        buckets = self._cells[first + np.searchsorted(ranks, wanted)] - group * SPAN
        return tuple(map(middle_of, buckets.tolist()))

    def _settle(self) -> None:
        """Count what waits."""
        if self._waiting:
            cells, sizes = np.unique(np.concatenate(self._waiting), return_counts=True)
            self._join(cells.astype(np.int64), sizes)
        self._waiting, self._count = [], 0

    def _join(self, cells: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        self._cells, self._sizes = added_up((self._cells, self._sizes), (cells, sizes))
