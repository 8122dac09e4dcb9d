"""The recorder takes the two logs as they are written, and gives the run's metrics at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdasim.metrics.cloudwatch import PerMinute, reserved, timeline
from lambdasim.metrics.environments import EnvironmentCounts, count_environments
from lambdasim.metrics.measures import MEASURES, Spread, split, spread_of, whole
from lambdasim.metrics.meters import Meters
from lambdasim.records import (
    ENVIRONMENT_COLUMNS,
    EVENT_COLUMNS,
    INVOCATION_COLUMNS,
    Columns,
    ConcurrencyPeaks,
    Header,
    Log,
    Outcome,
    Tally,
)


@dataclass(frozen=True, slots=True)
class Journeys:
    """The users of one journey trigger who came within the measured span, and how long completed journeys took."""

    users: int
    completed: int
    spread: Spread


@dataclass(frozen=True, slots=True)
class Metrics:
    """All that summary, timeline and bill need, whether or not the log was kept.

    ``offered``: events by (trigger, function). ``spreads``: by measure, one per function; percentiles are exact
    (nearest rank) from a kept log, within 0.5 % from sketches otherwise. ``journeys``: by trigger.
    """

    header: Header
    meters: Meters
    per_minute: PerMinute
    spreads: Mapping[str, tuple[Spread, ...]]
    environments: EnvironmentCounts
    peaks: ConcurrencyPeaks
    offered: Mapping[tuple[int, int], int]
    journeys: Mapping[int, Journeys]
    tallies: Mapping[int, Tally]

    @property
    def requests(self) -> tuple[int, ...]:
        """Runs by function: AWS's Invocations, and the requests on the bill."""
        functions = len(self.header.functions)
        outcomes = self.meters.counts.margin("function", "outcome", shape=(functions, Outcome.THROTTLED))
        return tuple(outcomes.sum(axis=1).tolist())

    @property
    def billed_us(self) -> tuple[int, ...]:
        """Billed Duration by function, in microseconds: whole milliseconds, summed over the runs."""
        return tuple(self.meters.durations["billed_duration"].sums_us.tolist())

    def concurrency_maximum(self, function: int | None) -> int:
        """The highest concurrency within [warm_up, duration), of one function or (None) the account."""
        peaks = self.peaks
        return peaks.measured_account if function is None else peaks.measured_functions.get(function, 0)

    @property
    def claimed_maximum(self) -> int:
        """The highest ClaimedAccountConcurrency within [warm_up, duration)."""
        return self.peaks.measured_unreserved + reserved(self.header)

    def timeline(self, invocations: Columns | None) -> Columns:
        """The series of :func:`cloudwatch.timeline`."""
        return timeline(self.per_minute, self.peaks, self.header, invocations)


class Recorder:
    """Three logs to write to: ``invocations`` and ``events``, kept if ``keep_log``, and ``environments``."""

    def __init__(self, header: Header, *, keep_log: bool) -> None:
        self.header = header
        self.keep_log = keep_log
        self.invocations = Log(INVOCATION_COLUMNS, keep=keep_log, on_chunk=self._count)
        self.environments = Log(ENVIRONMENT_COLUMNS)
        self.events = Log(EVENT_COLUMNS, keep=keep_log)
        self._meters = Meters(header, sketched=not keep_log)
        self._per_minute = PerMinute()

    def finish(
        self,
        *,
        offered: Mapping[tuple[int, int], int],
        peaks: ConcurrencyPeaks,
        journeys: Mapping[int, Columns],
        tallies: Mapping[int, Tally],
        ended_us: int,
    ) -> Metrics:
        """Close the logs and sum up.

        ``offered``: events of the measured span by (trigger, function). ``journeys``: by trigger, columns
        ``user``, ``arrived_us``, ``finished_us`` (never, if unfinished) and ``completed``.
        ``ended_us``: when the run ended, the drain included.
        """
        self.invocations.flush()
        self.events.flush()
        return Metrics(
            header=self.header,
            meters=self._meters,
            per_minute=self._per_minute,
            spreads=self._spreads(),
            environments=count_environments(self.environments.columns(), self.header, ended_us),
            peaks=peaks,
            offered=dict(offered),
            journeys={trigger: _journeys(columns, self.header) for trigger, columns in journeys.items()},
            tallies=dict(tallies),
        )

    def _count(self, chunk: Columns) -> None:
        self._meters.add(chunk)
        self._per_minute.add(chunk)

    def _spreads(self) -> dict[str, tuple[Spread, ...]]:
        functions = range(len(self.header.functions))
        if not self.keep_log:
            metered = self._meters.durations
            return {name: tuple(map(durations.sketched_spread, functions)) for name, durations in metered.items()}
        log = self.invocations.columns()
        function, measured = whole(log, "function"), whole(log, "arrived_us") >= self.header.warm_up_us
        spreads = {}
        for measure in MEASURES:
            rows, values_us = measure.of(log)
            rows = rows & measured
            parts = split(function[rows], values_us[rows], len(functions))
            spreads[measure.name] = tuple(spread_of(part) for part in parts)
        return spreads


def _journeys(columns: Columns, header: Header) -> Journeys:
    arrived_us = whole(columns, "arrived_us")
    measured = arrived_us >= header.warm_up_us
    completed = measured & (whole(columns, "completed") == 1)
    spread = spread_of((whole(columns, "finished_us") - arrived_us)[completed])
    return Journeys(int(measured.sum()), int(completed.sum()), spread)
