"""The message groups of a FIFO queue: within each, messages keep their order, and one receive at a time has some."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.triggers.sqs.lines import Message

if TYPE_CHECKING:
    from lambdasim.scenario.sqs_trigger import MessageGroups


def group_sampler(groups: MessageGroups) -> Callable[[np.random.Generator, int], NDArray[np.int64]]:
    """Draws the group of each message: uniformly, or by Zipf's law with P(k) ~ 1 / (k + 1)^s for k = 0, 1, ..."""
    if not groups.zipf:
        return lambda generator, n: generator.integers(groups.count, size=n)
    shares = np.cumsum(np.arange(1, groups.count + 1, dtype=np.float64) ** -groups.zipf)
    shares /= shares[-1]
    return lambda generator, n: np.searchsorted(shares, generator.random(n), side="right")


class _Group:
    """A message group: what waits in it, in order, and how many of its messages are hidden."""

    __slots__ = ("hidden", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Message] = deque()
        self.hidden = 0


class GroupedLine:
    """The visible messages of a FIFO queue: the next ones of each group that has none hidden.

    Groups take turns by the age of their first message. While messages of a group are hidden, the others in it wait.
    """

    __slots__ = ("_group_of", "_groups", "_ready", "size")

    def __init__(self, group_of: Callable[[int], int]) -> None:
        self.size = 0
        self._group_of = group_of
        self._groups: dict[int, _Group] = {}
        self._ready: list[tuple[int, int]] = []  # a heap: the number of the first message, and the group

    @property
    def receivable(self) -> bool:
        """See ``Line``."""
        return bool(self._ready)

    @property
    def oldest_us(self) -> int | None:
        """See ``Line``."""
        first = (group.waiting[0] for group in self._groups.values() if group.waiting)
        return min((message.sent_us for message in first if not message.receives), default=None)

    def add(self, number: int, times_us: Sequence[int]) -> None:
        """See ``Line``."""
        group_of, groups, ready = self._group_of, self._groups, self._ready
        for message_number, sent_us in enumerate(times_us, number):
            key = group_of(message_number)
            group = groups.get(key)
            if group is None:
                group = groups[key] = _Group()
            if not group.waiting and not group.hidden:
                heappush(ready, (message_number, key))
            group.waiting.append(Message(message_number, sent_us, 0, key))
        self.size += len(times_us)

    def insert(self, message: Message, now_us: int) -> None:  # noqa: ARG002 - order is by number
        """See ``Line``."""
        message.group = self._group_of(message.number)
        group = self._groups.setdefault(message.group, _Group())
        if not group.waiting and not group.hidden:
            heappush(self._ready, (message.number, message.group))
        group.waiting.append(message)
        self.size += 1

    def pop(self, count: int) -> list[Message]:
        """See ``Line``."""
        messages: list[Message] = []
        ready, groups = self._ready, self._groups
        while ready and len(messages) < count:
            group = groups[heappop(ready)[1]]
            if group.hidden:
                continue  # it stood there twice
            waiting = group.waiting
            while waiting and len(messages) < count:
                message = waiting.popleft()
                if not message.ended:
                    message.hidden = True
                    message.receives += 1
                    group.hidden += 1
                    messages.append(message)
        self.size -= len(messages)
        return messages

    def pop_older(self, than_us: int) -> list[Message]:
        """See ``Line``."""
        messages: list[Message] = []
        for group in self._groups.values():
            waiting = group.waiting
            while waiting and waiting[0].sent_us <= than_us and not waiting[0].receives:
                messages.append(waiting.popleft())
        self.size -= len(messages)
        return messages

    def give_back(self, messages: Sequence[Message], now_us: int) -> None:  # noqa: ARG002 - order is by number
        """See ``Line``."""
        self.size += len(messages)
        for message in reversed(messages):
            message.hidden = False
            group = self._groups[message.group]
            group.waiting.appendleft(message)
            self._show(message.group, group)

    def forget(self, message: Message) -> None:
        """See ``Line``."""
        if not message.hidden:
            self.size -= 1  # it lies in its group still, and is passed over
            return
        group = self._groups[message.group]
        group.hidden -= 1
        if not group.hidden and group.waiting:
            heappush(self._ready, (group.waiting[0].number, message.group))

    def _show(self, key: int, group: _Group) -> None:
        """One message of a group is hidden no longer."""
        group.hidden -= 1
        if not group.hidden:
            heappush(self._ready, (group.waiting[0].number, key))
