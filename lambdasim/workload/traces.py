"""Recorded traffic as arrival processes: instants, or counts per interval; :mod:`.trace_files` reads them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from lambdasim.workload import blocks
from lambdasim.workload.blocks import Floats, Times, sliced, whole_us
from lambdasim.workload.checks import LONGEST, positive

_DRAWN_AT_ONCE = 32_768  # arrivals of one interval
_MOST_IN_AN_INTERVAL = 10**10
_MOST_COPIES = 10**6


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)  # arrays have no single truth value to compare by
class Trace:
    """Arrivals at recorded instants.

    ``instants_us`` (n,) rise, from 0 on. ``time_scale`` multiplies the time between them: 0.5 replays twice as fast.
    ``repeat`` starts again from the beginning whenever the trace is over: its length is the last instant plus the
    mean gap, so the mean rate goes on.

    ``copies`` is how often each event comes, on average: 2.3 is twice, and with a chance of 30 % once more; 0.3 is
    with a chance of 30 %. One copy keeps the recorded instant; the others fall uniformly between it and the next one,
    so that the recorded curve stays, and copies do not all call at once.
    """

    instants_us: Times
    time_scale: float = 1.0
    repeat: bool = False
    copies: float = 1.0

    def __post_init__(self) -> None:
        instants = np.array(self.instants_us, dtype=np.int64)
        if instants.ndim != 1 or instants.size == 0:
            raise ValueError("a trace needs at least one instant")
        if instants[0] < 0 or (np.diff(instants) < 0).any():
            raise ValueError("a trace's instants must rise from 0 on")
        instants.setflags(write=False)
        object.__setattr__(self, "instants_us", instants)
        _check_scale(self.time_scale, float(instants[-1]))
        if self.repeat and instants[-1] == instants[0]:
            raise ValueError("a trace that lies in one instant has no length to repeat by")
        positive("copies", self.copies, at_most=_MOST_COPIES)

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """The instants, scaled, and their copies; where each comes once, the generator is not used."""
        if self.copies == 1:
            return whole_us(self._scaled(), until_us)
        return (block for times in whole_us(self._copied(rng, until_us), until_us) for block in sliced(times))

    @property
    def length_us(self) -> float:
        """How long one round takes, before scaling."""
        first, last = float(self.instants_us[0]), float(self.instants_us[-1])
        return last + (last - first) / max(1, self.instants_us.size - 1)

    def _scaled(self) -> Iterator[Floats]:
        instants = self.instants_us.astype(np.float64)
        if not self.repeat:
            for first in range(0, instants.size, blocks.BLOCK):
                yield instants[first : first + blocks.BLOCK] * self.time_scale
            return
        length = self.length_us
        rounds = max(1, blocks.BLOCK // instants.size)  # a short trace goes round many times in a block
        for first_round in itertools.count(0, rounds):
            begins = np.arange(first_round, first_round + rounds) * length
            for first in range(0, instants.size, blocks.BLOCK):
                yield ((begins[:, np.newaxis] + instants[first : first + blocks.BLOCK]) * self.time_scale).ravel()

    def _copied(self, rng: np.random.Generator, until_us: int) -> Iterator[Floats]:
        """Each scaled instant as often as it comes: its copies stand before the next instant, so groups stay sorted."""
        coins, places = rng.spawn(2)
        at_a_time = max(1, int(blocks.BLOCK / (self.copies + 1)))
        for instants, following in self._with_next(at_a_time):
            if instants[0] >= until_us:
                return
            counts = np.floor(self.copies + coins.random(instants.size)).astype(np.int64)
            others = np.maximum(counts - 1, 0)
            gaps = np.repeat(following - instants, others)
            spread = np.repeat(instants, others) + places.random(int(others.sum())) * gaps
            yield np.sort(np.concatenate([instants[counts > 0], spread]))

    def _with_next(self, at_a_time: int) -> Iterator[tuple[Floats, Floats]]:
        """Groups of scaled instants, each with the instant that follows it; after the last a mean gap is taken."""
        waiting: Floats = np.empty(0)
        for times in self._scaled():
            ready = np.concatenate([waiting, times])
            for first in range(0, ready.size - 1, at_a_time):
                last = min(first + at_a_time, ready.size - 1)
                yield ready[first:last], ready[first + 1 : last + 1]
            waiting = ready[-1:]
        yield waiting, np.full(waiting.size, self.length_us * self.time_scale)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class CountTrace:
    """Arrivals by recorded counts: those of an interval fall in it uniformly at random.

    ``counts`` (n,) are the arrivals in consecutive intervals of ``interval_us``. ``time_scale`` and ``repeat`` are
    those of :class:`Trace`; the trace's length is n intervals. ``copies`` multiplies each count; what is then no whole
    number is rounded up or down by a coin, so that the mean is met.
    """

    counts: Times
    interval_us: int
    time_scale: float = 1.0
    repeat: bool = False
    copies: float = 1.0

    def __post_init__(self) -> None:
        counts = np.array(self.counts, dtype=np.int64)
        if counts.ndim != 1 or counts.size == 0:
            raise ValueError("a trace needs at least one interval")
        if (counts < 0).any():
            raise ValueError("a trace's counts must be 0 or more")
        if counts.max() * positive("copies", self.copies) > _MOST_IN_AN_INTERVAL:
            raise ValueError(f"a trace's counts must be at most {_MOST_IN_AN_INTERVAL:,}")
        counts.setflags(write=False)
        object.__setattr__(self, "counts", counts)
        _check_scale(self.time_scale, positive("interval", self.interval_us) * counts.size)
        if self.repeat and not counts.any():
            raise ValueError("a trace without arrivals can't be repeated")

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """Uniform draws in each interval, sorted."""
        return whole_us(self._placed(until_us, *rng.spawn(3)), until_us)

    @property
    def length_us(self) -> float:
        """How long one round takes, before scaling."""
        return float(self.interval_us * self.counts.size)

    def _placed(
        self, until_us: int, splitting: np.random.Generator, placing: np.random.Generator, coins: np.random.Generator
    ) -> Iterator[Floats]:
        width = self.interval_us * self.time_scale
        passed = 0
        while passed * width < until_us:
            for starts, share, counts in self._cells(self._round(coins), splitting):
                within = share * placing.random(int(counts.sum()))
                yield np.sort(np.repeat(starts + passed, counts) + within) * width
            if not self.repeat:
                return
            passed += self.counts.size

    def _round(self, coins: np.random.Generator) -> Times:
        """The counts of one round."""
        if self.copies == 1:
            return self.counts
        rounded: Times = np.floor(self.counts * self.copies + coins.random(self.counts.size)).astype(np.int64)
        return rounded

    @staticmethod
    def _cells(round_counts: Times, rng: np.random.Generator) -> Iterator[tuple[Floats, float, Times]]:
        """Groups (starts, width, counts), in intervals, of about a block each.

        An interval too full to be drawn at once is cut into equal cells, among which a multinomial draw shares it.
        """
        busy = np.flatnonzero(round_counts)
        counts = round_counts[busy]
        ends = np.cumsum(counts)
        full = np.append(np.flatnonzero(counts > _DRAWN_AT_ONCE), busy.size)
        position = 0
        while position < busy.size:
            if counts[position] > _DRAWN_AT_ONCE:
                cells = -(-2 * int(counts[position]) // _DRAWN_AT_ONCE)
                shared = rng.multinomial(counts[position], np.full(cells, 1 / cells))
                for cell in range(cells):
                    yield np.array([busy[position] + cell / cells]), 1 / cells, shared[cell : cell + 1]
                position += 1
                continue
            fitting = int(np.searchsorted(ends, int(ends[position] - counts[position]) + blocks.BLOCK, side="right"))
            following = min(max(fitting, position + 1), int(full[np.searchsorted(full, position)]))
            yield busy[position:following].astype(np.float64), 1.0, counts[position:following]
            position = following


def _check_scale(time_scale: float, length_us: float) -> None:
    positive("time_scale", time_scale)
    if length_us * time_scale > LONGEST:
        raise ValueError(f"time_scale {time_scale:g} makes the trace longer than the clock can count")
