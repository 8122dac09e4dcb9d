"""Lambda's event queue: the life of an event that was invoked asynchronously.

From the moment that Lambda has taken it, an event is in one of these states:

    READY      it is picked: too old, or its function may not run for it -> FAILED; else it is sent -> RUNNING
    RUNNING    success -> DONE; function error -> WAITING, or FAILED if its retries are used up; throttle -> BACKED_OFF
    WAITING    a minute after the first function error, two after the second -> READY
    BACKED_OFF for a second, two, four ... five minutes, whatever becomes free meanwhile; uses up no retry -> READY
    DONE       a record goes to the on-success destination
    FAILED     the event goes to the dead-letter queue, a record of it to the on-failure destination; else it is lost

Who waits holds no concurrency; when an event is taken nobody asks for any, so its source never sees a throttle.
Sources: Lambda developer guide, invocation-async-error-handling and invocation-async-retain-records. What a long
backlog changes (Lambda reads slower and lengthens the waits) has no published amount, and is left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lambdasim.codes import REFUSED, Fate, Kept, Outcome
from lambdasim.randomness import Coins, Draws, uniforms
from lambdasim.service.clock import Unattended
from lambdasim.service.invocation import Invocation
from lambdasim.triggers.backoff import Backoff
from lambdasim.triggers.chain import Chain
from lambdasim.triggers.counting import Counter
from lambdasim.triggers.events.sinks import function_sinks, handed_on
from lambdasim.triggers.queued import event_row
from lambdasim.units import US_PER_S, parse_fraction

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.triggers.queued import Run

SUCCESS, UNFINISHED = Outcome.SUCCESS, Outcome.UNFINISHED
DONE, NOWHERE = Fate.SUCCESS, Kept.NOWHERE
_BOOK = "triggers/asynchronous/event_queue"


class EventQueue:
    """The events of one trigger for one function, and what Lambda knows of that function."""

    __slots__ = (
        "backoff",
        "clock",
        "duplicate_coins",
        "duplicated",
        "duplicates",
        "emitter",
        "error_waits_us",
        "events",
        "function",
        "limits",
        "lucks",
        "maximum_age_us",
        "maximum_retries",
        "on_failure",
        "on_success",
        "recursion_limit",
        "runs",
        "service",
        "trigger",
        "warm_up_us",
    )

    def __init__(self, run: Run, trigger: int, name: str, function: str, payload_mb: float) -> None:
        book, settings = run.book, run.function(function)
        config = settings.event_invoke_config
        self.trigger = trigger
        self.clock = run.clock
        self.service = run.service
        self.events = run.events
        self.function = run.aliases[function].function
        self.lucks = run.lucks(name, function)
        self.emitter = run.emitter(name, function)
        self.on_success, self.on_failure = function_sinks(run, function, payload_mb)
        self.limits = run.service.concurrency.functions[self.function]
        self.recursion_limit = book.value("triggers/recursion/limit") if settings.stops_loops else math.inf
        self.maximum_age_us = config.maximum_event_age_in_seconds * US_PER_S
        self.maximum_retries = config.maximum_retry_attempts
        waits_s: list[float] = book.value(f"{_BOOK}/function_error_waits_s") or [0]  # a scenario may have set none
        self.error_waits_us = [round(wait_s * US_PER_S) for wait_s in waits_s]
        self.backoff = ThrottleBackoff(run.seed, name, function, book)
        self.warm_up_us = run.scenario.warm_up_us
        self.runs = 0  # those that Lambda bills
        self.duplicates = Counter(run.measured_us)
        self.duplicated = parse_fraction(book.value(f"{_BOOK}/duplicated"))
        self.duplicate_coins: Draws[float] = Draws(run.seed, "duplicated", name, function, sample=uniforms)

    def take(self, number: int, arrived_us: int, queued_us: int, ready_us: int, chain: Chain | None) -> None:
        """Lambda has taken an event, or will have at ``queued_us``; it is ready to be picked at ``ready_us``."""
        event = AsynchronousEvent(self, number, arrived_us, queued_us, chain)
        self.clock.arrive(ready_us, event.pick)
        if self.duplicated > 0 and self.duplicate_coins.at(number) < self.duplicated:
            self.duplicates.add(queued_us)
            self.clock.arrive(ready_us, Duplicate(event).pick)

    def loops(self, chain: Chain) -> bool:
        """Whether the function has run so often in this chain that Lambda stops it."""
        return chain.functions.count(self.function) >= self.recursion_limit

    def has_stopped(self, chain: Chain) -> bool:
        """Whether this chain has come back after it was stopped here, by way of what keeps failed events."""
        return chain.functions.count(self.function) > self.recursion_limit


class AsynchronousEvent:
    """One event in Lambda's event queue; it sends itself, and learns what came of it."""

    rate_limited = False  # the limits on requests per second are not for the event queue

    __slots__ = (
        "_errors",
        "_throttles",
        "arrived_us",
        "attempts",
        "chain",
        "index",
        "number",
        "queue",
        "queued_us",
        "runs",
    )

    def __init__(self, queue: EventQueue, number: int, arrived_us: int, queued_us: int, chain: Chain | None) -> None:
        self.queue = queue
        self.index = queue.trigger
        self.number = number
        self.arrived_us = arrived_us
        self.queued_us = queued_us
        self.chain = chain  # None: it began its own
        self.attempts = 0
        self.runs = 0
        self._errors = 0
        self._throttles = 0  # since it last ran

    def pick(self) -> None:
        """READY: the queue takes it up, and sends it to the function if it may."""
        queue, now_us = self.queue, self.queue.clock.now
        if now_us - self.queued_us > queue.maximum_age_us:
            self._fail(Fate.EXPIRED, now_us)
        elif queue.limits.reserved == 0:
            self._fail(Fate.RESERVED_ZERO, now_us)
        elif self.chain is not None and queue.loops(self.chain):
            self._fail(Fate.RECURSIVE, now_us)
        else:
            version, luck = queue.lucks.draw(self.number, self._run_number())
            invocation = Invocation(self, version, luck, self.number, self._count_attempt(), self.queued_us, now_us)
            Unattended(queue.service.invoke(invocation)).step()

    def settle(self, invocation: Invocation, now_us: int) -> None:
        """RUNNING, or refused: what comes next."""
        outcome, queue = invocation.outcome, self.queue
        if outcome is UNFINISHED:
            return
        invocation.answered_us = now_us
        if outcome in REFUSED:
            self._throttles += 1
            queue.clock.arrive(now_us + queue.backoff.wait_us(self._throttles, self.number), self.pick)
            return
        self._throttles = 0
        self._count_run()
        if outcome is SUCCESS:
            self._succeed(now_us)
            return
        self._errors += 1
        if self._errors > queue.maximum_retries:
            self._fail(Fate.RETRIES_EXHAUSTED, now_us)
        else:
            waits_us = queue.error_waits_us
            queue.clock.arrive(now_us + waits_us[min(self._errors, len(waits_us)) - 1], self.pick)

    def _succeed(self, now_us: int) -> None:
        """DONE: what the function emits goes its way, and a record of the success."""
        queue, kept = self.queue, NOWHERE
        if queue.emitter or queue.on_success:
            chain = self._own_chain()
            queue.emitter.succeeded(self.number, chain, now_us)
            kept = handed_on(queue.on_success, chain.after(queue.function), now_us)
        self._end(DONE, kept, now_us)

    def _fail(self, fate: Fate, now_us: int) -> None:
        """FAILED: whoever keeps what failed has it; without anyone it is lost.

        What was stopped as a loop is handed on once: should that lead back here, it would go round for ever.
        """
        queue, kept = self.queue, NOWHERE
        chain, function = self._own_chain(), queue.function
        if queue.on_failure and not (fate is Fate.RECURSIVE and queue.has_stopped(chain)):
            if fate is Fate.RECURSIVE:
                chain = chain.stopped_at(function)
            elif self.runs:
                chain = chain.after(function)
            kept = handed_on(queue.on_failure, chain, now_us)
        self._end(fate, kept, now_us)

    def _own_chain(self) -> Chain:
        return self.chain or Chain(self.queue.trigger, self.number, self.arrived_us)

    def _run_number(self) -> int:
        """Which of the event's runs comes next, for its luck: 1, 2, ..."""
        return self._errors + 1

    def _count_attempt(self) -> int:
        self.attempts += 1
        return self.attempts

    def _count_run(self) -> None:
        self.runs += 1
        if self.queued_us >= self.queue.warm_up_us:
            self.queue.runs += 1

    def _end(self, fate: Fate, kept: Kept, now_us: int) -> None:
        self.queue.events.append(
            event_row(
                event=self.number,
                trigger=self.queue.trigger,
                function=self.queue.function,
                arrived_us=self.arrived_us,
                queued_us=self.queued_us,
                ended_us=now_us,
                batch=self.number if self.attempts else -1,
                attempts=self.attempts,
                runs=self.runs,
                fate=fate,
                kept=kept,
                chain=self.chain,
            )
        )


