"""CloudWatch's metrics of queues, streams and mappings: what triggers have counted minute by minute."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lambdasim.header import Header
from lambdasim.metrics.cloudwatch import measured_minutes
from lambdasim.records import Columns, Tally


def trigger_timeline(tallies: Mapping[int, Tally], header: Header) -> Columns:
    """The tallies' series as columns: a row for each minute and each trigger that has any; no rows if none has.

    Columns: ``minute`` (from the scenario's start), ``trigger`` (its index), ``measured`` (1: statistics cover it; 0:
    warm-up, or the drain after the end), then one for each series, in the order in which triggers name them: NaN
    where a trigger has no such metric, or nothing to tell of that minute.
    """
    with_series = {trigger: tally.series for trigger, tally in sorted(tallies.items()) if tally.series}
    longest = max((values.size for series in with_series.values() for values in series.values()), default=0)
    minutes = max(measured_minutes(header).stop, longest) if with_series else 0
    measured = np.zeros((minutes, len(with_series)), dtype=np.uint8)
    measured[measured_minutes(header)] = 1
    columns: dict[str, NDArray[np.generic]] = {
        "minute": np.repeat(np.arange(minutes), len(with_series)),
        "trigger": np.tile(np.array(list(with_series), dtype=np.int64), minutes),
        "measured": measured.reshape(-1),
    }
    for name in dict.fromkeys(name for series in with_series.values() for name in series):
        table = np.full((minutes, len(with_series)), np.nan)
        for place, series in enumerate(with_series.values()):
            values = series.get(name, np.empty(0))
            table[: values.size, place] = values
        columns[name] = table.reshape(-1)
    return columns
