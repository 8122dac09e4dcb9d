"""Which idle environment serves the next invocation: one pool for each rule.

AWS documents no rule; recorded traffic shows the most recently used first in 99.7 % of 22,177 choices. The
others are there to reproduce other simulators. A pool holds idle environments and may hold ended ones: who
looks discards those. ``peek`` shows the choice without taking it, so that a refused invocation changes
nothing.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Protocol

from lambdasim.randomness import Draws, uniforms

if TYPE_CHECKING:
    from lambdasim.service.environment import ExecutionEnvironment


class Pool(Protocol):
    """The idle environments of a fleet, in the order in which they are chosen."""

    def put(self, environment: ExecutionEnvironment) -> None:
        """Add an environment that became idle just now."""

    def put_unused(self, environment: ExecutionEnvironment) -> None:
        """Add an environment that Lambda has started ahead, and that no invocation has used yet."""

    def peek(self) -> ExecutionEnvironment | None:
        """The one to choose next; it stays. ``None`` if the pool is empty."""

    def take(self) -> ExecutionEnvironment:
        """Remove and return the one that ``peek`` showed."""


class MostRecentlyUsed:
    """A stack: the environment that became idle last is chosen first, one that was never used last.

    So it is in the recordings: each of the 105 first calls on environments that AWS had started ahead came when
    no other environment was idle.
    """

    __slots__ = (
        "_stack",
        "put",
        "put_unused",
        "take",
    )

    def __init__(self) -> None:
        self._stack: deque[ExecutionEnvironment] = deque()
        self.put = self._stack.append
        self.put_unused = self._stack.appendleft
        self.take = self._stack.pop

    def peek(self) -> ExecutionEnvironment | None:
        """See ``Pool``."""
        return self._stack[-1] if self._stack else None


class LeastRecentlyUsed:
    """A queue: the environment that became idle first is chosen first."""

    __slots__ = (
        "_queue",
        "put",
        "put_unused",
        "take",
    )

    def __init__(self) -> None:
        self._queue: deque[ExecutionEnvironment] = deque()
        self.put = self.put_unused = self._queue.append
        self.take = self._queue.popleft

    def peek(self) -> ExecutionEnvironment | None:
        """See ``Pool``."""
        return self._queue[0] if self._queue else None


class ByAge:
    """A heap by the environment's number: the oldest (``sign`` 1) or the newest (-1) is chosen first."""

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._heap: list[tuple[int, ExecutionEnvironment]] = []

    def put(self, environment: ExecutionEnvironment) -> None:
        """See ``Pool``."""
        heapq.heappush(self._heap, (self._sign * environment.number, environment))

    put_unused = put

    def peek(self) -> ExecutionEnvironment | None:
        """See ``Pool``."""
        return self._heap[0][1] if self._heap else None

    def take(self) -> ExecutionEnvironment:
        """See ``Pool``."""
        return heapq.heappop(self._heap)[1]


class Random:
    """Any of them, with equal chances."""

    def __init__(self, seed: int, function: str) -> None:
        self._idle: list[ExecutionEnvironment] = []
        self._draws: Draws[float] = Draws(seed, "placement", function, sample=uniforms)
        self._choices = 0
        self._chosen = False

    def put(self, environment: ExecutionEnvironment) -> None:
        """See ``Pool``."""
        self._idle.append(environment)
        self._chosen = False

    put_unused = put

    def peek(self) -> ExecutionEnvironment | None:
        """See ``Pool``."""
        idle = self._idle
        if not idle:
            return None
        if not self._chosen:  # the choice moves to the end, where it stays until it is taken or another comes
            index = int(self._draws.at(self._choices) * len(idle))
            self._choices += 1
            idle[index], idle[-1] = idle[-1], idle[index]
            self._chosen = True
        return idle[-1]

    def take(self) -> ExecutionEnvironment:
        """See ``Pool``."""
        self._chosen = False
        return self._idle.pop()


def pool_for(placement: str, seed: int, function: str) -> Pool:
    """The pool that chooses by ``placement``, a name from the scenario's language."""
    if placement == "least_recently_used":
        return LeastRecentlyUsed()
    if placement == "oldest_created":
        return ByAge(1)
    if placement == "newest_created":
        return ByAge(-1)
    if placement == "random":
        return Random(seed, function)
    return MostRecentlyUsed()
