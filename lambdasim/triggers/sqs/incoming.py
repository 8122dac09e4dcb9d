"""Messages on their way into an SQS queue: sent by its own producers or by other triggers, numbered, and delayed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lambdasim.triggers.feed import Feed
from lambdasim.triggers.sqs.lines import Line, Message, Unreceived

if TYPE_CHECKING:
    from lambdasim.scenario.sqs_trigger import SqsTrigger
    from lambdasim.triggers.chain import Chain
    from lambdasim.triggers.queued import Run
    from lambdasim.triggers.sqs.counts import QueueCounts


class Incoming:
    """What joins a queue's ``line`` of visible messages: at once, or when its delay is over.

    ``offered`` counts the messages of the measured span, ``is_fed`` says whether other triggers send some.
    """

    __slots__ = (
        "_chains",
        "_counts",
        "_delay_us",
        "_delayed",
        "_feed",
        "_line",
        "_next",
        "_warm_up_us",
        "is_fed",
        "offered",
    )

    def __init__(self, run: Run, name: str, trigger: SqsTrigger, line: Line, counts: QueueCounts) -> None:
        self.offered = 0
        self.is_fed = False
        self._warm_up_us = run.scenario.warm_up_us
        self._delay_us = trigger.queue.delay_us
        self._feed = Feed(run.times_us(name, trigger.arrivals))
        self._line = line
        self._counts = counts
        self._next = 0  # the number of the next message
        self._delayed = Unreceived()
        self._chains: dict[int, Chain] = {}  # of messages that others have sent, until they are received

    @property
    def delayed(self) -> int:
        """How many messages are delayed."""
        return self._delayed.size

    @property
    def next_us(self) -> int:
        """When the next message becomes visible, as far as that is known."""
        at_us = self._feed.next_us
        if self._delayed.size:
            at_us = min(at_us, self._delayed.first_us)
        return at_us + self._delay_us

    def wait_already(self, messages: int) -> None:
        """The run begins: so many wait in the line."""
        self._add(messages * [0], self._line)

    def catch_up(self, until_us: int) -> None:
        """What is sent, or whose delay ends, up to and including ``until_us``."""
        if self._feed.next_us <= until_us:
            times_us = self._feed.take(until_us)
            self._counts.count_sends(times_us)
            self._add(times_us, self._delayed if self._delay_us else self._line)
        if self._delayed.size:
            for number, times_us in self._delayed.pop_sent_by(until_us - self._delay_us):
                self._line.add(number, times_us)

    def send(self, chain: Chain, now_us: int) -> int:
        """Another trigger sends a message; returns when it becomes visible."""
        self.is_fed = True
        self._chains[self._next] = chain
        self._counts.count_sends((now_us,))
        self._add((now_us,), self._delayed if self._delay_us else self._line)
        return now_us + self._delay_us

    def move(self, chain: Chain, now_us: int) -> Message:
        """Another queue moves a message here: that is no send, and not delayed."""
        self.is_fed = True
        message = Message(self._next, now_us)
        message.chain = chain
        self._next += 1
        self.offered += now_us >= self._warm_up_us
        return message

    def _add(self, times_us: Sequence[int], to: Line | Unreceived) -> None:
        to.add(self._next, times_us)
        self._next += len(times_us)
        if times_us[0] >= self._warm_up_us:  # none lie on both sides: somebody looks as the measured span begins
            self.offered += len(times_us)

    def tell_chains(self, messages: Sequence[Message]) -> None:
        """Messages come out of the line for the first time: those that others have sent are told their chain."""
        if self._chains:
            for message in messages:
                if message.chain is None:
                    message.chain = self._chains.pop(message.number, None)
