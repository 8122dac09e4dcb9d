"""A value of the parameter book in a few signs: of a distribution what it is told by, of tiers the first price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdasim.display.numbers import number
from lambdasim.scenario.distributions import distribution_from
from lambdasim.units import format_us

_TOLD_BY = ("mean", "median", "scale", "p50")
_LONGEST = 24


def brief(value: Any) -> str:
    """The value, short.

    >>> brief({"normal": {"mean": "300 s", "sd": "30 s"}}), brief("50%"), brief(18750), brief(True)
    ('300 s', '50%', '18,750', 'true')
    >>> brief({"uniform": {"low": "0 s", "high": "60 s"}}), brief([{"up_to": None, "price": 0.0000158334}])
    ('0 s to 60 s', '1.583e-05')
    """
    match value:
        case bool():
            text = str(value).lower()
        case int() | float():
            text = number(value)
        case {"uniform": {"low": low, "high": high}}:
            text = f"{low} to {high}"
        case {"mixture": _}:
            text = format_us(distribution_from(value).mean())
        case {"price": price} | [{"price": price}, *_]:
            text = number(price)
        case Mapping():
            spec = next(iter(value.values()))  # of the distribution; by memory size, the smallest's
            told = (spec[key] for key in _TOLD_BY if key in spec) if isinstance(spec, Mapping) else ()
            text = str(next(iter(told), spec))
        case _:
            text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
