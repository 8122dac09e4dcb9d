"""The figures there are, by the names that the command and the page call them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from lambdasim.plots.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of figure: what it shows in a line, what it is drawn of, and who makes its drawing (module:function)."""

    shows: str
    of: str  # "run", "sweep", "comparison" or "costs"
    maker: str

    @property
    def drawing(self) -> Callable[..., Drawing]:
        """The function that makes its drawing; it raises FigureError if there is nothing of the kind."""
        module, _, name = self.maker.partition(":")
        made: Callable[..., Drawing] = getattr(import_module(f"lambdasim.plots.{module}"), name)
        return made


KINDS: dict[str, Kind] = {
    "latency": Kind("latency of a function, cold and warm apart, and its tail", "run", "latency:latency_drawing"),
    "latency-percentiles": Kind(
        "latency by percentile, the tail spread out", "run", "latency:latency_percentiles_drawing"
    ),
    "cold-start-phases": Kind(
        "what quick and slow cold starts are made of", "run", "cold_start_phases:cold_start_phases_drawing"
    ),
    "cold-starts-by-runtime": Kind(
        "how long cold starts took, by runtime", "run", "cold_starts_by_runtime:cold_starts_by_runtime_drawing"
    ),
    "environment-life": Kind("how long environments idle and live", "run", "environment_life:environment_life_drawing"),
    "concurrency": Kind("concurrency, environments and throttles over time", "run", "concurrency:concurrency_drawing"),
    "cold-start-rate": Kind(
        "the share of runs that start cold, over time", "run", "cold_start_rate:cold_start_rate_drawing"
    ),
    "provisioned": Kind("provisioned concurrency and the demand for it", "run", "provisioned:provisioned_drawing"),
    "queues": Kind("what waits: depth, age and dead letters", "run", "queues:queues_drawing"),
    "environments": Kind("a lane for each environment", "run", "environments:environments_drawing"),
    "cost": Kind("what a month costs: whose it is, and for what", "run", "cost:cost_drawing"),
    "cost-by-traffic": Kind(
        "what a month costs at so many times the traffic", "costs", "cost_by_traffic:cost_by_traffic_drawing"
    ),
    "memory": Kind("memory against latency, cold starts and cost", "sweep", "memory:memory_drawing"),
    "comparison": Kind(
        "variants' differences to a baseline, with intervals", "comparison", "comparison:comparison_drawing"
    ),
}
"""In the order in which a page shows them. Figures of a run take a Result first, then keywords."""
