"""How long requests hold environments: the service times of queueing theory, by function and capacity."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Capacity, ThrottleReason
from lambdasim.header import Header
from lambdasim.metrics.measures import ran, unfinished, whole
from lambdasim.records import Columns
from lambdasim.units import US_PER_S

_CAPACITIES = (Capacity.ON_DEMAND, Capacity.PROVISIONED, Capacity.SPILLOVER)
LOW_BITS = 16  # a square is kept in three whole parts, so that sums are exact in 64 bits


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
        self._squares = np.zeros((3, functions, len(_CAPACITIES)), dtype=np.int64)
        self.refused, self.limited, self.retried, self.unfinished = (
            np.zeros(functions, dtype=np.int64) for _ in range(4)
        )

    def add(self, chunk: Columns) -> None:
        """Count a chunk of the invocation log."""
        function, runs, open_ended = whole(chunk, "function"), ran(chunk), unfinished(chunk)
        reserved = ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
        self._tick(self.refused, function, ~(runs | open_ended))
        self._tick(self.limited, function, whole(chunk, "throttle_reason") == reserved)
        self._tick(self.retried, function, whole(chunk, "attempt") > 1)
        self._tick(self.unfinished, function, open_ended)
        rows = runs & (whole(chunk, "arrived_us") >= self._warm_up_us)
        cells = function[rows] * len(_CAPACITIES) + whole(chunk, "capacity")[rows]
        self._sum_up(cells, (whole(chunk, "ended_us") - whole(chunk, "invoked_us"))[rows])

    @staticmethod
    def _tick(counts: NDArray[np.int64], function: NDArray[np.int64], rows: NDArray[np.bool_]) -> None:
        if rows.any():
            counts += np.bincount(function[rows], minlength=counts.size)

    def _sum_up(self, cells: NDArray[np.int64], held_us: NDArray[np.int64]) -> None:
        """Add to the cells (function x capacities + capacity) what was held there."""
        if not cells.size:
            return
        order = np.argsort(cells.astype(np.uint32), kind="stable")
        cells, held_us = cells[order], held_us[order]
        starts = np.flatnonzero(np.concatenate([[True], cells[1:] != cells[:-1]]))
        places = np.unravel_index(cells[starts], self._runs.shape)
        high, low = held_us >> LOW_BITS, held_us & (1 << LOW_BITS) - 1
        self._runs[places] += np.diff(np.append(starts, cells.size))
        self._sums_us[places] += np.add.reduceat(held_us, starts)
        self._longest_us[places] = np.maximum(self._longest_us[places], np.maximum.reduceat(held_us, starts))
        for part, values in enumerate((high * high, high * low, low * low)):
            self._squares[part][places] += np.add.reduceat(values, starts)

    def take(self, ticks: NDArray[np.int64], held: NDArray[np.int64]) -> None:
        """Count sums over rows.

        Args:
            ticks: by function: refused, limited, retried and unfinished.
            held: by function and capacity: runs, sum and longest in us, and the three parts of the square.
        """
        self.refused += ticks[:, 0]
        self.limited += ticks[:, 1]
        self.retried += ticks[:, 2]
        self.unfinished += ticks[:, 3]
        self._runs += held[..., 0]
        self._sums_us += held[..., 1]
        np.maximum(self._longest_us, held[..., 2], out=self._longest_us)
        self._squares += np.moveaxis(held[..., 3:], -1, 0)

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
        high, mixed, low = (int(part) for part in self._squares[:, function, places].sum(axis=1))
        squares_us2 = (high << 2 * LOW_BITS) + (mixed << LOW_BITS + 1) + low
        spread = squares_us2 * runs - sum_us**2  # whole numbers: nothing cancels
        longest_us = int(self._longest_us[function, places].max())
        return Held(runs, sum_us / runs / US_PER_S, math.sqrt(spread) / sum_us, longest_us / US_PER_S)
