"""The durations that are measured of an invocation and of an event, and their percentiles by nearest rank.

A percentile here is always an observed value: the p-th percentile of n values is the one of rank
ceil(p/100 x n), counted from 1 (Hyndman and Fan's definition 1; numpy calls it ``inverted_cdf``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import COLD_STARTS, Fate, Final, Outcome
from lambdasim.records import Columns
from lambdasim.units import US_PER_MS, billed_ms_array

PER_MILLE = {"p50": 500, "p75": 750, "p90": 900, "p95": 950, "p99": 990, "p99.9": 999}


def whole(chunk: Columns, name: str) -> NDArray[np.int64]:
    """A column as int64, in which times and codes of any width can be reckoned without overflow."""
    return chunk[name].astype(np.int64, copy=False)


def codes(chunk: Columns, name: str) -> NDArray[np.unsignedinteger]:
    """A column of codes as it is, which is quicker to compare (with an ``int``) than :func:`whole`."""
    return cast("NDArray[np.unsignedinteger]", chunk[name])


def came_cold(chunk: Columns) -> NDArray[np.bool_]:
    """Which rows had a cold start."""
    start_type = codes(chunk, "start_type")
    cold, restored = map(int, COLD_STARTS)
    rows: NDArray[np.bool_] = (start_type == cold) | (start_type == restored)
    return rows


def ran(chunk: Columns) -> NDArray[np.bool_]:
    """Which rows ran on an environment to their end, whatever came of it."""
    return codes(chunk, "outcome") < int(Outcome.THROTTLED)


def age_us(chunk: Columns) -> NDArray[np.int64]:
    """How old the event (of a batch: the last record) was when each attempt was sent, throttled ones included.

    It is AWS's AsyncEventAge and IteratorAge, which Lambda emits at every attempt: `Introducing new asynchronous
    invocation metrics <https://aws.amazon.com/blogs/compute/introducing-new-asynchronous-invocation-metrics-for-aws-lambda/>`_;
    Lambda developer guide, monitoring-metrics-types.
    """
    return whole(chunk, "invoked_us") - whole(chunk, "arrived_us")


def unfinished(chunk: Columns) -> NDArray[np.bool_]:
    """Which rows held an environment still when the simulation ended."""
    still: NDArray[np.bool_] = codes(chunk, "outcome") == int(Outcome.UNFINISHED)
    return still


def _latency(chunk: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    return codes(chunk, "final") == int(Final.SUCCESS), whole(chunk, "answered_us") - whole(chunk, "arrived_us")


def _event_latency(chunk: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    return whole(chunk, "fate") == Fate.SUCCESS, whole(chunk, "ended_us") - whole(chunk, "arrived_us")


def _end_to_end(chunk: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    return whole(chunk, "fate") == Fate.SUCCESS, whole(chunk, "ended_us") - whole(chunk, "origin_us")


def _duration(chunk: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    return ran(chunk), whole(chunk, "ended_us") - whole(chunk, "started_us")


def _billed_duration(chunk: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    rows, duration_us = _duration(chunk)
    return rows, billed_ms_array(duration_us, whole(chunk, "init_us") + whole(chunk, "billed_restore_us")) * US_PER_MS


def billed_for_init_us(chunk: Columns) -> NDArray[np.int64]:
    """By how much Billed Duration is longer because the Init Duration is in it, of every row; 0 where none ran.

    What it would be without is what REPORT showed before 2025-08-01 for Zip packages on managed runtimes:
    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase.
    """
    rows, duration_us = _duration(chunk)
    rest_us, init_us = whole(chunk, "billed_restore_us"), whole(chunk, "init_us")
    with_init_ms, without_ms = (billed_ms_array(duration_us, us) for us in (init_us + rest_us, rest_us))
    return np.where(rows, with_init_ms - without_ms, 0) * US_PER_MS


def _init_duration(chunk: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    init_us = whole(chunk, "init_us")
    return ran(chunk) & (init_us > 0), init_us


def _restore_duration(chunk: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    restore_us = whole(chunk, "restore_us")
    return ran(chunk) & (restore_us > 0), restore_us


def _cold_start(chunk: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    waited_us = whole(chunk, "started_us") - whole(chunk, "invoked_us") + whole(chunk, "suppressed_init_us")
    return ran(chunk) & came_cold(chunk), waited_us


@dataclass(frozen=True, slots=True)
class Measure:
    """One duration: its name, its meaning, and ``of(columns)`` -> (rows that have it, microseconds of every row)."""

    name: str
    meaning: str
    of: Callable[[Columns], tuple[NDArray[np.bool_], NDArray[np.int64]]]

    def select(self, chunk: Columns, group: str = "function") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The group's index and the microseconds of each row that has this duration: two arrays, shape (n,)."""
        rows, values_us = self.of(chunk)
        return whole(chunk, group)[rows], values_us[rows]


