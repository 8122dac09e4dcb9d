"""Streams of arrival times in bounded blocks: how they are accumulated, put in order and cut at the horizon.

Nothing here depends on the size of the blocks: the same generator gives the same times for any ``BLOCK``.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from lambdasim.workload.distributions import Distribution

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
BLOCK = 65_536
_REEL = 4096


def block_size(expected: float) -> int:
    """How many to draw at a time when about ``expected`` are needed in all: so slow sources stay cheap."""
    return min(BLOCK, int(expected + 5 * math.sqrt(expected)) + 8) if expected < BLOCK else BLOCK


def running_sums(draw: Callable[[int], Floats], size: int) -> Iterator[Floats]:
    """The endless running sum of ``draw``'s numbers, ``size`` at a time."""
    total = 0.0
    while True:
        steps = draw(size)
        steps[0] += total  # each sum is the one before plus one draw, so the rounding does not depend on `size`
        sums = np.cumsum(steps)
        total = float(sums[-1])
        yield sums


def poisson_times(rng: np.random.Generator, rate_per_us: float, until_us: int) -> Iterator[Floats]:
    """Endless arrival times (float microseconds) of a Poisson process; ``until_us`` only sizes the blocks."""
    return running_sums(lambda n: rng.standard_exponential(n) / rate_per_us, block_size(rate_per_us * until_us))


def whole_us(blocks: Iterable[Floats], until_us: int) -> Iterator[Times]:
    """Rising float times -> the whole microseconds in which they fall, up to ``until_us``; no empty blocks."""
    for times in blocks:
        inside = times[: np.searchsorted(times, until_us)]
        if inside.size:
            yield np.floor(inside).astype(np.int64)
        if inside.size < times.size:
            return


def in_order(groups: Iterable[tuple[Times, int]]) -> Iterator[Times]:
    """Sort a stream whose disorder is local.

    Each group is (times in any order, a time before which no later group has anything). What may still be
    overtaken waits, so memory grows with the overlap and not with the stream.
    """
    waiting = np.empty(0, dtype=np.int64)
    for times, nothing_before in groups:
        waiting = np.sort(np.concatenate([waiting, times]), kind="stable")
        ready = int(np.searchsorted(waiting, nothing_before, side="right"))
        yield from sliced(waiting[:ready])
        waiting = waiting[ready:]
    yield from sliced(waiting)


def merged(streams: Iterable[Iterator[Times]]) -> Iterator[Times]:
    """Several sorted streams as one; holds at most a block of each."""
    heads: list[tuple[int, int, Times, Iterator[Times]]] = []
    waiting = np.empty(0, dtype=np.int64)
    for index, stream in enumerate(streams):
        first = next(stream, None)
        if first is not None:
            heads.append((int(first[-1]), index, first, stream))
            waiting = np.concatenate([waiting, first])
    heapq.heapify(heads)
    while heads:
        # The stream whose block ends first may go on from there: all up to that time is final.
        final, index, _, stream = heads[0]
        waiting.sort(kind="stable")
        ready = int(np.searchsorted(waiting, final, side="right"))
        yield from sliced(waiting[:ready])
        waiting = waiting[ready:]
        following = next(stream, None)
        if following is None:
            heapq.heappop(heads)
        else:
            heapq.heapreplace(heads, (int(following[-1]), index, following, stream))
            waiting = np.concatenate([waiting, following])
    yield from sliced(np.sort(waiting))


def sliced(times: Times) -> Iterator[Times]:
    """``times`` in blocks of at most ``BLOCK``; nothing for no times."""
    for first in range(0, times.size, BLOCK):
        yield times[first : first + BLOCK]


class Reel:
    """A distribution's draws one after another: the n-th is the same however many are taken at a time."""

    __slots__ = ("_distribution", "_left", "_rng")

    def __init__(self, distribution: Distribution, rng: np.random.Generator) -> None:
        self._distribution = distribution
        self._rng = rng
        self._left: Floats = np.empty(0)

    def take(self, n: int) -> Floats:
        """The next ``n`` draws, shape (n,)."""
        taken = [self._left[:n]]
        self._left = self._left[n:]
        missing = n - taken[0].size
        while missing > 0:
            drawn = self._distribution.sample(self._rng, _REEL)
            taken.append(drawn[:missing])
            self._left = drawn[missing:]
            missing -= taken[-1].size
        return np.concatenate(taken)
