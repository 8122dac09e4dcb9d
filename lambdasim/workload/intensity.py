"""Non-homogeneous Poisson processes by inversion: unit-rate arrivals, mapped through the cumulative rate.

If S1 < S2 < ... are the arrivals of a Poisson process of rate 1 and L(t) is the integral of the rate up to t, then
the times t with L(t) = Sk are a Poisson process of that rate (Cinlar 1975, Introduction to Stochastic Processes,
section 4.7). Nothing is thinned, so every draw is an arrival, and a higher curve moves arrivals instead of redrawing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lambdasim.units import US_PER_DAY
from lambdasim.workload.blocks import block_size, running_sums

Floats = NDArray[np.float64]


class Curve(Protocol):
    """A stretch of a cumulative rate that can be inverted."""

    @property
    def end_level(self) -> float:
        """Events expected up to the end of the stretch (infinite, if it has no end)."""

    def times_at(self, levels: Floats) -> Floats:
        """When the cumulative rate reaches ``levels`` (rising, below ``end_level``): microseconds, same shape."""


def nonhomogeneous(rng: np.random.Generator, curves: Iterable[Curve], expected: float) -> Iterator[Floats]:
    """Rising arrival times along consecutive ``curves``; ``expected`` arrivals in all only sizes the blocks."""
    blocks = running_sums(rng.standard_exponential, block_size(expected))
    levels, latest = next(blocks), 0.0
    for curve in curves:
        while True:
            below = int(np.searchsorted(levels, curve.end_level))
            if below:
                # An inverse's last digit may step back where two levels nearly agree.
                times = np.maximum.accumulate(np.maximum(curve.times_at(levels[:below]), latest))
                latest = float(times[-1])
                yield times
            levels = levels[below:]
            if levels.size:
                break
            levels = next(blocks)


@dataclass(frozen=True, slots=True, eq=False)
class LinearCurve:
    """The cumulative rate of a rate that is linear between knots, and may jump at them.

    ``times`` (n + 1,) in microseconds, ``levels`` (n + 1,) events up to each, ``starts`` and ``ends`` (n,) the rates
    just after a piece's first knot and just before its last. The inverse is exact: the root of a quadratic.
    """

    times: Floats
    starts: Floats
    ends: Floats
    levels: Floats

    @classmethod
    def through(cls, times: Floats, starts: Floats, ends: Floats, level: float = 0.0) -> LinearCurve:
        """From knots and rates; ``level`` events came before the first knot."""
        area = (starts + ends) / 2 * np.diff(times)
        return cls(times, starts, ends, np.cumsum(np.concatenate([[level], area])))

    @property
    def end_level(self) -> float:
        """Events up to the last knot."""
        return float(self.levels[-1])

    def level_at(self, time_us: float) -> float:
        """Events up to ``time_us``, which lies between the first knot and the last."""
        piece = int(np.clip(np.searchsorted(self.times, time_us, side="right") - 1, 0, self.starts.size - 1))
        x, width = time_us - self.times[piece], self.times[piece + 1] - self.times[piece]
        middle = self.starts[piece] + (self.ends[piece] - self.starts[piece]) * x / width / 2
        return float(self.levels[piece] + middle * x)

    def times_at(self, levels: Floats) -> Floats:
        """The inverse; a level that is reached on a flat stretch (rate 0) gives the stretch's end."""
        piece = np.clip(np.searchsorted(self.levels, levels, side="right") - 1, 0, self.starts.size - 1)
        width, start = np.diff(self.times)[piece], self.starts[piece]
        slope = np.divide(self.ends[piece] - start, width, out=np.zeros_like(width), where=width > 0)
        rest = levels - self.levels[piece]
        # the root of start x + slope x^2 / 2 = rest, in the form that does not cancel
        speed = start + np.sqrt(np.maximum(start * start + 2 * slope * rest, 0.0))
        passed = np.divide(2 * rest, speed, out=np.zeros_like(rest), where=speed > 0)
        result: Floats = self.times[piece] + np.minimum(passed, width)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class WeeklyCurve:
    """A cumulative rate without end that repeats a day's curve, each day of the week scaled by a factor.

    ``factors`` (7,) from Monday; ``offset_us`` is how far into the week time 0 lies.
    """

    day: LinearCurve
    factors: Floats
    offset_us: int

    @property
    def end_level(self) -> float:
        """A week follows a week."""
        return math.inf

    def times_at(self, levels: Floats) -> Floats:
        """The inverse: first the week, then the day in it, then the time in the day."""
        day_starts = np.cumsum(np.concatenate([[0.0], self.factors])) * self.day.end_level
        weekday, in_day = divmod(self.offset_us, US_PER_DAY)
        before_start = day_starts[weekday] + self.factors[weekday] * self.day.level_at(in_day)
        weeks, rest = np.divmod(levels + before_start, day_starts[-1])
        days = np.clip(np.searchsorted(day_starts, rest, side="right") - 1, 0, 6)
        into_day = self.day.times_at((rest - day_starts[days]) / self.factors[days])
        result: Floats = (weeks * 7 + days) * US_PER_DAY + into_day - self.offset_us
        return result


def von_mises_day(mean_rate: float, peak_to_mean: float, peak_at_us: float) -> LinearCurve:
    """One day whose rate is proportional to exp(kappa cos(2 pi (t - peak) / day)), as straight pieces.

    kappa follows from peak_to_mean = exp(kappa) / I0(kappa). The knots stand every minute, and a hundredth of the
    peak's width apart around the peak, so the rate is nowhere further than 2e-5 of the peak's from the formula; the
    mean rate over the day is met to rounding.
    """
    kappa = concentration(peak_to_mean)
    width = US_PER_DAY / (2 * math.pi * math.sqrt(kappa)) if kappa > 0 else US_PER_DAY
    near = np.clip(width * np.linspace(-10, 10, 2001), -US_PER_DAY / 2, US_PER_DAY / 2)
    times = np.union1d(np.linspace(0, US_PER_DAY, 24 * 60 + 1), np.mod(peak_at_us + near, US_PER_DAY))
    shape = np.exp(-2 * kappa * np.sin(np.pi * (times - peak_at_us) / US_PER_DAY) ** 2)
    area = float(np.sum((shape[1:] + shape[:-1]) / 2 * np.diff(times)))
    rates = shape * (mean_rate * US_PER_DAY / area)
    return LinearCurve.through(times, rates[:-1], rates[1:])


@cache  # daily curves are many, their shapes few
def concentration(peak_to_mean: float) -> float:
    """The von Mises kappa with exp(kappa) / I0(kappa) = ``peak_to_mean`` >= 1, by bisection."""
    low, high = 0.0, 1.0
    while _peak_to_mean(high) < peak_to_mean:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _peak_to_mean(middle) < peak_to_mean else (low, middle)
    return low if peak_to_mean > 1 else 0.0


def _peak_to_mean(kappa: float) -> float:
    if kappa < 500:
        return float(math.exp(kappa) / np.i0(kappa))
    # I0 overflows float64 from 713 on; its asymptotic series (Abramowitz and Stegun 9.7.1) is exact to 1e-9 here.
    x = 1 / (8 * kappa)
    return math.sqrt(2 * math.pi * kappa) / (1 + x + 9 / 2 * x**2)
