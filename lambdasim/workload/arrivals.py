"""Arrival processes, as frozen values: when a trigger's events come.

``times_us(rng, until_us, start)`` gives the whole microseconds, counted from the scenario's start, in which events
arrive: sorted int64 blocks of at most 65,536, none empty, all in [0, until_us). Memory stays flat for any rate and
horizon. Rates are per microsecond; ``start`` (with a time zone) is the wall clock at 0. Constructors raise ValueError
for parameters that make no process. The recorded kinds are in :mod:`.traces`, those on a clock in :mod:`.schedules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from lambdasim.units import MAXIMUM_US, US_PER_DAY, US_PER_MS
from lambdasim.workload import blocks
from lambdasim.workload.blocks import Reel, Times, in_order, merged, poisson_times, running_sums, whole_us
from lambdasim.workload.checks import quantity, rate, rate_or_zero
from lambdasim.workload.distributions import Distribution, Gamma
from lambdasim.workload.intensity import LinearCurve, WeeklyCurve, nonhomogeneous, von_mises_day

_LARGEST_BULK = 10**9
_MOST_AT_ONCE = 3 * 10**9  # so that its square fits 64 bits
_HIGHEST_PEAK_TO_MEAN = 1e6  # a day's traffic in a tenth of a second


@runtime_checkable
class ArrivalProcess(Protocol):
    """Anything that says when events arrive."""

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:
        """Sorted blocks of arrival times in [0, until_us)."""


@dataclass(frozen=True, slots=True)
class NoArrivals:
    """No events of its own."""

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """Nothing."""
        return iter(())


@dataclass(frozen=True, slots=True)
class ConstantRate:
    """Evenly spaced, the first event at 0."""

    rate: float

    def __post_init__(self) -> None:
        rate("rate", self.rate)

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """``floor(n / rate)``, in whole numbers: 1 / rate is taken as the fraction that the user's decimals meant."""
        gap = Fraction(1 / self.rate).limit_denominator(10**6)
        count = -(-until_us * gap.denominator // gap.numerator)
        for first in range(0, count, blocks.BLOCK):
            at_first, fraction = divmod(first * gap.numerator, gap.denominator)
            n = np.arange(min(blocks.BLOCK, count - first))
            whole, part = divmod(gap.numerator, gap.denominator)
            yield at_first + n * whole + (fraction + n * part) // gap.denominator


@dataclass(frozen=True, slots=True)
class Poisson:
    """A Poisson process: independent exponential gaps."""

    rate: float

    def __post_init__(self) -> None:
        rate("rate", self.rate)

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """Running sums of exponential gaps."""
        return whole_us(poisson_times(rng, self.rate, until_us), until_us)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Independent Gamma gaps of mean 1 / rate and coefficient of variation ``cv``, counted from an event at 0.

    That event itself is not among the arrivals (an ordinary renewal process): cv = 1 is the Poisson process.
    """

    rate: float
    cv: float

    def __post_init__(self) -> None:
        Gamma(1 / rate("rate", self.rate), self.cv)

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """Running sums of Gamma gaps."""
        shape = self.cv**-2
        size = blocks.block_size(self.rate * until_us)
        return whole_us(running_sums(lambda n: rng.standard_gamma(shape, n) / (shape * self.rate), size), until_us)


@dataclass(frozen=True, slots=True)
class Diurnal:
    """A day's curve: non-homogeneous Poisson with rate proportional to exp(kappa cos(2 pi (t - peak) / day)).

    ``mean_rate`` is a weekday's mean, ``peak_to_mean`` (>= 1) fixes kappa, ``peak_at_us`` is the peak's time of day in
    UTC; Saturdays and Sundays (UTC) are scaled by ``weekend_factor``.
    """

    mean_rate: float
    peak_to_mean: float
    peak_at_us: float
    weekend_factor: float = 1.0

    def __post_init__(self) -> None:
        rate("mean_rate", self.mean_rate)
        quantity("peak_to_mean", self.peak_to_mean, at_least=1, at_most=_HIGHEST_PEAK_TO_MEAN)
        quantity("peak_at", self.peak_at_us)
        quantity("weekend_factor", self.weekend_factor, at_most=1e6)

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:
        """Inversion of the cumulative rate; its error is stated at :func:`.intensity.von_mises_day`."""
        week = WeeklyCurve(
            day=von_mises_day(self.mean_rate, self.peak_to_mean, self.peak_at_us),
            factors=np.array([1.0] * 5 + [self.weekend_factor] * 2),
            offset_us=_since_monday_us(start),
        )
        return whole_us(nonhomogeneous(rng, [week], self.mean_rate * until_us), until_us)


def _since_monday_us(start: datetime) -> int:
    if start.tzinfo is None:
        raise ValueError("the scenario's start has no time zone")
    utc = start.astimezone(UTC)
    midnight = utc.replace(hour=0, minute=0, second=0, microsecond=0)
    in_day = utc - midnight
    return utc.weekday() * US_PER_DAY + in_day.seconds * 1_000_000 + in_day.microseconds


@dataclass(frozen=True, slots=True)
class Piecewise:
    """Non-homogeneous Poisson along a curve through ``points`` (time in microseconds, rate).

    ``linear`` joins the points; ``step`` holds each rate until the next point. Before the first point its rate
    holds, after the last the last one. Two points at one time make a jump.
    """

    points: tuple[tuple[float, float], ...]
    interpolate: Literal["linear", "step"] = "linear"

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError("points is empty; give at least one [time, rate]")
        for time_us, per_us in self.points:
            quantity("time", time_us)
            rate_or_zero("rate", per_us)
        for (earlier, _), (later, _) in pairwise(self.points):
            if later < earlier:
                raise ValueError(
                    f"a point at {later / 1e6:g} s stands after one at {earlier / 1e6:g} s; times must rise"
                )

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """Exact inversion of the cumulative rate."""
        highest = max(rate for _, rate in self.points)
        return whole_us(nonhomogeneous(rng, [self.curve()], highest * until_us), until_us)

    def curve(self) -> LinearCurve:
        """The cumulative rate."""
        times, rates = np.array([(0.0, self.points[0][1]), *self.points, (MAXIMUM_US, self.points[-1][1])]).T
        return LinearCurve.through(times, rates[:-1], rates[1:] if self.interpolate == "linear" else rates[:-1])


@dataclass(frozen=True, slots=True)
class Bursts:
    """Two-state Markov-modulated Poisson: rate ``low``, then ``high``, for exponential times of the given means.

    It starts in its stationary distribution, so its mean rate holds from the first event on.
    """

    low: float
    high: float
    mean_low_us: float
    mean_high_us: float

    def __post_init__(self) -> None:
        rate_or_zero("low", self.low)
        if rate("high", self.high) < self.low:
            raise ValueError(f"high ({self.high * 1e6:g}/s) is below low ({self.low * 1e6:g}/s)")
        quantity("mean_low", self.mean_low_us, at_least=US_PER_MS)
        quantity("mean_high", self.mean_high_us, at_least=US_PER_MS)

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """Inversion along the states' steps; the states have a generator of their own."""
        states, events = rng.spawn(2)
        share_high = self.mean_high_us / (self.mean_low_us + self.mean_high_us)
        expected = (share_high * self.high + (1 - share_high) * self.low) * until_us
        return whole_us(nonhomogeneous(events, self._states(states, share_high, until_us), expected), until_us)

    def _states(self, rng: np.random.Generator, share_high: float, until_us: int) -> Iterator[LinearCurve]:
        stays = [(self.mean_low_us, self.low), (self.mean_high_us, self.high)]
        means, rates = np.array(stays[::-1] if rng.random() < share_high else stays).T
        pairs = (blocks.block_size(2 * until_us / float(means.sum())) + 1) // 2
        now, level = 0.0, 0.0
        while now < until_us:
            lengths = rng.standard_exponential(2 * pairs) * np.tile(means, pairs)
            steps = np.tile(rates, pairs)
            curve = LinearCurve.through(np.cumsum(np.concatenate([[now], lengths])), steps, steps, level)
            yield curve
            now, level = float(curve.times[-1]), curve.end_level


@dataclass(frozen=True, slots=True)
class Batch:
    """Bulk uploads: bulks arrive as a Poisson process, the events of one follow each other by ``spacing``.

    ``size`` is rounded to a whole number >= 1, ``spacing`` (microseconds) to a whole number. A bulk's first event comes
    at the bulk's own time. Bulks may overlap; memory grows with the events of the bulks under way.
    """

    rate: float
    size: Distribution
    spacing: Distribution

    def __post_init__(self) -> None:
        rate("rate", self.rate)
        quantity("mean size", self.size.mean(), at_most=_LARGEST_BULK)

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """Bulks, sizes and spacings have a generator each."""
        return in_order(self._bulks(rng, until_us))

    def _bulks(self, rng: np.random.Generator, until_us: int) -> Iterator[tuple[Times, int]]:
        of_bulks, of_sizes, of_spacings = rng.spawn(3)
        sizes, spacings = Reel(self.size, of_sizes), Reel(self.spacing, of_spacings)
        for starts in whole_us(poisson_times(of_bulks, self.rate, until_us), until_us):
            drawn = np.clip(np.rint(sizes.take(starts.size)), 1, _LARGEST_BULK).astype(np.int64)
            yield from _events_of_bulks(starts, np.cumsum(drawn), drawn, spacings, until_us)


def _events_of_bulks(
    starts: Times, ends: Times, sizes: Times, spacings: Reel, until_us: int
) -> Iterator[tuple[Times, int]]:
    """Groups of at most ``BLOCK`` events for ``in_order``; ``ends`` (n,) counts the events up to each bulk's last."""
    reached = 0  # how far into its bulk the last event of the group before lay
    for first in range(0, int(ends[-1]), blocks.BLOCK):
        event = np.arange(first, min(first + blocks.BLOCK, int(ends[-1])))
        bulk = np.searchsorted(ends, event, side="right")
        opening = ends[bulk] - sizes[bulk]  # the bulk's first event
        gaps = np.rint(spacings.take(event.size)).astype(np.int64)
        walked = reached + np.cumsum(gaps)  # the gap before a bulk's first event drops out of the difference below
        offset = walked - np.where(opening >= first, walked[np.maximum(opening - first, 0)], 0)
        reached = int(offset[-1])
        times = starts[bulk] + offset
        following = starts[min(int(bulk[-1]) + 1, starts.size - 1)]
        yield times[times < until_us], min(int(times[-1]), int(following))


@dataclass(frozen=True, slots=True)
class AtOnce:
    """``events`` events spread evenly over ``over_us`` from ``at_us`` on; over 0 they share one instant."""

    events: int
    at_us: int = 0
    over_us: int = 0

    def __post_init__(self) -> None:
        quantity("events", self.events, at_least=1, at_most=_MOST_AT_ONCE)
        quantity("at", self.at_us)
        quantity("over", self.over_us)

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:  # noqa: ARG002
        """``at`` + floor(n * over / events), in whole numbers."""
        whole, part = divmod(self.over_us, self.events)
        for first in range(0, self.events, blocks.BLOCK):
            n = np.arange(first, min(first + blocks.BLOCK, self.events))
            times = self.at_us + n * whole + n * part // self.events
            inside = times[: np.searchsorted(times, until_us)]
            if inside.size:
                yield inside
            if inside.size < times.size:
                return


@dataclass(frozen=True, slots=True)
class Sum:
    """Several processes at once; each has a generator of its own, so another part at the end moves none of them."""

    parts: tuple[ArrivalProcess, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("sum is empty; give at least one arrival process, or write `none`")

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:
        """The parts' times, merged."""
        generators = rng.spawn(len(self.parts))
        return merged(part.times_us(own, until_us, start) for part, own in zip(self.parts, generators, strict=True))
