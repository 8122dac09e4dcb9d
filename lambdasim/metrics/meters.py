"""Meters: what is counted and summed over the invocation log, a chunk at a time, so that nobody need keep it.

All counts are margins of one contingency table over the log's codes. Sums are of integers. Hence meters of
any two halves of a log merge to exactly the meters of the whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import NO_STATUS, Capacity, Outcome
from lambdasim.header import Family, Header
from lambdasim.metrics.counts import Counts, Sizes
from lambdasim.metrics.durations import Durations
from lambdasim.metrics.holding import Holding
from lambdasim.metrics.measures import (
    BILLED_DURATION,
    DURATION,
    MEASURES,
    age_us,
    billed_for_init_us,
    came_cold,
    ran,
    unfinished,
    whole,
)
from lambdasim.records import NEVER, Columns

FIELDS = {
    "trigger": 16,
    "function": 16,
    "outcome": 4,
    "throttle_reason": 4,
    "start_type": 3,
    "start_cause": 3,
    "status": 10,
    "final": 2,
    "retry": 1,
    "client_gone": 1,
}
CAPACITIES = (Capacity.ON_DEMAND, Capacity.PROVISIONED, Capacity.SPILLOVER)
BATCHED = (Family.QUEUE, Family.STREAM)


def client_gone(chunk: Columns) -> NDArray[np.bool_]:
    """Which runs outlived their caller's patience: it had stopped waiting before they ended.

    Who has no caller to answer has no status either.
    """
    answered_us, open_ended = whole(chunk, "answered_us"), unfinished(chunk)
    gone = (answered_us != NEVER) & (open_ended | (answered_us < whole(chunk, "ended_us")))
    result: NDArray[np.bool_] = gone & (ran(chunk) | open_ended) & (whole(chunk, "status") != NO_STATUS)
    return result


def in_event_queue(header: Header) -> NDArray[np.bool_]:
    """Which triggers' events go through Lambda's event queue, by the trigger's index."""
    return np.array([trigger.in_event_queue for trigger in header.triggers], dtype=np.bool_)


def aged(header: Header) -> NDArray[np.bool_]:
    """Which triggers' events have an age: AWS has AsyncEventAge and IteratorAge, and nothing like them for SQS."""
    return in_event_queue(header) | triggers_of(header, Family.STREAM)


def triggers_of(header: Header, *families: Family) -> NDArray[np.bool_]:
    """Which triggers are of these families, by the trigger's index."""
    return np.array([trigger.family in families for trigger in header.triggers], dtype=np.bool_)


