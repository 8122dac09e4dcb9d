"""How the visible messages of an SQS queue wait for a receive: those of a standard queue stand in one line.

A line has ``size`` visible messages, of which the next receive can have some if it is ``receivable``. ``pop`` hides
messages and counts their receive; ``give_back`` makes those visible again whose visibility timeout has passed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Protocol

from lambdasim.codes import Fate, Kept
from lambdasim.triggers.chain import Chain

_BLOCK = 4096


class Message:
    """A message: what has happened to it so far.

    ``sent_us`` is where its retention counts from. ``hidden``: received, and its visibility timeout has not passed.
    ``ended``: deleted, expired or moved to the dead-letter queue; what still refers to it then finds out by this.
    """

    __slots__ = (
        "arrived_us",
        "batch",
        "chain",
        "ended",
        "failed_runs",
        "group",
        "hidden",
        "number",
        "receives",
        "runs",
        "sent_us",
    )

    def __init__(self, number: int, arrived_us: int, receives: int = 0, group: int = -1) -> None:
        self.number = number
        self.arrived_us = self.sent_us = arrived_us
        self.group = group
        self.chain: Chain | None = None
        self.batch = -1  # of the last run that it was sent to
        self.receives = receives
        self.runs = 0
        self.failed_runs = 0
        self.hidden = receives > 0
        self.ended = False

    def row(self, index: int, function: int, owner: int, ended_us: int, fate: Fate, kept: Kept) -> tuple[int, ...]:
        """Its row of the event log, as ``queued.event_row`` makes it, without the cost of keywords.

        ``index`` and ``function``: of the mapping in whose hands it ended; ``owner``: the trigger whose queue it is.
        """
        number, arrived_us, chain = self.number, self.arrived_us, self.chain
        head = (number, index, function, arrived_us, arrived_us, ended_us, self.batch, self.receives, self.runs)
        if chain is None:
            return (*head, fate, kept, self.group, owner, number, arrived_us, 0)
        return (*head, fate, kept, self.group, chain.trigger, chain.event, chain.arrived_us, chain.depth)


class Unreceived:
    """Messages that nobody has received yet: their numbers and when they were sent, in that order.

    A message becomes an object when it is first received; until then it takes a number's room in a block.
    """

    __slots__ = ("_blocks", "size")

    def __init__(self) -> None:
        self._blocks: deque[_Block] = deque()
        self.size = 0

    def add(self, number: int, times_us: Sequence[int]) -> None:
        """Messages from ``number`` on, one sent at each of ``times_us``; none before those that are there."""
        self.size += len(times_us)
        last = self._blocks[-1] if self._blocks else None
        if last is not None and last.number + len(last.times_us) == number and len(last.times_us) < _BLOCK:
            last.times_us += times_us
        else:
            self._blocks.append(_Block(number, list(times_us)))

    def pop(self, count: int) -> list[Message]:
        """The first ``count`` of them, or all: now they are received."""
        messages: list[Message] = []
        while count > 0 and self._blocks:
            number, times_us = self._take(count)
            messages += [Message(number + n, sent_us, 1) for n, sent_us in enumerate(times_us)]
            count -= len(times_us)
        return messages

    def pop_sent_by(self, until_us: int) -> Iterator[tuple[int, list[int]]]:
        """Those sent up to and including ``until_us``: as numbers and times for ``add``."""
        while self._blocks and self.first_us <= until_us:
            block = self._blocks[0]
            yield self._take(bisect_right(block.times_us, until_us, lo=block.place) - block.place)

    def _take(self, count: int) -> tuple[int, list[int]]:
        """From the first block: the number of the first message, and up to ``count`` times."""
        block = self._blocks[0]
        place = block.place
        times_us = block.times_us[place : place + count]
        taken = len(times_us)
        block.place = place + taken
        if block.place == len(block.times_us):
            self._blocks.popleft()
        self.size -= taken
        return block.number + place, times_us

    @property
    def first_us(self) -> int:
        """When the first of them was sent; ask only if there are any."""
        block = self._blocks[0]
        return block.times_us[block.place]


class _Block:
    """Messages with numbers in a row, from ``number`` on; those before ``place`` are gone."""

    __slots__ = ("number", "place", "times_us")

    def __init__(self, number: int, times_us: list[int]) -> None:
        self.number = number
        self.times_us = times_us
        self.place = 0


class Line(Protocol):
    """Visible messages."""

    size: int

    @property
    def receivable(self) -> bool:
        """Whether a receive would find something."""

    @property
    def oldest_us(self) -> int | None:
        """When the oldest of those was sent that were never received; None without any."""

    def add(self, number: int, times_us: Sequence[int]) -> None:
        """Messages that have just been sent."""

    def insert(self, message: Message, now_us: int) -> None:
        """A message that another queue has moved here."""

    def pop(self, count: int) -> list[Message]:
        """The next ``count`` messages, or fewer; each has been received once more."""

    def pop_older(self, than_us: int) -> list[Message]:
        """Those at the front that were never received and were sent at ``than_us`` or before."""

    def give_back(self, messages: Sequence[Message], now_us: int) -> None:
        """Hidden messages become visible again."""

    def forget(self, message: Message) -> None:
        """A message has ended."""


class StandardLine:
    """The visible messages of a standard queue, in the order in which they became visible.

    SQS keeps no order, and publishes no rule; this is the fair one.
    """

    __slots__ = ("_delay_us", "_fresh", "_returned", "size")

    def __init__(self, delay_us: int) -> None:
        self.size = 0
        self._delay_us = delay_us
        self._fresh = Unreceived()
        self._returned: deque[tuple[int, Message]] = deque()  # with the time when each became visible

    @property
    def receivable(self) -> bool:
        """See ``Line``."""
        return self.size > 0

    @property
    def oldest_us(self) -> int | None:
        """See ``Line``."""
        return self._fresh.first_us if self._fresh.size else None

    def add(self, number: int, times_us: Sequence[int]) -> None:
        """See ``Line``."""
        self.size += len(times_us)
        self._fresh.add(number, times_us)

    def insert(self, message: Message, now_us: int) -> None:
        """See ``Line``."""
        self.size += 1
        self._returned.append((now_us, message))

    def pop(self, count: int) -> list[Message]:
        """See ``Line``."""
        messages = self._merged(count) if self._returned else self._fresh.pop(count)
        self.size -= len(messages)
        return messages

    def _merged(self, count: int) -> list[Message]:
        """Whichever became visible first: one that came back, or one that nobody has received yet."""
        messages: list[Message] = []
        fresh, returned = self._fresh, self._returned
        while len(messages) < count and (returned or fresh.size):
            if not returned:
                messages += fresh.pop(count - len(messages))
            elif returned[0][1].ended:
                returned.popleft()
            elif fresh.size and fresh.first_us + self._delay_us < returned[0][0]:
                messages += fresh.pop(1)
            else:
                _, message = returned.popleft()
                message.hidden = True
                message.receives += 1
                messages.append(message)
        return messages

    def pop_older(self, than_us: int) -> list[Message]:
        """See ``Line``."""
        messages = [
            Message(number + n, sent_us)
            for number, times_us in self._fresh.pop_sent_by(than_us)
            for n, sent_us in enumerate(times_us)
        ]
        self.size -= len(messages)
        return messages

    def give_back(self, messages: Sequence[Message], now_us: int) -> None:
        """See ``Line``."""
        self.size += len(messages)
        for message in messages:
            message.hidden = False
            self._returned.append((now_us, message))

    def forget(self, message: Message) -> None:
        """See ``Line``."""
        if not message.hidden:
            self.size -= 1  # it lies in the line still, and is passed over
