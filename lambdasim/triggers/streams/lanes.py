"""A lane of a shard: its records go to the function batch by batch, in order, and a batch that fails blocks the rest.

GATHER, until the batch is full or its window is over; INVOKE; then, by how that ended: the next batch, the rest of
this one, its halves, BACKOFF and the same again, or DISCARD.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator
from typing import TYPE_CHECKING

from lambdasim.codes import REFUSED, Fate, Outcome
from lambdasim.service.clock import Unattended
from lambdasim.triggers.streams.batches import Batch, Verdict, verdict
from lambdasim.triggers.streams.mapping import UNSENT
from lambdasim.triggers.streams.shards import Record

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.triggers.streams.mapping import Mapping
    from lambdasim.triggers.streams.readers import Reader

SUCCESS = Outcome.SUCCESS


class Lane:
    """One lane, for one mapping: at most one of its batches runs at a time.

    ``buffer`` holds what was read and is in no batch yet. ``pending`` are the batches in hand, the next one last: one,
    or what is left of it after splits.
    """

    __slots__ = (
        "_alarm",
        "_at_work",
        "_clock",
        "_invoking",
        "_last",
        "_mapping",
        "_needed",
        "_rules",
        "buffer",
        "pending",
        "reader",
    )

    reader: Reader

    def __init__(self, mapping: Mapping) -> None:
        self.buffer: list[Record] = []
        self.pending: list[Batch] = []
        self._mapping = mapping
        self._rules = mapping.rules
        self._clock = mapping.clock
        self._at_work = self._invoking = False
        self._alarm: Event | None = None  # what it waits for while it gathers
        self._needed = 0  # ... until so many records are there
        self._last: Record | None = None  # the newest record of the tumbling window that is open

    @property
    def is_full(self) -> bool:
        """Whether it has enough records for now."""
        return len(self.buffer) >= self._rules.room

    def delivered(self) -> None:
        """Records have come into the buffer."""
        if not self._at_work:
            self._at_work = True
            Unattended(self._work()).step()
        elif self._alarm is not None and not self._alarm.triggered and self._is_complete():
            self._alarm.succeed()

    def expire(self) -> None:
        """The run is over: what the stream kept no longer is lost, but for what is being processed."""
        for batch in self.pending[:-1] if self._invoking else self.pending:
            self._mapping.lose(batch, batch.records)
        self._mapping.lose(UNSENT, self.buffer)

    def _work(self) -> Generator[Event, None, None]:
        while self.buffer or self._last is not None:
            batch = yield from self._gather()
            if self.reader.waits_for_room:
                self.reader.go_on()
            self.pending.append(batch)
            yield from self._process()
        self._at_work = False

    def _gather(self) -> Generator[Event, None, Batch]:
        """GATHER: until there are enough records, or the batching window is over, which begins now or with the first.

        A tumbling window is closed when a later record shows that it is over, or some time after its end.
        """
        clock, rules = self._clock, self._rules
        while not self.buffer and self._last is not None:
            closes_us = self._window_end_us(self._last) + rules.tumbling_idle_us
            if clock.now >= closes_us:
                return self._closing(self._last)
            yield self._until(closes_us, needed=1)
        if self._last is not None and self.buffer[0][0] >= self._window_end_us(self._last):
            return self._closing(self._last)
        if rules.window_us:
            closes_us = clock.now + rules.window_us
            self._needed = rules.most
            while clock.now < closes_us and not self._is_complete():
                yield self._until(closes_us, needed=rules.most)
        return self._take()

    def _process(self) -> Generator[Event, None, None]:
        """INVOKE what is pending, batch by batch, until every record of it has ended."""
        clock, mapping, pending = self._clock, self._mapping, self.pending
        while pending:
            batch = pending[-1]
            if self._is_gone(batch):
                pending.pop()
                continue
            self._invoking = True
            outcome, failing = yield from mapping.invoke(batch)
            self._invoking = False
            if outcome in REFUSED:
                yield clock.timeout(mapping.backoff_us(batch.throttles))
            elif outcome is SUCCESS and not (failing and failing[0] == 0):
                self._advance(batch, failing)
            elif not self._is_gone(batch) and self._must_wait(batch):
                yield clock.timeout(mapping.backoff_us(batch.failures))

    def _advance(self, batch: Batch, failing: list[int]) -> None:
        """All is done up to the first record that failed; from there on it is a batch of its own."""
        done = failing[0] if failing else len(batch.records)
        self._mapping.succeeded(batch, batch.records[:done])
        self.pending.pop()
        if done < len(batch.records):
            self.pending.append(batch.part(next(self._mapping.numbers), batch.records[done:]))

    def _must_wait(self, batch: Batch) -> bool:
        """The batch failed: BISECT, DISCARD, or BACKOFF (whose wait is the caller's)."""
        mapping, pending, records = self._mapping, self.pending, batch.records
        match verdict(self._rules, batch.failures + 1, len(records)):
            case Verdict.RETRY:
                batch.failures += 1
                return True
            case Verdict.BISECT:
                middle = len(records) // 2
                first, second = (
                    batch.part(next(mapping.numbers), half) for half in (records[:middle], records[middle:])
                )
                pending[-1:] = [second, first]
                mapping.counts.bisections.add(self._clock.now)
            case Verdict.GIVE_UP:
                pending.pop()
                mapping.discard(batch, records, Fate.RETRIES_EXHAUSTED)
        return False

    def _is_gone(self, batch: Batch) -> bool:
        """Drop what is too old from the head of the batch; whether nothing is left to send."""
        if batch.closes is not None:
            return self._clock.now - batch.closes[0] >= self._rules.retention_us
        self._expire(batch.records, batch)
        return not batch.records

    def _expire(self, records: list[Record], batch: Batch) -> None:
        """Drop from ``records`` what the stream keeps no longer, and give up what is older than the mapping takes."""
        now_us, rules = self._clock.now, self._rules
        if not records or now_us - records[0][0] < rules.ages_us:
            return
        self._mapping.lose(batch, records)
        old = bisect_left(records, (now_us - rules.age_us,))
        for first in range(0, old, rules.most):
            self._mapping.discard(batch, records[first : min(first + rules.most, old)], Fate.EXPIRED)
        del records[:old]

    def _take(self) -> Batch:
        """The next batch: the buffer's head, as far as it is of one tumbling window."""
        buffer, rules = self.buffer, self._rules
        self._expire(buffer, UNSENT)
        size = min(len(buffer), rules.most)
        if rules.tumbling_us and size:
            size = bisect_left(buffer, (self._window_end_us(buffer[0]),), 0, size)
            self._last = buffer[size - 1]
        records = buffer[:size]
        del buffer[:size]
        return Batch(next(self._mapping.numbers), records)

    def _closing(self, last: Record) -> Batch:
        """The last batch of a tumbling window: no records, but the function gives its result."""
        self._last = None
        self._mapping.counts.windows.add(self._clock.now)
        return Batch(next(self._mapping.numbers), [], closes=last)

    def _window_end_us(self, record: Record) -> int:
        """When the tumbling window of a record ends."""
        length_us = self._rules.tumbling_us
        return record[0] - record[0] % length_us + length_us

    def _is_complete(self) -> bool:
        """Whether there are the records that it waits for, or no more can join those that are there."""
        buffer = self.buffer
        return len(buffer) >= self._needed or (
            self._rules.tumbling_us > 0 and buffer[-1][0] >= self._window_end_us(buffer[0])
        )

    def _until(self, at_us: int, *, needed: int) -> Event:
        """Happens at ``at_us``, or as soon as so many records are there."""
        alarm = self._alarm = self._clock.event()
        self._needed = needed

        def ring(_: Event) -> None:
            if not alarm.triggered:
                alarm.succeed()

        self._clock.control(at_us - self._clock.now).callbacks.append(ring)
        return alarm
