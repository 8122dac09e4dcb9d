"""Meters: what is counted and summed over the invocation log, a chunk at a time, so that nobody need keep it.

All counts are margins of one contingency table over the log's codes. Sums are of integers. Hence meters of
any two halves of a log merge to exactly the meters of the whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.metrics.measures import MEASURES, Spread, ran, unfinished, whole
from lambdasim.metrics.sketch import Sketches
from lambdasim.records import NEVER, Columns, Header

# Each code's width in the table's 64-bit key. 255 ("none") becomes all ones, which no other code is.
_FIELDS = {
    "trigger": 16,
    "function": 16,
    "outcome": 3,
    "throttle_reason": 3,
    "start_type": 2,
    "start_cause": 3,
    "status": 10,
    "final": 2,
    "retry": 1,
    "client_gone": 1,
}


def client_gone(chunk: Columns) -> NDArray[np.bool_]:
    """Which runs outlived their caller's patience: it had stopped waiting before they ended."""
    answered_us, open_ended = whole(chunk, "answered_us"), unfinished(chunk)
    gone = (answered_us != NEVER) & (open_ended | (answered_us < whole(chunk, "ended_us")))
    result: NDArray[np.bool_] = gone & (ran(chunk) | open_ended)
    return result


class Counts:
    """A contingency table: how many rows have each combination of codes, over the fields of ``axes``."""

    axes = tuple(_FIELDS)

    def __init__(self) -> None:
        self._keys = np.empty(0, dtype=np.int64)
        self._sizes = np.empty(0, dtype=np.int64)

    def add(self, chunk: Columns) -> None:
        """Count the rows of ``chunk``."""
        derived = {"retry": whole(chunk, "attempt") > 1, "client_gone": client_gone(chunk)}
        keys = np.zeros(chunk["attempt"].size, dtype=np.int64)
        for name, bits in _FIELDS.items():
            codes = derived[name].astype(np.int64) if name in derived else whole(chunk, name)
            keys = keys << bits | codes & (1 << bits) - 1
        self._take(*np.unique(keys, return_counts=True))

    def merge(self, other: Counts) -> None:
        """Take in what ``other`` has counted."""
        self._take(other._keys, other._sizes)

    def margin(self, *axes: str, shape: tuple[int, ...], **where: int) -> NDArray[np.int64]:
        """Rows by the codes of ``axes``, of those with the codes ``where``; ``shape``: codes to show per axis.

        ``margin("function", "outcome", shape=(2, 7), retry=0)`` counts first attempts, by function and outcome.
        """
        rows = np.ones(self._keys.size, dtype=np.bool_)
        for name, code in where.items():
            rows &= self._codes(name) == code & (1 << _FIELDS[name]) - 1
        codes = [self._codes(name) for name in axes]
        for axis, size in zip(codes, shape, strict=True):
            rows &= axis < size
        table = np.zeros(shape, dtype=np.int64)
        np.add.at(table, tuple(axis[rows] for axis in codes), self._sizes[rows])
        return table

    def _codes(self, name: str) -> NDArray[np.int64]:
        names = list(_FIELDS)
        shift = sum(_FIELDS[later] for later in names[names.index(name) + 1 :])
        return self._keys >> shift & (1 << _FIELDS[name]) - 1

    def _take(self, keys: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        self._keys, places = np.unique(np.concatenate([self._keys, keys]), return_inverse=True)
        sizes = np.concatenate([self._sizes, sizes])
        self._sizes = np.zeros(self._keys.size, dtype=np.int64)
        np.add.at(self._sizes, places, sizes)


class Durations:
    """One duration per function: its count, sum, minimum and maximum exactly, and its sketch where one is kept."""

    def __init__(self, functions: int, *, sketched: bool) -> None:
        self.counts = np.zeros(functions, dtype=np.int64)
        self.sums_us = np.zeros(functions, dtype=np.int64)
        self.minima_us = np.full(functions, np.iinfo(np.int64).max)
        self.maxima_us = np.zeros(functions, dtype=np.int64)
        self.sketches = Sketches(functions) if sketched else None

    def add(self, functions: NDArray[np.int64], values_us: NDArray[np.int64]) -> None:
        """Count ``values_us``, each for its function; both of shape (n,)."""
        self.counts += np.bincount(functions, minlength=self.counts.size)
        np.add.at(self.sums_us, functions, values_us)
        np.minimum.at(self.minima_us, functions, values_us)
        np.maximum.at(self.maxima_us, functions, values_us)
        if self.sketches is not None:
            self.sketches.add(functions, values_us)

    def merge(self, other: Durations) -> None:
        """Take in what ``other`` has counted."""
        self.counts += other.counts
        self.sums_us += other.sums_us
        np.minimum(self.minima_us, other.minima_us, out=self.minima_us)
        np.maximum(self.maxima_us, other.maxima_us, out=self.maxima_us)
        if self.sketches is not None and other.sketches is not None:
            self.sketches.merge(other.sketches)

    def sketched_spread(self, function: int) -> Spread:
        """The spread for one function, its percentiles from the sketch."""
        count = int(self.counts[function])
        if self.sketches is None or count == 0:
            return Spread(0, None, None, None)
        minimum_us, maximum_us = int(self.minima_us[function]), int(self.maxima_us[function])
        points = self.sketches.percentiles(function) or ()
        # A bucket's middle may lie outside all that was seen, whose ends are known exactly.
        percentiles_us = tuple(min(max(point, float(minimum_us)), float(maximum_us)) for point in points)
        return Spread(count, int(self.sums_us[function]) / count, percentiles_us, maximum_us)


class Meters:
    """All that is counted of the invocation log.

    ``counts`` and ``durations`` cover events that arrived after the warm-up, wherever their attempts ended;
    ``busy_us`` is the time requests held environments, by function, within [warm_up, duration).
    """

    def __init__(self, header: Header, *, sketched: bool) -> None:
        functions = len(header.functions)
        self.header = header
        self.counts = Counts()
        self.durations = {measure.name: Durations(functions, sketched=sketched) for measure in MEASURES}
        self.busy_us = np.zeros(functions, dtype=np.int64)

    def add(self, chunk: Columns) -> None:
        """Count a chunk of the invocation log."""
        self._occupy(chunk)
        measured = whole(chunk, "arrived_us") >= self.header.warm_up_us
        if not measured.all():
            chunk = {name: values[measured] for name, values in chunk.items()}
        self.counts.add(chunk)
        for measure in MEASURES:
            self.durations[measure.name].add(*measure.select(chunk))

    def merge(self, other: Meters) -> None:
        """Take in what ``other`` has counted of the same scenario."""
        self.counts.merge(other.counts)
        for name, durations in self.durations.items():
            durations.merge(other.durations[name])
        self.busy_us += other.busy_us

    def _occupy(self, chunk: Columns) -> None:
        """A request is in flight, and holds its environment, from its admission to its end: init included."""
        low_us, high_us = self.header.warm_up_us, self.header.duration_us
        open_ended = unfinished(chunk)
        rows = ran(chunk) | open_ended
        ended_us = np.where(open_ended, high_us, whole(chunk, "ended_us"))[rows]
        from_us, to_us = (np.clip(at_us, low_us, high_us) for at_us in (whole(chunk, "invoked_us")[rows], ended_us))
        np.add.at(self.busy_us, whole(chunk, "function")[rows], to_us - from_us)
