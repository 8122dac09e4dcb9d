"""One attempt to run a function: the noun that travels from a trigger through the service to the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lambdasim.codes import NO_STATUS, Capacity, Final, Outcome, StartCause, StartType, ThrottleReason
from lambdasim.records import NEVER

if TYPE_CHECKING:
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.luck import Luck


# Bound once: CPython 3.11 takes 60 ns to find a member by its class.
SUCCESS, WARM, NOT_FINAL, ON_DEMAND = Outcome.SUCCESS, StartType.WARM, Final.NO, Capacity.ON_DEMAND
NO_CAUSE, NO_REASON = StartCause.NONE, ThrottleReason.NONE


class Sender(Protocol):
    """Whoever sent an invocation: learns how it ended, and decides what that means for the event."""

    index: int
    rate_limited: bool  # whether the limits on requests per second hold for it; not for Lambda's own event queue

    def settle(self, invocation: Invocation, now_us: int) -> None:
        """The attempt is over: fill in ``status``, ``answered_us`` and ``final``, unless done already."""


class Invocation:
    """One attempt of one event; what is not set on construction is filled in on its way."""

    __slots__ = (
        "answered_us",
        "arrived_us",
        "attempt",
        "billed_restore_us",
        "capacity",
        "ended_us",
        "environment",
        "event",
        "extra_us",
        "final",
        "init_us",
        "invoked_us",
        "luck",
        "outcome",
        "raises",
        "records",
        "restore_us",
        "retry_after_us",
        "sender",
        "start_cause",
        "start_type",
        "started_us",
        "status",
        "suppressed_init_us",
        "throttle_reason",
        "version",
    )

    def __init__(
        self,
        sender: Sender,
        version: FunctionVersion,
        luck: Luck,
        event: int,
        attempt: int,
        arrived_us: int,
        invoked_us: int,
    ) -> None:
        self.sender = sender
        self.version = version
        self.luck = luck
        self.event = event
        self.attempt = attempt
        self.arrived_us = arrived_us
        self.invoked_us = invoked_us
        self.started_us = self.ended_us = self.answered_us = NEVER
        self.environment = -1
        self.init_us = self.suppressed_init_us = self.restore_us = self.billed_restore_us = 0
        self.outcome = SUCCESS
        self.start_type = WARM
        self.start_cause = NO_CAUSE
        self.capacity = ON_DEMAND
        self.throttle_reason = NO_REASON
        self.status = NO_STATUS
        self.final = NOT_FINAL
        self.retry_after_us: int | None = None
        self.records = 1
        self.extra_us = 0  # what the records of a batch add to the handler's time
        self.raises = False  # whether a record of the batch makes the handler raise

    def refuse(self, outcome: Outcome, reason: ThrottleReason = ThrottleReason.NONE) -> None:
        """It never ran: throttled by Lambda, with AWS's reason, or rejected by its front door."""
        self.outcome = outcome
        self.throttle_reason = reason
        self.start_type = StartType.NONE
        self.capacity = Capacity.NONE

    def row(self) -> tuple[int, ...]:
        """The row of the invocation log, in the order of ``records.INVOCATION_COLUMNS``."""
        return (
            self.event,
            self.attempt,
            self.sender.index,
            self.version.function,
            self.version.index,
            self.arrived_us,
            self.invoked_us,
            self.started_us,
            self.ended_us,
            self.answered_us,
            self.environment,
            self.init_us,
            self.suppressed_init_us,
            self.restore_us,
            self.billed_restore_us,
            self.outcome,
            self.start_type,
            self.start_cause,
            self.capacity,
            self.throttle_reason,
            self.status,
            self.final,
            self.records,
        )
