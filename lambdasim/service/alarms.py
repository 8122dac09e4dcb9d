"""CloudWatch's alarms on versions of functions: what they see of the invocation log while a deployment is under way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from lambdasim.codes import FUNCTION_ERRORS, RAN, Outcome
from lambdasim.records import INVOCATION_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdasim.scenario.deployments import Alarm
    from lambdasim.service.function_version import FunctionVersion

_COLUMNS = [column.name for column in INVOCATION_COLUMNS]
VERSION, INVOKED, STARTED, ENDED, OUTCOME = (
    _COLUMNS.index(name) for name in ("version", "invoked_us", "started_us", "ended_us", "outcome")
)


class Rows(Protocol):
    """A log, as whoever writes it sees it."""

    def append(self, row: tuple[int, ...]) -> None:
        """Add one row."""


class Datapoint:
    """What the versions that an alarm watches have done with the requests of one period."""

    __slots__ = ("durations_us", "errors", "invocations", "throttles")

    def __init__(self) -> None:
        self.invocations = self.errors = self.throttles = 0
        self.durations_us: list[int] = []

    def add(self, row: tuple[int, ...]) -> None:
        """One more row of the invocation log; what never came to Lambda, or has not ended, is in no metric."""
        outcome = row[OUTCOME]
        if outcome == Outcome.THROTTLED:
            self.throttles += 1
        elif outcome in RAN:
            self.invocations += 1
            self.errors += outcome in FUNCTION_ERRORS
            self.durations_us.append(row[ENDED] - row[STARTED])

    def value(self, alarm: Alarm) -> float | None:
        """The alarm's metric; None if there is nothing to take it of."""
        if alarm.metric_name == "Throttles":
            return self.throttles
        if not self.invocations:
            return None
        if alarm.metric_name == "Duration":
            return _statistic(self.durations_us, alarm.statistic or "Average")
        return self.errors if alarm.metric_name == "Errors" else self.errors / self.invocations


def _statistic(values: list[int], name: str) -> float:
    """A statistic of durations; percentiles by nearest rank."""
    if name == "Average":
        return sum(values) / len(values)
    share = 1.0 if name == "Maximum" else float(name.removeprefix("p")) / 100
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


class Watch:
    """An alarm, for as long as its deployment is under way: it looks at what was invoked since that began.

    A period counts by when its requests were invoked, as Lambda's metrics do. One without data breaks no threshold.
    """

    __slots__ = ("_periods", "_since_us", "alarm")

    def __init__(self, alarm: Alarm, since_us: int) -> None:
        self.alarm = alarm
        self._since_us = since_us
        self._periods: dict[int, Datapoint] = {}

    def note(self, row: tuple[int, ...]) -> None:
        """A row of the invocation log, of a version that it watches."""
        if row[INVOKED] >= self._since_us:
            self._periods.setdefault(row[INVOKED] // self.alarm.period_us, Datapoint()).add(row)

    def is_on(self, period: int) -> bool:
        """Whether it is in state ALARM, once all that will be known of ``period`` is there."""
        alarm = self.alarm
        last = (self._periods.get(period - back) for back in range(alarm.evaluation_periods))
        values = [point.value(alarm) for point in last if point is not None]
        breaking = sum(value is not None and self._breaks(value) for value in values)
        return breaking >= (alarm.datapoints_to_alarm or alarm.evaluation_periods)

    def _breaks(self, value: float) -> bool:
        above = value > self.alarm.threshold
        return above or (
            self.alarm.comparison_operator == "GreaterThanOrEqualToThreshold" and value == self.alarm.threshold
        )


class WatchedLog:
    """Stands before the invocation log, in a run whose deployments have alarms, and shows them what they watch."""

    def __init__(self, log: Rows) -> None:
        self._log = log
        self._watches: dict[int, list[Watch]] = {}

    def append(self, row: tuple[int, ...]) -> None:
        """See ``Rows``."""
        for watch in self._watches.get(row[VERSION], ()):
            watch.note(row)
        self._log.append(row)

    def watch(self, watch: Watch, versions: Iterable[FunctionVersion]) -> None:
        """From now on a watch sees what these versions do."""
        for version in versions:
            self._watches.setdefault(version.index, []).append(watch)

    def leave(self, watch: Watch) -> None:
        """It has seen enough."""
        self._watches = {
            version: others
            for version, watches in self._watches.items()
            if (others := [other for other in watches if other is not watch])
        }