class Meters:
    """All that is counted of the invocation log.

    ``counts`` and ``durations`` cover events that arrived after the warm-up, wherever their attempts ended;
    ``busy_us`` is the time requests held environments, by function, within [warm_up, duration).
    ``runs`` and ``billed_us``, what is on the bill, are by version and capacity: shape (versions, CAPACITIES); so is
    ``billed_init_us``, the part of ``billed_us`` that inits make.
    Also by version: ``outcomes``, attempts by Outcome; ``cold_starts``; ``version_durations``; and
    ``provisioned_busy_us``, as ``busy_us``, of its provisioned concurrency alone.
    By trigger: ``ages``, how old events were when they were sent (by Lambda's event queue, or from a stream), and
    ``batches``, how many records the batches of queues and streams had. ``holding``: how long runs held environments.
    """

    def __init__(self, header: Header, *, sketched: bool) -> None:
        functions, versions, triggers = len(header.functions), len(header.versions), len(header.triggers)
        self.header = header
        self.counts = Counts(FIELDS)
        self.durations = {measure.name: Durations(functions, sketched=sketched) for measure in MEASURES}
        self.busy_us = np.zeros(functions, dtype=np.int64)
        self.provisioned_busy_us, self.cold_starts = (np.zeros(versions, dtype=np.int64) for _ in range(2))
        shape = (versions, len(CAPACITIES))
        self.runs, self.billed_us, self.billed_init_us = (np.zeros(shape, np.int64) for _ in range(3))
        self.outcomes = np.zeros((versions, len(Outcome)), dtype=np.int64)
        self.version_durations = Durations(versions, sketched=False)
        self.ages = Durations(triggers, sketched=sketched)
        self.batches = Sizes(triggers)
        self.holding = Holding(header)
        self._aged = aged(header)
        self._batched = triggers_of(header, *BATCHED)

    def add(self, chunk: Columns) -> None:
        """Count a chunk of the invocation log."""
        self._occupy(chunk)
        self.holding.add(chunk)
        measured = whole(chunk, "arrived_us") >= self.header.warm_up_us
        if not measured.all():
            chunk = {name: values[measured] for name, values in chunk.items()}
        derived = {"retry": whole(chunk, "attempt") > 1, "client_gone": client_gone(chunk)}
        self.counts.add(
            {name: derived[name].astype(np.int64) if name in derived else whole(chunk, name) for name in FIELDS}
        )
        for measure in MEASURES:
            self.durations[measure.name].add(*measure.select(chunk))
        self._bill(chunk)
        self._compare(chunk)
        self.count_queued(chunk)

    def count_queued(self, chunk: Columns) -> None:
        """Of :meth:`add` only ``ages`` and ``batches``, which come to nothing where no trigger has any."""
        if not (self._aged.any() or self._batched.any()):
            return
        trigger, measured = whole(chunk, "trigger"), whole(chunk, "arrived_us") >= self.header.warm_up_us
        if self._aged.any():
            rows = self._aged[trigger] & measured
            self.ages.add(trigger[rows], age_us(chunk)[rows])
        if self._batched.any():
            rows = self._batched[trigger] & measured & (whole(chunk, "attempt") == 1)
            self.batches.add(trigger[rows], whole(chunk, "records")[rows])

    def merge(self, other: Meters) -> None:
        """Take in what ``other`` has counted of the same scenario."""
        self.counts.merge(other.counts)
        for name, durations in self.durations.items():
            durations.merge(other.durations[name])
        names = ("busy_us", "provisioned_busy_us", "runs", "billed_us", "billed_init_us", "outcomes", "cold_starts")
        for name in names:
            sums = getattr(self, name)
            sums += getattr(other, name)
        self.version_durations.merge(other.version_durations)
        self.ages.merge(other.ages)
        self.batches.merge(other.batches)
        self.holding.merge(other.holding)

    def _bill(self, chunk: Columns) -> None:
        """Billed Duration by version and by whose environment it was: each has a price of its own."""
        rows, billed_us = BILLED_DURATION.of(chunk)
        cells = (whole(chunk, "version")[rows], whole(chunk, "capacity")[rows])
        np.add.at(self.runs, cells, 1)
        np.add.at(self.billed_us, cells, billed_us[rows])
        first = whole(chunk, "init_us") > 0
        if first.any():
            calls = {name: values[first & rows] for name, values in chunk.items()}
            cells = (whole(calls, "version"), whole(calls, "capacity"))
            np.add.at(self.billed_init_us, cells, billed_for_init_us(calls))

    def _compare(self, chunk: Columns) -> None:
        """How versions fared: AWS's metrics by ExecutedVersion."""
        version, outcome, size = whole(chunk, "version"), whole(chunk, "outcome"), self.outcomes.size
        cells = np.bincount(version * self.outcomes.shape[1] + outcome, minlength=size)
        self.outcomes += cells.reshape(self.outcomes.shape)
        cold = came_cold(chunk)
        self.cold_starts += np.bincount(version[cold], minlength=self.cold_starts.size)
        self.version_durations.add(*DURATION.select(chunk, "version"))

    def _occupy(self, chunk: Columns) -> None:
        """A request is in flight, and holds its environment, from its admission to its end: init included."""
        low_us, high_us = self.header.warm_up_us, self.header.duration_us
        open_ended = unfinished(chunk)
        rows = ran(chunk) | open_ended
        ended_us = np.where(open_ended, high_us, whole(chunk, "ended_us"))[rows]
        from_us, to_us = (np.clip(at_us, low_us, high_us) for at_us in (whole(chunk, "invoked_us")[rows], ended_us))
        held_us = to_us - from_us
        np.add.at(self.busy_us, whole(chunk, "function")[rows], held_us)
        provisioned = whole(chunk, "capacity")[rows] == Capacity.PROVISIONED
        if provisioned.any():
            np.add.at(self.provisioned_busy_us, whole(chunk, "version")[rows][provisioned], held_us[provisioned])
