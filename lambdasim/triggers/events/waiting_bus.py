"""A custom bus that waits for the function: what the function fails, or Lambda throttles, the bus delivers again."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

from lambdasim.codes import REFUSED, Fate, Kept, Outcome
from lambdasim.records import NEVER
from lambdasim.service.clock import Unattended
from lambdasim.service.invocation import Invocation
from lambdasim.triggers.events.deliveries import Parcel, PersistentDelivery
from lambdasim.triggers.synchronous import LONGEST_PLACEMENT_US
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.scenario.asynchronous_triggers import EventBridgeTrigger
    from lambdasim.triggers.chain import Chain
    from lambdasim.triggers.queued import Run

SUCCESS, UNFINISHED = Outcome.SUCCESS, Outcome.UNFINISHED


class RequestResponseDelivery(PersistentDelivery):
    """InvocationType REQUEST_RESPONSE: function errors, throttles and timeouts are failed deliveries.

    After its timeout the bus no longer waits, and the run goes on without it. Each event is sent by itself: batches,
    and subscribers of a FIFO bus, are not modelled.
    """

    def __init__(self, run: Run, index: int, name: str, function: str, trigger: EventBridgeTrigger) -> None:
        super().__init__(run, index, name, function, trigger)
        self._lucks = run.lucks(name, function)
        self.emitter = run.emitter(name, function)
        timeout_s = run.book.value("triggers/asynchronous/eventbridge/custom/request_response_timeout_s")
        longest_us = run.aliases[function].longest_run_us + LONGEST_PLACEMENT_US
        self._patience_us = round(timeout_s * US_PER_S) if timeout_s * US_PER_S < longest_us else None

    def hand_over(self, parcel: Parcel, now_us: int) -> Generator[Event, None, bool]:
        """See ``PersistentDelivery``."""
        parcel.attempts += 1
        sender = Waiting(self, self.chain_of(parcel))
        version, luck = self._lucks.draw(parcel.number, parcel.runs + 1)
        invocation = Invocation(sender, version, luck, parcel.number, parcel.attempts, parcel.sent_us, now_us)
        Unattended(self.run.service.invoke(invocation)).step()
        if invocation.outcome in REFUSED:
            return False
        parcel.runs += 1
        yield from sender.wait(invocation, self._patience_us)
        if sender.timed_out or invocation.outcome is not SUCCESS:
            return False
        self.end(parcel, Fate.SUCCESS, Kept.NOWHERE, self.run.clock.now)
        return True


class Waiting:
    """The bus as the sender of one invocation, for whose end it waits, but not for ever."""

    rate_limited = True

    __slots__ = ("_answer", "_chain", "_delivery", "index", "timed_out")

    def __init__(self, delivery: RequestResponseDelivery, chain: Chain) -> None:
        self.index = delivery.index
        self.timed_out = False
        self._delivery = delivery
        self._chain = chain
        self._answer: Event | None = None

    def wait(self, invocation: Invocation, patience_us: int | None) -> Generator[Event, None, None]:
        """Until the run has ended, or the bus has lost its patience (None: the run can't take that long)."""
        clock = self._delivery.run.clock
        if invocation.answered_us != NEVER:
            return
        self._answer = clock.event()
        if patience_us is not None:
            clock.control(patience_us).callbacks.append(partial(self._lose_patience, invocation))
        yield self._answer

    def settle(self, invocation: Invocation, now_us: int) -> None:
        """The bus has its answer, if it still waits; what the function emits goes its way in any case."""
        if invocation.outcome is UNFINISHED:
            return
        if not self.timed_out:
            self._answered(invocation, now_us)
        if invocation.outcome is SUCCESS:
            self._delivery.emitter.succeeded(invocation.event, self._chain, now_us)

    def _lose_patience(self, invocation: Invocation, _event: Event) -> None:
        if invocation.answered_us == NEVER:
            self.timed_out = True
            self._answered(invocation, self._delivery.run.clock.now)

    def _answered(self, invocation: Invocation, now_us: int) -> None:
        invocation.answered_us = now_us
        if self._answer is not None:
            self._answer.succeed()
