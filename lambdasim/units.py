"""The one place where units meet: inside, time is integer microseconds and memory is MB of 1024 KB.

The texts that users write (``120 ms``, ``1h30m``, ``50/s``, ``12 MB``, ``0.1%``) are read here, and
AWS's roundings (billed milliseconds, GB-seconds) are done here, so that no other module converts.
Each ``parse_*`` raises ``ValueError`` with a message that shows a right form.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

US_PER_MS = 1_000
US_PER_S = 1_000_000
US_PER_MINUTE = 60 * US_PER_S
US_PER_HOUR = 3600 * US_PER_S
US_PER_DAY = 24 * US_PER_HOUR
MB_PER_GB = 1024
HOURS_PER_MONTH = 730  # AWS's price calculator takes 730 hours for a month
US_PER_MONTH = HOURS_PER_MONTH * US_PER_HOUR
MAXIMUM_US = 2**53  # 285 years: beyond it, float64 no longer counts single microseconds

_UNIT_US = {
    "ns": 1e-3,
    "us": 1.0,
    "µs": 1.0,
    "μs": 1.0,
    "ms": 1e3,
    "s": 1e6,
    "m": 60e6,
    "h": 3600e6,
    "d": 86400e6,
    "w": 604800e6,
}
_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_DURATION_PART = re.compile(rf"\s*({_NUMBER})\s*(ns|us|µs|μs|ms|s|m|h|d|w)")
_RATE = re.compile(rf"\s*({_NUMBER})\s*/\s*(s|m|min|h|d)\s*$")
_RATE_US = {"s": 1e6, "m": 60e6, "min": 60e6, "h": 3600e6, "d": 86400e6}
_SIZE = re.compile(rf"\s*({_NUMBER})\s*(KB|MB|GB)\s*$", re.IGNORECASE)
_SIZE_MB = {"KB": 1 / 1024, "MB": 1.0, "GB": 1024.0}
_PERCENT = re.compile(rf"\s*({_NUMBER})\s*%\s*$")
_FACTOR = re.compile(rf"\s*x\s*({_NUMBER})\s*$")


def parse_duration_us(text: Any) -> float:
    """A duration in Go's form, with days and weeks too: ``250ms``, ``1h30m``, ``1.5 s`` -> microseconds.

    Fractions of a microsecond are kept, for rates and means; round where an instant is meant.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} has no unit; write for example '{text} ms' or '{text} s'")
    position, total = 0, 0.0
    while position < len(text.rstrip()):
        part = _DURATION_PART.match(text, position)
        if part is None:
            break
        total += float(part[1]) * _UNIT_US[part[2]]
        position = part.end()
    if position == 0 or position < len(text.rstrip()):
        raise ValueError(f"{text!r} is not a duration; write for example '250 ms', '30s' or '1h30m'")
    if not total < MAXIMUM_US:
        raise ValueError(f"{text!r} is longer than the clock can count")
    return total


def parse_rate_per_us(text: Any) -> float:
    """A rate such as ``50/s``, ``3/min`` or ``0.176/h`` -> events per microsecond."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} has no unit; write for example '{text}/s'")
    match = _RATE.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a rate; write for example '50/s', '3/min' or '0.2/h'")
    rate = float(match[1]) / _RATE_US[match[2]]
    if not math.isfinite(rate):
        raise ValueError(f"{text!r} is not a finite rate")
    return rate


def parse_size_mb(text: Any) -> float:
    """A size such as ``12 MB`` or ``1.5 GB`` -> MB of 1024 KB."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} has no unit; write for example '{text} MB'")
    match = _SIZE.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a size; write for example '12 MB' or '1.5 GB'")
    return float(match[1]) * _SIZE_MB[match[2].upper()]


def parse_fraction(text: Any) -> float:
    """A share: ``60%``, or a bare number from 0 to 1 -> a number from 0 to 1."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError(f"{text!r} is not a share; write for example '5%' or 0.05")
    if isinstance(text, str):
        match = _PERCENT.match(text)
        if match is None:
            raise ValueError(f"{text!r} is not a share; write for example '5%' or 0.05")
        share = float(match[1]) / 100
    else:
        share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(f"{text} is outside 0% to 100%")
    return share


def parse_factor(text: Any) -> float:
    """By what a quantity is multiplied: ``x10``, ``x0.5``.

    >>> parse_factor("x1.5")
    1.5
    """
    match = _FACTOR.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not a factor; write for example 'x10' or 'x0.5'")
    return float(match[1])


def billed_ms(duration_us: int, init_us: int = 0) -> int:
    """AWS's Billed Duration: Duration and Init Duration added first, then rounded up once.

    Source: REPORT lines in AWS's developer guide, lambda-runtime-environment.

    >>> billed_ms(133_610, 80_000), billed_ms(3_016_780, 84_000)
    (214, 3101)
    """
    return -(-(duration_us + init_us) // US_PER_MS)


def billed_ms_array(duration_us: NDArray[np.int64], init_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """:func:`billed_ms` for whole columns: int64 microseconds in, int64 milliseconds out, same shape."""
    return -(-(duration_us + init_us) // US_PER_MS)


def gb_seconds(billed: float, memory_mb: float) -> float:
    """GB-seconds of ``billed`` milliseconds at ``memory_mb``; a GB is 1024 MB here.

    >>> gb_seconds(1000, 512)
    0.5
    """
    return billed / 1000 * memory_mb / MB_PER_GB


def format_us(duration_us: float) -> str:
    """Microseconds as people read them: three significant digits and a unit.

    >>> format_us(1_500), format_us(90 * US_PER_S), format_us(250)
    ('1.5 ms', '1.5 min', '250 us')
    """
    if not math.isfinite(duration_us):
        return "-"
    for limit, size, unit in (
        (US_PER_MS, 1, "us"),
        (US_PER_S, US_PER_MS, "ms"),
        (US_PER_MINUTE, US_PER_S, "s"),
        (US_PER_HOUR, US_PER_MINUTE, "min"),
        (US_PER_DAY, US_PER_HOUR, "h"),
    ):
        if abs(duration_us) < limit:
            return f"{duration_us / size:.3g} {unit}"
    return f"{duration_us / US_PER_DAY:.3g} d"
