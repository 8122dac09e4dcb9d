"""ProvisionedConcurrencyUtilization by version and minute: Lambda takes a sample at each invocation.

Source: Lambda developer guide, monitoring-concurrency and monitoring-metrics-types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lambdasim.records import UtilizationMinutes
from lambdasim.units import US_PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdasim.service.clock import Clock
    from lambdasim.service.provisioned import ProvisionedFleet
    from lambdasim.service.provisioning import Provisioning


class UtilizationWatch:
    """What one version's provisioned concurrency shows at its invocations: busy environments over allocated ones."""

    def __init__(self, clock: Clock, fleet: ProvisionedFleet) -> None:
        self._clock = clock
        self._fleet = fleet
        self._samples: list[int] = []
        self._sums: list[float] = []
        self._maxima: list[float] = []
        fleet.observers.append(self.sample)

    def sample(self, taking: int) -> None:
        """An invocation has come, which takes ``taking`` more environments: one, or none if it spills over."""
        allocated = self._fleet.allocated
        if not allocated:
            return
        minute = self._clock.now // US_PER_MINUTE
        missing = minute + 1 - len(self._samples)
        if missing > 0:
            self._samples += [0] * missing
            self._sums += [0.0] * missing
            self._maxima += [0.0] * missing
        utilization = min(1.0, (self._fleet.busy + taking) / allocated)  # some of fewer may still end their runs
        self._samples[minute] += 1
        self._sums[minute] += utilization
        if utilization > self._maxima[minute]:
            self._maxima[minute] = utilization

    def of_minute(self, minute: int) -> tuple[int, float, float]:
        """How many samples a minute has so far, their sum and their highest."""
        if minute >= len(self._samples):
            return 0, 0.0, 0.0
        return self._samples[minute], self._sums[minute], self._maxima[minute]

    def minutes(self) -> UtilizationMinutes:
        """All that was sampled."""
        return UtilizationMinutes(
            np.array(self._samples, dtype=np.int64),
            np.array(self._sums, dtype=np.float64),
            np.array(self._maxima, dtype=np.float64),
        )


def watch_utilization(clock: Clock, provisioned: Mapping[str, Provisioning]) -> dict[int, UtilizationWatch]:
    """A watch over each version that may have provisioned concurrency, by its index."""
    fleets = {index: fleet for one in provisioned.values() for index, fleet in one.fleets.items()}
    return {index: UtilizationWatch(clock, fleet) for index, fleet in fleets.items()}
