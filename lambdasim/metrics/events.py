"""Event meters: what is counted and summed over the event log, a chunk at a time, so that nobody need keep it.

As with the meters of the invocation log, those of any two halves merge to exactly those of the whole.
"""

from __future__ import annotations

import numpy as np

from lambdasim.codes import Fate
from lambdasim.header import Header
from lambdasim.metrics.counts import Counts, Sizes
from lambdasim.metrics.durations import Durations
from lambdasim.metrics.measures import END_TO_END, EVENT_LATENCY, whole
from lambdasim.records import Columns

_FIELDS = {"trigger": 16, "function": 16, "fate": 4, "kept": 4, "ran": 1}
FAILED = tuple(fate for fate in Fate if fate not in {Fate.SUCCESS, Fate.FILTERED})


class EventMeters:
    """All that is counted of the event log: of events that arrived after the warm-up, whenever they ended.

    ``latencies`` of the successes by function; by trigger ``trigger_latencies``, ``end_to_end`` (of the successes) and
    ``attempts`` (of all that a filter let through).
    """

    def __init__(self, header: Header, *, sketched: bool) -> None:
        triggers = len(header.triggers)
        self.header = header
        self.counts = Counts(_FIELDS)
        self.latencies = Durations(len(header.functions), sketched=sketched)
        self.trigger_latencies = Durations(triggers, sketched=sketched)
        self.end_to_end = Durations(triggers, sketched=sketched)
        self.attempts = Sizes(triggers)

    def add(self, chunk: Columns) -> None:
        """Count a chunk of the event log."""
        measured = whole(chunk, "arrived_us") >= self.header.warm_up_us
        if not measured.all():
            chunk = {name: values[measured] for name, values in chunk.items()}
        derived = {"ran": whole(chunk, "runs") > 0}
        self.counts.add(
            {name: derived[name].astype(np.int64) if name in derived else whole(chunk, name) for name in _FIELDS}
        )
        self.latencies.add(*EVENT_LATENCY.select(chunk))
        self.trigger_latencies.add(*EVENT_LATENCY.select(chunk, "trigger"))
        self.end_to_end.add(*END_TO_END.select(chunk, "trigger"))
        sent = whole(chunk, "fate") != Fate.FILTERED
        self.attempts.add(whole(chunk, "trigger")[sent], whole(chunk, "attempts")[sent])

    def merge(self, other: EventMeters) -> None:
        """Take in what ``other`` has counted of the same scenario."""
        self.counts.merge(other.counts)
        self.latencies.merge(other.latencies)
        self.trigger_latencies.merge(other.trigger_latencies)
        self.end_to_end.merge(other.end_to_end)
        self.attempts.merge(other.attempts)
