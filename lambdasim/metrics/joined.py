"""Parts of an account that ran apart: each recorded in the terms of the whole, and what they come to together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lambdasim.header import Header
from lambdasim.metrics.cloudwatch import PerMinute
from lambdasim.metrics.connections import count_connections
from lambdasim.metrics.environments import EnvironmentCounts
from lambdasim.metrics.events import EventMeters
from lambdasim.metrics.meters import Meters
from lambdasim.metrics.provisioned_minutes import ProvisionedMinutes
from lambdasim.metrics.queued_minutes import QueuedMinutes
from lambdasim.metrics.recorder import NO_NETWORK, NOTHING, Counting, Metrics, Recorder
from lambdasim.metrics.spreads import Spreads, sketched_spreads
from lambdasim.metrics.steps import StepCollector, Together
from lambdasim.records import (
    INVOCATION_COLUMNS,
    Columns,
    ConcurrencyPeaks,
    NetworkUse,
    ProvisionedPeriod,
    Tally,
    UtilizationMinutes,
)

Key = TypeVar("Key", bound=Any)
Value = TypeVar("Value")
_CODES = 2**16  # that a column of indices can hold; the last stands for none


class Places:
    """Where the functions, versions, triggers and subjects of a part stand in the whole account's header."""

    def __init__(self, whole: Header, part: Header) -> None:
        self.functions = _places([f.name for f in whole.functions], [f.name for f in part.functions])
        self.versions = _places(
            *([(h.functions[v.function].name, v.version) for v in h.versions] for h in (whole, part))
        )
        self.triggers = _places([t.name for t in whole.triggers], [t.name for t in part.triggers])
        subjects = _places(whole.subjects, part.subjects)
        self._of = {
            "function": self.functions,
            "version": self.versions,
            "to_version": self.versions,
            "trigger": self.triggers,
            "subject": subjects,
        }

    def move(self, columns: Columns) -> None:
        """Let a log's columns, in place, speak of the whole account, where they spoke of the part."""
        for name, places in self._of.items():
            if name in columns:
                columns[name][:] = places[columns[name]]


def _places(whole: Sequence[object], part: Sequence[object]) -> NDArray[np.uint16]:
    """By a name's place in ``part`` its place in ``whole``; codes beyond stay as they are."""
    known = {name: place for place, name in enumerate(whole)}
    places = np.arange(_CODES, dtype=np.uint16)
    places[: len(part)] = [known[name] for name in part]
    return places


class PartRecorder(Recorder):
    """Records a part of an account in the terms of the whole; it keeps no log, and ``collector`` takes the steps.

    ``header`` is the whole account's.
    """

    def __init__(self, header: Header, places: Places, collector: StepCollector, counting: Counting | None) -> None:
        super().__init__(header, keep_log=False, counting=counting)
        self._places = places
        self._collector = collector

    def take_invocations(self, rows: NDArray[np.int64]) -> None:
        """See ``Recorder``."""
        chunk: Columns = {column.name: rows[:, place] for place, column in enumerate(INVOCATION_COLUMNS)}
        self._places.move(chunk)
        self._collector.add(chunk)
        super().take_invocations(rows)

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
        """See ``Recorder``; spreads are left to who joins the parts."""
        functions, versions, triggers = self._places.functions, self._places.versions, self._places.triggers
        self._places.move(self.environments.columns())
        self._places.move(self.changes.columns())
        return super().finish(
            offered={(int(triggers[t]), int(functions[f])): count for (t, f), count in offered.items()},
            peaks=replace(
                peaks,
                functions=_moved(peaks.functions, functions, np.array),
                measured_functions=_moved(peaks.measured_functions, functions),
                provisioned=_moved(peaks.provisioned, versions, np.array),
                measured_provisioned=_moved(peaks.measured_provisioned, versions),
            ),
            journeys=_moved(journeys, triggers),
            tallies=_moved(tallies, triggers),
            provisioned=[replace(period, version=int(versions[period.version])) for period in provisioned],
            utilization=_moved(utilization, versions),
            network=network,
            ended_us=ended_us,
        )

    def _count(self, chunk: Columns) -> None:
        self._places.move(chunk)
        self._collector.add(chunk)
        super()._count(chunk)

    def _count_events(self, chunk: Columns) -> None:
        self._places.move(chunk)
        super()._count_events(chunk)

    def _spreads(self) -> Spreads:
        return Spreads({}, {})


