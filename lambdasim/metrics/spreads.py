"""The spreads of a run's durations: exact from kept logs, from sketches otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambdasim.header import Header
from lambdasim.metrics.events import EventMeters
from lambdasim.metrics.measures import (
    END_TO_END,
    EVENT_LATENCY,
    MEASURES,
    Spread,
    age_us,
    split,
    spread_of,
    whole,
)
from lambdasim.metrics.meters import Meters, aged
from lambdasim.records import Columns

_Of = Callable[[Columns], tuple[NDArray[np.bool_], NDArray[np.int64]]]  # as ``Measure.of``
_ROWS = 65_536  # so many rows at a time: what is reckoned of them stays in the processor's cache


@dataclass(frozen=True, slots=True)
class Spreads:
    """Spreads by the duration's name, one for each function (``functions``) or trigger (``triggers``).

    A function's latency is that of all its successes, called or queued; a trigger's is that of queued events.
    ``age`` is that of events in Lambda's event queue and in streams.
    """

    functions: Mapping[str, tuple[Spread, ...]]
    triggers: Mapping[str, tuple[Spread, ...]]


def sketched_spreads(meters: Meters, events: EventMeters) -> Spreads:
    """What meters that kept sketches know, percentiles within 0.5 %."""
    latency = meters.durations["latency"].joined(events.latencies)
    durations = {**meters.durations, "latency": latency}
    return Spreads(
        {name: kept.sketched_spreads() for name, kept in durations.items()},
        {
            "latency": events.trigger_latencies.sketched_spreads(),
            "end_to_end": events.end_to_end.sketched_spreads(),
            "age": meters.ages.sketched_spreads(),
        },
    )


def exact_spreads(invocations: Columns, events: Columns, header: Header) -> Spreads:
    """What the whole logs say, percentiles by nearest rank."""
    functions, triggers = len(header.functions), len(header.triggers)
    selection = _Selection(header, invocations["event"].size + events["event"].size)
    of_functions = {measure.name: [(invocations, measure.of)] for measure in MEASURES}
    of_functions["latency"].append((events, EVENT_LATENCY.of))
    of_triggers = {measure.name: [(events, measure.of)] for measure in (EVENT_LATENCY, END_TO_END)}
    of_triggers["age"] = [(invocations, _ages_of(header))] if aged(header).any() else []
    return Spreads(
        {name: selection.spreads("function", functions, *logs) for name, logs in of_functions.items()},
        {name: selection.spreads("trigger", triggers, *logs) for name, logs in of_triggers.items()},
    )


class _Selection:
    """Picks durations out of logs, of the events that statistics cover; the room for them is used again and again."""

    def __init__(self, header: Header, rows: int) -> None:
        self._warm_up_us = header.warm_up_us
        self._groups = np.empty(rows, dtype=np.uint16)  # as the logs have them
        self._values_us = np.empty(rows, dtype=np.int64)

    def spreads(self, group: str, size: int, *logs: tuple[Columns, _Of]) -> tuple[Spread, ...]:
        """The spread of a duration of each function or trigger (``group``), of ``size`` in all, from these logs."""
        count = 0
        for log, of in logs:
            for start in range(0, log[group].size, _ROWS):
                chunk = {name: values[start : start + _ROWS] for name, values in log.items()}
                count += self._select(chunk, of, group, count)
        parts = split(self._groups[:count], self._values_us[:count], size)
        return tuple(spread_of(part, reorder=True) for part in parts[:size])

    def _select(self, chunk: Columns, of: _Of, group: str, start: int) -> int:
        """Put what a chunk has from ``start`` on; how many they are."""
        rows, values_us = of(chunk)
        rows &= whole(chunk, "arrived_us") >= self._warm_up_us
        count = int(np.count_nonzero(rows))
        if count:
            every = slice(None) if count == rows.size else rows
            self._groups[start : start + count] = chunk[group][every]
            self._values_us[start : start + count] = values_us[every]
        return count


def _ages_of(header: Header) -> _Of:
    """As ``Measure.of``: how old events were when they were sent, of triggers whose events have an age."""
    triggers = aged(header)

    def ages(chunk: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        return triggers[whole(chunk, "trigger")], age_us(chunk)

    return ages
