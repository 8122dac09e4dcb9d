"""The quantities a user writes (``120 ms``, ``50/s``, ``12 MB``, ``5%``) as types of pydantic fields.

Each type reads its text by :mod:`lambdasim.units` and describes it as a pattern of the JSON Schema.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, Strict
from pydantic_core import core_schema

from lambdasim.scenario.wording import found
from lambdasim.units import parse_duration_us, parse_factor, parse_fraction, parse_rate_per_us, parse_size_mb

_NUMBER = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
DURATION_PATTERN = rf"^(\s*{_NUMBER}\s*(ns|us|µs|μs|ms|s|m|h|d|w))+\s*$"
RATE_PATTERN = rf"^\s*{_NUMBER}\s*/\s*(s|m|min|h|d)\s*$"
SIZE_PATTERN = rf"^\s*{_NUMBER}\s*([KMG]B|[kmg]b)\s*$"
PERCENT_PATTERN = rf"^\s*{_NUMBER}\s*%\s*$"
FACTOR_PATTERN = rf"^\s*x\s*{_NUMBER}\s*$"


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class Quantity:
    """A scalar with its unit: how it is read, what it is called, how the JSON Schema shows it."""

    read: Callable[[Any], float]
    noun: str  # "duration"
    example: str  # "'120 ms' or '1h30m'"; none where a bare number stands
    schema: Mapping[str, Any]
    positive: bool = False
    whole: bool = False  # rounded to an integer: instants on the clock
    instead_of_zero: str = ""

    @property
    def kind(self) -> str:
        """For messages: "a duration such as '120 ms'"."""
        return f"a {self.noun} such as {self.example}" if self.example else f"a {self.noun}"

    def __call__(self, value: Any) -> float:
        """The number inside, in lambdasim's unit; ``ValueError`` for anything else."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(f"expected {self.kind}, found {found(value)}")  # pydantic collects ValueError
        if str(value).lstrip().startswith("-"):
            raise ValueError(f"{value} is negative; expected {self.kind}")
        number = self.read(value)
        if not math.isfinite(number):
            raise ValueError(f"{value} is too large")
        counted = round(number) if self.whole else number
        if self.positive and not counted > 0:
            why = "is less than the clock can count" if number > 0 else f"must be above zero{self.instead_of_zero}"
            raise ValueError(f"{value} {why}")
        return counted

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read the text, whatever the field's type says."""
        return core_schema.no_info_plain_validator_function(self)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: the pattern."""
        return dict(self.schema)


def _count(value: Any) -> float:
    if isinstance(value, str):
        raise ValueError(f"{value!r} is text; expected a number")  # pydantic collects ValueError
    return float(value)


_DURATION = ("duration", "'120 ms' or '1h30m'")
_RATE = ("rate", "'50/s' or '3/min'")
COUNT_SCHEMA = {"type": "number", "minimum": 0}
DURATION_SCHEMA = {"type": "string", "pattern": DURATION_PATTERN}
_rate_schema = {"type": "string", "pattern": RATE_PATTERN}

Duration = Annotated[float, Quantity(parse_duration_us, *_DURATION, DURATION_SCHEMA)]
PositiveDuration = Annotated[float, Quantity(parse_duration_us, *_DURATION, DURATION_SCHEMA, positive=True)]
Instant = Annotated[int, Quantity(parse_duration_us, *_DURATION, DURATION_SCHEMA, whole=True)]
POSITIVE_INSTANT = Quantity(parse_duration_us, *_DURATION, DURATION_SCHEMA, positive=True, whole=True)
PositiveInstant = Annotated[int, POSITIVE_INSTANT]
Rate = Annotated[float, Quantity(parse_rate_per_us, *_RATE, _rate_schema)]
PositiveRate = Annotated[
    float,
    Quantity(
        parse_rate_per_us, *_RATE, _rate_schema, positive=True, instead_of_zero="; for no events write `arrivals: none`"
    ),
]
PositiveFactor = Annotated[
    float,
    Quantity(parse_factor, "factor", "'x10' or 'x0.5'", {"type": "string", "pattern": FACTOR_PATTERN}, positive=True),
]
Size = Annotated[
    float,
    Quantity(parse_size_mb, "size", "'12 MB'", {"type": "string", "pattern": SIZE_PATTERN}, positive=True),
]
SHARE = Quantity(
    parse_fraction,
    "share",
    "'5%' or 0.05",
    {"anyOf": [{"type": "string", "pattern": PERCENT_PATTERN}, {"type": "number", "minimum": 0, "maximum": 1}]},
)
Share = Annotated[float, SHARE]
COUNT = Quantity(_count, "number", "", COUNT_SCHEMA)
Count = Annotated[float, COUNT]
PositiveCount = Annotated[
    float, Quantity(_count, "number", "", {"type": "number", "exclusiveMinimum": 0}, positive=True)
]


def _weight(value: Any) -> float:
    return parse_fraction(value) if isinstance(value, str) else float(value)


Weight = Annotated[
    float,
    Quantity(
        _weight,
        "weight",
        "3 or '60%'",
        {"anyOf": [{"type": "string", "pattern": PERCENT_PATTERN}, {"type": "number", "minimum": 0}]},
    ),
]


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a date; write for example 2026-01-05T00:00:00Z") from None
    if not isinstance(value, datetime):
        raise ValueError(f"expected a date such as 2026-01-05T00:00:00Z, found {found(value)}")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class _Moment:
    """A date and time; UTC where no offset is given."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_moment)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].*)?$"}


Moment = Annotated[datetime, _Moment()]


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class WholeNumber:
    """A whole number from ``minimum`` on."""

    minimum: int

    def read(self, value: Any) -> int:
        """The number; neither text nor ``3.0`` stands for one."""
        if type(value) is not int:
            raise ValueError(f"expected a whole number, found {found(value)}")
        if value < self.minimum:
            raise ValueError(f"{value} is below {self.minimum}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read strictly."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: an integer."""
        return {"type": "integer", "minimum": self.minimum}


Flag = Annotated[bool, Strict()]
Whole = Annotated[int, WholeNumber(0)]
PositiveWhole = Annotated[int, WholeNumber(1)]
