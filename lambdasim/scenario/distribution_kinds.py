"""The families of distributions: what each takes, and the value it builds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, RootModel

from lambdasim.scenario.blocks import Block
from lambdasim.scenario.quantities import Count, PositiveCount, Quantity
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import problem_at, read_from
from lambdasim.units import US_PER_MS, US_PER_S, format_us
from lambdasim.workload.distributions import (
    Distribution,
    Exponential,
    Gamma,
    Lognormal,
    Normal,
    ShiftedLognormal,
    Uniform,
    Weibull,
)
from lambdasim.workload.empirical import Quantiles, Samples
from lambdasim.workload.tables import numbers, read_column

Q = TypeVar("Q")  # what is distributed, from zero: durations, or counts
P = TypeVar("P")  # the same, above zero


@dataclass(frozen=True, slots=True)
class Dimension:
    """What is distributed: how messages show a value, and the units that a recorded column may have."""

    show: Callable[[float], str]
    units: Mapping[str, float] = field(default_factory=dict)
    default_unit: str = ""

    def ordered(self, low_name: str, low: float, high_name: str, high: float) -> None:
        """Refuse a high that is below its low."""
        if high < low:
            message = f"{high_name} ({self.show(high)}) is below {low_name} ({self.show(low)})"
            raise problem_at(message, high_name)


DURATIONS = Dimension(format_us, {"us": 1, "ms": US_PER_MS, "s": US_PER_S}, "ms")
COUNTS = Dimension("{:g}".format)


class _Of(BaseModel):
    """What is written alike for durations and for counts."""

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """``LognormalSpecOfDuration``: the name of its definition in the JSON Schema."""
        quantity = next(mark for mark in getattr(params[0], "__metadata__", ()) if isinstance(mark, Quantity))
        return f"{cls.__name__}Of{quantity.noun.capitalize()}"


class ExponentialSpec(Block, _Of, Generic[P]):
    """Exponential: without memory."""

    mean: P
    """The mean."""

    def build(self, _surroundings: Surroundings, _dimension: Dimension) -> Distribution:
        """The distribution."""
        return Exponential(self.mean)  # type: ignore[arg-type]  # both P are numbers


class LognormalSpec(Block, _Of, Generic[P]):
    """Lognormal, by `median` and `p99`, by `median` and `sigma`, or by `mean` and `cv`."""

    median: P | None = None
    """The median."""
    p99: P | None = None
    """The 99th percentile."""
    sigma: Count | None = None
    """Standard deviation of the logarithm."""
    mean: P | None = None
    """The mean."""
    cv: Count | None = None
    """Coefficient of variation: standard deviation over mean."""

    def build(self, _surroundings: Surroundings, dimension: Dimension) -> Distribution:
        """The distribution."""
        return self.lognormal(dimension)

    def lognormal(self, dimension: Dimension) -> Lognormal:
        """The lognormal that the two given parameters make."""
        values = {name: getattr(self, name) for name in ("median", "p99", "sigma", "mean", "cv")}
        given = {name: value for name, value in values.items() if value is not None}
        match tuple(given):
            case ("median", "p99"):
                dimension.ordered("median", given["median"], "p99", given["p99"])
                return Lognormal.from_median_p99(**given)
            case ("median", "sigma"):
                return Lognormal.from_median_sigma(**given)
            case ("mean", "cv"):
                return Lognormal.from_mean_cv(**given)
        raise ValueError(
            "a lognormal takes `median` and `p99`, or `median` and `sigma`, or `mean` and `cv`; "
            f"found {' and '.join(given) or 'none of them'}"
        )


class ShiftedLognormalSpec(LognormalSpec[P], Generic[Q, P]):
    """A lognormal on top of a smallest value, `shift`; the other parameters are those of the part above it."""

    shift: Q
    """The smallest value."""

    def build(self, _surroundings: Surroundings, dimension: Dimension) -> Distribution:
        """The distribution."""
        above = self.lognormal(dimension)
        return ShiftedLognormal(self.shift, above.mu, above.sigma)  # type: ignore[arg-type]


class GammaSpec(Block, _Of, Generic[P]):
    """Gamma by mean and coefficient of variation."""

    mean: P
    """The mean."""
    cv: PositiveCount
    """Coefficient of variation: standard deviation over mean."""

    def build(self, _surroundings: Surroundings, _dimension: Dimension) -> Distribution:
        """The distribution."""
        return Gamma(self.mean, self.cv)  # type: ignore[arg-type]


class WeibullSpec(Block, _Of, Generic[P]):
    """Weibull: P(X > x) = exp(-(x / scale)^shape)."""

    scale: P
    """Where 63% of the values lie below."""
    shape: PositiveCount
    """Below 1: a heavier tail than exponential."""

    def build(self, _surroundings: Surroundings, _dimension: Dimension) -> Distribution:
        """The distribution."""
        return Weibull(self.scale, self.shape)  # type: ignore[arg-type]


class UniformSpec(Block, _Of, Generic[Q]):
    """Uniform between `low` and `high`."""

    low: Q
    """The least value."""
    high: Q
    """The highest value."""

    def build(self, _surroundings: Surroundings, dimension: Dimension) -> Distribution:
        """The distribution."""
        dimension.ordered("low", self.low, "high", self.high)  # type: ignore[arg-type]
        return Uniform(self.low, self.high)  # type: ignore[arg-type]


class NormalSpec(Block, _Of, Generic[Q]):
    """Normal, cut at zero."""

    mean: Q
    """The mean, before the cut."""
    sd: Q
    """The standard deviation, before the cut."""

    def build(self, _surroundings: Surroundings, _dimension: Dimension) -> Distribution:
        """The distribution."""
        return Normal(self.mean, self.sd)  # type: ignore[arg-type]


_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,9})?)")


class QuantilesSpec(_Of, RootModel[dict[str, Q]], Generic[Q]):
    """Percentiles: `min`, `p50`, `p99.9`, `max`, ... with values that rise."""

    def build(self, _surroundings: Surroundings, dimension: Dimension) -> Distribution:
        """The distribution."""
        points = sorted((self._fraction(name), value, name) for name, value in self.root.items())
        for (_, low, low_name), (_, high, high_name) in pairwise(points):
            dimension.ordered(low_name, low, high_name, high)  # type: ignore[arg-type]
        return Quantiles(tuple((fraction, value) for fraction, value, _ in points))  # type: ignore[misc]

    @staticmethod
    def _fraction(name: str) -> float:
        match = _PERCENTILE.fullmatch(name)
        fraction = {"min": 0.0, "max": 1.0}.get(name, round(float(match[1]) / 100, 12) if match else 2.0)
        if fraction > 1:
            raise problem_at(f"{name!r} is no percentile; write for example min, p50, p99.9 or max", name)
        return fraction


class SamplesSpec(Block):
    """Recorded values, drawn again at random: a column of a CSV file."""

    file: str
    """A CSV file with a header (.gz too), relative to the scenario."""
    column: str
    """The column's name."""
    unit: str | None = None
    """The unit of recorded durations: us, ms (the default) or s."""

    def build(self, surroundings: Surroundings, dimension: Dimension) -> Distribution:
        """The distribution."""
        scale = 1.0
        if self.unit is not None and self.unit not in dimension.units:
            allowed = ", ".join(dimension.units)
            hint = f"{self.unit!r} is no unit of a duration; write one of: {allowed}"
            raise problem_at(hint if allowed else "counts have no unit; leave the key out", "unit")
        if dimension.units:
            scale = dimension.units[self.unit or dimension.default_unit]
        path = surroundings.base / self.file
        surroundings.files.append(path)
        with read_from(path):
            cells, first_row = read_column(path, self.column)
            return Samples(numbers(cells, path, first_row) * scale)
