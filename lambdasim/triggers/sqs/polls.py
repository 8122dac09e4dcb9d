"""Long polls that wait at an SQS queue: they are answered in the order in which they began, whoever made them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from lambdasim.units import MAXIMUM_US

if TYPE_CHECKING:
    from lambdasim.service.clock import Clock
    from lambdasim.triggers.sqs.lines import Message


class Consumer(Protocol):
    """A mapping that polls the queue, as the queue sees it."""

    index: int
    function: int
    offered: int  # messages of the measured span that ended in its hands, of a queue that is another trigger's

    def answer(self, poll: Poll, now_us: int) -> None:
        """Its long poll is answered: there is something to receive."""

    def must_not_run(self, message: Message) -> bool:
        """Whether Lambda stops the loop that the message is part of."""


class Polled(Protocol):
    """A queue, as its polls see it."""

    @property
    def receivable(self) -> bool:
        """Whether a receive would find something."""

    @property
    def next_us(self) -> int:
        """When the next message becomes visible, as far as that is known."""

    def catch_up(self, until_us: int) -> None:
        """What becomes visible up to and including ``until_us``."""


class Poll:
    """A long poll that waits for its answer; ``gone`` if its consumer no longer does."""

    __slots__ = ("consumer", "gone", "since_us")

    def __init__(self, consumer: Consumer, since_us: int) -> None:
        self.consumer = consumer
        self.since_us = since_us
        self.gone = False


class Polls:
    """The polls that wait at one queue; while any do, the clock wakes the queue for its next message."""

    __slots__ = ("_clock", "_ends_us", "_queue", "_waiting", "_wakes_us", "consumers")

    def __init__(self, queue: Polled, clock: Clock, ends_us: int) -> None:
        self.consumers = 0  # mappings that poll the queue
        self._queue = queue
        self._clock = clock
        self._ends_us = ends_us
        self._waiting: deque[Poll] = deque()
        self._wakes_us = MAXIMUM_US

    def wait(self, poll: Poll) -> None:
        """A long poll begins."""
        self._waiting.append(poll)
        self.wake_at(self._queue.next_us)

    def serve(self, now_us: int) -> None:
        """Answer polls while there is something to receive."""
        waiting, queue = self._waiting, self._queue
        while waiting and queue.receivable:
            poll = waiting.popleft()
            if not poll.gone:
                poll.consumer.answer(poll, now_us)

    def serve_another(self, consumer: Consumer, now_us: int) -> None:
        """Answer the first poll of a mapping other than ``consumer``: they take turns at what becomes free."""
        if self.consumers < 2 or not self._queue.receivable:
            return
        poll = next((poll for poll in self._waiting if poll.consumer is not consumer and not poll.gone), None)
        if poll is not None:
            self._waiting.remove(poll)
            poll.consumer.answer(poll, now_us)

    def wake_at(self, at_us: int) -> None:
        """A message becomes visible at ``at_us``: see to it then, if any poll waits."""
        if self._waiting and at_us < self._wakes_us and at_us <= self._ends_us:
            self._wakes_us = at_us
            self._clock.arrive(at_us, self._woken)

    def _woken(self) -> None:
        now_us = self._clock.now
        if now_us == self._wakes_us:  # else an earlier wake has taken its place
            self._wakes_us = MAXIMUM_US
            self._queue.catch_up(now_us)
            self.serve(now_us)
            if self._waiting:
                self.wake_at(self._queue.next_us)
