"""How a poller gets a batch through to its function: it sends it, and sends it again while Lambda refuses it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from lambdasim.codes import Outcome
from lambdasim.service.invocation import Invocation
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.scenario.sqs_trigger import SqsTrigger
    from lambdasim.triggers.queued import Run
    from lambdasim.triggers.sqs.batch import Batch
    from lambdasim.triggers.sqs.fates import Fates
    from lambdasim.triggers.sqs.polls import Consumer

SUCCESS, UNFINISHED = Outcome.SUCCESS, Outcome.UNFINISHED
_BACK_OFF = "triggers/sqs/pollers/backoff"


class Delivery:
    """The sender of a mapping's invocations.

    A throttled batch is held and sent again, after waits that double, until the next would end after its visibility
    timeout. Each refusal, and each function error, takes pollers away: ``back_off`` is called with a factor.
    """

    rate_limited = True

    def __init__(
        self,
        run: Run,
        name: str,
        trigger: SqsTrigger,
        consumer: Consumer,
        fates: Fates,
        back_off: Callable[[float], None],
    ) -> None:
        book = run.book
        self.index = consumer.index
        self._clock = run.clock
        self._service = run.service
        self._lucks = run.lucks(name, trigger.target)
        self._consumer = consumer
        self._fates = fates
        self._back_off = back_off
        # With partial responses failures take no pollers away, even where all of a batch has failed.
        self._after_error = 1.0 if trigger.reports_failures else book.value(f"{_BACK_OFF}/after_function_error")
        self._after_throttle = book.value(f"{_BACK_OFF}/after_throttle")
        self._wait_first_us = round(book.value(f"{_BACK_OFF}/wait_first_s") * US_PER_S)
        self._wait_factor = book.value(f"{_BACK_OFF}/wait_factor")
        self._wait_cap_us = round(book.value(f"{_BACK_OFF}/wait_cap_s") * US_PER_S)

    def deliver(self, batch: Batch) -> Generator[Event, None, None]:
        """Send a batch until it has run, or is given up."""
        clock, fates, attempt, wait_us = self._clock, self._fates, 1, self._wait_first_us
        while True:
            fates.sent(batch, clock.now)
            invocation = self._invocation(batch, attempt)
            run = self._service.invoke(invocation)
            admitted = next(run, None)
            if admitted is not None:
                break
            fates.refused(batch, clock.now)
            self._back_off(self._after_throttle)
            if clock.now + wait_us > batch.deadline_us:
                return  # it is visible again before the wait would be over
            yield clock.timeout(wait_us)
            wait_us = min(round(wait_us * self._wait_factor), self._wait_cap_us)
            attempt += 1
        fates.begun(batch, clock.now)
        yield admitted
        yield from run
        if invocation.outcome is SUCCESS:
            fates.succeeded(batch, clock.now, self._consumer)
        else:
            fates.failed(batch, clock.now)
            self._back_off(self._after_error)

    def _invocation(self, batch: Batch, attempt: int) -> Invocation:
        messages = len(batch.messages)
        version, luck = self._lucks.draw(batch.number, 1)  # a batch runs once: what fails comes in another
        invocation = Invocation(self, version, luck, batch.number, attempt, batch.arrived_us, self._clock.now)
        invocation.records = messages
        invocation.extra_us = messages * version.handler.per_record_us
        invocation.raises = self._fates.decide(batch, version.handler.record_error_rate)
        return invocation

    def settle(self, invocation: Invocation, now_us: int) -> None:
        """See ``Sender``."""
        if invocation.outcome is not UNFINISHED:
            invocation.answered_us = now_us
