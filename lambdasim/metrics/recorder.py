"""The recorder takes the logs as they are written, and gives the run's metrics at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Fate, Outcome
from lambdasim.header import Header
from lambdasim.metrics.cloudwatch import PerMinute, timeline
from lambdasim.metrics.connections import Connections, count_connections
from lambdasim.metrics.environments import EnvironmentCounts, count_environments
from lambdasim.metrics.events import EventMeters
from lambdasim.metrics.measures import Spread, spread_of, whole
from lambdasim.metrics.meters import Meters
from lambdasim.metrics.network import NetworkCounts, count_network
from lambdasim.metrics.provisioned_minutes import ProvisionedMinutes
from lambdasim.metrics.queued_minutes import QueuedMinutes
from lambdasim.metrics.spreads import Spreads, exact_spreads, sketched_spreads
from lambdasim.metrics.trigger_series import trigger_timeline
from lambdasim.records import (
    CHANGE_COLUMNS,
    ENVIRONMENT_COLUMNS,
    EVENT_COLUMNS,
    INVOCATION_COLUMNS,
    Columns,
    ConcurrencyPeaks,
    Log,
    NetworkUse,
    ProvisionedPeriod,
    Tally,
    UtilizationMinutes,
)

NO_NETWORK = NetworkUse()
NOTHING: Mapping[int, UtilizationMinutes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Journeys:
    """The users of one journey trigger who came within the measured span, and how long completed journeys took."""

    users: int
    completed: int
    spread: Spread


@dataclass(frozen=True, slots=True)
class Metrics:
    """All that summary, timelines and bill need, whether or not the logs were kept.

    ``meters`` are of the invocation log, ``events`` of the event log. ``offered``: events by (trigger, function), what
    a filter dropped included. ``spreads``: percentiles are exact (nearest rank) from a kept log, within 0.5 % from
    sketches otherwise. ``journeys`` and ``tallies``: by trigger. ``provisioned``: how much provisioned concurrency
    versions had, over the whole run; ``utilization``: its samples, by version. ``connections``: by downstream.
    """

    header: Header
    meters: Meters
    events: EventMeters
    per_minute: PerMinute
    queued_minutes: QueuedMinutes
    provisioned_minutes: ProvisionedMinutes
    spreads: Spreads
    environments: EnvironmentCounts
    peaks: ConcurrencyPeaks
    offered: Mapping[tuple[int, int], int]
    journeys: Mapping[int, Journeys]
    tallies: Mapping[int, Tally]
    provisioned: Sequence[ProvisionedPeriod]
    utilization: Mapping[int, UtilizationMinutes]
    network: NetworkCounts
    connections: Sequence[Connections]

    @property
    def requests(self) -> NDArray[np.int64]:
        """Runs by version and capacity: AWS's Invocations, and the requests on the bill."""
        return self.meters.runs

    @property
    def billed_us(self) -> NDArray[np.int64]:
        """Billed Duration by version and capacity, in microseconds: whole milliseconds, summed over the runs."""
        return self.meters.billed_us

    @property
    def billed_init_us(self) -> NDArray[np.int64]:
        """The part of ``billed_us`` that is there because of inits."""
        return self.meters.billed_init_us

    @property
    def restored(self) -> NDArray[np.int64]:
        """Environments that were restored from a snapshot within the measured span, by version."""
        return self.environments.restored

    @property
    def provisioned_init_us(self) -> NDArray[np.int64]:
        """The inits of provisioned environments that were created within the measured span, as billed, by version."""
        return self.environments.provisioned_init_us

    def trigger_counts(self) -> list[Mapping[str, float]]:
        """What there is to bill of each trigger's measured events: all that it tallied, and three that the logs tell.

        ``events``: what was offered, without what a filter dropped. ``attempts``: how often functions were called;
        ``accepted``: ... and not refused by the front door.
        """
        triggers = len(self.header.triggers)
        outcomes = self.meters.counts.margin("trigger", "outcome", shape=(triggers, len(Outcome)))
        fates = self.events.counts.margin("trigger", "fate", shape=(triggers, len(Fate)))
        events, attempts = (-fates[:, Fate.FILTERED]).tolist(), outcomes.sum(axis=1).tolist()
        for (trigger, _), count in self.offered.items():
            events[trigger] += count
        return [
            {
                "events": events[trigger],
                "attempts": attempts[trigger],
                "accepted": attempts[trigger] - int(outcomes[trigger, Outcome.REJECTED]),
                **(self.tallies[trigger].counts if trigger in self.tallies else {}),
            }
            for trigger in range(triggers)
        ]

    def concurrency_maximum(self, function: int | None) -> int:
        """The highest concurrency within [warm_up, duration), of one function or (None) the account."""
        peaks = self.peaks
        return peaks.measured_account if function is None else peaks.measured_functions.get(function, 0)

    @property
    def claimed_maximum(self) -> int:
        """The highest ClaimedAccountConcurrency within [warm_up, duration)."""
        return self.peaks.measured_claimed

    def timeline(self, invocations: Columns | None) -> Columns:
        """The series of :func:`cloudwatch.timeline`."""
        queued = self.queued_minutes
        others = ((self.provisioned_minutes.minutes, self.provisioned_series), (queued.minutes, queued.series))
        return timeline(self.per_minute, others, self.peaks, self.header, invocations)

    def provisioned_series(self, minutes: int) -> dict[str, NDArray[np.generic]]:
        """The series of :meth:`ProvisionedMinutes.series`; nothing, if no function has provisioned concurrency."""
        if not self.provisioned:
            return {}
        return self.provisioned_minutes.series(minutes, self.peaks, self.utilization)

    def trigger_timeline(self) -> Columns:
        """The series of :func:`trigger_series.trigger_timeline`."""
        return trigger_timeline(self.tallies, self.header)


