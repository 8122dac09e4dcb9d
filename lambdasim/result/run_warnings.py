"""What a run has to warn of, besides what its scenario alone shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdasim.scenario.model import Warning  # noqa: A004 - its name in the summary
from lambdasim.units import format_us

if TYPE_CHECKING:
    from lambdasim.metrics.recorder import Metrics
    from lambdasim.scenario.model import Scenario

_OF_ADVICE = "advice/"  # what only advice asks for, never a run


def warnings_of(scenario: Scenario, metrics: Metrics, unfinished: int) -> Iterator[Warning]:
    """The scenario's own warnings, then the run's; ``unfinished``: runs that were under way when it ended."""
    yield from scenario.warnings
    yield from _unused_parameters(scenario)
    if unfinished:
        text = f"runs still under way when the drain ended: {unfinished:,}; they have no duration and no bill"
        yield Warning("cut_short", "drain", f"{text}: drain longer")
    yield from _too_many_connections(metrics)


def _unused_parameters(scenario: Scenario) -> Iterator[Warning]:
    """A warning for each parameter that the scenario sets and that the run never asked for."""
    used = {parameter.path for parameter in scenario.book.used}
    message = "was never asked for, so setting it changed nothing: no feature of this scenario uses it"
    for path in scenario.parameters:
        if path not in used and not path.startswith(_OF_ADVICE):
            yield Warning("parameter_without_effect", f"parameters.{path}", message)


def _too_many_connections(metrics: Metrics) -> Iterator[Warning]:
    """A warning for each downstream that was asked for more connections than it takes."""
    for facts, counted in zip(metrics.header.downstream, metrics.connections, strict=True):
        if counted.over_us:
            text = (
                f"at most {counted.maximum:,} connections at once, and it takes {facts.max_connections:,}; more than "
                f"those for {format_us(counted.over_us)}, first at {format_us(counted.first_over_us)}"
            )
            yield Warning("too_many_connections", f"downstream.{facts.name}", text)
