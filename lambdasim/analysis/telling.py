"""Estimates as they are written: the number in its measure's unit, then the interval that says how sure it is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from lambdasim.analysis.intervals import Estimate, share_that_may_differ
from lambdasim.display.numbers import milliseconds, number, share, usd
from lambdasim.scenario.measures import Measure
from lambdasim.units import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MS, US_PER_S

PERCENTILES = "An estimate of a percentile is the median over replications; a difference is the mean of paired ones."
_LEAST_USD = 0.0001  # of a difference: what is less is none that anyone pays
_SECONDS = re.compile(r".*_s(_max)?")
_TOLD_IN = {  # how long something takes in words, by the measure's unit: from where on it is told in larger ones
    " ms": (US_PER_MS, 10 * US_PER_S),
    " s": (US_PER_S, US_PER_HOUR),
}
_LARGER = ((US_PER_DAY, " d"), (US_PER_HOUR, " h"), (US_PER_MINUTE, " min"), (US_PER_S, " s"))


def quantity(measure: Measure, value: float | None) -> str:
    """A value of a measure in the measure's unit."""
    if value is None or math.isnan(value):
        return "-"
    if measure.is_money:
        return usd(value)
    if measure.is_share:
        return share(value)
    if unit_of(measure) == " ms":
        return milliseconds(value) if value >= 0 else f"-{milliseconds(-value)}"
    return number(int(value) if float(value).is_integer() else value)


def interval(measure: Measure, estimate: Estimate) -> str:
    """An estimate with its interval, if that has a width: ``502 [495, 510]``; a dash where no run had a value."""
    if math.isnan(estimate.value):
        return "-"
    ends = (quantity(measure, end) for end in (estimate.low, estimate.high))
    return f"{quantity(measure, estimate.value)}{between(estimate, *ends)}"


def between(estimate: Estimate, low: str, high: str) -> str:
    """The ends of an interval in brackets, a space before them; empty where it has no width.

    >>> between(Estimate(502, 495, 510, 9, "t"), "495", "510"), between(Estimate(0, 0, 0, 9, "all equal"), "0", "0")
    (' [495, 510]', '')
    """
    return "" if estimate.low == estimate.value == estimate.high else f" [{low}, {high}]"


def with_unit(measure: Measure, value: float) -> str:
    """A value of a measure with its unit, whatever its size: ``61,234 ms``; a dash where there is none."""
    return f"{quantity(measure, value)}{'' if math.isnan(value) else unit_of(measure)}"


def measured(measure: Measure, estimate: Estimate) -> str:
    """The same with its interval, to be held against a limit: ``61,234 ms [9,800, 123,456]``."""
    return with_unit(measure, estimate.value) + interval(measure, estimate).removeprefix(
        quantity(measure, estimate.value)
    )


def amount(measure: Measure, estimate: Estimate) -> str:
    """The same in a sentence, with its unit: ``281 ms [270, 292]``, ``2.5 h [2.4, 2.6]``, ``$12 [$11, $13] a month``.

    Long times are told in the largest unit that they have two of, and the ends of the interval in the same. ``no
    value`` where no run had one.
    """
    if math.isnan(estimate.value):
        return "no value"
    value, low, high = parts(measure, estimate)
    monthly = " a month" if measure.path[-1].endswith("_per_month") else ""
    return f"{value}{between(estimate, low, high)}{monthly}"


def parts(measure: Measure, estimate: Estimate) -> tuple[str, str, str]:
    """The value with its unit, and the ends of the interval in the same unit, without it: ``281 ms``, ``270``, ``292``.

    >>> parts(Measure("", ("functions", "api", "latency_ms", "p99")), Estimate(14400e3, 12600e3, 16200e3, 9, "t"))
    ('4 h', '3.5', '4.5')
    """
    size, unit = _scale(measure, estimate.value)
    value, low, high = (_scaled(measure, end, size) for end in (estimate.value, estimate.low, estimate.high))
    return f"{value}{unit}", low, high


def change(measure: Measure, estimate: Estimate) -> str:
    """A difference with interval and signs: ``+12 [-3, +27]``; of shares ``+0.3 points [+0.1, +0.5]``."""
    if math.isnan(estimate.value):
        return "-"
    value, low, high = (signed(measure, end) for end in (estimate.value, estimate.low, estimate.high))
    points = " points" if measure.is_share else ""
    return f"{value}{points}{between(estimate, low, high)}"


def signed(measure: Measure, value: float) -> str:
    """A difference with its sign, without its interval; of shares in points."""
    if math.isnan(value):
        return "-"
    if measure.is_money and abs(value) < _LEAST_USD:
        return usd(0)
    told = f"{value * 100:.3g}" if measure.is_share else quantity(measure, value)
    return f"+{told}" if value > 0 else told


def same_in_all(n: int, confidence: float, told: Iterable[str]) -> str:
    """That runs do not differ in something, and what n such runs leave open."""
    bound = share(share_that_may_differ(n, confidence))
    return f"The same in all runs, which leaves up to {bound} of runs that differ: {', '.join(told)}."


def unit_of(measure: Measure) -> str:
    """The unit of a time, with the space before it; empty for what is none.

    >>> unit_of(Measure("", ("functions", "api", "latency_ms", "p99"))), unit_of(Measure("", ("account", "throttles")))
    (' ms', '')
    """
    if any(key.endswith("_ms") for key in measure.keys):
        return " ms"
    return " s" if _SECONDS.fullmatch(measure.path[-1]) else ""


def named(name: str, measure: Measure) -> str:
    """What a measure is called, with the unit that its numbers are in: ``api.latency_ms.p99 (ms)``."""
    unit = unit_of(measure).strip()
    return f"{name} ({unit})" if unit else name


def estimate_document(estimate: Estimate) -> dict[str, Any]:
    """An estimate as plain values that are strict JSON: what is not a number is None."""
    numbers = {key: getattr(estimate, key) for key in ("value", "low", "high")}
    plain = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    return {**plain, "n": estimate.n, "method": estimate.method}


def _scale(measure: Measure, value: float) -> tuple[float, str]:
    """How many of a measure's units make one of the unit that a value is told in, and that one; 1 for its own."""
    unit = unit_of(measure)
    if not unit or math.isnan(value):
        return 1, ""
    own_us, from_us = _TOLD_IN[unit]
    if abs(value) * own_us < from_us:
        return 1, unit
    return next((us / own_us, name) for us, name in _LARGER if abs(value) * own_us >= 2 * us)


def _scaled(measure: Measure, value: float, size: float) -> str:
    if size == 1 or math.isnan(value):
        return quantity(measure, value)
    return number(float(f"{value / size:.3g}"))
