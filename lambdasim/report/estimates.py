"""Estimates as reports write them: the number in its measure's unit, then the interval that says how sure it is."""

from __future__ import annotations

import math
from typing import Any

from lambdasim.analysis.intervals import Estimate
from lambdasim.report.numbers import milliseconds, number, share, usd
from lambdasim.scenario.measures import Measure


def quantity(measure: Measure, value: float | None) -> str:
    """A value of a measure in the measure's unit."""
    if value is None or math.isnan(value):
        return "-"
    if any("usd" in word for word in measure.path):
        return usd(value) if value >= 0 else f"-{usd(-value)}"
    if measure.path[-1].endswith(("rate", "share", "utilization")) or "utilization" in measure.path:
        return share(value)
    if any(word.endswith("_ms") for word in measure.path):
        return milliseconds(value) if value >= 0 else f"-{milliseconds(-value)}"
    return number(int(value) if value.is_integer() else value)


def interval(measure: Measure, estimate: Estimate) -> str:
    """An estimate with its interval: ``502 [495, 510]``."""
    ends = (quantity(measure, end) for end in (estimate.low, estimate.high))
    return f"{quantity(measure, estimate.value)} [{', '.join(ends)}]"


def change(measure: Measure, estimate: Estimate) -> str:
    """A difference with its interval and signs: ``+12 [-3, +27]``."""
    value, low, high = (
        f"{'+' if end > 0 else ''}{quantity(measure, end)}" for end in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} [{low}, {high}]"


def estimate_document(estimate: Estimate) -> dict[str, Any]:
    """An estimate as plain values that are strict JSON: what is not a number is None."""
    numbers = {key: getattr(estimate, key) for key in ("value", "low", "high")}
    plain = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    return {**plain, "n": estimate.n, "method": estimate.method}
