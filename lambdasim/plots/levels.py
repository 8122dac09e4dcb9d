"""Concurrency and environments over time, by function: how many there were at most in each bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Outcome
from lambdasim.metrics.measures import ran, unfinished, whole
from lambdasim.plots.buckets import Buckets
from lambdasim.records import NEVER

if TYPE_CHECKING:
    from lambdasim.result.result import Result

Counts = NDArray[np.int64]


def minute_series(result: Result, metric: str, function: int) -> NDArray[np.float64]:
    """A metric of the timeline, a value a minute from 0 on; ``function``: its index, the account's is the last."""
    columns = result.timeline_columns()
    series: NDArray[np.float64] = columns[metric][whole(columns, "scope") == function].astype(np.float64)
    return series


class Levels:
    """What there was in each bucket, of one function (its index) or of all (None)."""

    def __init__(self, result: Result, buckets: Buckets) -> None:
        self._result = result
        self._buckets = buckets
        self._end_us = buckets.count * buckets.width_us
        self._timeline = result.timeline_columns() if result.invocation_columns is None else {}

    def concurrency(self, function: int | None = None) -> Counts:
        """ConcurrentExecutions, the maximum: what is starting or running for an invocation.

        From the invocation log, or without one from the timeline, which ends with the arrivals.
        """
        columns = self._result.invocation_columns
        if columns is None:
            return self._from_timeline("ConcurrentExecutions", function, np.fmax)
        held = ran(columns) | unfinished(columns)
        if function is not None:
            held &= whole(columns, "function") == function
        ended_us = whole(columns, "ended_us")[held]
        return self._buckets.highest(
            whole(columns, "invoked_us")[held], np.where(ended_us == NEVER, self._end_us, ended_us)
        )

    def environments(self, function: int | None = None) -> Counts:
        """Environments that exist: from the beginning of their start to their end."""
        columns = self._result.environment_columns
        created_us, ended_us = whole(columns, "created_us"), whole(columns, "ended_us")
        ended_us = np.where(ended_us == NEVER, self._end_us, ended_us)
        if function is not None:
            own = whole(columns, "function") == function
            created_us, ended_us = created_us[own], ended_us[own]
        return self._buckets.highest(created_us, ended_us)

    def throttles(self, function: int | None = None) -> Counts:
        """Attempts that Lambda refused with 429."""
        columns = self._result.invocation_columns
        if columns is None:
            return self._from_timeline("Throttles", function, np.add)
        rows = whole(columns, "outcome") == Outcome.THROTTLED
        if function is not None:
            rows &= whole(columns, "function") == function
        return self._buckets.counted(whole(columns, "invoked_us")[rows])

    def _from_timeline(self, metric: str, function: int | None, how: np.ufunc) -> Counts:
        scope = len(self._result.header.functions) if function is None else function
        series = minute_series(self._result, metric, scope)
        return np.nan_to_num(self._buckets.gathered(series, how)).astype(np.int64)
