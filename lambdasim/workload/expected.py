"""How many events an arrival process brings, before any are drawn: to tell in time what is too many to simulate."""

from __future__ import annotations

from lambdasim.units import US_PER_MINUTE
from lambdasim.workload.arrivals import (
    ArrivalProcess,
    AtOnce,
    Batch,
    Bursts,
    ConstantRate,
    Diurnal,
    Piecewise,
    Poisson,
    Renewal,
    Sum,
)
from lambdasim.workload.schedules import Schedule
from lambdasim.workload.traces import CountTrace, Trace


def expected_events(process: ArrivalProcess, until_us: int) -> float:
    """The mean number of arrivals in [0, until_us).

    It is an upper bound where the wall clock matters (a diurnal process takes every day for its busiest, a schedule
    every minute for due) and for bulks, some of which go on beyond the end.

    >>> expected_events(Poisson(rate=2e-6), 60_000_000)
    120.0
    """
    match process:
        case ConstantRate(rate) | Poisson(rate) | Renewal(rate):
            events = rate * until_us
        case Diurnal():
            events = process.mean_rate * max(1.0, process.weekend_factor) * until_us
        case Piecewise():
            events = process.curve().level_at(until_us)
        case Bursts(low, high, mean_low, mean_high):
            events = (low * mean_low + high * mean_high) / (mean_low + mean_high) * until_us
        case Batch():
            events = process.rate * max(1.0, process.size.mean()) * until_us
        case AtOnce(count, at, over):
            events = count * (min(1.0, (until_us - at) / max(over, 1)) if at < until_us else 0)
        case Schedule():
            events = until_us / US_PER_MINUTE
        case Trace() | CountTrace():
            events = _recorded(process, until_us)
        case Sum(parts):
            events = sum(expected_events(part, until_us) for part in parts)
        case _:
            events = 0.0
    return events


def _recorded(trace: Trace | CountTrace, until_us: int) -> float:
    events = trace.instants_us.size if isinstance(trace, Trace) else int(trace.counts.sum())
    rounds = until_us / max(trace.length_us * trace.time_scale, 1.0)
    return events * trace.copies * (rounds if trace.repeat else min(rounds, 1.0))
