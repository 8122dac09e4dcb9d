"""A reader of a shard, for one mapping: it polls at a base rate, or is pushed to, and hands records to their lanes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lambdasim.randomness import Draws
from lambdasim.triggers.streams.mapping import UNSENT

if TYPE_CHECKING:
    from lambdasim.triggers.streams.lanes import Lane
    from lambdasim.triggers.streams.mapping import Mapping
    from lambdasim.triggers.streams.shards import ReadLimits, Record, Shard


@dataclass(frozen=True, slots=True)
class Reading:
    """How the readers of a stream read: up to ``most`` records of ``record_mb`` at once.

    ``interval_us`` lies between two polls; 0: the stream pushes what it has as soon as it has it. Polls within
    ``measured_us`` are counted.
    """

    interval_us: int
    most: int
    record_mb: float
    measured_us: tuple[int, int]

    def polls(self, phase_us: int, after_us: int, before_us: int) -> int:
        """The polls after one instant and before another that fall into the measured span."""
        begin_us, end_us = max(after_us + 1, self.measured_us[0]), min(before_us, self.measured_us[1])
        if not self.interval_us or begin_us >= end_us:
            return 0
        return (end_us - 1 - phase_us) // self.interval_us - (begin_us - 1 - phase_us) // self.interval_us


class Delays:
    """How long reads take, from the poll or push to the function: one draw after the other."""

    __slots__ = ("_count", "_draws")

    def __init__(self, draws: Draws[int]) -> None:
        self._draws = draws
        self._count = 0

    def next_us(self) -> int:
        """How long the next read takes."""
        self._count += 1
        return self._draws.at(self._count - 1)


class Source(Protocol):
    """The stream, as its readers see it."""

    def look(self, now_us: int) -> None:
        """Let what has come by now into the shards."""

    def sleep(self, shard: Shard, wake: Callable[[int], None]) -> None:
        """Call ``wake`` once, when the shard has one more record, with the time at which it has it."""


class Reader:
    """What reads one shard for one mapping. A read that leaves records behind is followed by the next without a pause.

    A poll that would find nothing is no event of the clock: an idle reader sleeps until its shard has a record and
    then polls at its next tick; the polls in between are counted by arithmetic. While a lane is full, it waits.
    """

    __slots__ = (
        "_arriving",
        "_clock",
        "_delays",
        "_lanes",
        "_left_some",
        "_limits",
        "_mapping",
        "_number",
        "_phase_us",
        "_polled_us",
        "_reading",
        "_shard",
        "_source",
        "waits_for_room",
    )

    def __init__(
        self,
        source: Source,
        mapping: Mapping,
        number: int,
        shard: Shard,
        lanes: Sequence[Lane],
        reading: Reading,
        limits: ReadLimits,
        delays: Delays,
        phase_us: int,
    ) -> None:
        self._mapping = mapping
        self._number = number  # among the shard's readers
        self._shard = shard
        self._lanes = lanes
        self._reading = reading
        self._limits = limits
        self._delays = delays
        self._phase_us = phase_us
        self._source = source
        self._clock = mapping.clock
        self._arriving: list[Record] = []
        self._left_some = False  # whether the last read left records behind
        self._polled_us = -1  # until when its polls are counted
        self.waits_for_room = False
        for lane in lanes:
            lane.reader = self

    def go_on(self) -> None:
        """Read on: at once if there are records left, at the next tick if others have come, else sleep."""
        now_us = self._clock.now
        if any(lane.is_full for lane in self._lanes):
            self.waits_for_room = True
            return
        self._source.look(now_us)
        next_us = self._shard.next_us(self._number)
        if self.waits_for_room:
            self.waits_for_room = False
            self._polled_us = now_us
            self._left_some = next_us is not None and next_us <= now_us
        if next_us is None:
            self._source.sleep(self._shard, self._wake)
        elif self._left_some:
            self._clock.arrive(now_us, self._read)
        else:
            self._wake(next_us)

    def close(self, now_us: int) -> None:
        """The run is over: what the stream kept no longer, and is on its way to a lane or was not read, is lost."""
        self._count_polls(now_us)
        self._mapping.lose(UNSENT, self._arriving + self._shard.unread(self._number))

    def _wake(self, queued_us: int) -> None:
        """There is a record in the shard from ``queued_us`` on: poll at the first tick from then on."""
        from_us, interval_us = max(queued_us, self._clock.now), self._reading.interval_us
        if interval_us:
            from_us += (self._phase_us - from_us) % interval_us
        self._clock.arrive(from_us, self._read)

    def _read(self) -> None:
        """A poll, or a push: what is there is on its way."""
        now_us, reading, shard = self._clock.now, self._reading, self._shard
        free_us = self._limits.earliest_us(now_us)
        if free_us > now_us:
            self._count_polls(now_us)
            self._polled_us = free_us  # until then it is held back
            self._clock.arrive(free_us, self._read)
            return
        self._source.look(now_us)
        self._arriving = shard.take(self._number, now_us, reading.most)
        next_us = shard.next_us(self._number)
        self._left_some = next_us is not None and next_us <= now_us
        self._limits.take(now_us, len(self._arriving) * reading.record_mb)
        self._count_polls(now_us)
        if reading.interval_us:
            self._mapping.counts.reads.add(now_us)
        self._clock.arrive(now_us + self._delays.next_us(), self._deliver)

    def _deliver(self) -> None:
        """The records of a read reach their lanes."""
        self._polled_us = self._clock.now
        records, self._arriving = self._mapping.admitted(self._arriving), []
        lanes = self._lanes
        if len(lanes) == 1:
            lanes[0].buffer += records
        else:
            for record in records:
                lanes[record[3] % len(lanes)].buffer.append(record)
        for lane in lanes:
            if lane.buffer:
                lane.delivered()
        self.go_on()

    def _count_polls(self, now_us: int) -> None:
        """Those before now that found nothing."""
        if not self.waits_for_room:
            self._mapping.counts.reads.total += self._reading.polls(self._phase_us, self._polled_us, now_us)
        self._polled_us = now_us
