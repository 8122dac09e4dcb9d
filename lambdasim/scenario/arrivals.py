"""Arrival processes as the user writes them: ``none``, ``{poisson: {rate: 50/s}}``, ``{trace: {file: ...}}``, ..."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from lambdasim.scenario.blocks import Block, Built, OneOf
from lambdasim.scenario.distributions import CountDistribution, DurationDistribution, distribution_from
from lambdasim.scenario.quantities import (
    Count,
    Flag,
    Instant,
    PositiveCount,
    PositiveDuration,
    PositiveRate,
    PositiveWhole,
    Rate,
)
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import problem_inside, read_from
from lambdasim.units import US_PER_HOUR, parse_rate_per_us
from lambdasim.workload.arrivals import (
    ArrivalProcess,
    AtOnce,
    Batch,
    Bursts,
    ConstantRate,
    Diurnal,
    NoArrivals,
    Piecewise,
    Poisson,
    Renewal,
    Sum,
)
from lambdasim.workload.distributions import Lognormal
from lambdasim.workload.schedules import Schedule
from lambdasim.workload.trace_files import read_trace


class ConstantSpec(Block):
    """Evenly spaced events, the first at 0."""

    rate: PositiveRate
    """Events per time, such as 50/s."""

    def build(self, _surroundings: Surroundings) -> ArrivalProcess:
        """The process."""
        return ConstantRate(self.rate)


class PoissonSpec(Block):
    """Independent events: exponential gaps."""

    rate: PositiveRate
    """Events per time, such as 50/s."""

    def build(self, _surroundings: Surroundings) -> ArrivalProcess:
        """The process."""
        return Poisson(self.rate)


class RenewalSpec(Block):
    """Independent Gamma gaps."""

    rate: PositiveRate
    """Events per time, such as 50/s."""
    cv: PositiveCount | None = None
    """The gaps' coefficient of variation: 1 is Poisson, below is more regular, above comes in clusters; 1.75 if you
    don't say."""

    def build(self, surroundings: Surroundings) -> ArrivalProcess:
        """The process."""
        cv = self.cv if self.cv is not None else surroundings.book.value("arrivals/renewal/cv")
        return Renewal(self.rate, cv)


class DiurnalSpec(Block):
    """A day's curve: non-homogeneous Poisson."""

    mean_rate: PositiveRate
    """A weekday's mean rate."""
    peak_to_mean: PositiveCount | None = None
    """The peak's rate over the mean; 1 is flat, 1.5 the default."""
    peak_at: Instant | None = None
    """The peak's time of day in UTC, as a duration since midnight; 14h by default."""
    weekend_factor: Count | None = None
    """Saturdays and Sundays are scaled by this; 0.85 by default."""

    def build(self, surroundings: Surroundings) -> ArrivalProcess:
        """The process."""

        def usual(name: str) -> float:
            value: float = surroundings.book.value(f"arrivals/diurnal/{name}")
            return value

        return Diurnal(
            self.mean_rate,
            usual("peak_to_mean") if self.peak_to_mean is None else self.peak_to_mean,
            usual("peak_at_h") * US_PER_HOUR if self.peak_at is None else self.peak_at,
            usual("weekend_factor") if self.weekend_factor is None else self.weekend_factor,
        )


class PiecewiseSpec(Block):
    """Non-homogeneous Poisson along a curve through points."""

    points: tuple[tuple[Instant, Rate], ...]
    """`[[0s, 10/s], [10m, 500/s], ...]`: times that rise, and the rates there."""
    interpolate: Literal["linear", "step"] = "linear"
    """Join the points, or hold each rate until the next."""

    def build(self, _surroundings: Surroundings) -> ArrivalProcess:
        """The process."""
        try:
            return Piecewise(self.points, self.interpolate)
        except ValueError as error:
            raise problem_inside(error, "points") from None


class BurstsSpec(Block):
    """Two-state Markov-modulated Poisson: quiet and busy spells of random length."""

    low: Rate
    """The rate in quiet spells."""
    high: PositiveRate
    """The rate in busy spells."""
    mean_low: PositiveDuration
    """Mean length of a quiet spell."""
    mean_high: PositiveDuration
    """Mean length of a busy spell."""

    def build(self, _surroundings: Surroundings) -> ArrivalProcess:
        """The process."""
        return Bursts(self.low, self.high, self.mean_low, self.mean_high)


