"""The event source mapping of a stream: what its lanes share, and the rows and counts of records that end."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING

from lambdasim.codes import REFUSED, Fate, Kept, Outcome
from lambdasim.randomness import Draws, uniforms
from lambdasim.scenario.targets import function_name
from lambdasim.service.invocation import Invocation
from lambdasim.triggers.backoff import Backoff
from lambdasim.triggers.chain import Chain
from lambdasim.triggers.queued import event_row
from lambdasim.triggers.streams.batches import Batch, RecordFailures
from lambdasim.triggers.streams.shards import Record

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.scenario.stream_triggers import StreamTrigger
    from lambdasim.triggers.queued import Run
    from lambdasim.triggers.streams.batches import Rules
    from lambdasim.triggers.streams.counts import StreamCounts

SUCCESS, UNFINISHED = Outcome.SUCCESS, Outcome.UNFINISHED
UNSENT = Batch(-1, [])


class Mapping:
    """One function's mapping: sends batches, and ends records. ``look`` lets the stream have what has come by now."""

    rate_limited = True

    def __init__(
        self,
        run: Run,
        index: int,
        name: str,
        trigger: StreamTrigger,
        target: str,
        rules: Rules,
        counts: StreamCounts,
        numbers: Iterator[int],
        look: Callable[[int], None],
    ) -> None:
        self.index = index
        self.clock = run.clock
        self.rules = rules
        self.counts = counts
        self.numbers = numbers  # of batches: over all mappings of the trigger
        self._backoff = Backoff("triggers/streams/mapping/backoff", run.book)
        self._waits = 0
        self._jitter: Draws[float] = Draws(run.seed, "backoff", name, target, sample=uniforms)
        self._service = run.service
        self._function = run.aliases[target].function
        self._events = run.events
        self._look = look
        self._lucks = run.lucks(name, target)
        self._emitter = run.emitter(name, target)
        self._failures = RecordFailures(run.seed, name, function_name(target), trigger.poison)
        self._passing = 1.0 if trigger.filter is None else trigger.filter.passing
        self._filter: Draws[float] = Draws(run.seed, "filter", name, sample=uniforms)
        self._sink = trigger.on_failure
        self._inlets = run.inlets

    def settle(self, invocation: Invocation, now_us: int) -> None:
        """The attempt is over: its batch's lane goes on from there."""
        if invocation.outcome is not UNFINISHED:
            invocation.answered_us = now_us

    def backoff_us(self, retry: int) -> int:
        """How long a batch waits before it is sent again for the ``retry``-th time in a row; a draw for each wait."""
        self._waits += 1
        return self._backoff.wait_us(retry, self._jitter.at(self._waits - 1))

    def invoke(self, batch: Batch) -> Generator[Event, None, tuple[Outcome, list[int]]]:
        """Send a batch: how that ended, and where in the batch stand the records that the function says have failed."""
        clock, counts, records, size = self.clock, self.counts, batch.records, len(batch.records)
        batch.tries += 1
        if batch.tries == 1:
            batch.sent_us = clock.now
        newest_us = records[-1][0] if records else batch.sent_us
        version, luck = self._lucks.draw(batch.number, batch.runs + 1)
        failing = self._failures.of(records, batch.runs_before + batch.runs + 1, version.handler.record_error_rate)
        invocation = Invocation(self, version, luck, batch.number, batch.tries, newest_us, clock.now)
        invocation.records = size
        invocation.extra_us = size * version.handler.per_record_us
        invocation.raises = bool(failing) and not self.rules.reports
        counts.invoked.add(clock.now, size)
        yield from self._service.invoke(invocation)
        outcome = invocation.outcome
        if outcome in REFUSED:
            batch.throttles += 1
        else:
            batch.throttles = 0
            batch.runs += 1
            batch.ended_us = clock.now
        if outcome is SUCCESS:
            counts.failed.add(clock.now, len(failing))
            self._emit(records, failing)
            return outcome, failing
        counts.failed.add(clock.now, size)
        return outcome, []

    def admitted(self, records: list[Record]) -> list[Record]:
        """What has been read: its filter lets these through, and the others end."""
        self.counts.polled.add(self.clock.now, len(records))
        if self._passing >= 1:
            return records
        matches = [self._filter.at(record[1]) < self._passing for record in records]
        missed = [record for record, match in zip(records, matches, strict=True) if not match]
        if missed:
            self.counts.filtered.add(self.clock.now, len(missed))
            self._end(missed, UNSENT, Fate.FILTERED, self.clock.now)
        return [record for record, match in zip(records, matches, strict=True) if match]

    def succeeded(self, batch: Batch, records: Sequence[Record]) -> None:
        """The function has processed these records of a batch for good."""
        self._end(records, batch, Fate.SUCCESS, self.clock.now)

    def discard(self, batch: Batch, records: Sequence[Record], fate: Fate) -> None:
        """Give these records of a batch up: the on-failure destination, if there is one, is told once."""
        now_us, counts = self.clock.now, self.counts
        counts.discarded.add(now_us)
        kept = Kept.NOWHERE
        first = records[0] if records else batch.closes
        if self._sink is None or first is None:
            counts.dropped.add(now_us, len(records))
        else:
            kept = Kept.DESTINATION
            counts.delivered.add(now_us, len(records))
            chain = self._chain(first)
            chain = chain.after(self._function) if batch.runs_before + batch.runs else chain
            self._inlets[self._sink].accept(chain, now_us)
        self._end(records, batch, fate, now_us, kept)

    def lose(self, batch: Batch, records: list[Record]) -> None:
        """Take from ``records`` what the stream keeps no longer: each ended then, unless it was being processed."""
        retention_us = self.rules.retention_us
        lost = bisect_left(records, (self.clock.now - retention_us + 1,))
        for record in records[:lost]:
            ended_us = max(record[0] + retention_us, batch.ended_us)
            self._end((record,), batch, Fate.EXPIRED, ended_us)
        del records[:lost]

    def _end(
        self, records: Sequence[Record], batch: Batch, fate: Fate, ended_us: int, kept: Kept = Kept.NOWHERE
    ) -> None:
        self._look(self.clock.now)
        self.counts.waiting.went(len(records))
        append, trigger, function = self._events.append, self.index, self._function
        tries, runs = batch.tries_before + batch.tries, batch.runs_before + batch.runs
        for queued_us, event, arrived_us, lane, chain in records:
            append(
                event_row(
                    event=event,
                    trigger=trigger,
                    function=function,
                    arrived_us=arrived_us,
                    queued_us=queued_us,
                    ended_us=ended_us,
                    batch=batch.number,
                    attempts=tries,
                    runs=runs,
                    fate=fate,
                    kept=kept,
                    lane=lane,
                    chain=chain,
                )
            )

    def _emit(self, records: Sequence[Record], failing: Sequence[int]) -> None:
        """Feed what the function feeds: each time that it has processed a record without failure, thus again if again.

        A record that failed emits nothing, those around it do, although all from the first of them on come again.
        """
        if not self._emitter:
            return
        failed = frozenset(failing)
        for place, record in enumerate(records):
            if place not in failed:
                self._emitter.succeeded(record[1], self._chain(record), self.clock.now)

    def _chain(self, record: Record) -> Chain:
        """The chain that a record belongs to: that of what wrote it, or its own."""
        _, event, arrived_us, _, chain = record
        return chain if chain is not None else Chain(self.index, event, arrived_us)
