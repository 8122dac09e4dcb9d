"""How long requests hold environments: the service times of queueing theory, by function and capacity."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import REFUSED, Capacity, Outcome, ThrottleReason
from lambdasim.header import Header
from lambdasim.metrics.measures import ran, unfinished, whole
from lambdasim.records import Columns
from lambdasim.units import US_PER_S

_CAPACITIES = (Capacity.ON_DEMAND, Capacity.PROVISIONED, Capacity.SPILLOVER)
_LOW_BITS = 16  # a square is kept in three whole parts, so that sums are exact in 64 bits
_TURNED_AWAY = (*REFUSED, Outcome.REJECTED)


@dataclass(frozen=True, slots=True)
class Held:
    """How long some runs held their environments: how many, mean, coefficient of variation and longest, in seconds."""

    runs: int
    mean_s: float
    cv: float
    longest_s: float


class Holding:
    """Runs whose event arrived after the warm-up, from when they were sent to their end: start and init included.

    Also by function, but over the whole run: ``refused`` attempts, with those ``limited`` by reserved concurrency,
    ``retried`` ones, and ``unfinished`` runs.
    """

    def __init__(self, header: Header) -> None:
        functions = len(header.functions)
        self._warm_up_us = header.warm_up_us
        self._runs, self._sums_us, self._longest_us = (
            np.zeros((functions, len(_CAPACITIES)), dtype=np.int64) for _ in range(3)
        )
        self._squares = np.zeros((functions, len(_CAPACITIES), 3), dtype=np.int64)
        self.refused, self.limited, self.retried, self.unfinished = (
            np.zeros(functions, dtype=np.int64) for _ in range(4)
        )

    def add(self, chunk: Columns) -> None:
        """Count a chunk of the invocation log."""
        function, outcome = whole(chunk, "function"), whole(chunk, "outcome")
        reserved = ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
        self.refused += self._count(function[np.isin(outcome, _TURNED_AWAY)])
        self.limited += self._count(function[whole(chunk, "throttle_reason") == reserved])
        self.retried += self._count(function[whole(chunk, "attempt") > 1])
        self.unfinished += self._count(function[unfinished(chunk)])
        rows = ran(chunk) & (whole(chunk, "arrived_us") >= self._warm_up_us)
        cells = (function[rows], whole(chunk, "capacity")[rows])
        held_us = (whole(chunk, "ended_us") - whole(chunk, "invoked_us"))[rows]
        high, low = held_us >> _LOW_BITS, held_us & (1 << _LOW_BITS) - 1
        np.add.at(self._runs, cells, 1)
        np.add.at(self._sums_us, cells, held_us)
        np.add.at(self._squares, cells, np.stack([high * high, high * low, low * low], axis=1))
        np.maximum.at(self._longest_us, cells, held_us)

    def merge(self, other: Holding) -> None:
        """Take in what ``other`` has counted of the same scenario."""
        for name in ("_runs", "_sums_us", "_squares", "refused", "limited", "retried", "unfinished"):
            sums = getattr(self, name)
            sums += getattr(other, name)
        np.maximum(self._longest_us, other._longest_us, out=self._longest_us)

    def of(self, function: int, *capacities: Capacity) -> Held:
        """The runs of a function on these capacities; all of them, if none is named."""
        places = [_CAPACITIES.index(capacity) for capacity in capacities or _CAPACITIES]
        runs, sum_us = int(self._runs[function, places].sum()), int(self._sums_us[function, places].sum())
        if not sum_us:
            return Held(runs, 0.0, 0.0, 0.0)
        high, mixed, low = (int(part) for part in self._squares[function, places].sum(axis=0))
        squares_us2 = (high << 2 * _LOW_BITS) + (mixed << _LOW_BITS + 1) + low
        spread = squares_us2 * runs - sum_us**2  # whole numbers: nothing cancels
        longest_us = int(self._longest_us[function, places].max())
        return Held(runs, sum_us / runs / US_PER_S, math.sqrt(spread) / sum_us, longest_us / US_PER_S)

    def _count(self, functions: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(functions, minlength=self.refused.size)