class BatchSpec(Block):
    """Bulk uploads: bulks at random times, each of several events."""

    rate: PositiveRate | None = None
    """Bulks per time; 2/h by default."""
    size: CountDistribution | None = None
    """Events in a bulk; a lognormal of median 50 and p99 5,000 by default."""
    spacing: DurationDistribution | None = None
    """Time from one event of a bulk to the next, such as 0s: all at once; 50 ms by default."""

    def build(self, surroundings: Surroundings) -> ArrivalProcess:
        """The process."""

        def usual(name: str) -> Any:
            return surroundings.book.value(f"arrivals/batch/{name}")

        return Batch(
            parse_rate_per_us(usual("rate")) if self.rate is None else self.rate,
            Lognormal.from_median_p99(usual("size_median"), usual("size_p99")) if self.size is None else self.size,
            distribution_from(usual("spacing")) if self.spacing is None else self.spacing,
        )


class AtOnceSpec(Block):
    """A number of events in a window, evenly spread."""

    events: PositiveWhole
    """How many."""
    at: Instant = 0
    """When the window begins; at the start by default."""
    over: Instant = 0
    """The window's length; `0s` (the default) is one instant."""

    def build(self, _surroundings: Surroundings) -> ArrivalProcess:
        """The process."""
        return AtOnce(self.events, self.at, self.over)


class ScheduleSpec(Block):
    """Events on the clock, in EventBridge's dialect."""

    expression: str
    """`rate(5 minutes)` or `cron(0 7 ? * MON-FRI *)`."""
    timezone: str = "UTC"
    """An IANA time zone for `cron(...)`, such as Europe/London."""
    jitter: DurationDistribution | None = None
    """How long after it is due an event comes."""

    def build(self, _surroundings: Surroundings) -> ArrivalProcess:
        """The process."""
        return Schedule(self.expression, self.timezone, self.jitter)


class TraceSpec(Block):
    """Recorded traffic, replayed."""

    file: str
    """The recording, relative to the scenario; .gz too."""
    format: Literal["timestamps", "counts_per_minute", "azure_2019", "azure_2021", "cloudwatch"]
    """What the file holds."""
    function: str | None = None
    """The function, app or series in the file; all of them by default."""
    column: str | None = None
    """The column that holds the `timestamps`."""
    time_scale: PositiveCount = 1.0
    """The time between events is multiplied by this: 0.5 replays twice as fast."""
    repeat: Flag = False
    """Whether it starts again from the beginning when it is over."""

    def build(self, surroundings: Surroundings) -> ArrivalProcess:
        """The process."""
        path = surroundings.base / self.file
        surroundings.files.append(path)
        with read_from(path):
            return read_trace(
                path,
                self.format,
                function=self.function,
                column=self.column,
                time_scale=self.time_scale,
                repeat=self.repeat,
            )


class ArrivalSpec(OneOf):
    """When events arrive: `none`, or a mapping with one of these keys."""

    noun: ClassVar[str] = "arrival process"
    several: ClassVar[str] = "sum"
    instead: ClassVar[str] = "`none`"

    constant: ConstantSpec | None = None
    """Evenly spaced: `{rate: 50/s}`."""
    poisson: PoissonSpec | None = None
    """Independent events: `{rate: 50/s}`."""
    renewal: RenewalSpec | None = None
    """Gamma gaps: `{rate: 50/s, cv: 0.5}`."""
    diurnal: DiurnalSpec | None = None
    """A day's curve: `{mean_rate: 50/s, peak_to_mean: 2, peak_at: 14h}`."""
    piecewise: PiecewiseSpec | None = None
    """Along a curve: `{points: [[0s, 10/s], [10m, 500/s]]}`."""
    bursts: BurstsSpec | None = None
    """Quiet and busy spells: `{low: 1/s, high: 100/s, mean_low: 10m, mean_high: 30s}`."""
    batch: BatchSpec | None = None
    """Bulk uploads: `{rate: 2/h, size: 500, spacing: 10 ms}`."""
    at_once: AtOnceSpec | None = None
    """Many events in a window: `{events: 10000, at: 1m, over: 0s}`."""
    schedule: ScheduleSpec | None = None
    """On the clock: `{expression: rate(5 minutes)}`."""
    trace: TraceSpec | None = None
    """Recorded traffic: `{file: recorded.csv, format: timestamps}`."""
    sum: Annotated[tuple[Arrivals, ...], Field(min_length=1)] | None = None
    """Several of the above at once, as a list."""

    def build(self, surroundings: Surroundings) -> ArrivalProcess:
        """The process of the one kind that is given."""
        name, spec = self.chosen
        try:
            process: ArrivalProcess = Sum(spec) if name == "sum" else spec.build(surroundings)
        except ValueError as error:
            raise problem_inside(error, name) from None
        return process


Arrivals = Annotated[ArrivalProcess, Built(ArrivalSpec, {"none": NoArrivals()})]
ArrivalSpec.model_rebuild()