class Counting(Protocol):
    """What counts rows of the invocation log in place of meters and minutes, and comes to the same."""

    def add(self, rows: NDArray[np.int64]) -> None:
        """Count rows: int64, shape (n, columns of the invocation log)."""

    def settle(self, meters: Meters, per_minute: PerMinute, provisioned: ProvisionedMinutes) -> None:
        """Add what was counted; of ``Meters``, all but ``count_queued``."""


class Recorder:
    """The logs to write to: ``invocations`` and ``events``, kept if ``keep_log``; ``environments``, ``changes``.

    With ``counting``, rows of the invocation log come by :meth:`take_invocations`, and it counts them.
    """

    def __init__(self, header: Header, *, keep_log: bool, counting: Counting | None = None) -> None:
        self.header = header
        self.keep_log = keep_log
        self._counting = counting
        self.invocations = Log(INVOCATION_COLUMNS, keep=keep_log, on_chunk=None if counting else self._count)
        self.environments = Log(ENVIRONMENT_COLUMNS)
        self.changes = Log(CHANGE_COLUMNS)
        self.events = Log(EVENT_COLUMNS, keep=keep_log, on_chunk=self._count_events)
        self._meters = Meters(header, sketched=not keep_log)
        self._event_meters = EventMeters(header, sketched=not keep_log)
        self._per_minute = PerMinute()
        self._queued_minutes = QueuedMinutes(header)
        self._provisioned_minutes = ProvisionedMinutes(header)

    def take_invocations(self, rows: NDArray[np.int64]) -> None:
        """Take rows of the invocation log: int64, shape (n, columns), C-contiguous, best by the thousand."""
        if self._counting is not None:
            self._counting.add(rows)
            if self.header.queues_events:
                self._count_queued({column.name: rows[:, i] for i, column in enumerate(INVOCATION_COLUMNS)})
        self.invocations.extend(rows)

    def finish(
        self,
        *,
        offered: Mapping[tuple[int, int], int],
        peaks: ConcurrencyPeaks,
        journeys: Mapping[int, Columns],
        tallies: Mapping[int, Tally],
        provisioned: Sequence[ProvisionedPeriod] = (),
        utilization: Mapping[int, UtilizationMinutes] = NOTHING,
        network: NetworkUse = NO_NETWORK,
        ended_us: int,
    ) -> Metrics:
        """Close the logs and sum up.

        ``offered``: events of the measured span by (trigger, function). ``journeys``: by trigger, columns
        ``user``, ``arrived_us``, ``finished_us`` (never, if unfinished) and ``completed``.
        ``ended_us``: when the run ended, the drain included.
        """
        self.invocations.flush()
        self.events.flush()
        if self._counting is not None:
            self._counting.settle(self._meters, self._per_minute, self._provisioned_minutes)
        return Metrics(
            header=self.header,
            meters=self._meters,
            events=self._event_meters,
            per_minute=self._per_minute,
            queued_minutes=self._queued_minutes,
            provisioned_minutes=self._provisioned_minutes,
            spreads=self._spreads(),
            environments=count_environments(self.environments.columns(), self.header, ended_us),
            peaks=peaks,
            offered=dict(offered),
            journeys={trigger: _journeys(columns, self.header) for trigger, columns in journeys.items()},
            tallies=dict(tallies),
            provisioned=tuple(provisioned),
            utilization=dict(utilization),
            network=count_network(network, self.header, ended_us),
            connections=count_connections(self.environments.columns(), self.header),
        )

    def _count(self, chunk: Columns) -> None:
        self._meters.add(chunk)
        self._per_minute.add(chunk)
        self._queued_minutes.add_invocations(chunk)
        self._provisioned_minutes.add(chunk)

    def _count_queued(self, chunk: Columns) -> None:
        """What ``counting`` leaves out."""
        self._meters.count_queued(chunk)
        self._queued_minutes.add_invocations(chunk)

    def _count_events(self, chunk: Columns) -> None:
        self._event_meters.add(chunk)
        self._queued_minutes.add_events(chunk)

    def _spreads(self) -> Spreads:
        if self.keep_log:
            return exact_spreads(self.invocations.columns(), self.events.columns(), self.header)
        return sketched_spreads(self._meters, self._event_meters)


def _journeys(columns: Columns, header: Header) -> Journeys:
    arrived_us = whole(columns, "arrived_us")
    measured = arrived_us >= header.warm_up_us
    completed = measured & (whole(columns, "completed") == 1)
    spread = spread_of((whole(columns, "finished_us") - arrived_us)[completed])
    return Journeys(int(measured.sum()), int(completed.sum()), spread)
