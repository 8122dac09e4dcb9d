"""How many connections functions hold to each downstream: environments alive x connections of each, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambdasim.header import DownstreamFacts, Header
from lambdasim.metrics.cloudwatch import measured_minutes
from lambdasim.metrics.measures import whole
from lambdasim.records import NEVER, Columns
from lambdasim.units import US_PER_MINUTE


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections to one downstream.

    ``mean``, ``maximum`` and ``over_us`` (for how long there were more than it takes) are of [warm_up, duration), as is
    ``first_over_us`` (when that first began; never, if it did not). By minute from 0 on: arrays of shape (minutes,).
    """

    mean: float
    maximum: int
    over_us: int
    first_over_us: int
    maximum_by_minute: NDArray[np.int64]
    mean_by_minute: NDArray[np.float64]


def count_connections(environments: Columns, header: Header) -> tuple[Connections, ...]:
    """Of each downstream, from the whole environment log; an idle environment keeps its connections."""
    function, from_us, ended_us = (whole(environments, name) for name in ("function", "created_us", "ended_us"))
    to_us = np.where(ended_us == NEVER, header.duration_us, ended_us)  # a run ends later than that
    return tuple(_connections(facts, function, from_us, to_us, header) for facts in header.downstream)


def _connections(
    facts: DownstreamFacts,
    function: NDArray[np.int64],
    from_us: NDArray[np.int64],
    to_us: NDArray[np.int64],
    header: Header,
) -> Connections:
    each = np.zeros(len(header.functions), dtype=np.int64)
    for index, per_environment in facts.connections:
        each[index] += per_environment
    steps = each[function]
    minutes = -(-header.duration_us // US_PER_MINUTE)
    bounds = np.arange(minutes) * US_PER_MINUTE  # a stretch of time ends where its minute does, or the warm-up
    times, places = np.unique(
        np.concatenate([from_us, to_us, bounds, [header.warm_up_us, header.duration_us]]), return_inverse=True
    )
    change = np.zeros(times.size, dtype=np.int64)
    np.add.at(change, places[: 2 * steps.size], np.concatenate([steps, -steps]))
    within = (times >= 0) & (times < header.duration_us)
    begins_us, count = times[within], np.cumsum(change)[within]
    lasts_us = np.diff(begins_us, append=header.duration_us)
    measured = begins_us >= header.warm_up_us
    over = measured & (count > facts.max_connections) if facts.max_connections is not None else np.zeros_like(measured)
    maximum, total = np.zeros(minutes, dtype=np.int64), np.zeros(minutes, dtype=np.int64)
    minute = begins_us // US_PER_MINUTE
    np.maximum.at(maximum, minute, count)
    np.add.at(total, minute, count * lasts_us)
    return Connections(
        mean=int((count * lasts_us)[measured].sum()) / header.measured_us,
        maximum=int(count[measured].max()),
        over_us=int(lasts_us[over].sum()),
        first_over_us=int(begins_us[over][0]) if over.any() else NEVER,
        maximum_by_minute=maximum,
        mean_by_minute=total / np.diff(bounds, append=header.duration_us),
    )


def downstream_timeline(connections: Sequence[Connections], header: Header) -> Columns:
    """By minute, as columns: a row for each minute and downstream; no rows without any.

    Columns: ``minute`` (from the scenario's start), ``downstream`` (its index), ``measured`` (1: statistics cover it),
    and DatabaseConnections by CloudWatch's statistics: DatabaseConnections_Average, DatabaseConnections_Maximum.
    """
    several, stop = len(connections), measured_minutes(header).stop if connections else 0
    measured = np.zeros((stop, several), dtype=np.uint8)
    measured[measured_minutes(header)] = 1

    def side_by_side(series: list[NDArray[np.generic]]) -> NDArray[np.generic]:
        return np.stack(series, axis=1).reshape(-1) if series else np.empty(0)

    return {
        "minute": np.repeat(np.arange(stop), several),
        "downstream": np.tile(np.arange(several), stop),
        "measured": measured.reshape(-1),
        "DatabaseConnections_Average": side_by_side([c.mean_by_minute for c in connections]),
        "DatabaseConnections_Maximum": side_by_side([c.maximum_by_minute for c in connections]),
    }
