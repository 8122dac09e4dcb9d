"""The minute-by-minute series that CloudWatch would show: AWS's metric names, AWS's statistics.

A data point stands at the minute in which its invocation was sent, though it be known only later.
Source: Lambda developer guide, monitoring-metrics-types and monitoring-concurrency.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Outcome, StartType
from lambdasim.header import Header
from lambdasim.metrics.measures import PER_MILLE, came_cold, ran, whole
from lambdasim.metrics.minutes import Cells
from lambdasim.records import Columns, ConcurrencyPeaks
from lambdasim.units import US_PER_MINUTE, US_PER_MS

# AWS's in AWS's spelling, ours in ours.
SUMS = ("Invocations", "Errors", "Throttles", "cold_starts", "pre_initialized", "restored")
_DURATION = len(SUMS)  # the column of summed Durations, after the counts


class PerMinute:
    """Sums for each (function, minute) in which something was sent; quiet minutes take no memory."""

    def __init__(self) -> None:
        self.cells = Cells(sums=_DURATION + 1, maxima=1)

    def add(self, chunk: Columns) -> None:
        """Count a chunk of the invocation log, the warm-up's rows too; what a front door refused, Lambda never saw."""
        outcome, start_type, running = whole(chunk, "outcome"), whole(chunk, "start_type"), ran(chunk)
        duration_us = np.where(running, whole(chunk, "ended_us") - whole(chunk, "started_us"), 0)
        counted = (
            running,
            running & (outcome != Outcome.SUCCESS),
            outcome == Outcome.THROTTLED,
            came_cold(chunk),
            start_type == StartType.PRE_INITIALIZED,
            start_type == StartType.RESTORED,
            duration_us,
        )
        minutes = whole(chunk, "invoked_us") // US_PER_MINUTE
        self.cells.add(whole(chunk, "function"), minutes, counted, (duration_us,))

    def merge(self, other: PerMinute) -> None:
        """Take in what ``other`` has counted."""
        self.cells.merge(other.cells)


def measured_minutes(header: Header) -> slice:
    """The minutes that statistics cover: all that have a part in [warm_up, duration)."""
    return slice(header.warm_up_us // US_PER_MINUTE, -(-header.duration_us // US_PER_MINUTE))


Series = tuple[int, Callable[[int], dict[str, NDArray[np.generic]]]]
"""How many minutes there are to show, and what to show of so many: arrays of shape (minutes, functions + 1)."""


def timeline(
    per_minute: PerMinute,
    others: tuple[Series, ...],
    peaks: ConcurrencyPeaks,
    header: Header,
    invocations: Columns | None,
) -> Columns:
    """The series as columns: a row for each minute and function, and after them one for the account.

    Columns: ``minute`` (from the scenario's start), ``scope`` (a function's index; the account's is one past the last),
    ``measured`` (1: statistics cover it; 0: warm-up, or the drain after the end), AWS's Invocations, Errors and
    Throttles (Sum), Duration_Average, Duration_Maximum and, from a kept log, Duration_p50 and Duration_p99 (ms;
    NaN without invocations), ConcurrentExecutions (Maximum); for the account alone (else NaN)
    UnreservedConcurrentExecutions and ClaimedAccountConcurrency (Maximum); those of ``others``: of provisioned
    concurrency (:meth:`ProvisionedMinutes.series`), of asynchronous events and of streams
    (:meth:`QueuedMinutes.series`), if the scenario has any; and, not AWS's, ``cold_starts``, ``pre_initialized`` and
    ``restored`` (of the cold ones, those from a snapshot).
    """
    functions = len(header.functions)
    minutes = max(measured_minutes(header).stop, per_minute.cells.minutes, *(shown for shown, _ in others))
    table, maxima_us = per_minute.cells.tables(minutes, functions)
    shape = (minutes, functions + 1)
    measured = np.zeros(shape, dtype=np.uint8)
    measured[measured_minutes(header)] = 1
    columns: dict[str, NDArray[np.generic]] = {
        "minute": np.repeat(np.arange(minutes), functions + 1),
        "scope": np.tile(np.arange(functions + 1), minutes),
        "measured": measured,
        **{name: table[:, :, column] for column, name in enumerate(SUMS[:3])},
        **_durations(table, maxima_us[:, :, 0]),
        **(_duration_percentiles(invocations, shape) if invocations is not None else {}),
        **_concurrency(peaks, shape),
        **{name: values for _, series in others for name, values in series(minutes).items()},
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
    series = {f"Duration_{name}": np.full(shape, np.nan) for name in ("p50", "p99")}
    if shape[1] > 2:
        _fill(series, minute * shape[1] + whole(invocations, "function")[rows], duration_us)
    _fill(series, minute * shape[1] + shape[1] - 1, duration_us)
    if shape[1] == 2:  # the one function is the account
        for values in series.values():
            values[:, 0] = values[:, 1]
    return series


def _fill(series: dict[str, NDArray[np.float64]], cells: NDArray[np.int64], values_us: NDArray[np.int64]) -> None:
    """Put the percentiles by nearest rank of the values of each cell into the series."""
    if not cells.size:
        return
    bits = int(values_us.max()).bit_length()
    ordered = np.sort(cells << bits | values_us)  # a fifth of the time of a sort by two keys; Durations have 30 bits
    names, starts, counts = np.unique(ordered >> bits, return_index=True, return_counts=True)
    for name, values in series.items():
        ranked = ordered[starts + -(-PER_MILLE[name.removeprefix("Duration_")] * counts // 1000) - 1]
        values.reshape(-1)[names] = (ranked & (1 << bits) - 1) / US_PER_MS


def _concurrency(peaks: ConcurrencyPeaks, shape: tuple[int, int]) -> dict[str, NDArray[np.generic]]:
    minutes, account = shape[0], shape[1] - 1
    executions = np.zeros(shape, dtype=np.int64)
    for function, peak in peaks.functions.items():
        executions[:, function] = _fitted(peak, minutes)
    executions[:, account] = _fitted(peaks.account, minutes)
    of_account = {
        "UnreservedConcurrentExecutions": peaks.unreserved,
        "ClaimedAccountConcurrency": peaks.claimed,
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
