"""Stationarity: whether a scenario's traffic and settings stay what they are, so that runs can reach a steady state."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.scenario.model import Scenario
from lambdasim.scenario.source import path_text
from lambdasim.workload.arrivals import (
    ArrivalProcess,
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

_SAME_LAW_AT_ANY_TIME = (ConstantRate, Poisson, Renewal, Bursts, Batch, NoArrivals)


def changes_by_design(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    """What keeps a scenario from a steady state: the path of each, and why; empty if nothing does.

    Then a run is what is called terminating: it has a beginning and an end that belong to the question, and no warm-up.
    Such are traffic that follows a curve, a recording or the clock, a backlog that drains, incidents, deployments and
    scheduled actions. Target tracking is none: it answers to what happens.
    """
    return tuple(_changes(scenario))


def _changes(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for name, trigger in scenario.triggers.items():
        if not is_stationary(trigger.arrivals):
            yield f"triggers.{name}.arrivals", "the traffic changes with time"
        if getattr(getattr(trigger, "queue", trigger), "backlog", 0):
            yield f"triggers.{name}", "its backlog drains"
    for number in range(len(scenario.incidents)):
        yield path_text(("incidents", number)), "an incident changes what runs"
    for name, function in scenario.functions.items():
        for pointer, alias in function.pointers.items():
            path = f"functions.{name}.aliases.{pointer}"
            if alias.deployment is not None:
                yield f"{path}.deployment", "a deployment moves the traffic to another version"
            if alias.autoscaling is not None and alias.autoscaling.scheduled_actions:
                yield f"{path}.autoscaling.scheduled_actions", "a scheduled action changes the capacity"


def is_stationary(process: ArrivalProcess) -> bool:
    """Whether events come by the same law at any time: evenly spaced ones too.

    >>> [is_stationary(Schedule(text)) for text in ("rate(5 minutes)", "cron(0 7 * * ? *)")]
    [True, False]
    """
    match process:
        case Sum(parts):
            return all(map(is_stationary, parts))
        case Piecewise(points):
            return len({rate for _, rate in points}) == 1
        case Diurnal():
            return process.peak_to_mean == process.weekend_factor == 1
        case Schedule(expression):
            return expression.strip().startswith("rate")
        case _:
            return isinstance(process, _SAME_LAW_AT_ANY_TIME)
