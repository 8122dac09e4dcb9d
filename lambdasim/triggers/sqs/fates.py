"""What an event source mapping makes of messages: which it lets through to its function, and what a run means for them.

A message fails if it is poison, or by the function's ``record_error_rate``, anew at each receive. Without partial
responses one such message makes the handler raise, and its whole batch stays hidden until its visibility timeout;
with them the function names it, and the others are deleted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lambdasim.codes import FUNCTION_ERRORS, Fate
from lambdasim.randomness import Draws, uniforms
from lambdasim.scenario.targets import function_name
from lambdasim.triggers.chain import Chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdasim.scenario.sqs_trigger import SqsTrigger
    from lambdasim.triggers.queued import Run
    from lambdasim.triggers.sqs.batch import Batch
    from lambdasim.triggers.sqs.lines import Message
    from lambdasim.triggers.sqs.mapping_counts import MappingCounts
    from lambdasim.triggers.sqs.polls import Consumer
    from lambdasim.triggers.sqs.queue import Queue

SUCCESS, FILTERED = Fate.SUCCESS, Fate.FILTERED
FAILED = frozenset(FUNCTION_ERRORS)


class Fates:
    """The decisions of one mapping about messages, and their consequences in the queue."""

    def __init__(self, run: Run, name: str, trigger: SqsTrigger, queue: Queue, counts: MappingCounts) -> None:
        function = trigger.target
        self._queue = queue
        self._counts = counts
        self._function = run.aliases[function].function
        self._emitter = run.emitter(name, function)
        self._partial = trigger.reports_failures
        self._ordered = queue.is_fifo
        stops = run.function(function).stops_loops
        self._loop_limit = run.book.value("triggers/recursion/limit") if stops else math.inf
        self._passing = trigger.filter.passing if trigger.filter is not None else 1.0
        self._matches: Draws[float] = Draws(run.seed, "filter", name, sample=uniforms)
        self._errors_key = (run.seed, "record fails", name, function_name(function))
        self._errors: list[Draws[float]] = []  # by receive

    def let_through(self, messages: list[Message], now_us: int, consumer: Consumer) -> list[Message]:
        """Those that may be sent to the function: not what the filter drops, nor what goes round in a loop."""
        counts = self._counts
        if now_us >= counts.turns_us:
            counts.turn(now_us)
        counts.polled += len(messages)
        if self._passing < 1:
            matches, passing = self._matches, self._passing
            dropped = [message for message in messages if matches.at(message.number) >= passing]
            if dropped:
                counts.filtered += len(dropped)
                self._queue.delete(dropped, now_us, consumer, FILTERED)
                messages = [message for message in messages if not message.ended]
        if self._queue.incoming.is_fed:
            messages = [message for message in messages if not self.must_not_run(message)]
        return messages

    def must_not_run(self, message: Message) -> bool:
        """Whether the function has run as often in the message's chain as Lambda allows: such ones stay hidden."""
        return message.chain is not None and message.chain.functions.count(self._function) >= self._loop_limit

    def decide(self, batch: Batch, error_rate: float) -> bool:
        """A batch is sent: which of its messages fail, by the handler's rate; returns whether they make it raise."""
        may_fail = self._queue.poison_rate > 0 or error_rate > 0
        batch.failing = [message for message in batch.messages if self._fails(message, error_rate)] if may_fail else []
        return bool(batch.failing) and not self._partial

    def _fails(self, message: Message, error_rate: float) -> bool:
        if self._queue.is_poison(message.number):
            return True
        if not error_rate:
            return False
        while len(self._errors) < message.receives:
            self._errors.append(Draws(*self._errors_key, len(self._errors) + 1, sample=uniforms))
        return self._errors[message.receives - 1].at(message.number) < error_rate

    def sent(self, batch: Batch, now_us: int) -> None:
        """It is sent to the function, or sent again."""
        if now_us >= self._counts.turns_us:
            self._counts.turn(now_us)
        self._counts.invoked += len(batch.messages)

    def begun(self, batch: Batch, now_us: int) -> None:
        """A run of it has begun; for messages that are processed already, or just now, it is a duplicate."""
        number, counts = batch.number, self._counts
        if now_us >= counts.turns_us:
            counts.turn(now_us)
        for message in batch.messages:
            if message.runs > message.failed_runs:
                counts.duplicate_runs += 1
            message.runs += 1
            message.batch = number

    def succeeded(self, batch: Batch, now_us: int, consumer: Consumer) -> None:
        """Its run has returned: what the function did not name is deleted, and feeds what it feeds."""
        done, counts = batch.messages, self._counts
        if now_us >= counts.turns_us:
            counts.turn(now_us)
        if batch.failing:
            back = self._named(batch)
            named = set(back)
            done = [message for message in batch.messages if message not in named]
            self._came_back(back)
        counts.deleted += self._queue.delete(done, now_us, consumer, SUCCESS)
        for receive in batch.receives:
            receive.messages = [message for message in receive.messages if not message.ended]  # free the others
        if self._emitter:
            for message in done:  # a second success feeds a second time
                chain = message.chain or Chain(self._queue.index, message.number, message.arrived_us)
                self._emitter.succeeded(message.number, chain, now_us)

    def _named(self, batch: Batch) -> list[Message]:
        """What the function says has failed: in a FIFO queue it stops at the first of a group, to keep the order."""
        if not self._ordered:
            return batch.failing
        failing, stopped = set(batch.failing), set()
        back = []
        for message in batch.messages:
            if message in failing:
                stopped.add(message.group)
            if message.group in stopped:
                back.append(message)
        return back

    def failed(self, batch: Batch, now_us: int) -> None:
        """Its run has failed as a whole: all of it stays hidden until its visibility timeout."""
        if now_us >= self._counts.turns_us:
            self._counts.turn(now_us)
        self._came_back(batch.messages)

    def _came_back(self, messages: Sequence[Message]) -> None:
        self._counts.failed += len(messages)
        for message in messages:
            message.failed_runs += 1

    def refused(self, batch: Batch, now_us: int) -> None:
        """Lambda has throttled it."""
        if now_us >= self._counts.turns_us:
            self._counts.turn(now_us)
        self._counts.failed += len(batch.messages)
