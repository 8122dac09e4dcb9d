"""A batch of messages, as an event source mapping gathers it for one invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.triggers.sqs.polls import Poll
from lambdasim.units import MAXIMUM_US

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.triggers.sqs.lines import Message
    from lambdasim.triggers.sqs.polls import Consumer
    from lambdasim.triggers.sqs.queue import Receive

_KB_PER_MB = 1024


class Batch:
    """Messages on their way to one invocation."""

    __slots__ = ("closes_us", "deadline_us", "ends_us", "failing", "messages", "number", "poll", "polled", "receives")

    def __init__(self) -> None:
        self.number = -1  # until it is sent
        self.messages: list[Message] = []
        self.receives: list[Receive] = []
        self.deadline_us = 0  # when the first of them becomes visible again
        self.closes_us = 0  # when its window ends
        self.ends_us = MAXIMUM_US  # when it is sent at the latest: a long poll may outlast the window
        self.poll: Poll | None = None  # that waits for more of it
        self.polled = False  # whether any has
        self.failing: list[Message] = []  # those that the function cannot process

    def add(self, receive: Receive, messages: list[Message]) -> None:
        """Messages of one receive join it."""
        if not self.messages:
            self.deadline_us = receive.deadline_us
        self.receives.append(receive)
        if len(self.receives) == 1:
            self.messages = messages
        elif len(self.receives) == 2:
            self.messages = self.messages + messages  # the first list is the receive's own
        else:
            self.messages += messages

    @property
    def arrived_us(self) -> int:
        """When the last of its messages was sent."""
        messages = self.messages
        if len(messages) == 1:
            return messages[0].arrived_us
        return max([message.arrived_us for message in messages])


class BatchPoll(Poll):
    """A long poll of a poller, with what it has gathered so far: nothing, if it is idle."""

    __slots__ = ("batch",)

    def __init__(self, consumer: Consumer, since_us: int, batch: Batch) -> None:
        super().__init__(consumer, since_us)
        self.batch = batch


def most_messages(payload_mb: float, book: Book) -> int:
    """How many messages of one size fit an invocation, each with its metadata."""
    message_mb = payload_mb + book.value("triggers/sqs/mapping/metadata_kb") / _KB_PER_MB
    return max(1, int(book.value("quotas/function/payload_mb/request") / message_mb))
