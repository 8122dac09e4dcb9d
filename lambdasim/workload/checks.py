"""What every number of a workload must satisfy, said once: finite, in range, small enough for the clock."""

from __future__ import annotations

import math

LONGEST = 2.0**53  # float64 counts whole microseconds up to here (285 years)
LOG_LONGEST = math.log(LONGEST)
_HIGHEST_RATE = 1e3  # per microsecond: a billion events a second
_LOWEST_RATE = 1e-15  # one event in 30 years


def quantity(name: str, value: float, *, at_least: float = 0.0, at_most: float = LONGEST) -> float:
    """``value``, if it lies in [at_least, at_most]; else ValueError."""
    if not at_least <= value <= at_most:
        limit = f"at least {at_least:g}" if value < at_least else f"a number up to {at_most:g}"
        raise ValueError(f"{name} is {value:g}; it must be {limit}")
    return value


def positive(name: str, value: float, *, at_most: float = LONGEST) -> float:
    """``value``, if it lies in (0, at_most]; else ValueError."""
    if not value > 0:
        raise ValueError(f"{name} is {value:g}; it must be greater than 0")
    return quantity(name, value, at_most=at_most)


def rate(name: str, per_us: float) -> float:
    """``per_us``, if it is a rate greater than 0 that can be simulated; else ValueError."""
    if not per_us > 0:
        raise ValueError(f"{name} is {per_us * 1e6:g}/s; it must be greater than 0 (for no events at all: `none`)")
    if not _LOWEST_RATE <= per_us <= _HIGHEST_RATE:
        raise ValueError(f"{name} is {per_us * 1e6:g}/s; it must be between {_LOWEST_RATE * 1e6:g}/s and 1e+09/s")
    return per_us


def rate_or_zero(name: str, per_us: float) -> float:
    """As :func:`rate`, for a rate that may rest at 0 for a while."""
    return per_us if per_us == 0 else rate(name, per_us)
