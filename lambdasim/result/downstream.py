"""The connections to each downstream, in the summary and minute by minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdasim.header import Header
from lambdasim.metrics.connections import Connections, count_connections, downstream_timeline
from lambdasim.records import NEVER, Columns
from lambdasim.result.frames import by_minute
from lambdasim.units import US_PER_MINUTE, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def downstream_summaries(connections: Sequence[Connections], header: Header) -> dict[str, dict[str, Any]]:
    """By downstream: how many connections there were, for how long they were more than it takes, and since when."""
    return {
        facts.name: {
            "max_connections": facts.max_connections,
            "connections": {"mean": counted.mean, "max": counted.maximum},
            "minutes_over": counted.over_us / US_PER_MINUTE,
            "first_over_s": None if counted.first_over_us == NEVER else counted.first_over_us / US_PER_S,
        }
        for facts, counted in zip(header.downstream, connections, strict=True)
    }


def downstream_frame(environments: Columns, header: Header) -> pd.DataFrame:
    """The series of metrics.connections.downstream_timeline, with the minute's ``timestamp`` (UTC) after it."""
    return by_minute(downstream_timeline(count_connections(environments, header), header), header)
