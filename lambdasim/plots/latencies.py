"""Latencies of one function's successes, apart by how they started: the numbers behind the figures of latency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import COLD_STARTS, StartType
from lambdasim.errors import FigureError
from lambdasim.metrics.measures import EVENT_LATENCY, MEASURES, ran, whole
from lambdasim.plots.chosen import busiest

if TYPE_CHECKING:
    from lambdasim.header import Header
    from lambdasim.records import Columns
    from lambdasim.result.result import Result

_CALL_LATENCY = next(measure for measure in MEASURES if measure.name == "latency")


@dataclass(frozen=True, slots=True)
class Latencies:
    """Microseconds from an event's arrival to its success, in ascending order, shape (n,) each.

    ``cold`` of those whose successful attempt waited for an environment to start (StartType COLD and RESTORED),
    ``warm`` of all others.
    """

    function: str
    cold: NDArray[np.int64]
    warm: NDArray[np.int64]

    @property
    def all(self) -> NDArray[np.int64]:
        """Both, in ascending order: what the summary's ``latency_ms`` is of."""
        return np.sort(np.concatenate([self.cold, self.warm]))


def latencies_of(result: Result, function: str | None) -> Latencies:
    """Those of ``function``, or (None) of the function with the most successes; of events after the warm-up.

    Raises:
        FigureError: the log was not kept, there is no such function, or none of its events succeeded.
    """
    if result.invocation_columns is None or result.event_columns is None:
        raise FigureError(
            "the invocation log was not kept (--log none); what the summary has, latency-percentiles draws"
        )
    functions, latency_us, cold = _successes(result.invocation_columns, result.event_columns, result.header)
    counts = np.bincount(functions, minlength=len(result.header.functions))
    index = busiest(result.header, function, counts.tolist())
    name = result.header.functions[index].name
    if counts[index] == 0:
        raise FigureError(f"no event of {name} succeeded after the warm-up, so there is no latency")
    mine = functions == index
    return Latencies(name, np.sort(latency_us[mine & cold]), np.sort(latency_us[mine & ~cold]))


def _successes(
    invocations: Columns, events: Columns, header: Header
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Function, latency and whether it started cold, of each event that succeeded: called ones, then queued ones."""
    called, call_us = _CALL_LATENCY.of(invocations)
    called &= whole(invocations, "arrived_us") >= header.warm_up_us
    queued, queued_us = EVENT_LATENCY.of(events)
    queued &= whole(events, "arrived_us") >= header.warm_up_us
    starts = np.concatenate([whole(invocations, "start_type")[called], start_types(invocations, events)[queued]])
    return (
        np.concatenate([whole(invocations, "function")[called], whole(events, "function")[queued]]),
        np.concatenate([call_us[called], queued_us[queued]]),
        np.isin(starts, COLD_STARTS),
    )


def start_types(invocations: Columns, events: Columns) -> NDArray[np.int64]:
    """The StartType of the run that decided each queued event: the last of its batch that had ended by then.

    Shape (events,); NONE of an event that never ran.
    """
    runs = np.flatnonzero(ran(invocations))
    keys = np.concatenate([_keys(invocations, "event")[runs], _keys(events, "batch")])
    times_us = np.concatenate([whole(invocations, "ended_us")[runs], whole(events, "ended_us")])
    is_event = np.arange(keys.size) >= runs.size
    order = np.lexsort((is_event, times_us, keys))
    # The place of the last run before each place, of whatever key: one pass for all events.
    last = np.maximum.accumulate(np.where(is_event[order], -1, np.arange(keys.size)))
    found = (last >= 0) & (keys[order][last] == keys[order])
    types = np.full(keys.size, int(StartType.NONE), dtype=np.int64)
    types[order[found]] = whole(invocations, "start_type")[runs[order[last[found]]]]
    return types[runs.size :]


def _keys(log: Columns, number: str) -> NDArray[np.int64]:
    """Trigger, function and the number of an event or a batch as one integer: 16, 16 and 31 bits."""
    return (whole(log, "trigger") << 47) | (whole(log, "function") << 31) | (whole(log, number) & 0x7FFF_FFFF)