DURATION = Measure("duration", "REPORT's Duration", _duration)
BILLED_DURATION = Measure(
    "billed_duration",
    "REPORT's Billed Duration: Duration and Init Duration (or the billed part of a restore), rounded up once",
    _billed_duration,
)
MEASURES = (
    Measure("latency", "from the event's arrival to the answer, of events that ended in success", _latency),
    DURATION,
    BILLED_DURATION,
    Measure("init_duration", "REPORT's Init Duration, of each environment's first call", _init_duration),
    Measure("restore_duration", "REPORT's Restore Duration, of each restored one's first call", _restore_duration),
    Measure(
        "cold_start",
        "what the caller waited for: start, init or restore, and an init done again inside Duration",
        _cold_start,
    ),
)
EVENT_LATENCY = Measure("latency", "from the event's arrival at its source to its success", _event_latency)
END_TO_END = Measure("end_to_end", "from the beginning of the event's chain to its success", _end_to_end)


@dataclass(frozen=True, slots=True)
class Spread:
    """Count, mean, percentiles and maximum of one duration in microseconds; all but the count None without values."""

    count: int
    mean_us: float | None
    percentiles_us: tuple[float, ...] | None
    maximum_us: int | None

    def as_ms(self) -> dict[str, float | None]:
        """Milliseconds under the summary's keys: ``mean``, ``p50`` ... ``p99.9``, ``max``."""
        points = self.percentiles_us or (None,) * len(PER_MILLE)
        values = {"mean": self.mean_us, **dict(zip(PER_MILLE, points, strict=True)), "max": self.maximum_us}
        return {name: None if value is None else value / US_PER_MS for name, value in values.items()}


def rank_of(per_mille: int, count: int) -> int:
    """The nearest rank, from 1; in whole numbers, for 0.07 x 100 is above 7 in floating point.

    >>> rank_of(990, 100), rank_of(500, 5), rank_of(999, 10)
    (99, 3, 10)
    """
    return -(-per_mille * count // 1000)


def nearest_ranks(values_us: NDArray[np.int64], *, reorder: bool = False) -> tuple[float, ...] | None:
    """The percentiles of :data:`PER_MILLE` of ``values_us``, shape (n,), any order; None if n is 0.

    With ``reorder`` no copy is made: the values are in another order afterwards.
    """
    if values_us.size == 0:
        return None
    places = [rank_of(per_mille, values_us.size) - 1 for per_mille in PER_MILLE.values()]
    ordered = values_us if reorder else values_us.copy()
    ordered.partition(places)
    return tuple(float(ordered[place]) for place in places)


def spread_of(values_us: NDArray[np.int64], *, reorder: bool = False) -> Spread:
    """The exact spread of ``values_us``, shape (n,); ``reorder`` as in :func:`nearest_ranks`."""
    if values_us.size == 0:
        return Spread(0, None, None, None)
    mean_us = int(values_us.sum()) / values_us.size
    return Spread(values_us.size, mean_us, nearest_ranks(values_us, reorder=reorder), int(values_us.max()))


def split(groups: NDArray[np.unsignedinteger], values: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """``values`` by their group 0 .. size - 1, each part in the order it came in."""
    if size == 1:
        return [values]
    order = np.argsort(groups.astype(np.uint16, copy=False), kind="stable")  # a radix sort, because of the 16 bits
    edges = np.cumsum(np.bincount(groups, minlength=size))[:-1]
    return np.split(values[order], edges)
