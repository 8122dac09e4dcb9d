"""Kinesis and DynamoDB streams: records come to shards, and each target's event source mapping reads them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from math import ceil
from typing import TYPE_CHECKING

from lambdasim.codes import Fate
from lambdasim.randomness import stream
from lambdasim.records import NEVER, Tally
from lambdasim.scenario.stream_triggers import KinesisTrigger
from lambdasim.triggers.chain import Chain
from lambdasim.triggers.feed import Feed
from lambdasim.triggers.queued import event_row
from lambdasim.triggers.streams.counts import StreamCounts
from lambdasim.triggers.streams.lanes import Lane
from lambdasim.triggers.streams.mapping import Mapping
from lambdasim.triggers.streams.readers import Reader
from lambdasim.triggers.streams.settings import (
    delays_of,
    is_pushed,
    lanes_of,
    limits_of,
    reading_of,
    rules_of,
    shards_of,
)
from lambdasim.units import MAXIMUM_US, MB_PER_GB, US_PER_HOUR, US_PER_MINUTE

if TYPE_CHECKING:
    from lambdasim.scenario.stream_triggers import StreamTrigger
    from lambdasim.triggers.queued import Run
    from lambdasim.triggers.streams.shards import Shard

_KB_PER_MB = 1024


class Stream:
    """A stream and the mappings that read it.

    Its own arrivals are taken when somebody looks; an entry on the clock waits for the next one only while a reader
    sleeps. A chain that enters loses the functions that ran in it: Lambda does not see loops that go through streams.
    """

    def __init__(self, run: Run, index: int, name: str, trigger: StreamTrigger) -> None:
        self._index = index
        self._run = run
        self._name = name
        self._trigger = trigger
        self._clock = run.clock
        self._begins_us, self._ends_us = run.measured_us
        self._feed = Feed(run.times_us(name, trigger.arrivals))
        self._targets = [run.aliases[target].function for target in trigger.targets]
        self._factor = trigger.parallelization_factor
        self._keys = lanes_of(run, name, trigger)
        self._shards = shards_of(trigger, run.book)
        self._drops = isinstance(trigger, KinesisTrigger) and trigger.on_write_throttle == "drop"
        self._counts = StreamCounts(run.measured_us)
        self._events = 0  # the number of the next event
        self._offered = 0
        self._sleeping = 0  # readers that wait for a record
        self._awaits = False  # whether the next arrival has its entry on the clock
        self._lanes: list[Lane] = []
        self._readers: list[Reader] = []
        self._attach()

    def _attach(self) -> None:
        """Make the mappings: for each a reader of every shard, and its lanes."""
        run, name, trigger = self._run, self._name, self._trigger
        rules, numbers = rules_of(trigger, run.book), count()
        reading = reading_of(trigger, run.book, run.measured_us)
        for number, target in enumerate(trigger.targets):
            mapping = Mapping(run, self._index, name, trigger, target, rules, self._counts, numbers, self.look)
            delays = delays_of(run, name, trigger, target)
            phases = stream(run.seed, "poll phase", name, target).random(len(self._shards)) * reading.interval_us
            for shard, phase_us in zip(self._shards, phases.astype(int).tolist(), strict=True):
                lanes = [Lane(mapping) for _ in range(self._factor)]
                limits = limits_of(trigger, shard, run.book)
                self._readers.append(Reader(self, mapping, number, shard, lanes, reading, limits, delays, phase_us))
                self._lanes += lanes

    def accept(self, chain: Chain, now_us: int) -> None:
        """See ``Inlet``."""
        self.look(now_us)
        self._put(now_us, chain.out_of_sight())

    def start(self) -> None:
        """See ``QueuedTrigger``."""
        clock, waiting = self._clock, self._counts.waiting
        if self._trigger.starting_position == "TRIM_HORIZON":
            self._fill(self._trigger.backlog)
        for reader in self._readers:
            reader.go_on()
        clock.arrive(self._begins_us, self._looking(waiting.measure))
        clock.arrive(self._ends_us, self._looking(waiting.finish))
        clock.every(US_PER_MINUTE, self._gauge, until_us=self._run.ends_us)

    def offered(self) -> dict[int, int]:
        """See ``QueuedTrigger``."""
        return dict.fromkeys(self._targets, self._offered)

    def tally(self) -> Tally:
        """See ``QueuedTrigger``."""
        counts, trigger = self._counts, self._trigger
        written = [shard.written for shard in self._shards]
        if not isinstance(trigger, KinesisTrigger):
            return Tally(counts.totals(written), counts.series("ReturnedRecordsCount"))
        payload_mb, pushed = trigger.payload_size_mb, is_pushed(trigger)
        unit_kb = self._run.book.value("billing/kinesis_put_payload_unit_kb")
        shard_hours = len(self._shards) * (self._ends_us - self._begins_us) / US_PER_HOUR
        totals = counts.totals(written) | {
            "write_throttles": counts.throttled_writes.total,
            "put_units": counts.incoming.total * ceil(payload_mb * _KB_PER_MB / unit_kb),
            "shard_hours": shard_hours,
            "consumer_shard_hours": shard_hours * len(self._targets) if pushed else 0.0,
            "read_gb": counts.polled.total * payload_mb / MB_PER_GB if pushed else 0.0,
        }
        series = {
            "IncomingRecords": counts.by_minute(counts.incoming),
            "WriteProvisionedThroughputExceeded": counts.by_minute(counts.throttled_writes),
        }
        return Tally(
            totals, series | counts.series("SubscribeToShardEvent.Records" if pushed else "GetRecords.Records")
        )

    def close(self, now_us: int) -> None:
        """See ``QueuedTrigger``."""
        self.look(now_us)
        for lane in self._lanes:
            lane.expire()
        for reader in self._readers:
            reader.close(now_us)

    def look(self, now_us: int) -> None:
        """Let what has come by now into the shards."""
        if self._feed.next_us <= now_us:
            for at_us in self._feed.take(now_us):
                self._put(at_us, None)

    def sleep(self, shard: Shard, wake: Callable[[int], None]) -> None:
        """Call ``wake`` once, when the shard has one more record, with the time at which it has it."""
        shard.sleepers.append(wake)
        self._sleeping += 1
        self._await_arrival()

    def _put(self, at_us: int, chain: Chain | None) -> None:
        """A producer puts a record: its shard has it now, or as soon as it takes one more, or never."""
        event, counts = self._events, self._counts
        self._events += 1
        if at_us >= self._begins_us:
            self._offered += 1
        lane = self._keys.of(event)
        shard, queued_us = self._shards[lane // self._factor], at_us
        if shard.writes is not None:
            queued_us = shard.writes.earliest_us(at_us)
            if queued_us > at_us:
                counts.throttled_writes.add(at_us)
                if self._drops:
                    self._drop(event, at_us, lane, chain)
                    return
            shard.writes.take(queued_us)
        counts.incoming.add(queued_us)
        counts.waiting.now += len(self._targets)
        if self._begins_us <= queued_us < self._ends_us:
            shard.written += 1
        shard.append((queued_us, event, at_us, lane, chain))
        if shard.sleepers:
            self._rouse(shard, queued_us)

    def _fill(self, backlog: int) -> None:
        """These records lie in the stream at the start; what they took to write is past."""
        for event in range(backlog):
            lane = self._keys.of_backlog(event)
            self._shards[lane // self._factor].append((0, event, 0, lane, None))
        self._events = backlog
        self._counts.waiting.now = backlog * len(self._targets)
        if self._begins_us == 0:
            self._offered = backlog

    def _drop(self, event: int, at_us: int, lane: int, chain: Chain | None) -> None:
        """The shard took no more, and the producer does not try again."""
        for function in self._targets:
            row = event_row(
                event=event,
                trigger=self._index,
                function=function,
                arrived_us=at_us,
                queued_us=NEVER,
                ended_us=at_us,
                batch=-1,
                attempts=0,
                runs=0,
                fate=Fate.WRITE_THROTTLED,
                lane=lane,
                chain=chain,
            )
            self._run.events.append(row)

    def _rouse(self, shard: Shard, queued_us: int) -> None:
        """The shard has a record again: tell who sleeps for want of one."""
        sleepers, shard.sleepers = shard.sleepers, []
        self._sleeping -= len(sleepers)
        for wake in sleepers:
            wake(queued_us)

    def _await_arrival(self) -> None:
        if not self._awaits and self._feed.next_us < MAXIMUM_US:
            self._awaits = True
            self._clock.arrive(self._feed.next_us, self._arrive)

    def _arrive(self) -> None:
        self._awaits = False
        self.look(self._clock.now)
        if self._sleeping:
            self._await_arrival()

    def _looking(self, note: Callable[[], None]) -> Callable[[], None]:
        """``note``, once the present is known."""

        def look_and_note() -> None:
            self.look(self._clock.now)
            note()

        return look_and_note

    def _gauge(self, now_us: int) -> None:
        self.look(now_us)
        self._counts.waiting.gauge.read(now_us, self._counts.waiting.now)
