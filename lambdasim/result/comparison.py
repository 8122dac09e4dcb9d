"""A formula beside what was simulated, and the case of a function that formulas may speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from lambdasim.codes import Capacity
    from lambdasim.metrics.holding import Held
    from lambdasim.metrics.recorder import Metrics
    from lambdasim.result.margins import Margins
    from lambdasim.scenario.functions import Function
    from lambdasim.scenario.model import Scenario

FAR = 4  # standard errors: a law that holds is missed by so many once in 16,000 times
FEWEST = 10  # events of the rarer kind from which on their count is as good as normal


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line: what a formula says of a quantity, and what was simulated.

    ``simulated`` is None for a rule that says what to provide; ``standard_error``, of a run as long as this one, is
    None there too. ``is_exact`` tells a law from an approximation, which has no ``z``.
    """

    function: str
    law: str
    quantity: str
    unit: str  # executions, share or ms
    theory: float
    inputs: Mapping[str, float]
    simulated: float | None = None
    standard_error: float | None = None
    is_exact: bool = True

    @property
    def z(self) -> float | None:
        """By how many standard errors the simulation lies above the formula."""
        if self.simulated is None or not self.standard_error or not self.is_exact:
            return None
        return (self.simulated - self.theory) / self.standard_error

    @property
    def note(self) -> str:
        """That the simulation is far off, if it is."""
        if self.z is not None and abs(self.z) > FAR:
            return f"beyond {FAR} standard errors: the formula's assumptions do not hold here, or something is wrong"
        return ""

    def document(self) -> dict[str, Any]:
        """The line as the summary has it."""
        names = ("function", "law", "quantity", "unit", "theory", "simulated", "standard_error", "z", "inputs", "note")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Case:
    """A function whose events come as a Poisson process, in one attempt each, and its run."""

    scenario: Scenario
    metrics: Metrics
    margins: Margins
    index: int
    name: str
    rate_per_s: float
    triggers: tuple[str, ...]

    @property
    def function(self) -> Function:
        """The function as the scenario has it."""
        return self.scenario.functions[self.name]

    @property
    def events(self) -> int:
        """Events that were offered to it after the warm-up."""
        return self.margins.events(self.index)

    @property
    def refused(self) -> int:
        """Attempts that were turned away at any time, the warm-up included."""
        return int(self.metrics.meters.holding.refused[self.index])

    @property
    def warm_up_s(self) -> float:
        """How long the warm-up was."""
        return self.scenario.warm_up_us / US_PER_S

    @property
    def span_s(self) -> float:
        """How long the measured part of the run was."""
        return self.metrics.header.measured_us / US_PER_S

    def held(self, *capacities: Capacity) -> Held:
        """How long its requests held environments on these capacities, or on any."""
        return self.metrics.meters.holding.of(self.index, *capacities)

    def inputs(self, held: Held, **more: float) -> dict[str, float]:
        """What a formula was given: the arrivals that the scenario states, the service that was measured, and more."""
        service = {"service_mean_s": held.mean_s, "service_cv": held.cv, "load_erlangs": self.rate_per_s * held.mean_s}
        return {"arrival_rate_per_s": self.rate_per_s, **service, **more}