class Duplicate(AsynchronousEvent):
    """An event that the queue delivers a second time: it lives by itself, but its attempts and runs are the event's.

    The event log has one row for both, which ends with the original; the invocation log has the runs of both.
    """

    __slots__ = ("_original",)

    def __init__(self, original: AsynchronousEvent) -> None:
        super().__init__(original.queue, original.number, original.arrived_us, original.queued_us, original.chain)
        self._original = original

    def _run_number(self) -> int:
        """Its own, after all that the original may need."""
        return self.queue.maximum_retries + self._errors + 2

    def _count_attempt(self) -> int:
        return self._original._count_attempt()  # noqa: SLF001 - it is the same event

    def _count_run(self) -> None:
        super()._count_run()
        self._original.runs += 1

    def _end(self, fate: Fate, kept: Kept, now_us: int) -> None:
        """The event's row is the original's."""


class ThrottleBackoff:
    """How long a throttled event waits: exponentially longer each time, up to a cap, with jitter by its own luck."""

    def __init__(self, seed: int, trigger: str, function: str, book: Book) -> None:
        self.waits = Backoff(f"{_BOOK}/throttle_backoff", book)
        self.coins = Coins(seed, "throttle backoff", trigger, function)

    def wait_us(self, throttles: int, event: int) -> int:
        """The wait after an event's ``throttles``-th throttle in a row."""
        return self.waits.wait_us(throttles, self.coins.at(event, throttles))
