"""Paces of generated worlds: seconds to minutes, and minutes to hours; each also even, so that much falls together.

In an even world nearly everything takes whole seconds, or whole minutes. At the slow pace the presets of lifecycles and
Application Auto Scaling have something to do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

Options = st.SearchStrategy[Any]
pick = st.sampled_from


@dataclass(frozen=True, eq=False)  # keys of dicts: by identity
class Pace:
    """What is drawn for a world of one pace."""

    spans: Options  # duration, warm-up, drain
    arrivals: Options
    works: Options  # of handlers, and what users wait between their steps
    timeouts: Options
    inits: Options
    idling: Options
    lifetimes: Options
    recycling: Options
    patience: Options  # of SDKs
    integration_timeouts: Options
    due: Options  # scheduled actions
    even: bool = False


def at_once(events: int, at: str = "0 s", over: str = "0 s") -> dict[str, Any]:
    """Some events at one instant, or evenly over a window."""
    return {"at_once": {"events": events, "at": at, "over": over}}


def constant(rate: str) -> dict[str, Any]:
    """Evenly spaced events, the first at 0."""
    return {"constant": {"rate": rate}}


QUICK = Pace(
    spans=pick(
        [
            ("20 s", "0 s", "20 s"),
            ("10 s", "2 s", "20 s"),
            ("10 s", "0 s", "1500 ms"),
            ("1 s", "0 s", "0 s"),
            ("30 s", "0 s", "30 s"),
            ("61 s", "1 s", "59 s"),
            ("70 s", "60 s", "3 s"),
            ("100500 ms", "500 ms", "30 s"),
        ]
    ),
    arrivals=pick(
        [
            constant("1/s"),
            constant("1/s"),
            at_once(12),
            constant("0.5/s"),
            constant("4/s"),
            {"poisson": {"rate": "1.5/s"}},
            {"renewal": {"rate": "1/s", "cv": 0.5}},
            {"bursts": {"low": "0.2/s", "high": "6/s", "mean_low": "8 s", "mean_high": "4 s"}},
            {"piecewise": {"points": [["0 s", "0/s"], ["5 s", "4/s"], ["20 s", "0/s"]]}},
            at_once(20, "2 s", "3 s"),
            at_once(3, "9 s"),
            {"batch": {"rate": "0.3/s", "size": 6, "spacing": "0 s"}},
            {"sum": [constant("1/s"), at_once(9, "5 s")]},
            {"sum": [at_once(6, "1 s"), at_once(6, "2 s"), at_once(6, "60 s")]},
        ]
    ),
    works=pick(
        [
            *("1 s", "500 ms", "1 s", "2 s", "5 s", "1 ms", "0 s"),
            {"exponential": {"mean": "800 ms"}},
            {"lognormal": {"median": "300 ms", "p99": "4 s"}},
            {"uniform": {"low": "1 ms", "high": "3 s"}},
        ]
    ),
    timeouts=pick([30, 30, 30, 3, 2, 1]),
    inits=pick(
        [
            *(
                {"duration": "1 s"},
                {"duration": "1 s"},
                {"duration": "0 s"},
                {"duration": "500 ms"},
                {},
                {"code": "500 ms"},
            ),
            *({"code": "9900 ms"}, {"duration": "11 s"}, {"duration": {"uniform": {"low": "8 s", "high": "12 s"}}}),
        ]
    ),
    idling=pick(
        [
            "unlimited",
            "0 s",
            "1 s",
            "3 s",
            "600 s",
            {"exponential": {"mean": "2 s"}},
            {"uniform": {"low": "0 s", "high": "9 s"}},
        ]
    ),
    lifetimes=pick(["unlimited", "2 s", "5 s", "10 s", {"uniform": {"low": "1 s", "high": "8 s"}}]),
    recycling=pick(["0/h", "720/h", "3600/h"]),
    patience=pick(["1 s", "2 s", "1500 ms", "60 s"]),
    integration_timeouts=pick(["500 ms", "1 s", "2 s"]),
    due=pick([*(f"at(2026-01-05T00:00:{second:02})" for second in (5, 2, 1, 9, 10, 15, 59)), "rate(1 minute)"]),
)

SLOW = Pace(
    spans=pick(
        [
            ("10m", "90 s", "15m"),
            ("10m", "0 s", "0 s"),
            ("20m30s", "1m", "30 s"),
            ("1h", "10m", "5m"),
            ("3h", "0 s", "15m"),
        ]
    ),
    arrivals=pick(
        [
            constant("1/min"),
            at_once(12),
            constant("2/min"),
            constant("0.2/min"),
            constant("12/h"),
            {"poisson": {"rate": "1/min"}},
            {"diurnal": {"mean_rate": "30/h", "peak_at": "1h"}},
            at_once(30, "1m", "9m"),
            at_once(15, "5m"),
            {"batch": {"rate": "6/h", "size": 5, "spacing": "1 s"}},
            {"sum": [constant("1/min"), at_once(9, "3m")]},
            {"sum": [at_once(5, "0 s"), at_once(5, "10m"), at_once(5, "20m"), at_once(5, "150m")]},
            {"schedule": {"expression": "rate(1 minute)"}},
        ]
    ),
    works=pick(
        [
            *("60 s", "500 ms", "30 s", "60 s", "120 s", "5m", "0 s"),
            {"exponential": {"mean": "40 s"}},
            {"lognormal": {"median": "20 s", "p99": "5m"}},
            {"uniform": {"low": "1 s", "high": "2m"}},
        ]
    ),
    timeouts=pick([900, 900, 900, 120, 60, 30]),
    inits=pick(
        [{"duration": "10 s"}, {"duration": "1 s"}, {"duration": "0 s"}, {}, {"code": "2 s"}, {"duration": "60 s"}]
    ),
    idling=pick(
        ["unlimited", "0 s", "1m", "3m", "10m", {"exponential": {"mean": "4m"}}, {"normal": {"mean": "6m", "sd": "1m"}}]
    ),
    lifetimes=pick(["unlimited", "7m", "10m", "1h", {"normal": {"mean": "8m", "sd": "1m"}}]),
    recycling=pick(["0/h", "6/h", "30/h"]),
    patience=pick(["30 s", "60 s", "90 s", "15m"]),
    integration_timeouts=pick(["15 s", "29 s"]),
    due=pick(
        [
            *(f"at(2026-01-05T00:{minute:02}:00)" for minute in (1, 2, 5, 9)),
            *("rate(5 minutes)", "rate(10 minutes)", "cron(3/7 * * * ? *)"),
        ]
    ),
)

QUICK_EVEN = replace(
    QUICK,
    arrivals=pick(
        [
            constant("1/s"),
            constant("0.5/s"),
            constant("2/s"),
            at_once(8),
            at_once(20, "2 s", "10 s"),
            {"sum": [constant("0.5/s"), at_once(4, "6 s")]},
            {"sum": [at_once(5, "1 s"), at_once(5, "3 s"), at_once(5, "9 s"), at_once(5, "60 s")]},
        ]
    ),
    works=pick(["1 s", "2 s", "1 s", "3 s", "5 s", "500 ms", "0 s"]),
    inits=pick([{"duration": duration} for duration in ("1 s", "0 s", "2 s", "1 s", "11 s")]),
    idling=pick(["2 s", "1 s", "3 s", "5 s", "unlimited", "0 s"]),
    lifetimes=pick(["unlimited", "3 s", "5 s", "2 s", "9 s"]),
    patience=pick(["2 s", "1 s", "3 s"]),
    even=True,
)
SLOW_EVEN = replace(
    SLOW,
    arrivals=pick(
        [
            constant("1/min"),
            constant("0.5/min"),
            constant("2/min"),
            at_once(8),
            constant("0.2/min"),
            {"sum": [constant("0.2/min"), at_once(4, "6m")]},
            {"sum": [at_once(5, "1m"), at_once(5, "3m"), at_once(5, "10m"), at_once(5, "15m")]},
            {"schedule": {"expression": "rate(1 minute)"}},
        ]
    ),
    works=pick(["60 s", "120 s", "60 s", "3m", "5m", "30 s"]),
    inits=pick([{"duration": duration} for duration in ("0 s", "10 s", "60 s")]),
    idling=pick(["2m", "1m", "3m", "5m", "unlimited"]),
    lifetimes=pick(["unlimited", "3m", "5m", "2m", "20m"]),
    patience=pick(["60 s", "120 s", "3m"]),
    even=True,
)

PACES = (QUICK, SLOW, QUICK_EVEN, SLOW_EVEN)
