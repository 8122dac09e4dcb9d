"""An arrival process at so many times its traffic: as if so many times the users did the same.

============== ============================================================================================
constant, Poisson, renewal, diurnal, piecewise, bursts: rates are multiplied; cv, curve and lengths of spells stay
batch          bulks come so many times as often; their sizes and spacings stay
at once        the number of events is multiplied and rounded, in the same window
trace          each recorded event comes so many times (:class:`.traces.Trace`, :class:`.traces.CountTrace`)
sum            each part
schedule       stays as it is: a clock does not go faster because more people look at it
============== ============================================================================================
"""

from __future__ import annotations

from dataclasses import replace

from lambdasim.workload.arrivals import (
    ArrivalProcess,
    AtOnce,
    Batch,
    Bursts,
    ConstantRate,
    Diurnal,
    NoArrivals,
    Piecewise,
    Poisson,
    Renewal,
    Sum,
)
from lambdasim.workload.schedules import Schedule
from lambdasim.workload.traces import CountTrace, Trace


def scaled(process: ArrivalProcess, factor: float) -> ArrivalProcess:
    """``process`` at ``factor`` (> 0) times its traffic; itself at 1.

    Raises ValueError where that makes no process that can be simulated.

    >>> scaled(Poisson(rate=0.5), 10)
    Poisson(rate=5.0)
    """
    if factor == 1:
        return process
    result = process
    match process:
        case ConstantRate(rate) | Poisson(rate) | Renewal(rate) | Batch(rate):
            result = replace(process, rate=rate * factor)
        case Diurnal(mean_rate):
            result = replace(process, mean_rate=mean_rate * factor)
        case Piecewise(points):
            result = replace(process, points=tuple((time_us, rate * factor) for time_us, rate in points))
        case Bursts(low, high):
            result = replace(process, low=low * factor, high=high * factor)
        case AtOnce(events):
            count = round(events * factor)
            result = replace(process, events=count) if count else NoArrivals()
        case Trace(copies=copies) | CountTrace(copies=copies):
            result = replace(process, copies=copies * factor)
        case Sum(parts):
            result = Sum(tuple(scaled(part, factor) for part in parts))
    return result


def is_on_a_clock(process: ArrivalProcess) -> bool:
    """Whether some of its events come by the clock, whatever the traffic."""
    return isinstance(process, Schedule) or (
        isinstance(process, Sum) and any(is_on_a_clock(part) for part in process.parts)
    )
