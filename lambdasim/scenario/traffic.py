"""How many times the traffic: one key that multiplies the arrivals of all triggers, as :mod:`.workload.scaled` does it.

It is traffic that is multiplied, and nothing else: what comes by the clock, what lies in a queue at the start, quotas
and rate limits stay as they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, ValidationInfo

from lambdasim.parameters.book import Book
from lambdasim.scenario.arrivals import Arrivals
from lambdasim.scenario.quantities import FACTOR_PATTERN, Quantity
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import problem_at
from lambdasim.units import parse_factor
from lambdasim.workload.arrivals import ArrivalProcess
from lambdasim.workload.scaled import is_on_a_clock, scaled

if TYPE_CHECKING:
    from lambdasim.scenario.model import Scenario

_MOST = 10**6


def _read(value: Any) -> float:
    factor = parse_factor(value) if isinstance(value, str) else float(value)
    if factor > _MOST:
        raise ValueError(f"{value} is above {_MOST:,}, the most that can be simulated")  # pydantic collects ValueError
    return factor


TRAFFIC = Quantity(
    _read,
    "factor",
    "10 or 'x10'",
    {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0, "maximum": _MOST},
            {"type": "string", "pattern": FACTOR_PATTERN},
        ]
    },
    positive=True,
)
Traffic = Annotated[float, TRAFFIC]


def traffic_in(data: Mapping[str, Any]) -> float:
    """What a scenario's data say of its traffic; 1 where they say nothing, or nothing that can be read."""
    try:
        return TRAFFIC(data.get("traffic", 1.0))
    except ValueError:
        return 1.0


def _at_its_traffic(process: ArrivalProcess, info: ValidationInfo) -> ArrivalProcess:
    """The arrivals as many times as the scenario's traffic says."""
    factor = Surroundings.of(info).traffic
    try:
        return scaled(process, factor)
    except ValueError as error:
        raise problem_at(f"at {factor:,.10g} times the traffic: {error}") from None


ArrivalsOfTrigger = Annotated[Arrivals, AfterValidator(_at_its_traffic)]
"""A trigger's arrivals: as they are written, times the scenario's traffic."""


def traffic_not_scaled(scenario: Scenario, _book: Book) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What comes by the clock, or lies there at the start, is not multiplied."""
    if scenario.traffic == 1:
        return
    factor = f"{scenario.traffic:,.10g}"
    for name, trigger in scenario.triggers.items():
        if is_on_a_clock(trigger.arrivals):
            yield (
                ("triggers", name, "arrivals"),
                f"a schedule goes by the clock: traffic x{factor} does not multiply it",
            )
        holder, path = (trigger.queue, ("queue", "backlog")) if hasattr(trigger, "queue") else (trigger, ("backlog",))
        if getattr(holder, "backlog", 0):
            yield (
                ("triggers", name, *path),
                f"a backlog lies there at the start: traffic x{factor} does not multiply it",
            )
