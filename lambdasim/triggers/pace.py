"""Rates that hold on average, with a burst: who may go at once, and who waits for how long."""

from __future__ import annotations

from lambdasim.units import US_PER_S

NS_PER_US = 1_000
NS_PER_S = NS_PER_US * US_PER_S


class Pace:
    """A token bucket as a timetable, in nanoseconds: when there is room again, if each taker takes up so much time.

    ``rest_ns`` is how far takers may be ahead of the timetable after a rest: the bucket's depth, in time.
    """

    __slots__ = ("_ahead_ns", "rest_ns")

    def __init__(self, rest_ns: int) -> None:
        self.rest_ns = max(rest_ns, 0)
        self._ahead_ns = 0

    def earliest_us(self, now_us: int) -> int:
        """When there is room for the next, from ``now_us`` on."""
        from_ns = self._ahead_ns - self.rest_ns
        return now_us if from_ns <= now_us * NS_PER_US else -(-from_ns // NS_PER_US)

    def take(self, at_us: int, cost_ns: int) -> None:
        """One that takes up ``cost_ns`` goes at ``at_us``."""
        at_ns = at_us * NS_PER_US
        self._ahead_ns = max(self._ahead_ns, at_ns) + cost_ns
