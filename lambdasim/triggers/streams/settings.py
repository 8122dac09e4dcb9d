"""What a stream's settings and the parameter book come to: shards, their limits, and how they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.randomness import Draws
from lambdasim.scenario.distributions import distribution_from
from lambdasim.scenario.stream_triggers import KinesisTrigger, retention_us_of
from lambdasim.service.cold_start import whole_us
from lambdasim.triggers.streams.batches import Rules
from lambdasim.triggers.streams.readers import Delays, Reading
from lambdasim.triggers.streams.shards import Lanes, ReadLimits, Shard, WriteLimit
from lambdasim.units import MAXIMUM_US, US_PER_S

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.stream_triggers import StreamTrigger
    from lambdasim.triggers.queued import Run

_STREAMS = "triggers/streams"


def is_pushed(trigger: StreamTrigger) -> bool:
    """Whether the stream pushes its records to the mappings: enhanced fan-out."""
    return isinstance(trigger, KinesisTrigger) and trigger.enhanced_fan_out


def lanes_of(run: Run, name: str, trigger: StreamTrigger) -> Lanes:
    """Which lane each event belongs to."""
    keys, zipf = trigger.partition_keys, 0.0
    if keys is not None:
        zipf = keys.zipf if keys.zipf is not None else run.book.value(f"{_STREAMS}/partition_keys/zipf")
    lanes = trigger.shards * trigger.parallelization_factor
    return Lanes(run.seed, name, lanes, None if keys is None else keys.count, zipf)


def shards_of(trigger: StreamTrigger, book: Book) -> list[Shard]:
    """The shards; DynamoDB's table has limits on writes of its own, before there is a stream."""
    readers = len(trigger.targets)
    if not isinstance(trigger, KinesisTrigger):
        return [Shard(None, ReadLimits(None, None), readers) for _ in range(trigger.shards)]
    write, read = f"{_STREAMS}/kinesis/write", f"{_STREAMS}/kinesis/read"
    records, mb, burst_s = (
        book.value(f"{write}/{name}") for name in ("records_per_second", "mb_per_second", "burst_s")
    )
    calls, read_mb = (book.value(f"{read}/{name}") for name in ("calls_per_second", "mb_per_second"))
    return [
        Shard(WriteLimit(records, mb, burst_s, trigger.payload_size_mb), ReadLimits(calls, read_mb), readers)
        for _ in range(trigger.shards)
    ]


def limits_of(trigger: StreamTrigger, shard: Shard, book: Book) -> ReadLimits:
    """What one reader of a shard may read: of what all share, or, with enhanced fan-out, on its own."""
    if not is_pushed(trigger):
        return shard.reads
    return ReadLimits(None, book.value(f"{_STREAMS}/kinesis/enhanced_fan_out/mb_per_second"))


def reading_of(trigger: StreamTrigger, book: Book, measured_us: tuple[int, int]) -> Reading:
    """How the stream is read; a push brings at most what a second may."""
    entry, size_mb = f"{_STREAMS}/{trigger.type}", trigger.payload_size_mb
    if is_pushed(trigger):
        most = int(book.value(f"{entry}/enhanced_fan_out/mb_per_second") / size_mb)
        return Reading(0, max(most, 1), size_mb, measured_us)
    polls = book.value(f"{entry}/polls_per_second")
    most = min(book.value(f"{entry}/read/records"), int(book.value(f"{entry}/read/mb") / size_mb))
    return Reading(max(round(US_PER_S / polls), 1), max(most, 1), size_mb, measured_us)


def delays_of(run: Run, name: str, trigger: StreamTrigger, target: str) -> Delays:
    """How long the reads of one mapping take."""
    entry = "kinesis/enhanced_fan_out" if is_pushed(trigger) else trigger.type
    propagation = distribution_from(run.book.value(f"{_STREAMS}/{entry}/propagation"))
    return Delays(Draws(run.seed, "propagation", name, target, sample=whole_us(propagation)))


def rules_of(trigger: StreamTrigger, book: Book) -> Rules:
    """The rules of the mappings."""
    most = min(trigger.batch_size, int(book.value("quotas/function/payload_mb/request") / trigger.payload_size_mb))
    age_s, tumbling_s = trigger.maximum_record_age_in_seconds, trigger.tumbling_window_in_seconds
    idle_s = book.value(f"{_STREAMS}/mapping/tumbling_window_idle_s") if tumbling_s else 0
    return Rules(
        most=most,
        room=max(round(most * book.value(f"{_STREAMS}/mapping/lane_buffer_batches")), 1),
        window_us=trigger.maximum_batching_window_in_seconds * US_PER_S,
        retention_us=retention_us_of(trigger, book),
        age_us=age_s * US_PER_S if age_s >= 0 else MAXIMUM_US,
        retries=trigger.maximum_retry_attempts,
        bisects=trigger.bisect_batch_on_function_error,
        reports=trigger.reports_failures,
        tumbling_us=tumbling_s * US_PER_S,
        tumbling_idle_us=round(idle_s * US_PER_S),
    )
