"""Uncertainty: between what a number may lie that a run relies on, by what the parameter book says of it.

An entry's own ``low`` and ``high`` (or ``alternatives``) count; else its value is scaled by the widths of its
confidence in ``parameters/sensitivity.yaml``. AWS's own word (H) is no assumption, and what the scenario sets
(``user``) is its author's statement: neither is varied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lambdasim.parameters.book import Book, Parameter, is_counted
from lambdasim.units import US_PER_MS, US_PER_S, parse_duration_us, parse_fraction

BOOK = "parameters."  # before an entry's path, where it is set in a scenario
FIRM = ("H", "user")  # confidences that leave nothing to vary
_FLAG = "flag"
_CODES = ("HTTP status",)  # numbers that stand for something: none lies between two of them
_NEVER_SIMULATED = ("advice/", "sensitivity/")
_CAPPED = "share"  # units that begin so are shares of 1
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a run relies on and may be otherwise: where it is set in a scenario, and the ends between which it may lie.

    ``low`` or ``high`` is None where there is nothing to try on that side; ``value`` is None if the scenario sets it.
    """

    setting: str
    low: Any
    high: Any
    value: Any = None
    unit: str = ""
    source: str = ""
    note: str = ""
    confidence: str = "user"

    @property
    def path(self) -> str:
        """Its name: the path in the book, or in the scenario."""
        return self.setting.removeprefix(BOOK)

    @property
    def in_book(self) -> bool:
        """Whether it is an entry of the parameter book."""
        return self.setting.startswith(BOOK)


def assumption_of(parameter: Parameter, book: Book) -> Assumption | None:
    """What there is to vary of an entry of the book; None if nothing. Widths are those of ``book``, and used there."""
    if parameter.confidence in FIRM or parameter.path.startswith(_NEVER_SIMULATED):
        return None
    low, high = (None if _same(end, parameter.value) else end for end in _ends(parameter, book))
    return None if low is None and high is None else entry_between(parameter, low, high)


def entry_between(parameter: Parameter, low: Any, high: Any) -> Assumption:
    """An entry of the book, taken to lie between ``low`` and ``high``."""
    told = {name: getattr(parameter, name) for name in ("value", "unit", "source", "note", "confidence")}
    return Assumption(f"{BOOK}{parameter.path}", low, high, **told)


def _ends(parameter: Parameter, book: Book) -> tuple[Any, Any]:
    if others := tuple(parameter.alternatives):
        return (None, others[0]) if len(others) == 1 else (others[0], others[1])
    if parameter.low is not None or parameter.high is not None:
        return parameter.low, parameter.high
    if parameter.unit == _FLAG:
        return None, (not parameter.value if parameter.confidence in "AU" else None)
    kind = "prices" if parameter.path.startswith("prices/") else "widths"
    low, high = (book.value(f"sensitivity/{kind}/{parameter.confidence}/{end}") for end in ("low", "high"))
    return scaled(parameter, low), scaled(parameter, high)


def _same(end: Any, value: Any) -> bool:
    return end is None or (end == value and type(end) is type(value))


def scaled(parameter: Parameter, factor: float) -> Any:
    """The entry's value times ``factor``, written as it is; None where that makes no sense, as of a code or a name.

    A distribution is stretched in time; a share stays within 1, a bounded number within its bounds, and of what is
    counted there is a whole number, at least one.

    >>> from lambdasim.parameters.book import load_book
    >>> scaled(load_book().get("cold_starts/vpc/hyperplane"), 2)
    {'lognormal': {'median': '100 ms', 'sigma': 0.5}}
    >>> scaled(load_book().get("lifecycles/default/proactive_on_retirement"), 1.25)
    '100%'
    """
    value, unit = parameter.value, parameter.unit
    if unit in _CODES or isinstance(value, bool):
        return None
    match unit:
        case "duration":
            return _stretched(value, factor)
        case "share":
            return f"{_round(min(1.0, parse_fraction(value) * factor) * 100):g}%"
        case "rate":
            number, _, per = value.partition("/")
            return f"{_round(float(number) * factor):g}/{per.strip()}"
    return _multiplied(parameter, value, factor)


def _stretched(value: Any, factor: float) -> Any:
    """A duration, or a distribution of one, with every duration in it times ``factor``; weights and shapes stay."""
    if isinstance(value, Mapping):
        return {key: _stretched(part, factor) for key, part in value.items()}
    if isinstance(value, list):
        return [_stretched(part, factor) for part in value]
    if not isinstance(value, str):
        return value
    try:
        duration_us = parse_duration_us(value) * factor
    except ValueError:  # a weight such as 60%; `unlimited` stays what it is
        return value
    size, unit = next(
        (size, unit)
        for size, unit in ((US_PER_S, "s"), (US_PER_MS, "ms"), (1, "us"))
        if duration_us >= size or size == 1
    )
    return f"{_round(duration_us / size):g} {unit}"


def _multiplied(parameter: Parameter, value: Any, factor: float) -> Any:
    """A number, or a list or mapping of numbers, times ``factor``; None if there are none in it."""
    match value:
        case bool() | str() | None:
            return None
        case int() | float():
            return _number(parameter, value * factor)
        case {"price": price}:
            return {**value, "price": _number(parameter, price * factor)}
        case dict():
            parts = {key: _multiplied(parameter, part, factor) for key, part in value.items()}
            return None if None in parts.values() else parts
        case list():
            items = [_multiplied(parameter, part, factor) for part in value]
            return None if None in items or not items else items
    return None


def _number(parameter: Parameter, number: float) -> float:
    number = _round(min(max(number, parameter.least), parameter.most))
    if is_counted(parameter.unit):
        return max(1, round(number))
    if parameter.unit.startswith(_CAPPED):
        number = min(number, 1.0)
    return int(number) if number.is_integer() else number


def _round(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


def yaml_of(value: Any) -> str:
    """A value of the book as YAML that scenarios read: no number with an exponent, no key for nothing.

    >>> yaml_of({"up_to": None, "price": 2e-7}), yaml_of({128: 0.07}), yaml_of("50%")
    ('{"price": 0.0000002}', '{128: 0.07}', '"50%"')
    """
    match value:
        case Mapping():
            known = {key: part for key, part in value.items() if part is not None}  # the last tier's `up_to: null`
            return "{" + ", ".join(f"{json.dumps(key)}: {yaml_of(part)}" for key, part in known.items()) + "}"
        case list():
            return "[" + ", ".join(map(yaml_of, value)) + "]"
        case float():
            return np.format_float_positional(value, trim="0")
    return json.dumps(value)
