"""Quantile sketches (DDSketch): percentiles of millions of durations in a few kilobytes, to half a percent.

A sketch counts values in buckets whose edges grow geometrically, by gamma = (1 + a) / (1 - a); any value is
then within the relative accuracy a of its bucket's middle. Merging adds counts, so it does not matter who
merges with whom, or when.

Source: Masson, Rim, Lee: DDSketch, PVLDB 12(12), 2019.
"""

from __future__ import annotations

import math

import numpy as np
from ddsketch import DDSketch
from numpy.typing import NDArray

from lambdasim.metrics.measures import PER_MILLE, rank_of

RELATIVE_ACCURACY = 0.005
_GAMMA = (1 + RELATIVE_ACCURACY) / (1 - RELATIVE_ACCURACY)
_LOG_GAMMA = math.log(_GAMMA)
_ZERO = 0  # the bucket of the value 0; those of 1, 2, ... us follow
_SPAN = math.ceil(math.log(2.0**63) / _LOG_GAMMA) + 2  # buckets that int64 microseconds can fall into
_BLOCK = 2**20  # values that wait before they are counted: the more, the fewer the buckets to be told


def bucket_of(values_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bucket of each value >= 0: int64, same shape."""
    logs = np.log(np.maximum(values_us, 1)) / _LOG_GAMMA
    return np.where(values_us > 0, np.ceil(logs).astype(np.int64) + 1, _ZERO)


def middle_of(bucket: int) -> float:
    """The value that stands for a bucket: no value in it is further away than the relative accuracy."""
    return 0.0 if bucket == _ZERO else _GAMMA ** (bucket - 1) * 2 / (1 + _GAMMA)


class Sketches:
    """One sketch per group (0, 1, ...): values go in as columns, percentiles come out."""

    def __init__(self, groups: int) -> None:
        self._sketches = [DDSketch(RELATIVE_ACCURACY) for _ in range(groups)]
        self._waiting: list[NDArray[np.int32]] = []
        self._count = 0

    def add(self, groups: NDArray[np.int64], values_us: NDArray[np.int64]) -> None:
        """Count ``values_us`` (>= 0), each for its group; both of shape (n,)."""
        self._waiting.append((groups * _SPAN + bucket_of(values_us)).astype(np.int32))
        self._count += values_us.size
        if self._count >= _BLOCK:
            self._settle()

    def merge(self, other: Sketches) -> None:
        """Take in what ``other`` has counted; ``other`` stays as it is."""
        self._settle()
        other._settle()
        for mine, theirs in zip(self._sketches, other._sketches, strict=True):
            mine.merge(theirs)

    def percentiles(self, group: int) -> tuple[float, ...] | None:
        """The percentiles of ``measures.PER_MILLE`` in microseconds, by nearest rank; None without values."""
        self._settle()
        sketch = self._sketches[group]
        count = int(sketch.count)
        return tuple(_at_rank(sketch, rank_of(per_mille, count)) for per_mille in PER_MILLE.values()) if count else None

    def _settle(self) -> None:
        """Tell each sketch its buckets' counts: one call a bucket instead of one a value."""
        if self._waiting:
            cells, counts = np.unique(np.concatenate(self._waiting), return_counts=True)
            for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
                group, bucket = divmod(cell, _SPAN)
                self._sketches[group].add(middle_of(bucket), count)
        self._waiting, self._count = [], 0


def _at_rank(sketch: DDSketch, rank: int) -> float:
    """The value of nearest rank ``rank`` (from 1); the half keeps rounding from slipping to a neighbour's rank."""
    last = max(int(sketch.count) - 1, 1)
    value = sketch.get_quantile_value(min(1.0, (rank - 0.5) / last))
    assert value is not None  # which is for empty sketches
    return value
