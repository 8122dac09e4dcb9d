"""The age of an SQS queue's oldest message, as CloudWatch shows it: not of those that have been tried in vain."""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.triggers.sqs.lines import Message


class Returned:
    """Messages that were received and came back, or were moved here: the oldest of those that count.

    A standard queue's message counts no longer once it has come back from so many receives as the parameter book says;
    a FIFO queue's counts until it ends. One that was moved here is as old as it has been here.
    Source: Amazon SQS developer guide, sqs-available-cloudwatch-metrics and setting-up-dead-letter-queue-retention.
    """

    __slots__ = ("_entries", "_receives")

    def __init__(self, book: Book, *, fifo: bool) -> None:
        self._receives = math.inf if fifo else book.value("triggers/sqs/queue/receives_in_vain")
        self._entries: list[tuple[int, int, Message]] = []  # a heap

    def add(self, message: Message) -> None:
        """It has come back for the first time, or was moved here."""
        heappush(self._entries, (message.arrived_us, message.number, message))

    def prune(self) -> None:
        """Forget those that do not count."""
        self._entries = [entry for entry in self._entries if self._counts(entry[2])]
        heapify(self._entries)

    def oldest_us(self, now_us: int) -> int:
        """Since when the oldest that counts has been here; ``now_us`` if there is none."""
        entries = self._entries
        while entries and not self._counts(entries[0][2]):
            heappop(entries)
        return entries[0][0] if entries else now_us

    def _counts(self, message: Message) -> bool:
        tried = message.receives - message.hidden  # receives that are over
        return not message.ended and tried < self._receives
