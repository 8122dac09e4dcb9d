"""The minute-by-minute series that CloudWatch would show: AWS's metric names, AWS's statistics.

A data point stands at the minute in which its invocation was sent, though it be known only later.
Source: Lambda developer guide, monitoring-metrics-types and monitoring-concurrency.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.metrics.measures import PER_MILLE, ran, whole
from lambdasim.records import CHUNK, Columns, ConcurrencyPeaks, Header, Outcome, StartType
from lambdasim.units import US_PER_MINUTE, US_PER_MS

SUMS = ("Invocations", "Errors", "Throttles", "cold_starts", "pre_initialized")  # AWS's in AWS's spelling, ours in ours
_DURATION = len(SUMS)  # the column of summed Durations, after the counts
_MINUTES = 2**32  # a cell's key is function x _MINUTES + minute
_Cells = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # keys, sums, longest Duration


class PerMinute:
    """Sums for each (function, minute) in which something was sent; quiet minutes take no memory."""

    def __init__(self) -> None:
        columns = _DURATION + 1
        self._cells: _Cells = (np.empty(0, np.int64), np.empty((0, columns), np.int64), np.empty(0, np.int64))
        self._fresh: list[_Cells] = []

    def add(self, chunk: Columns) -> None:
        """Count a chunk of the invocation log, the warm-up's rows too; what a front door refused, Lambda never saw."""
        outcome, start_type, running = whole(chunk, "outcome"), whole(chunk, "start_type"), ran(chunk)
        duration_us = np.where(running, whole(chunk, "ended_us") - whole(chunk, "started_us"), 0)
        sums = np.empty((outcome.size, _DURATION + 1), dtype=np.int64)
        counted = (
            running,
            running & (outcome != Outcome.SUCCESS),
            outcome == Outcome.THROTTLED,
            start_type == StartType.COLD,
            start_type == StartType.PRE_INITIALIZED,
            duration_us,
        )
        for column, values in enumerate(counted):
            sums[:, column] = values
        self._take(_summed(_keys(chunk), sums, duration_us))

    def merge(self, other: PerMinute) -> None:
        """Take in what ``other`` has counted."""
        self._take(other.cells())

    def cells(self) -> _Cells:
        """(keys, sums, longest Duration in us), one row a cell, sorted by function and minute."""
        if self._fresh:
            parts = zip(self._cells, *self._fresh, strict=True)
            keys, sums, longest_us = (np.concatenate(part) for part in parts)
            self._cells, self._fresh = _summed(keys, sums, longest_us), []
        return self._cells

    def _take(self, cells: _Cells) -> None:
        """Keep for later, until it is worth the joining: then each cell is joined a few times, however long the run."""
        self._fresh.append(cells)
        if sum(keys.size for keys, _, _ in self._fresh) > CHUNK + self._cells[0].size:
            self.cells()


