"""What waits behind a trigger over time: how much, how old it is, and what of it is given up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Kept
from lambdasim.header import Family, TriggerFacts
from lambdasim.metrics.events import FAILED
from lambdasim.metrics.measures import age_us, whole
from lambdasim.plots.buckets import Buckets
from lambdasim.plots.levels import minute_series
from lambdasim.records import NEVER
from lambdasim.units import US_PER_MS

if TYPE_CHECKING:
    from lambdasim.result.result import Result

_KEPT = Kept.DEAD_LETTER_QUEUE | Kept.DESTINATION
_MS_PER_S = 1000
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """A value for each bucket; NaN where there is none."""

    name: str
    buckets: Buckets
    values: Values

    @property
    def highest(self) -> float:
        """NaN, if there is no value at all."""
        return float(np.fmax.reduce(self.values, initial=np.nan))


@dataclass(frozen=True, slots=True)
class Waiting:
    """One trigger's: ``depths`` (counts), ``age`` (milliseconds), and what was given up in each of ``bars``."""

    trigger: TriggerFacts
    depths: tuple[Series, ...]
    age: Series
    bars: Buckets
    kept: NDArray[np.int64]
    lost: NDArray[np.int64]

    @property
    def aged(self) -> bool:
        """Whether anything is known to have had an age."""
        return not math.isnan(self.age.highest)

    @property
    def given_up(self) -> int:
        """How many events in all."""
        return int(self.kept.sum() + self.lost.sum())


@dataclass(frozen=True, slots=True)
class Scales:
    """The buckets that values are gathered in: ``minutes`` those of CloudWatch's gauges, ``fine`` those of the logs."""

    minutes: Buckets
    fine: Buckets
    bars: Buckets


def waits(trigger: TriggerFacts) -> bool:
    """Whether events of this trigger wait in a queue or a stream that this simulator, or Lambda, keeps."""
    return trigger.family in (Family.QUEUE, Family.STREAM) or trigger.in_event_queue


def waiting_of(result: Result, trigger: int, scales: Scales) -> Waiting:
    """What waited behind the trigger of this index."""
    facts = result.header.triggers[trigger]
    reading = {Family.QUEUE: _queue, Family.STREAM: _stream, Family.ASYNCHRONOUS: _event_queue}[facts.family]
    depths, age = reading(result, trigger, scales)
    kept, lost = _given_up(result, trigger, scales.bars)
    return Waiting(
        facts, tuple(series for series in depths if np.isfinite(series.values).any()), age, scales.bars, kept, lost
    )


Found = tuple[list[Series], Series]


def _queue(result: Result, trigger: int, scales: Scales) -> Found:
    """CloudWatch's gauges of an SQS queue, which are read at the end of each minute."""

    def gauge(name: str, metric: str) -> Series:
        return Series(name, scales.minutes, _gauge(result, metric, trigger, scales.minutes))

    depths = [
        gauge("visible", "ApproximateNumberOfMessagesVisible"),
        gauge("in flight, hidden", "ApproximateNumberOfMessagesNotVisible"),
    ]
    delayed = gauge("delayed", "ApproximateNumberOfMessagesDelayed")
    depths += [delayed] if delayed.highest > 0 else []
    oldest = gauge("oldest message", "ApproximateAgeOfOldestMessage")
    return depths, Series(oldest.name, oldest.buckets, oldest.values * _MS_PER_S)


def _stream(result: Result, trigger: int, scales: Scales) -> Found:
    waiting = Series("records waiting", scales.minutes, _gauge(result, "waiting", trigger, scales.minutes))
    return [waiting], _age(result, trigger, scales, "IteratorAge_Maximum", "iterator age")


def _event_queue(result: Result, trigger: int, scales: Scales) -> Found:
    """Events that Lambda has taken and that have not ended; AWS has no metric of it."""
    depths = []
    if result.event_columns is not None:
        from_us, to_us = _in_event_queue(result, trigger)
        to_us = np.where(to_us == NEVER, scales.fine.count * scales.fine.width_us, to_us)
        found = scales.fine.highest(from_us, to_us).astype(np.float64)
        depths.append(Series("taken and not ended", scales.fine, found))
    return depths, _age(result, trigger, scales, "AsyncEventAge_Maximum", "event age")


def _in_event_queue(result: Result, trigger: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """From when to when each event was there; never, if it had not ended when the run did."""
    events, attempts = result.event_columns or {}, result.invocation_columns or {}
    own = (whole(events, "trigger") == trigger) & (whole(events, "queued_us") != NEVER)
    first = (whole(attempts, "trigger") == trigger) & (whole(attempts, "attempt") == 1)
    functions = len(result.header.functions)

    def names(columns: dict[str, NDArray[np.generic]], rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        return whole(columns, "event")[rows] * functions + whole(columns, "function")[rows]

    still = ~np.isin(names(attempts, first), names(events, own))
    since_us = whole(attempts, "arrived_us")[first][still]
    return (
        np.concatenate([whole(events, "queued_us")[own], since_us]),
        np.concatenate([whole(events, "ended_us")[own], np.full(since_us.size, NEVER)]),
    )


def _age(result: Result, trigger: int, scales: Scales, metric: str, name: str) -> Series:
    """The highest age of what was sent to the function in each bucket; NaN where nothing was.

    Without the log the timeline has it by function: that tells a trigger's only where it is the only one of its kind.
    """
    columns, triggers = result.invocation_columns, result.header.triggers
    if columns is None:
        alike = [facts for facts in triggers if facts.family is triggers[trigger].family]
        if len(alike) > 1:
            return Series(name, scales.minutes, np.full(scales.minutes.count, np.nan))
        by_minute = minute_series(result, metric, len(result.header.functions))
        return Series(name, scales.minutes, scales.minutes.gathered(by_minute, np.fmax))
    rows = whole(columns, "trigger") == trigger
    bucket = whole(columns, "invoked_us")[rows] // scales.fine.width_us
    ages_ms = age_us(columns)[rows] / US_PER_MS
    values = np.full(scales.fine.count, np.nan)
    inside = bucket < scales.fine.count
    np.fmax.at(values, bucket[inside], ages_ms[inside])
    return Series(name, scales.fine, values)


def _gauge(result: Result, metric: str, trigger: int, buckets: Buckets) -> Values:
    columns = result.trigger_timeline_columns()
    rows = whole(columns, "trigger") == trigger
    return buckets.gathered(columns[metric][rows].astype(np.float64), np.fmax)


def _given_up(result: Result, trigger: int, bars: Buckets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Events that failed for good, by when that was known: kept in a dead-letter queue or destination, and lost."""
    columns = result.event_columns
    if columns is None:
        return np.zeros(bars.count, np.int64), np.zeros(bars.count, np.int64)
    failed = (whole(columns, "trigger") == trigger) & np.isin(whole(columns, "fate"), FAILED)
    kept = (whole(columns, "kept") & int(_KEPT)) > 0
    ended_us = whole(columns, "ended_us")
    return bars.counted(ended_us[failed & kept]), bars.counted(ended_us[failed & ~kept])
