"""The spreads of a run's durations: exact from kept logs, from sketches otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambdasim.header import Header
from lambdasim.metrics.events import EventMeters
from lambdasim.metrics.measures import (
    END_TO_END,
    EVENT_LATENCY,
    MEASURES,
    Measure,
    Spread,
    age_us,
    split,
    spread_of,
    whole,
)
from lambdasim.metrics.meters import Meters, aged
from lambdasim.records import Columns

_Selected = tuple[NDArray[np.int64], NDArray[np.int64]]  # groups, microseconds


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
    selected = {measure.name: _selected(invocations, measure, "function", header) for measure in MEASURES}
    selected["latency"] = _joined(selected["latency"], _selected(events, EVENT_LATENCY, "function", header))
    of_triggers = {
        **{m.name: _selected(events, m, "trigger", header) for m in (EVENT_LATENCY, END_TO_END)},
        "age": _ages(invocations, header),
    }
    return Spreads(
        {name: _spreads(*values, functions) for name, values in selected.items()},
        {name: _spreads(*values, triggers) for name, values in of_triggers.items()},
    )


def _selected(log: Columns, measure: Measure, group: str, header: Header) -> _Selected:
    """What has this duration, of the events that statistics cover."""
    rows, values_us = measure.of(log)
    rows = rows & (whole(log, "arrived_us") >= header.warm_up_us)
    return whole(log, group)[rows], values_us[rows]


def _ages(invocations: Columns, header: Header) -> _Selected:
    triggers = aged(header)
    if not triggers.any():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    trigger = whole(invocations, "trigger")
    rows = triggers[trigger] & (whole(invocations, "arrived_us") >= header.warm_up_us)
    return trigger[rows], age_us(invocations)[rows]


def _joined(one: _Selected, other: _Selected) -> _Selected:
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])


def _spreads(groups: NDArray[np.int64], values_us: NDArray[np.int64], size: int) -> tuple[Spread, ...]:
    return tuple(spread_of(part) for part in split(groups, values_us, size)[:size])
