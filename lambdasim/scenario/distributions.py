"""Distributions as the user writes them: ``120 ms``, ``{lognormal: {median: 80 ms, p99: 400 ms}}``, ..."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Generic

from pydantic import Field, TypeAdapter, ValidationError

from lambdasim.scenario.blocks import Built, OneOf
from lambdasim.scenario.distribution_kinds import (
    COUNTS,
    DURATIONS,
    Dimension,
    ExponentialSpec,
    GammaSpec,
    LognormalSpec,
    NormalSpec,
    P,
    Q,
    QuantilesSpec,
    SamplesSpec,
    ShiftedLognormalSpec,
    UniformSpec,
    WeibullSpec,
)
from lambdasim.scenario.problems import message
from lambdasim.scenario.quantities import (
    COUNT_SCHEMA,
    DURATION_SCHEMA,
    Count,
    Duration,
    PositiveCount,
    PositiveDuration,
    Weight,
)
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import problem_inside
from lambdasim.workload.distributions import Constant, Distribution, Mixture


class DistributionSpec(OneOf, Generic[Q, P]):
    """A distribution: a single value (always the same), or a mapping with one of these keys."""

    scalar: ClassVar[str] = "constant"
    noun: ClassVar[str] = "distribution"
    several: ClassVar[str] = "mixture"

    constant: Q | None = None
    """Always this value."""
    exponential: ExponentialSpec[P] | None = None
    """Exponential: `{mean: 120 ms}`."""
    lognormal: LognormalSpec[P] | None = None
    """Lognormal: `{median: 80 ms, p99: 400 ms}`, or `median` and `sigma`, or `mean` and `cv`."""
    shifted_lognormal: ShiftedLognormalSpec[Q, P] | None = None
    """A lognormal on top of a `shift`."""
    gamma: GammaSpec[P] | None = None
    """Gamma: `{mean: 120 ms, cv: 0.5}`."""
    weibull: WeibullSpec[P] | None = None
    """Weibull: `{scale: 120 ms, shape: 0.8}`."""
    uniform: UniformSpec[Q] | None = None
    """Uniform: `{low: 80 ms, high: 120 ms}`."""
    normal: NormalSpec[Q] | None = None
    """Normal, cut at zero: `{mean: 600 s, sd: 60 s}`."""
    quantiles: QuantilesSpec[Q] | None = None
    """Percentiles: `{p50: 80 ms, p90: 200 ms, p99: 400 ms, max: 2 s}`."""
    samples: SamplesSpec | None = None
    """Recorded values: `{file: durations.csv, column: duration_ms}`."""

    def made(self, surroundings: Surroundings, dimension: Dimension) -> Distribution:
        """The distribution of the one kind that is given."""
        name, spec = self.chosen
        try:
            distribution: Distribution = (
                Constant(spec)
                if name == "constant"
                else _mixed(spec, surroundings, dimension)
                if name == "mixture"
                else spec.build(surroundings, dimension)
            )
        except ValueError as error:
            raise problem_inside(error, name) from None
        return distribution


def _mixed(parts: tuple[Any, ...], surroundings: Surroundings, dimension: Dimension) -> Distribution:
    """A mixture; a problem in a part is told with the part's index."""
    built = []
    for index, part in enumerate(parts):
        try:
            built.append((part.weight, part.made(surroundings, dimension)))
        except ValueError as error:
            raise problem_inside(error, index) from None
    return Mixture(tuple(built))


class DurationSpec(DistributionSpec[Duration, PositiveDuration]):
    """A duration: `120 ms` (always the same), or a mapping with one of these distributions."""

    instead: ClassVar[str] = "a duration such as '120 ms'"
    scalar_schema: ClassVar[Mapping[str, Any]] = DURATION_SCHEMA

    mixture: Annotated[tuple[DurationPart, ...], Field(min_length=1)] | None = None
    """One of several distributions at random: `[{weight: 0.9, lognormal: {...}}, {weight: 0.1, ...}]`."""

    def build(self, surroundings: Surroundings) -> Distribution:
        """The distribution, in microseconds."""
        return self.made(surroundings, DURATIONS)


class DurationPart(DurationSpec):
    """A part of a mixture: its `weight`, and one distribution."""

    beside: ClassVar[tuple[str, ...]] = ("weight",)

    weight: Weight
    """How often this part is taken, relative to the others."""


class CountSpec(DistributionSpec[Count, PositiveCount]):
    """A count: `10` (always the same), or a mapping with one of these distributions."""

    instead: ClassVar[str] = "a number"
    scalar_schema: ClassVar[Mapping[str, Any]] = COUNT_SCHEMA

    mixture: Annotated[tuple[CountPart, ...], Field(min_length=1)] | None = None
    """One of several distributions at random: `[{weight: 0.9, uniform: {...}}, {weight: 0.1, ...}]`."""

    def build(self, surroundings: Surroundings) -> Distribution:
        """The distribution."""
        return self.made(surroundings, COUNTS)


class CountPart(CountSpec):
    """A part of a mixture: its `weight`, and one distribution."""

    beside: ClassVar[tuple[str, ...]] = ("weight",)

    weight: Weight
    """How often this part is taken, relative to the others."""


DurationDistribution = Annotated[Distribution, Built(DurationSpec)]
CountDistribution = Annotated[Distribution, Built(CountSpec)]
UnlimitedDuration = Annotated[Distribution | None, Built(DurationSpec, {"unlimited": None})]

_duration: TypeAdapter[Distribution] = TypeAdapter(DurationDistribution)


def distribution_from(spec: Any) -> Distribution:
    """The distribution of durations (microseconds) that ``spec`` describes in the scenario's language.

    ``spec`` is plain data, as in the parameter book: ``"600 s"`` or ``{"normal": {"mean": "600 s", "sd": "60 s"}}``.
    Raises ``ValueError`` with all that is wrong with it.
    """
    try:
        return _duration.validate_python(spec)
    except ValidationError as error:
        raise ValueError("; ".join(message(problem) for problem in error.errors(include_url=False))) from None
