"""What changes during a run, because the scenario's incidents say so; the change log has each beginning and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.codes import Change, EndCause
from lambdasim.scenario.downstream import shares_of_waiting
from lambdasim.scenario.incidents import quota_under, reserved_under
from lambdasim.scenario.targets import LATEST
from lambdasim.service.impairment import Failures, Throttle, impaired
from lambdasim.service.zone_loss import lose_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lambdasim.scenario.functions import Function
    from lambdasim.scenario.incidents import Incident
    from lambdasim.scenario.model import Scenario
    from lambdasim.service.change_log import ChangeLog
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.handler import HandlerModel
    from lambdasim.service.lambda_service import LambdaService
    from lambdasim.service.network import Network


class Changes:
    """Lets incidents begin and end at their times.

    What holds is worked out anew from what the scenario says and from all incidents that are under way, in the order in
    which they began: so nothing is left of one that is over, whatever it overlapped with.
    """

    def __init__(
        self,
        scenario: Scenario,
        service: LambdaService,
        versions: Sequence[FunctionVersion],
        network: Network,
        log: ChangeLog,
    ) -> None:
        self._scenario = scenario
        self._service = service
        self._network = network
        self._log = log
        self._names = list(scenario.functions)
        self._versions = versions
        self._handlers = [version.handler for version in versions]  # as the scenario says
        self._under_way: list[int] = []
        self._throttles: dict[int, Throttle] = {}  # of those under way
        for number, incident in enumerate(scenario.incidents):
            self._at(incident.at_us, number, begins=True)
            if incident.ends_us is not None:
                self._at(incident.ends_us, number, begins=False)

    def _at(self, at_us: int, number: int, *, begins: bool) -> None:
        step = self._begin if begins else self._end
        self._service.clock.control(at_us).callbacks.append(lambda _: step(number))

    def _begin(self, number: int) -> None:
        clock, incident, book = self._service.clock, self._scenario.incidents[number], self._scenario.book
        if incident.throttle_per_us is not None:
            burst_s = book.value("downstream/throttle_burst_s")
            self._throttles[number] = Throttle(clock, incident.throttle_per_us, burst_s)
        self._under_way.append(number)
        self._log.note(clock.now, Change.INCIDENT_BEGAN, incident.subject, number)
        self._apply(incident)

    def _end(self, number: int) -> None:
        incident = self._scenario.incidents[number]
        self._under_way.remove(number)
        self._throttles.pop(number, None)
        self._log.note(self._service.clock.now, Change.INCIDENT_ENDED, incident.subject, number)
        self._apply(incident)

    def _apply(self, incident: Incident) -> None:
        """What holds from now on, of all that ``incident`` is about."""
        now_us, concurrency = self._service.clock.now, self._service.concurrency
        under_way = [self._scenario.incidents[number] for number in self._under_way]
        for version, handler in zip(self._versions, self._handlers, strict=True):
            if version.name == incident.function or incident.downstream is not None:
                version.handler = self._handler_now(self._scenario.functions[version.name], handler, version.name)
        if incident.reserved_concurrent_executions is not None:
            name = incident.function or ""
            reserved = self._scenario.functions[name].reserved_concurrent_executions
            concurrency.set_reserved(self._names.index(name), reserved_under(under_way, name, reserved), now_us)
        if incident.account is not None:
            concurrency.set_quota(quota_under(under_way, self._scenario.account.concurrent_executions), now_us)
        if incident.update_function_code:
            self._deploy(incident.function or "", now_us)
        if incident.availability_zone is not None:
            self._set_zone(incident.availability_zone, now_us)

    # -- handlers and what they call

    def _handler_now(self, function: Function, handler: HandlerModel, name: str) -> HandlerModel:
        """The handler of one version of ``function`` with all that is under way; itself if that does not touch it."""
        shares = shares_of_waiting(function.connections)
        slowdown, waiting = 1.0, dict.fromkeys(shares, 1.0)
        failures: list[Failures] = []
        throttles: dict[str, Throttle] = {}
        for number, incident in self._touching(name, shares):
            change = incident.handler
            if change is not None:
                slowdown *= change.duration or 1.0
                failures.append(Failures(change.error_rate or 0.0, change.crash_rate or 0.0))
            elif incident.downstream is not None:
                waiting[incident.downstream] *= incident.latency or 1.0
                failures.append(Failures(incident.error_rate or 0.0))
                if number in self._throttles:
                    throttles[incident.downstream] = self._throttles[number]
        if not failures:
            return handler
        slower = sum(shares[name] * (factor - 1) for name, factor in waiting.items())
        slowdown *= 1 + handler.waiting * slower
        return impaired(handler, slowdown, failures, list(throttles.values()))

    def _touching(self, name: str, downstreams: dict[str, float]) -> Iterator[tuple[int, Incident]]:
        """What is under way of the function, or of one of its downstreams."""
        for number in self._under_way:
            incident = self._scenario.incidents[number]
            if incident.function == name or incident.downstream in downstreams:
                yield number, incident

    # -- environments that end

    def _deploy(self, name: str, now_us: int) -> None:
        """UpdateFunctionCode: what is idle of $LATEST ends now, what is busy after its run.

        In AWS the old code may take requests for some seconds more, until LastUpdateStatus is Successful
        (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html); how long is not published.
        """
        for version, fleet in zip(self._versions, self._service.fleets, strict=True):
            if (version.name, version.version) == (name, LATEST):
                fleet.take_away(fleet.environments(now_us), now_us, EndCause.DEPLOYMENT)

    def _set_zone(self, zone: str, now_us: int) -> None:
        """Lost, with all that is in it, or there again."""
        if not any(self._scenario.incidents[number].availability_zone == zone for number in self._under_way):
            self._network.restore_zone(zone, now_us)
            for fleet in self._service.fleets:
                if fleet.provisioned is not None:
                    fleet.provisioned.resume(now_us)
            return
        self._network.lose_zone(zone, now_us)
        lose_zone(self._service, zone)
