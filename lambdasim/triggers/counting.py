"""What a queue or a mapping counts that is no row of a log, minute by minute as CloudWatch shows it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.units import US_PER_MINUTE


class Counter:
    """A count over time: ``total`` within the measured span, and sums by minute."""

    __slots__ = ("_begins_us", "_ends_us", "_minutes", "total")

    def __init__(self, measured_us: tuple[int, int]) -> None:
        self._begins_us, self._ends_us = measured_us
        self._minutes: list[float] = []
        self.total = 0

    def add(self, now_us: int, amount: int = 1) -> None:
        """Count ``amount`` more, now."""
        minutes, minute = self._minutes, now_us // US_PER_MINUTE
        while len(minutes) <= minute:
            minutes.append(0)
        minutes[minute] += amount
        if self._begins_us <= now_us < self._ends_us:
            self.total += amount

    def series(self) -> NDArray[np.float64]:
        """The sums by minute."""
        return np.array(self._minutes, dtype=np.float64)


class Gauge:
    """A value that is read at the end of each minute; ``highest`` and ``mean`` are of the measured span's readings."""

    __slots__ = ("_begins_us", "_ends_us", "_measured", "_minutes", "_sum", "highest")

    def __init__(self, measured_us: tuple[int, int]) -> None:
        self._begins_us, self._ends_us = measured_us
        self._minutes: list[float] = []
        self._sum = 0.0
        self._measured = 0
        self.highest = 0.0

    def read(self, now_us: int, value: float) -> None:
        """The value now, when a minute ends."""
        minutes, minute = self._minutes, (now_us - 1) // US_PER_MINUTE
        while len(minutes) < minute:
            minutes.append(np.nan)
        minutes.append(value)
        if self._begins_us < now_us <= self._ends_us:
            self._sum += value
            self._measured += 1
            self.highest = max(self.highest, value)

    @property
    def mean(self) -> float:
        """The mean of the readings in the measured span; 0 without any."""
        return self._sum / self._measured if self._measured else 0.0

    def series(self) -> NDArray[np.float64]:
        """The readings by minute; NaN where there was none."""
        return np.array(self._minutes, dtype=np.float64)
