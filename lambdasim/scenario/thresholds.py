"""Thresholds: what must hold of a run's summary, such as ``checkout.latency_ms.p99 < 300``."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from lambdasim.scenario.measures import Measure, Names, read_measure
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import found
from lambdasim.units import US_PER_MS, US_PER_S, parse_duration_us

_OPERATORS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
_FORM = re.compile(
    r"\s*(?P<path>[^<>=\s]+)\s*(?P<operator><=|>=|<|>)\s*(?P<number>[-+]?[0-9.]+(?:[eE][-+]?\d+)?)\s*(?P<unit>\S*)\s*"
)
EXAMPLE = "checkout.latency_ms.p99 < 300"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound on one number of the summary."""

    text: str
    measure: Measure
    operator: str
    limit: float

    def check(self, summary: Mapping[str, Any]) -> tuple[bool, float | None]:
        """Whether it holds, and the number; a number that the summary doesn't have holds nothing."""
        value = self.measure.value(summary)
        return value is not None and self.holds(value), value

    def holds(self, value: float) -> bool:
        """Whether ``value`` is within the bound."""
        return bool(_OPERATORS[self.operator](value, self.limit))


class ThresholdText:
    """Annotation: the user writes a text, the model holds the :class:`Threshold`."""

    @staticmethod
    def read(value: Any, info: ValidationInfo) -> Threshold:
        """The threshold, by the names that the scenario has."""
        if not isinstance(value, str):
            raise ValueError(f"expected a threshold such as {EXAMPLE!r}, found {found(value)}")
        around = Surroundings.of(info)
        return read_threshold(value, Names(around.functions or (), around.triggers or {}, around.downstream or ()))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read the text."""
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: text of the form."""
        return {"type": "string", "pattern": r"^\s*[^<>=\s]+\s*(<=|>=|<|>)\s*[-+]?[0-9.]", "examples": [EXAMPLE]}


def read_threshold(text: str, names: Names) -> Threshold:
    """The threshold in ``text``; ``ValueError`` if it has another form, or names what no summary has."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a threshold; write for example {EXAMPLE!r}")
    try:
        number = float(match["number"])
    except ValueError:
        raise ValueError(f"{match['number']!r} is not a number; write for example {EXAMPLE!r}") from None
    measure = read_measure(match["path"], names)
    if match["unit"] == "%" and not measure.is_share:
        raise ValueError(f"{match['path']} is no share, so it has no percentage; write a number")
    limit = _in_the_keys_unit(number, match["unit"], measure)
    if measure.is_share and not 0 <= limit <= 1:
        meant = f"; did you mean {number:g}%?" if not match["unit"] and 1 < number <= 100 else ""
        raise ValueError(
            f"{match['path']} is a share from 0 to 1, or 0% to 100%, found {match['number']}{match['unit']}{meant}"
        )
    return Threshold(text, measure, match["operator"], limit)


def _in_the_keys_unit(number: float, unit: str, measure: Measure) -> float:
    """The limit as the summary counts: shares from 0 to 1, milliseconds, USD."""
    if not unit:
        return number
    if unit == "%":
        return number / 100
    if unit.upper() == "USD" and measure.is_money:
        return number
    scales = {"_ms": US_PER_MS, "_s": US_PER_S}
    scale = next((us for suffix, us in scales.items() for key in measure.keys if key.endswith(suffix)), None)
    if scale is None:
        raise ValueError(f"{'.'.join(measure.path)} has no unit {unit!r}; write a bare number")
    return parse_duration_us(f"{number:.15g} {unit}") / scale
