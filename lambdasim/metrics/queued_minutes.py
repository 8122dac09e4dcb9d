"""CloudWatch's metrics of asynchronous events and of streams, by function and minute, from both logs.

Source: Lambda developer guide, monitoring-metrics-types.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Fate, Kept
from lambdasim.header import Family, Header
from lambdasim.metrics.events import FAILED
from lambdasim.metrics.measures import age_us, whole
from lambdasim.metrics.meters import in_event_queue, triggers_of
from lambdasim.metrics.minutes import Cells
from lambdasim.records import NEVER, Columns
from lambdasim.units import US_PER_MINUTE, US_PER_MS


class _Sum(IntEnum):
    """What is added up in a cell."""

    RECEIVED = 0
    DROPPED = 1
    DEAD_LETTER_ERRORS = 2
    DELIVERY_FAILURES = 3
    RECURSIVE = 4
    EVENT_AGES = 5
    EVENT_AGES_US = 6
    ITERATOR_AGES = 7


class _Largest(IntEnum):
    """Of what a cell keeps the largest."""

    EVENT_AGE_US = 0
    ITERATOR_AGE_US = 1


class QueuedMinutes:
    """What of the two logs goes into these metrics, the warm-up's rows too; nothing, if no trigger has any."""

    def __init__(self, header: Header) -> None:
        self._functions = len(header.functions)
        self._asynchronous = in_event_queue(header)
        self._streams = triggers_of(header, Family.STREAM)
        self._queued = ~triggers_of(header, Family.SYNCHRONOUS)
        self._cells = Cells(sums=len(_Sum), maxima=len(_Largest))

    @property
    def minutes(self) -> int:
        """How many minutes it takes to show all of it."""
        return self._cells.minutes

    def add_invocations(self, chunk: Columns) -> None:
        """Take a chunk of the invocation log: what was received is known by its first attempt, ages by each."""
        if not (self._asynchronous.any() or self._streams.any()):
            return
        trigger, function, ages_us = whole(chunk, "trigger"), whole(chunk, "function"), age_us(chunk)
        asynchronous, stream = self._asynchronous[trigger], self._streams[trigger]
        invoked, received = (whole(chunk, name) // US_PER_MINUTE for name in ("invoked_us", "arrived_us"))
        first = asynchronous & (whole(chunk, "attempt") == 1)
        self._count(function[first], received[first], {_Sum.RECEIVED: first[first]})
        event_age_us, iterator_age_us = asynchronous * ages_us, stream * ages_us
        self._count(
            function,
            invoked,
            {_Sum.EVENT_AGES: asynchronous, _Sum.EVENT_AGES_US: event_age_us, _Sum.ITERATOR_AGES: stream},
            {_Largest.EVENT_AGE_US: event_age_us, _Largest.ITERATOR_AGE_US: iterator_age_us},
        )

    def add_events(self, chunk: Columns) -> None:
        """Take a chunk of the event log: what was received and never sent, and how events ended that failed."""
        trigger, function, fate, kept = (whole(chunk, name) for name in ("trigger", "function", "fate", "kept"))
        queued_us = whole(chunk, "queued_us")
        there = self._asynchronous[trigger] & (queued_us != NEVER)  # what its source gave up is no affair of Lambda
        unsent = there & (whole(chunk, "attempts") == 0)
        self._count(function[unsent], queued_us[unsent] // US_PER_MINUTE, {_Sum.RECEIVED: unsent[unsent]})
        self._count(
            function,
            whole(chunk, "ended_us") // US_PER_MINUTE,
            {
                _Sum.DROPPED: there & np.isin(fate, FAILED),
                _Sum.DEAD_LETTER_ERRORS: there & (kept & Kept.DEAD_LETTER_ERROR > 0),
                _Sum.DELIVERY_FAILURES: (there | self._streams[trigger]) & (kept & Kept.DESTINATION_ERROR > 0),
                _Sum.RECURSIVE: fate == Fate.RECURSIVE,
            },
        )

    def merge(self, other: QueuedMinutes) -> None:
        """Take in what ``other`` has counted of the same scenario."""
        self._cells.merge(other._cells)

    def series(self, minutes: int) -> dict[str, NDArray[np.generic]]:
        """By AWS's names, arrays of shape (minutes, functions + 1), the account last.

        With asynchronous triggers: AsyncEventsReceived (at the minute in which Lambda's event queue took the event),
        AsyncEventsDropped (Sum; dead-lettered ones too, as with AWS; at the minute in which Lambda gave up),
        AsyncEventAge_Average and _Maximum (ms; NaN if nothing was sent), DeadLetterErrors (Sum); with streams too:
        DestinationDeliveryFailures (Sum); with any queued trigger: RecursiveInvocationsDropped (Sum; an
        event counts once, as it ends, though a message may be stopped at each of its receives); with streams:
        IteratorAge_Maximum (ms; NaN if nothing was sent).
        """
        sums, maxima_us = self._cells.tables(minutes, self._functions)
        series: dict[str, NDArray[np.generic]] = {}
        if self._asynchronous.any():
            ages, ages_us = sums[:, :, _Sum.EVENT_AGES], sums[:, :, _Sum.EVENT_AGES_US]
            series |= {
                "AsyncEventsReceived": sums[:, :, _Sum.RECEIVED],
                "AsyncEventsDropped": sums[:, :, _Sum.DROPPED],
                "AsyncEventAge_Average": _ms(ages_us / np.maximum(ages, 1), ages),
                "AsyncEventAge_Maximum": _ms(maxima_us[:, :, _Largest.EVENT_AGE_US], ages),
                "DeadLetterErrors": sums[:, :, _Sum.DEAD_LETTER_ERRORS],
            }
        if self._asynchronous.any() or self._streams.any():
            series["DestinationDeliveryFailures"] = sums[:, :, _Sum.DELIVERY_FAILURES]
        if self._queued.any():
            series["RecursiveInvocationsDropped"] = sums[:, :, _Sum.RECURSIVE]
        if self._streams.any():
            ages = sums[:, :, _Sum.ITERATOR_AGES]
            series["IteratorAge_Maximum"] = _ms(maxima_us[:, :, _Largest.ITERATOR_AGE_US], ages)
        return series

    def _count(
        self,
        functions: NDArray[np.int64],
        minutes: NDArray[np.int64],
        sums: Mapping[_Sum, NDArray[np.generic]],
        largest: Mapping[_Largest, NDArray[np.generic]] = MappingProxyType({}),
    ) -> None:
        """Add rows to the cells; what is not named is 0."""
        nothing = np.zeros(functions.size, dtype=np.int64)
        self._cells.add(
            functions,
            minutes,
            tuple(sums.get(column, nothing) for column in _Sum),
            tuple(largest.get(column, nothing) for column in _Largest),
        )


def _ms(values_us: NDArray[np.generic], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(counts > 0, values_us.astype(np.float64) / US_PER_MS, np.nan)
