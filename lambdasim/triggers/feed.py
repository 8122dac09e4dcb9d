"""A trigger's own arrivals, read when somebody looks: no event of the clock is spent on one that only joins a queue."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdasim.units import MAXIMUM_US

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Feed:
    """Arrival times in order, handed over as they become due.

    ``next_us`` is when the next one comes, far beyond any run if none does.
    """

    __slots__ = ("_blocks", "_place", "_times", "next_us")

    def __init__(self, blocks: Iterator[NDArray[np.int64]]) -> None:
        self._blocks = blocks
        self._times: list[int] = []
        self._place = 0
        self.next_us = 0
        self._look_ahead()

    def take(self, until_us: int) -> list[int]:
        """The times up to and including ``until_us`` that were not handed over before."""
        taken: list[int] = []
        while self.next_us <= until_us:
            end = bisect_right(self._times, until_us, lo=self._place)
            taken += self._times[self._place : end]
            self._place = end
            self._look_ahead()
        return taken

    def _look_ahead(self) -> None:
        while self._place == len(self._times):
            block = next(self._blocks, None)
            if block is None:
                self.next_us = MAXIMUM_US
                return
            self._times, self._place = block.tolist(), 0
        self.next_us = self._times[self._place]