def _moved(
    values: Mapping[int, Value], places: NDArray[np.uint16], copied: Callable[[Value], Value] = lambda value: value
) -> dict[int, Value]:
    return {int(places[index]): copied(value) for index, value in values.items()}


def joined_environments(parts: Sequence[Columns]) -> Columns:
    """The environment logs of all parts as one, numbered anew: by when they were created, then by part, then as there.

    The rows stand in the order of their numbers.
    """
    together = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    part = np.repeat(np.arange(len(parts)), [part["environment"].size for part in parts])
    order = np.lexsort((together["environment"], part, together["created_us"]))
    together = {name: values[order] for name, values in together.items()}
    together["environment"] = np.arange(order.size, dtype=together["environment"].dtype)
    return together


def joined_changes(parts: Sequence[Columns]) -> Columns:
    """The change logs of all parts as one, in order of time, then of parts."""
    together = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(together["at_us"], kind="stable")
    return {name: values[order] for name, values in together.items()}


def _union(parts: Iterable[Mapping[Key, Value]]) -> dict[Key, Value]:
    """All that the parts have, in the order of the keys."""
    together = {key: value for part in parts for key, value in part.items()}
    return {key: together[key] for key in sorted(together)}


def _peaks(parts: Sequence[ConcurrencyPeaks], together: Together, set_aside: int) -> ConcurrencyPeaks:
    return ConcurrencyPeaks(
        functions=_union(part.functions for part in parts),
        account=together.account,
        unreserved=together.pool,
        claimed=together.pool + set_aside,
        provisioned=_union(part.provisioned for part in parts),
        measured_functions=_union(part.measured_functions for part in parts),
        measured_account=together.measured_account,
        measured_unreserved=together.measured_pool,
        measured_claimed=together.measured_pool + set_aside,
        measured_provisioned=_union(part.measured_provisioned for part in parts),
    )


def joined(parts: Sequence[Metrics], environments: Columns, together: Together, set_aside: int) -> Metrics:
    """What the parts of an account come to: its metrics.

    ``environments``: the joined environment log; ``set_aside``: what reserved and provisioned concurrency take from the
    unreserved pool.
    """
    header, shapes = parts[0].header, [part.environments for part in parts]
    meters, events = Meters(header, sketched=True), EventMeters(header, sketched=True)
    per_minute, queued, provisioned = PerMinute(), QueuedMinutes(header), ProvisionedMinutes(header)
    for part in parts:
        meters.merge(part.meters)
        events.merge(part.events)
        per_minute.merge(part.per_minute)
        queued.merge(part.queued_minutes)
        provisioned.merge(part.provisioned_minutes)
    return Metrics(
        header=header,
        meters=meters,
        events=events,
        per_minute=per_minute,
        queued_minutes=queued,
        provisioned_minutes=provisioned,
        spreads=sketched_spreads(meters, events),
        environments=EnvironmentCounts(
            *(np.sum([getattr(shape, field.name) for shape in shapes], axis=0) for field in fields(EnvironmentCounts))
        ),
        peaks=_peaks([part.peaks for part in parts], together, set_aside),
        offered=_union(part.offered for part in parts),
        journeys=_union(part.journeys for part in parts),
        tallies=_union(part.tallies for part in parts),
        provisioned=[period for part in parts for period in part.provisioned],
        utilization=_union(part.utilization for part in parts),
        network=parts[0].network,
        connections=count_connections(environments, header),
    )
