"""Distributions taken from measurements: a few percentiles, or the recorded values themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lambdasim.workload.checks import LONGEST, quantity

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A distribution by points of its inverse CDF: (fraction, value), e.g. ((0.5, 80.0), (0.99, 400.0), (1.0, 900.0)).

    Fraction 0 is the minimum, 1 the maximum. Between two points the logarithm of the value is linear in the
    fraction (where one of them is 0: the value itself is). Beyond the points these assumptions are made:

    - Below the lowest fraction f, if the minimum is not given, the curve mirrors its upper side on the log scale:
      Q(f - d) = Q(f)^2 / Q(f + d). With p50 lowest, that is a distribution symmetric on the log scale, as a
      lognormal is. It needs f <= 0.5; ValueError otherwise.
    - Above the highest, if the maximum is not given, nothing is extrapolated: the curve holds its highest value.
      With p99 highest, one draw in a hundred equals it.
    """

    points: tuple[tuple[float, float], ...]
    _fractions: Floats = field(init=False, repr=False, compare=False)
    _values: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_points(self.points)
        whole = list(self.points)
        if whole[-1][0] < 1:
            whole.append((1.0, whole[-1][1]))
        if whole[0][0] > 0:
            whole = _mirrored(whole) + whole
        fractions, values = np.array(whole, dtype=np.float64).T
        object.__setattr__(self, "_fractions", fractions)
        object.__setattr__(self, "_values", values)

    def at(self, fractions: Floats) -> Floats:
        """The inverse CDF at ``fractions`` in [0, 1]: same shape."""
        return _interpolated(self._fractions, self._values, fractions)

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws, one uniform each."""
        return self.at(rng.random(n))

    def mean(self) -> float:
        """The area under the inverse CDF: on a log-linear piece, the logarithmic mean of its two ends."""
        total = 0.0
        for (f0, v0), (f1, v1) in pairwise(zip(self._fractions.tolist(), self._values.tolist(), strict=True)):
            growth = math.log(v1) - math.log(v0) if v0 > 0 else 0.0
            # where the ends are nearly equal the quotient would lose its digits
            total += (f1 - f0) * ((v1 - v0) / growth if growth > 1e-6 else (v0 + v1) / 2)
        return total


def _check_points(points: Sequence[tuple[float, float]]) -> None:
    if len(points) < 2:
        raise ValueError("quantiles need at least two points, for example p50 and p99")
    for fraction, value in points:
        if not 0 <= fraction <= 1:
            raise ValueError(f"p{fraction * 100:g} is outside p0 to p100")
        quantity(_name(fraction), value)
    for (f0, v0), (f1, v1) in pairwise(points):
        if not f0 < f1:
            raise ValueError(f"{_name(f1)} stands after {_name(f0)}; percentiles must rise")
        if not v0 <= v1:
            raise ValueError(f"{_name(f1)} ({v1:g}) is below {_name(f0)} ({v0:g})")
    if points[0][0] > 0.5:
        raise ValueError(f"the lowest percentile is {_name(points[0][0])}; give min, p50 or one below it too")


def _name(fraction: float) -> str:
    return {0.0: "min", 1.0: "max"}.get(fraction, f"p{fraction * 100:g}")


def _mirrored(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The missing part of the curve, from fraction 0 up to the lowest point of ``points`` (which reach 1)."""
    lowest, pivot = points[0]
    if pivot == 0:
        return [(0.0, 0.0)]
    fractions, values = np.array(points, dtype=np.float64).T
    top = _interpolated(fractions, values, np.array([2 * lowest]))[0]
    upper = [(2 * lowest, float(top)), *[point for point in reversed(points) if lowest < point[0] < 2 * lowest]]
    return [(2 * lowest - fraction, pivot * (pivot / value)) for fraction, value in upper]


def _interpolated(fractions: Floats, values: Floats, wanted: Floats) -> Floats:
    piece = np.clip(np.searchsorted(fractions, wanted, side="right") - 1, 0, len(fractions) - 2)
    share = (wanted - fractions[piece]) / np.diff(fractions)[piece]
    low, high = values[piece], values[piece + 1]
    geometric = low > 0
    growth = np.log(high, out=np.zeros_like(low), where=geometric) - np.log(
        low, out=np.zeros_like(low), where=geometric
    )
    result: Floats = np.where(geometric, low * np.exp(growth * share), low + (high - low) * share)
    return result


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no single truth value to compare by
class Samples:
    """Recorded values, drawn again with replacement (the bootstrap)."""

    values: Floats

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float64)
        if values.ndim != 1 or values.size == 0:
            raise ValueError("samples need at least one value")
        wrong = ~((values >= 0) & (values <= LONGEST))
        if wrong.any():
            raise ValueError(f"sample {int(np.argmax(wrong)) + 1} is {values[wrong][0]:g}; it must be 0 or more")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """``n`` draws, one uniform each."""
        return self.values[(rng.random(n) * self.values.size).astype(np.intp)]

    def mean(self) -> float:
        """The recorded values' mean."""
        return float(self.values.mean())