def measured_minutes(header: Header) -> slice:
    """The minutes that statistics cover: all that have a part in [warm_up, duration)."""
    return slice(header.warm_up_us // US_PER_MINUTE, -(-header.duration_us // US_PER_MINUTE))


def claimed(peaks: ConcurrencyPeaks, header: Header) -> NDArray[np.int64]:
    """ClaimedAccountConcurrency by minute: unreserved concurrency in use, and all that is reserved, used or not."""
    return peaks.unreserved + reserved(header)


def reserved(header: Header) -> int:
    """All reserved concurrency of the account."""
    return sum(function.reserved_concurrency or 0 for function in header.functions)


def timeline(per_minute: PerMinute, peaks: ConcurrencyPeaks, header: Header, invocations: Columns | None) -> Columns:
    """The series as columns: a row for each minute and function, and after them one for the account.

    Columns: ``minute`` (from the scenario's start), ``scope`` (a function's index; the account's is one past the last),
    ``measured`` (1: statistics cover it; 0: warm-up, or the drain after the end), AWS's Invocations, Errors and
    Throttles (Sum), Duration_Average, Duration_Maximum and, from a kept log, Duration_p50 and Duration_p99 (ms;
    NaN without invocations), ConcurrentExecutions (Maximum); for the account alone (else NaN)
    UnreservedConcurrentExecutions and ClaimedAccountConcurrency (Maximum); and, not AWS's, ``cold_starts`` and
    ``pre_initialized``.
    """
    functions = len(header.functions)
    keys, sums, longest_us = per_minute.cells()
    function, minute = keys // _MINUTES, keys % _MINUTES
    minutes = max(measured_minutes(header).stop, int(minute.max(initial=-1)) + 1)
    shape = (minutes, functions + 1)
    table = np.zeros((*shape, _DURATION + 1), dtype=np.int64)
    table[minute, function] = sums
    table[:, functions] = table[:, :functions].sum(axis=1)
    maximum_us = np.zeros(shape, dtype=np.int64)
    maximum_us[minute, function] = longest_us
    maximum_us[:, functions] = maximum_us[:, :functions].max(axis=1, initial=0)
    measured = np.zeros(shape, dtype=np.uint8)
    measured[measured_minutes(header)] = 1
    columns: dict[str, NDArray[np.generic]] = {
        "minute": np.repeat(np.arange(minutes), functions + 1),
        "scope": np.tile(np.arange(functions + 1), minutes),
        "measured": measured,
        **{name: table[:, :, column] for column, name in enumerate(SUMS[:3])},
        **_durations(table, maximum_us),
        **(_duration_percentiles(invocations, shape) if invocations is not None else {}),
        **_concurrency(peaks, header, shape),
        **{name: table[:, :, column] for column, name in enumerate(SUMS) if column >= 3},
    }
    return {name: values.reshape(-1) for name, values in columns.items()}


def _durations(table: NDArray[np.int64], maximum_us: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    runs = table[:, :, 0]
    some = np.where(runs > 0, runs, 1)
    average_ms = np.where(runs > 0, table[:, :, _DURATION] / some / US_PER_MS, np.nan)
    return {"Duration_Average": average_ms, "Duration_Maximum": np.where(runs > 0, maximum_us / US_PER_MS, np.nan)}


def _duration_percentiles(invocations: Columns, shape: tuple[int, int]) -> dict[str, NDArray[np.float64]]:
    rows = ran(invocations)
    duration_us = (whole(invocations, "ended_us") - whole(invocations, "started_us"))[rows]
    minute = whole(invocations, "invoked_us")[rows] // US_PER_MINUTE
    function = whole(invocations, "function")[rows]
    series = {}
    for name in ("p50", "p99"):
        values = np.full(shape, np.nan)
        for column in (function, np.full_like(function, shape[1] - 1)):  # each function, then the account
            cells, ranked_us = _ranked(minute * shape[1] + column, duration_us, PER_MILLE[name])
            values.reshape(-1)[cells] = ranked_us / US_PER_MS
        series[f"Duration_{name}"] = values
    return series


def _ranked(
    cells: NDArray[np.int64], values: NDArray[np.int64], per_mille: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The percentile by nearest rank of the values of each cell: (cells, values)."""
    order = np.lexsort((values, cells))
    names, starts, counts = np.unique(cells[order], return_index=True, return_counts=True)
    return names, values[order][starts + -(-per_mille * counts // 1000) - 1]


def _concurrency(peaks: ConcurrencyPeaks, header: Header, shape: tuple[int, int]) -> dict[str, NDArray[np.generic]]:
    minutes, account = shape[0], shape[1] - 1
    executions = np.zeros(shape, dtype=np.int64)
    for function, peak in peaks.functions.items():
        executions[:, function] = _fitted(peak, minutes)
    executions[:, account] = _fitted(peaks.account, minutes)
    of_account = {
        "UnreservedConcurrentExecutions": peaks.unreserved,
        "ClaimedAccountConcurrency": claimed(peaks, header),
    }
    series: dict[str, NDArray[np.generic]] = {"ConcurrentExecutions": executions}
    for name, peak in of_account.items():
        values = np.full(shape, np.nan)
        values[:, account] = _fitted(peak, minutes)
        series[name] = values
    return series


def _fitted(peak: NDArray[np.int64], minutes: int) -> NDArray[np.int64]:
    """``peak`` cut or filled with zeros to ``minutes`` values."""
    return np.pad(peak[:minutes], (0, max(0, minutes - peak.size)))


def _keys(chunk: Columns) -> NDArray[np.int64]:
    return whole(chunk, "function") * _MINUTES + whole(chunk, "invoked_us") // US_PER_MINUTE


def _summed(keys: NDArray[np.int64], sums: NDArray[np.int64], longest_us: NDArray[np.int64]) -> _Cells:
    """Rows of equal keys become one: sums added, the longest kept."""
    if keys.size == 0:
        return keys, sums, longest_us
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[starts], np.add.reduceat(sums[order], starts), np.maximum.reduceat(longest_us[order], starts)
