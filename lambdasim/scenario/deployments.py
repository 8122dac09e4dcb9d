"""Deployments as the user writes them: an alias moves to another version as CodeDeploy would move it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import core_schema

from lambdasim.parameters.book import Book
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.book_fields import BookName
from lambdasim.scenario.quantities import COUNT, POSITIVE_INSTANT, SHARE, Instant, PositiveWhole, Quantity
from lambdasim.scenario.wording import found, problem_at
from lambdasim.units import US_PER_MINUTE, US_PER_S

TRAFFIC_SHIFTS = "deployments/traffic_shifts"
_OF_DURATIONS = re.compile(r"Average|Maximum|p(\d{1,2}(\.\d+)?|100)")
_COUNTS = ("Errors", "Throttles")
_PERIOD_S = US_PER_MINUTE // US_PER_S  # Lambda's metrics have a value for each minute
_UNITS: dict[str, Quantity] = {"Errors": COUNT, "Throttles": COUNT, "ErrorRate": SHARE, "Duration": POSITIVE_INSTANT}


def traffic_steps(book: Book, name: str) -> tuple[tuple[int, float], ...]:
    """The steps of a predefined traffic shift: microseconds after its begin, and the new version's share from then on.

    A canary's first part moves at once and the rest after the interval; a linear shift's equal parts move one at once,
    and one after each interval (AWS CodeDeploy API reference, TimeBasedCanary and TimeBasedLinear).

    >>> from lambdasim.parameters.book import load_book
    >>> traffic_steps(load_book(), "Canary10Percent5Minutes")
    ((0, 0.1), (300000000, 1.0))
    """
    kind, part, minutes = (book.value(f"{TRAFFIC_SHIFTS}/{name}/{key}") for key in ("type", "percentage", "interval"))
    steps = {"TimeBasedCanary": 2, "TimeBasedLinear": math.ceil(100 / part), "AllAtOnce": 1}[kind]
    shares = (*(part * step / 100 for step in range(1, steps)), 1.0)
    return tuple((round(step * minutes * US_PER_MINUTE), share) for step, share in enumerate(shares))


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class AlarmThreshold:
    """A threshold in the unit of its alarm's metric."""

    def read(self, value: Any, info: ValidationInfo) -> float:
        """A count, a share, or a duration in microseconds."""
        metric = info.data.get("metric_name", "")
        if metric in _COUNTS and isinstance(value, str):
            raise ValueError(f"{metric} are counted: expected a number, found {found(value)}; ErrorRate is a share")
        unit = _UNITS.get(metric)
        return unit(value) if unit is not None else 0.0  # the metric's name is refused already

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read by the metric."""
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: any of the units."""
        return {"anyOf": [dict(unit.schema) for unit in (COUNT, SHARE, POSITIVE_INSTANT)]}


def _whole_minutes(period: int) -> int:
    if period % _PERIOD_S:
        raise ValueError(f"{period} is no multiple of {_PERIOD_S}: Lambda's metrics have a value for each minute")
    return period


class Alarm(Block):
    """A CloudWatch alarm of a deployment: when it goes off, CodeDeploy rolls back."""

    metric_name: Literal["Errors", "ErrorRate", "Throttles", "Duration"]
    """What is watched: Errors, Throttles, Duration, or ErrorRate (Errors / Invocations, as by metric math)."""
    threshold: Annotated[float, AlarmThreshold()]
    """A count for Errors and Throttles, a share such as 2% for ErrorRate, a duration such as 300 ms for Duration."""
    statistic: str | None = None
    """Of durations: Average (the default), Maximum, or a percentile such as p99; of Errors and Throttles: Sum."""
    comparison_operator: Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold"] = "GreaterThanThreshold"
    """GreaterThanThreshold (the default), or GreaterThanOrEqualToThreshold."""
    period: Annotated[PositiveWhole, AfterValidator(_whole_minutes)] = _PERIOD_S
    """Seconds over which a datapoint is taken: whole minutes; 60 by default."""
    evaluation_periods: PositiveWhole = 1
    """How many of the last datapoints are looked at."""
    datapoints_to_alarm: PositiveWhole | None = None
    """How many of those must break the threshold: all of them by default."""
    dimension: Literal["ExecutedVersion", "Resource"] = "ExecutedVersion"
    """Whose metrics: those of the new version (ExecutedVersion, the default), or of the whole alias (Resource)."""

    @model_validator(mode="after")
    def _is_sound(self) -> Alarm:
        if self.statistic is not None:
            fits = (
                _OF_DURATIONS.fullmatch(self.statistic)
                if self.metric_name == "Duration"
                else self.metric_name in _COUNTS and self.statistic == "Sum"
            )
            if not fits:
                has = (
                    "Average, Maximum or a percentile such as p99" if self.metric_name == "Duration" else "its Sum only"
                )
                has = "no statistic: it is a quotient" if self.metric_name == "ErrorRate" else has
                raise problem_at(f"{self.metric_name} has {has}; found {self.statistic!r}", "statistic")
        if (self.datapoints_to_alarm or 1) > self.evaluation_periods:
            raise problem_at(
                f"{self.datapoints_to_alarm} datapoints can't break the threshold among {self.evaluation_periods}; "
                "raise evaluation_periods",
                "datapoints_to_alarm",
            )
        return self

    @property
    def period_us(self) -> int:
        """Over which a datapoint is taken."""
        return self.period * US_PER_S


class Deployment(Block):
    """A deployment: at its time, the alias's traffic begins to move to another version."""

    type: Annotated[
        str, BookName(TRAFFIC_SHIFTS, "predefined deployment configuration", prefix="CodeDeployDefault.Lambda")
    ]
    """How traffic moves: a predefined configuration of CodeDeploy, such as Canary10Percent5Minutes."""
    to: str
    """The version that it moves to."""
    at_us: Instant = Field(alias="at")
    """When it begins, such as 20m."""
    alarms: tuple[Alarm, ...] = ()
    """While it is under way, any of these that goes off moves all traffic back at once."""
