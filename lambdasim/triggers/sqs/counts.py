"""What an SQS queue counts beside the logs, under CloudWatch's names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.records import Tally
from lambdasim.triggers.counting import Counter, Gauge
from lambdasim.units import US_PER_MINUTE, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdasim.parameters.book import Book

_KB_PER_MB = 1024


class Level:
    """A number that holds until it changes: its mean over the measured span, and its highest value there."""

    __slots__ = ("_area", "_begins_us", "_ends_us", "_since_us", "highest", "value")

    def __init__(self, measured_us: tuple[int, int], value: int) -> None:
        self._begins_us, self._ends_us = measured_us
        self._since_us = 0
        self._area = 0
        self.value = value
        self.highest = 0

    def set(self, now_us: int, value: int) -> None:
        """It changes now."""
        from_us, to_us = max(self._since_us, self._begins_us), min(now_us, self._ends_us)
        if to_us > from_us:
            self._area += self.value * (to_us - from_us)
            self.highest = max(self.highest, self.value)
        self._since_us = now_us
        self.value = value

    @property
    def area_us(self) -> int:
        """The value times the time that it held, summed over the measured span; as far as it is set."""
        return self._area

    @property
    def mean(self) -> float:
        """The mean over the measured span."""
        return self._area / (self._ends_us - self._begins_us)


class Highest:
    """The highest value seen in the measured span."""

    __slots__ = ("_begins_us", "_ends_us", "value")

    def __init__(self, measured_us: tuple[int, int]) -> None:
        self._begins_us, self._ends_us = measured_us
        self.value: float = 0

    def see(self, now_us: int, value: float) -> None:
        """The value now."""
        if value > self.value and self._begins_us <= now_us <= self._ends_us:
            self.value = value


class Tallied:
    """Counts that only grow with the clock: plain numbers, which are read off at the end of each minute.

    A subclass names them in ``NAMES``, and calls ``turn`` before it counts something at or after ``turns_us``.
    """

    NAMES: tuple[str, ...] = ()

    def __init__(self, measured_us: tuple[int, int]) -> None:
        self._measured_us = measured_us
        self._read_us = 0  # all before it has been read off
        self._read = [0] * len(self.NAMES)
        self._minutes: list[list[int]] = [[] for _ in self.NAMES]
        self._totals = [0] * len(self.NAMES)
        self.turns_us = 0  # a minute, or the measured span, ends or begins
        for name in self.NAMES:
            setattr(self, name, 0)
        self.turn(0)

    def turn(self, now_us: int) -> None:
        """Something is to be counted now: read off what was counted before the last turn."""
        begins_us, ends_us = self._measured_us
        minute = self._read_us // US_PER_MINUTE
        measured = begins_us <= self._read_us < ends_us
        for n, name in enumerate(self.NAMES):
            value: int = getattr(self, name)
            minutes, more = self._minutes[n], value - self._read[n]
            if more:
                minutes += [0] * (minute + 1 - len(minutes))
                minutes[minute] += more
                self._totals[n] += more if measured else 0
            self._read[n] = value
        self._read_us = now_us
        next_minute_us = (now_us // US_PER_MINUTE + 1) * US_PER_MINUTE
        self.turns_us = min([next_minute_us, *(at_us for at_us in self._measured_us if at_us > now_us)])

    def total(self, name: str) -> int:
        """The count of the measured span."""
        self.turn(self._read_us)
        return self._totals[self.NAMES.index(name)]

    def series(self, name: str) -> NDArray[np.float64]:
        """The counts by minute."""
        self.turn(self._read_us)
        return np.array(self._minutes[self.NAMES.index(name)], dtype=np.float64)


class QueueCounts(Tallied):
    """What a queue counts: messages, requests as SQS bills them, and its depth.

    SQS bills each call, and each 64 KB that it carries as a call of its own; receives that find nothing, too.
    """

    NAMES = ("received", "deleted", "receives", "received_chunks", "deletes")
    received: int
    deleted: int
    receives: int  # that have found messages
    received_chunks: int
    deletes: int

    def __init__(self, book: Book, measured_us: tuple[int, int], payload_mb: float) -> None:
        super().__init__(measured_us)
        per_receive = book.value("triggers/sqs/queue/messages_per_receive")
        chunk_mb = book.value("billing/sqs_chunk_kb") / _KB_PER_MB
        self._chunks = [max(1, math.ceil(n * payload_mb / chunk_mb)) for n in range(per_receive + 1)]  # by messages
        self._per_delete = book.value("triggers/sqs/queue/messages_per_delete")
        self.sent, self.empty_receives = Counter(measured_us), Counter(measured_us)
        self.visible, self.hidden, self.delayed, self.oldest_s = (Gauge(measured_us) for _ in range(4))
        self.most_visible, self.most_hidden, self.oldest_ever_s = (Highest(measured_us) for _ in range(3))
        self.visible_end = 0
        self.drained_us: int | None = None

    def count_sends(self, times_us: Sequence[int]) -> None:
        """Messages were sent, one a call; ``times_us`` lie in one minute, and all within the measured span or none."""
        self.sent.add(times_us[-1], len(times_us))

    def count_receive(self, now_us: int, messages: int) -> None:
        """A receive has found messages."""
        if now_us >= self.turns_us:
            self.turn(now_us)
        self.received += messages
        self.receives += 1
        self.received_chunks += self._chunks[messages]

    def count_empty_receives(self, since_us: int, until_us: int, every_us: int, *, cut_short: bool = False) -> None:
        """Long polls have followed each other and found nothing; ``cut_short``: the last one ended at ``until_us``."""
        for ended_us in range(since_us + every_us, until_us + 1, every_us):
            self.empty_receives.add(ended_us)
        if cut_short and (until_us - since_us) % every_us:
            self.empty_receives.add(until_us)

    def count_delete(self, now_us: int, messages: int) -> None:
        """Messages are deleted, as many in a call as it takes."""
        if now_us >= self.turns_us:
            self.turn(now_us)
        self.deleted += messages
        self.deletes += -(-messages // self._per_delete)

    def tally(self) -> Tally:
        """All of it."""
        empty = self.empty_receives.total
        deletes = self.total("deletes")
        counts: dict[str, float] = {
            "sent": self.sent.total,
            "received": self.total("received"),
            "deleted": self.total("deleted"),
            "empty_receives": self.empty_receives.total,
            "send_requests": self.sent.total,
            "receive_requests": self.total("receives") + empty,
            "delete_requests": deletes,
            "requests": self.sent.total * self._chunks[1] + self.total("received_chunks") + empty + deletes,
            "visible_max": self.most_visible.value,
            "visible_end": self.visible_end,
            "not_visible_max": self.most_hidden.value,
            "oldest_message_s_max": self.oldest_ever_s.value,
        }
        if self.drained_us is not None:
            counts["drained_s"] = self.drained_us / US_PER_S
        series = {
            "ApproximateNumberOfMessagesVisible": self.visible.series(),
            "ApproximateNumberOfMessagesNotVisible": self.hidden.series(),
            "ApproximateNumberOfMessagesDelayed": self.delayed.series(),
            "ApproximateAgeOfOldestMessage": self.oldest_s.series(),
            "NumberOfMessagesSent": self.sent.series(),
            "NumberOfMessagesReceived": self.series("received"),
            "NumberOfMessagesDeleted": self.series("deleted"),
            "NumberOfEmptyReceives": self.empty_receives.series(),
        }
        return Tally(counts, series)
