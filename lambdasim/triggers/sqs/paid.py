"""Provisioned pollers as Lambda bills them, and as CloudWatch shows them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.triggers.sqs.counts import Level
from lambdasim.units import US_PER_MINUTE


class PaidPollers(Level):
    """How many provisioned pollers there are: each is paid for from its coming to its going, and for a while at least.

    Those that came last go first: AWS does not say which. Source: https://aws.amazon.com/lambda/pricing/
    """

    __slots__ = ("_came_us", "_least_us", "_peaks", "_rest_us")

    def __init__(self, measured_us: tuple[int, int], value: int, least_us: int) -> None:
        super().__init__(measured_us, value)
        self._least_us = least_us
        self._came_us = value * [0]
        self._rest_us = 0  # what is paid for after pollers have gone
        self._peaks = [value]

    def set(self, now_us: int, value: int) -> None:
        """It changes now."""
        peaks, came_us = self._peaks, self._came_us
        until_us = now_us if value > self.value else now_us - 1  # what ends as a minute begins has no part in it
        while len(peaks) <= until_us // US_PER_MINUTE:
            peaks.append(self.value)
        peaks[-1] = max(peaks[-1], value)
        super().set(now_us, value)
        came_us += (value - len(came_us)) * [now_us]
        while len(came_us) > value:
            rest_us = came_us.pop() + self._least_us - now_us
            if rest_us > 0 and self._begins_us <= now_us < self._ends_us:
                self._rest_us += rest_us

    @property
    def paid_us(self) -> int:
        """The time that is paid for, of all pollers together, in the measured span."""
        return self.area_us + self._rest_us

    def peaks(self) -> NDArray[np.float64]:
        """The most in each minute, up to the last change."""
        return np.array(self._peaks, dtype=np.float64)
