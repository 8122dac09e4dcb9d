"""Deployments: CodeDeploy moves an alias from version to version, and back if an alarm goes off meanwhile.

CodeDeploy asks for the state of alarms until the last of the traffic has moved; then the deployment has succeeded, and
nothing rolls it back. A period is judged ``deployments/alarm_delay_s`` after it has ended.
"""

from __future__ import annotations

import heapq
from functools import partial
from typing import TYPE_CHECKING

from lambdasim.codes import Change
from lambdasim.scenario.deployments import traffic_steps
from lambdasim.scenario.targets import function_name
from lambdasim.service.alarms import Watch, WatchedLog
from lambdasim.service.clock import Unattended
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from simpy.events import Event

    from lambdasim.parameters.book import Book
    from lambdasim.scenario.deployments import Deployment as DeploymentSettings
    from lambdasim.scenario.model import Scenario
    from lambdasim.service.aliases import Alias
    from lambdasim.service.change_log import ChangeLog
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.lambda_service import LambdaService

_MILLION = 10**6
_STEP, _ALARM = range(2)  # at one instant traffic moves first
_Turn = tuple[int, int, int, float]  # when, of what kind, the alarm's number, the new share or the period


def start_deployments(
    scenario: Scenario, service: LambdaService, aliases: Mapping[str, Alias], changes: ChangeLog
) -> None:
    """Set going what the scenario's aliases are to do; only a run that has alarms has its invocation log watched."""
    found = [
        (f"{name}:{pointer}", settings.deployment)
        for name, function in scenario.functions.items()
        for pointer, settings in function.aliases.items()
        if settings.deployment is not None
    ]
    log = WatchedLog(service.log)
    if any(settings.alarms for _, settings in found):
        service.log = log
    for target, settings in found:
        to = aliases[f"{function_name(target)}:{settings.to}"].primary
        note = partial(changes.note, subject=target)
        Unattended(Deployment(service, aliases[target], to, settings, scenario.book, log, note).life()).step()


class Deployment:
    """One deployment of an alias to the version ``to``; ``note`` writes down what changes of the alias."""

    def __init__(
        self,
        service: LambdaService,
        alias: Alias,
        to: FunctionVersion,
        settings: DeploymentSettings,
        book: Book,
        log: WatchedLog,
        note: Callable[..., None],
    ) -> None:
        self._clock = service.clock
        self._alias = alias
        self._old, self._new = alias.primary, to
        self._fleets = tuple(service.fleets[version.index] for version in (self._old, self._new))
        self._settings = settings
        self._steps = traffic_steps(book, settings.type)
        self._delay_us = round(book.value("deployments/alarm_delay_s") * US_PER_S) if settings.alarms else 0
        self._log = log
        self._note = note

    def life(self) -> Generator[Event, None, None]:
        """From its begin until the last of the traffic has moved, or all is back."""
        clock, settings = self._clock, self._settings
        yield clock.control(settings.at_us)
        watches = [Watch(alarm, settings.at_us) for alarm in settings.alarms]
        for watch in watches:
            of_version = watch.alarm.dimension == "ExecutedVersion"
            self._log.watch(watch, (self._new,) if of_version else (self._old, self._new))
        for at_us, kind, number, value in self._turns():
            if at_us > clock.now:
                yield clock.control(at_us - clock.now)
            if kind == _STEP:
                self._shift(value, clock.now)
            elif watches[number].is_on(int(value)):
                self._roll_back(clock.now)
                break
        for watch in watches:
            self._log.leave(watch)

    def _turns(self) -> Iterator[_Turn]:
        """All that is to happen, in its order."""
        begins_us = self._settings.at_us
        steps = ((begins_us + after_us, _STEP, 0, share) for after_us, share in self._steps)
        alarms = (self._judgements(number) for number in range(len(self._settings.alarms)))
        return heapq.merge(steps, *alarms)

    def _judgements(self, number: int) -> Iterator[_Turn]:
        """When an alarm is judged, and by which period: until the last step."""
        begins_us, period_us = self._settings.at_us, self._settings.alarms[number].period_us
        ends_us = begins_us + self._steps[-1][0]
        period = begins_us // period_us
        while (at_us := (period + 1) * period_us + self._delay_us) < ends_us:
            yield at_us, _ALARM, number, period
            period += 1

    def _shift(self, share: float, now_us: int) -> None:
        """Give the new version its share; it starts cold, and may need all the environments that there are now."""
        old, new = self._fleets
        new.takes_over = old.alive(now_us) + new.alive(now_us)
        if share < 1:
            self._alias.point(self._old, self._new, share, now_us)
        else:
            self._alias.point(self._new, None, 0.0, now_us)
        self._note(now_us, Change.ALIAS_SHIFTED, value=round(share * _MILLION), to_version=self._new.index)

    def _roll_back(self, now_us: int) -> None:
        """All traffic goes to the old version again, at once."""
        self._alias.point(self._old, None, 0.0, now_us)
        self._note(now_us, Change.ALIAS_ROLLED_BACK, value=_MILLION, to_version=self._old.index)
