"""Durations by group: count, sum, minimum and maximum exactly, percentiles from a sketch where one is kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.metrics.measures import Spread
from lambdasim.metrics.sketch import Sketches


class Durations:
    """One duration of each function, or of each trigger."""

    def __init__(self, groups: int, *, sketched: bool) -> None:
        self.counts = np.zeros(groups, dtype=np.int64)
        self.sums_us = np.zeros(groups, dtype=np.int64)
        self.minima_us = np.full(groups, np.iinfo(np.int64).max)
        self.maxima_us = np.zeros(groups, dtype=np.int64)
        self.sketches = Sketches() if sketched else None

    def add(self, groups: NDArray[np.int64], values_us: NDArray[np.int64]) -> None:
        """Count ``values_us``, each for its group; both of shape (n,)."""
        self.counts += np.bincount(groups, minlength=self.counts.size)
        np.add.at(self.sums_us, groups, values_us)
        np.minimum.at(self.minima_us, groups, values_us)
        np.maximum.at(self.maxima_us, groups, values_us)
        if self.sketches is not None:
            self.sketches.add(groups, values_us)

    def take(self, spans: NDArray[np.int64]) -> None:
        """Count sums over rows, without sketches: count, sum, minimum and maximum by group, shape (groups, 4)."""
        self.counts += spans[:, 0]
        self.sums_us += spans[:, 1]
        np.minimum(self.minima_us, spans[:, 2], out=self.minima_us)
        np.maximum(self.maxima_us, spans[:, 3], out=self.maxima_us)

    def merge(self, other: Durations) -> None:
        """Take in what ``other`` has counted."""
        self.counts += other.counts
        self.sums_us += other.sums_us
        np.minimum(self.minima_us, other.minima_us, out=self.minima_us)
        np.maximum(self.maxima_us, other.maxima_us, out=self.maxima_us)
        if self.sketches is not None and other.sketches is not None:
            self.sketches.merge(other.sketches)

    def joined(self, other: Durations) -> Durations:
        """What both have counted; they stay as they are."""
        both = Durations(self.counts.size, sketched=self.sketches is not None)
        both.merge(self)
        both.merge(other)
        return both

    def sketched_spreads(self) -> tuple[Spread, ...]:
        """The spread of each group."""
        return tuple(map(self.sketched_spread, range(self.counts.size)))

    def sketched_spread(self, group: int) -> Spread:
        """The spread of one group, its percentiles from the sketch."""
        count = int(self.counts[group])
        if self.sketches is None or count == 0:
            return Spread(0, None, None, None)
        minimum_us, maximum_us = int(self.minima_us[group]), int(self.maxima_us[group])
        points = self.sketches.percentiles(group) or ()
        # A bucket's middle may lie outside all that was seen, whose ends are known exactly.
        percentiles_us = tuple(min(max(point, float(minimum_us)), float(maximum_us)) for point in points)
        return Spread(count, int(self.sums_us[group]) / count, percentiles_us, maximum_us)
