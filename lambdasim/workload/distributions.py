"""Probability distributions of durations and sizes, as frozen values: ``sample(rng, n)`` and ``mean()``.

Durations are in microseconds. No draw is negative, and none is above 2**53 (285 years), so that it always fits
the clock. A family draws the same underlying uniform, normal or exponential numbers whatever its parameters
(for ``Gamma``: at equal ``cv``), so scenarios on one seed share their luck: twice the median gives twice each draw.
Constructors raise ValueError for parameters that make no distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lambdasim.workload.checks import LOG_LONGEST, LONGEST, positive, quantity
from lambdasim.workload.empirical import Quantiles, Samples

__all__ = [
    "Constant",
    "Distribution",
    "Exponential",
    "Gamma",
    "Lognormal",
    "Mixture",
    "Normal",
    "Quantiles",
    "Samples",
    "ShiftedLognormal",
    "Uniform",
    "Weibull",
]

Floats = NDArray[np.float64]
Z_99 = 2.3263478740408408  # the standard normal's 99th percentile
_LOWEST_CV, _HIGHEST_CV = 1e-3, 100.0  # outside, a Gamma is a constant, or all zeros, to float64
_LOWEST_WEIBULL_SHAPE = 0.1


@runtime_checkable
class Distribution(Protocol):
    """Anything that can be drawn from, n at a time."""

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws, shape (n,), each >= 0."""

    def mean(self) -> float:
        """The expected value."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same value."""

    value: float

    def __post_init__(self) -> None:
        quantity("value", self.value)

    def sample(self, rng: np.random.Generator, n: int) -> Floats:  # noqa: ARG002 (the protocol hands a generator)
        """``n`` times the value."""
        return np.full(n, self.value, dtype=np.float64)

    def mean(self) -> float:
        """The value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Exponential:
    """Exponential with the given mean."""

    average: float

    def __post_init__(self) -> None:
        positive("mean", self.average)

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws."""
        return np.minimum(self.average * rng.standard_exponential(n), LONGEST)

    def mean(self) -> float:
        """The mean it was given."""
        return self.average


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Lognormal: its logarithm is normal with mean ``mu`` and standard deviation ``sigma``."""

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.mu):
            raise ValueError(f"mu is {self.mu}; it must be a finite number")
        quantity("sigma", self.sigma)
        if self.mu + self.sigma**2 / 2 > LOG_LONGEST:
            raise ValueError(f"a lognormal of sigma {self.sigma:.3g} has a mean longer than the clock can count")

    @classmethod
    def from_median_p99(cls, median: float, p99: float) -> Lognormal:
        """By its median and 99th percentile: sigma = ln(p99 / median) / 2.326."""
        positive("median", median)
        if not p99 >= median:
            raise ValueError(f"p99 ({p99:g}) is below the median ({median:g})")
        return cls(math.log(median), math.log(quantity("p99", p99) / median) / Z_99)

    @classmethod
    def from_median_sigma(cls, median: float, sigma: float) -> Lognormal:
        """By its median and the standard deviation of its logarithm."""
        return cls(math.log(positive("median", median)), sigma)

    @classmethod
    def from_mean_cv(cls, mean: float, cv: float) -> Lognormal:
        """By its mean and coefficient of variation: sigma^2 = ln(1 + cv^2), mu = ln(mean) - sigma^2 / 2."""
        variance = math.log1p(quantity("cv", cv) ** 2)
        return cls(math.log(positive("mean", mean)) - variance / 2, math.sqrt(variance))

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws."""
        return np.exp(np.minimum(self.mu + self.sigma * rng.standard_normal(n), LOG_LONGEST))

    def mean(self) -> float:
        """exp(mu + sigma^2 / 2)."""
        return math.exp(self.mu + self.sigma**2 / 2)


@dataclass(frozen=True, slots=True)
class ShiftedLognormal:
    """A lognormal on top of a smallest value, ``shift``."""

    shift: float
    mu: float
    sigma: float

    def __post_init__(self) -> None:
        quantity("shift", self.shift)
        Lognormal(self.mu, self.sigma)

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws, each >= shift."""
        return np.minimum(self.shift + Lognormal(self.mu, self.sigma).sample(rng, n), LONGEST)

    def mean(self) -> float:
        """Shift plus the lognormal's mean."""
        return self.shift + Lognormal(self.mu, self.sigma).mean()


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma by its mean and coefficient of variation: shape 1 / cv^2, scale mean * cv^2."""

    average: float
    cv: float

    def __post_init__(self) -> None:
        positive("mean", self.average)
        quantity("cv", self.cv, at_least=_LOWEST_CV, at_most=_HIGHEST_CV)

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws."""
        return np.minimum(self.average * self.cv**2 * rng.standard_gamma(self.cv**-2, n), LONGEST)

    def mean(self) -> float:
        """The mean it was given."""
        return self.average


@dataclass(frozen=True, slots=True)
class Weibull:
    """Weibull: P(X > x) = exp(-(x / scale)^shape)."""

    scale: float
    shape: float

    def __post_init__(self) -> None:
        positive("scale", self.scale)
        quantity("shape", self.shape, at_least=_LOWEST_WEIBULL_SHAPE)

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws."""
        return np.minimum(self.scale * rng.standard_exponential(n) ** (1 / self.shape), LONGEST)

    def mean(self) -> float:
        """Scale * Gamma(1 + 1 / shape)."""
        return self.scale * math.gamma(1 + 1 / self.shape)


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform on [low, high)."""

    low: float
    high: float

    def __post_init__(self) -> None:
        quantity("low", self.low)
        if not quantity("high", self.high) >= self.low:
            raise ValueError(f"high ({self.high:g}) is below low ({self.low:g})")

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws."""
        return self.low + (self.high - self.low) * rng.random(n)

    def mean(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal cut at 0: a negative draw becomes 0. ``center`` and ``sd`` are those before the cut."""

    center: float
    sd: float

    def __post_init__(self) -> None:
        quantity("mean", self.center)
        quantity("sd", self.sd)

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws."""
        return np.clip(self.center + self.sd * rng.standard_normal(n), 0.0, LONGEST)

    def mean(self) -> float:
        """E[max(X, 0)] = m Phi(m / s) + s phi(m / s), a little above ``center``."""
        if self.sd == 0:
            return self.center
        z = self.center / self.sd
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return self.center * (1 + math.erf(z / math.sqrt(2))) / 2 + self.sd * density


@dataclass(frozen=True, slots=True)
class Mixture:
    """One of several distributions, chosen anew for each draw; ``parts`` are (weight, distribution).

    Weights need not sum to 1. Each part draws for every event, so that an event's luck within a part does not
    depend on which part the events before it took.
    """

    parts: tuple[tuple[float, Distribution], ...]

    def __post_init__(self) -> None:
        for weight, _ in self.parts:
            quantity("weight", weight)
        if not sum(weight for weight, _ in self.parts) > 0:
            raise ValueError("a mixture needs at least one part with a weight greater than 0")

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws."""
        uppers = np.cumsum([weight for weight, _ in self.parts])
        chosen = np.searchsorted(uppers, rng.random(n) * uppers[-1], side="right")
        values = np.empty(n)
        for index, (_, part) in enumerate(self.parts):
            drawn, mine = part.sample(rng, n), chosen == index
            values[mine] = drawn[mine]
        return values

    def mean(self) -> float:
        """The parts' means, weighted."""
        return sum(weight * part.mean() for weight, part in self.parts) / sum(weight for weight, _ in self.parts)
