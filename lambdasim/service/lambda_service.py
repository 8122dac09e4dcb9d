"""What AWS Lambda does with an invocation: the page that the rest of the project serves."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from lambdasim.codes import Outcome, StartCause, StartType, ThrottleReason

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.service.alarms import Rows
    from lambdasim.service.clock import Clock
    from lambdasim.service.concurrency import ConcurrencyLimits
    from lambdasim.service.environment import ExecutionEnvironment
    from lambdasim.service.fleet import Fleet
    from lambdasim.service.invocation import Invocation

SUCCESS, WARM, PROVISIONED = Outcome.SUCCESS, StartType.WARM, StartType.PROVISIONED
RESETTING = frozenset({Outcome.TIMEOUT, Outcome.CRASH, Outcome.OUT_OF_MEMORY})


class LambdaService:
    """One account's Lambda in one Region."""

    def __init__(self, clock: Clock, fleets: Sequence[Fleet], concurrency: ConcurrencyLimits, log: Rows) -> None:
        self.clock = clock
        self.fleets = fleets
        self.concurrency = concurrency
        self.log = log

    def invoke(self, invocation: Invocation) -> Generator[Event, None, None]:
        """The life of one invocation, from the door to the log."""
        clock, version = self.clock, invocation.version
        fleet, now_us = self.fleets[version.index], clock.now
        if fleet.provisioned is not None:
            fleet = fleet.provisioned.or_on_demand(invocation, now_us)
        environment = fleet.find_warm(now_us)
        reason = self.concurrency.admit(
            fleet.limits, now_us, must_start=environment is None, rate_limited=invocation.sender.rate_limited
        )
        if reason is not None:
            self._refuse(invocation, Outcome.THROTTLED, reason, now_us)
            return
        if environment is not None:
            fleet.take_warm()
        elif (reason := fleet.refuses(now_us)) is not None:
            self.concurrency.withdraw(fleet.limits, now_us)
            self._refuse(invocation, Outcome.START_FAILED, reason, now_us)
            return
        else:
            environment = fleet.start(invocation, now_us)
            environment.serves = invocation
            if environment.ready is not None:
                yield environment.ready
        environment.run = run = clock.timeout(self._begin(invocation, environment, clock.now))
        yield run
        invocation.ended_us = now_us = clock.now
        fleet.put_back(environment, now_us, reset=invocation.outcome in RESETTING)
        self.concurrency.release(fleet.limits, now_us)
        self.conclude(invocation, now_us)

    def _refuse(self, invocation: Invocation, outcome: Outcome, reason: ThrottleReason, now_us: int) -> None:
        invocation.refuse(outcome, reason)
        self.conclude(invocation, now_us)

    def conclude(self, invocation: Invocation, now_us: int) -> None:
        """The attempt is over: its sender says what that means, and it goes to the log."""
        invocation.sender.settle(invocation, now_us)
        self.log.append(invocation.row())

    def all_fleets(self) -> list[Fleet]:
        """The fleets of all versions, those on demand and those that are kept ready."""
        return [fleet for own in self.fleets for fleet in (own, own.provisioned) if fleet is not None]

    def close(self, now_us: int) -> int:
        """The simulation ends: what is under way goes to the log as unfinished, and every environment as it is.

        Returns how many runs were under way.
        """
        fleets = self.all_fleets()
        unfinished = [invocation for fleet in fleets for invocation in fleet.unfinished()]
        for invocation in unfinished:
            invocation.outcome = Outcome.UNFINISHED
            self.conclude(invocation, now_us)
        for fleet in fleets:
            fleet.close(now_us)
        return len(unfinished)

    def _begin(self, invocation: Invocation, environment: ExecutionEnvironment, now_us: int) -> int:
        """The run begins: how long it will take (REPORT's Duration, microseconds) and how it will end."""
        version, luck, event = invocation.version, invocation.luck, invocation.event
        handler = version.handler
        environment.serves = invocation
        invocation.environment = environment.number
        invocation.started_us = now_us
        before_us = 0
        if environment.begin(now_us):
            before_us, phases = version.first_call_us, environment.phases
            invocation.init_us, invocation.restore_us = phases.init_us, phases.restore_us
            invocation.billed_restore_us = phases.billed_restore_us
            if invocation.start_type is PROVISIONED:  # its init was before, and stands in no REPORT
                invocation.init_us = 0
            elif environment.pre_initialized and invocation.start_type is WARM:
                invocation.start_type = StartType.PRE_INITIALIZED
                invocation.start_cause = environment.start_cause
        if environment.needs_init:
            if invocation.start_type is WARM or invocation.start_type is PROVISIONED:  # reset by the run before
                before_us = handler.first_call_us
                invocation.start_type, invocation.start_cause = StartType.COLD, StartCause.RESET
            elif not version.failed_init_billed:  # its own Init was cut off: REPORT has no Init Duration then
                invocation.init_us = 0
            invocation.suppressed_init_us = luck.cold.at(event).init_us
            before_us += invocation.suppressed_init_us
        coin = luck.coin.at(event) if handler.error_below > 0 else 1.0
        work_us = luck.duration_us.at(event) + invocation.extra_us
        duration_us, invocation.outcome = handler.run(work_us, coin, before_us)
        if invocation.raises and invocation.outcome is SUCCESS:
            invocation.outcome = Outcome.ERROR
        if invocation.suppressed_init_us > duration_us:
            invocation.suppressed_init_us = duration_us  # the function's timeout struck during the init
        return duration_us
