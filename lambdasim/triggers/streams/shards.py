"""The stream itself: which shard a record goes to, how much a shard takes and gives, and its records in their order."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.randomness import Draws, stream
from lambdasim.triggers.chain import Chain
from lambdasim.triggers.pace import NS_PER_S, Pace

if TYPE_CHECKING:
    from collections.abc import Callable

Record = tuple[int, int, int, int, Chain | None]
"""When the stream had it, its event's number, when that arrived, its lane, and its chain (none: it began its own).

In this order, so that records sort, and can be searched, by when the stream had them.
"""

_SPENT = 4096  # so many records that all have read are worth a shortening of the list


class Lanes:
    """Which lane of the stream an event belongs to: that of its partition key.

    A shard has ``parallelization_factor`` lanes, and lane ``n`` belongs to shard ``n // parallelization_factor``. As
    shards do, lanes divide the hashes of keys into ranges of one size, so that a stream of twice the shards splits
    each. With ``keys`` the k-th most frequent is drawn with a share that goes with k to the power of ``-zipf``;
    without, each event has a key, and thus a hash, of its own.
    """

    def __init__(self, seed: int, trigger: str, lanes: int, keys: int | None, zipf: float) -> None:
        self._lanes = lanes
        sample = self._of_own_keys
        if keys is not None:
            hashes = stream(seed, "partition keys", trigger).random(keys)
            self._of_key = (hashes * lanes).astype(np.int64)
            self._shares = np.cumsum(np.arange(1, keys + 1, dtype=np.float64) ** -zipf)
            sample = self._of_drawn_keys
        self._keys = keys
        self._draws: Draws[int] = Draws(seed, "partition key", trigger, sample=sample)
        self.of: Callable[[int], int] = self._draws.at

    def of_backlog(self, event: int) -> int:
        """The lane of an event of the backlog, which has the keys one after the other."""
        return self.of(event) if self._keys is None else int(self._of_key[event % self._keys])

    def _of_own_keys(self, generator: np.random.Generator, n: int) -> NDArray[np.int64]:
        return (generator.random(n) * self._lanes).astype(np.int64)

    def _of_drawn_keys(self, generator: np.random.Generator, n: int) -> NDArray[np.int64]:
        ranks = np.searchsorted(self._shares, generator.random(n) * self._shares[-1], side="right")
        lanes: NDArray[np.int64] = self._of_key[ranks]
        return lanes


class ReadLimits:
    """What consumers together may read of one shard: so many calls, and so many MB, a second; None: as they like.

    A call is let in once the MB of those before are paid off, however much it takes then.
    """

    __slots__ = ("_call_ns", "_calls", "_mb_ns", "_megabytes")

    def __init__(self, calls_per_second: float | None, mb_per_second: float | None) -> None:
        self._call_ns = round(NS_PER_S / calls_per_second) if calls_per_second else 0
        self._mb_ns = NS_PER_S / mb_per_second if mb_per_second else 0.0
        self._calls = Pace(NS_PER_S - self._call_ns)  # the limit is said per second: they may come at once
        self._megabytes = Pace(0)

    def earliest_us(self, now_us: int) -> int:
        """When a call is let in, from ``now_us`` on."""
        return max(self._calls.earliest_us(now_us), self._megabytes.earliest_us(now_us))

    def take(self, at_us: int, mb: float) -> None:
        """A call at ``at_us`` takes ``mb``."""
        self._calls.take(at_us, self._call_ns)
        self._megabytes.take(at_us, round(mb * self._mb_ns))


class WriteLimit:
    """What a shard takes: so many records, and so many MB, a second; as all have one size, one of the two binds."""

    __slots__ = ("_cost_ns", "_pace")

    def __init__(self, records_per_second: float, mb_per_second: float, burst_s: float, record_mb: float) -> None:
        self._cost_ns = round(max(1 / records_per_second, record_mb / mb_per_second) * NS_PER_S)
        self._pace = Pace(round(burst_s * NS_PER_S) - self._cost_ns)

    def earliest_us(self, now_us: int) -> int:
        """When the shard takes the next record, from ``now_us`` on."""
        return self._pace.earliest_us(now_us)

    def take(self, at_us: int) -> None:
        """A record is written at ``at_us``."""
        self._pace.take(at_us, self._cost_ns)


class Shard:
    """One shard: its records in the order in which it had them; what all of its readers have read is left out.

    ``sleepers`` wait for its next record: each is called once, with the time at which the shard has that. ``written``
    counts the records of the measured span.
    """

    __slots__ = ("_first", "_read", "_records", "reads", "sleepers", "writes", "written")

    def __init__(self, writes: WriteLimit | None, reads: ReadLimits, readers: int) -> None:
        self.writes = writes
        self.reads = reads
        self.written = 0
        self.sleepers: list[Callable[[int], None]] = []
        self._records: list[Record] = []
        self._first = 0  # how many were left out before the first of _records
        self._read = [0] * readers  # how many each reader has read

    def append(self, record: Record) -> None:
        """The shard has one more record; none is older than the one before."""
        self._records.append(record)

    def take(self, reader: int, until_us: int, most: int) -> list[Record]:
        """Up to ``most`` records that a reader has not read, of those that the shard had by ``until_us``."""
        records, begin = self._records, self._read[reader] - self._first
        end = min(begin + most, len(records))
        if end > begin and records[end - 1][0] > until_us:
            end = bisect_left(records, (until_us + 1,), begin, end)
        taken = records[begin:end]
        self._read[reader] += len(taken)
        if end > _SPENT:
            self._forget()
        return taken

    def next_us(self, reader: int) -> int | None:
        """When the shard had the next record that a reader has not read; in the future, if its producer has to wait."""
        place = self._read[reader] - self._first
        return self._records[place][0] if place < len(self._records) else None

    def unread(self, reader: int) -> list[Record]:
        """All that a reader has not read."""
        return self._records[self._read[reader] - self._first :]

    def _forget(self) -> None:
        """Leave out what all have read, if it is most of what is there."""
        spent = min(self._read) - self._first
        if spent > _SPENT and spent * 2 > len(self._records):
            del self._records[:spent]
            self._first += spent
