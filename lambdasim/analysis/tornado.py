"""The tornado of a measure: what each assumption does to it at both ends of its range, the largest swing first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.uncertainty import Assumption
from lambdasim.scenario.measures import Measure


@dataclass(frozen=True, slots=True)
class End:
    """An assumption at one end of its range: what a measure came to there, and its paired difference to the base.

    ``switched``: the measure has no value there and one as assumed, or the other way; then there is no difference.
    """

    value: Any
    estimate: Estimate
    change: Estimate
    switched: bool = False

    @property
    def shown(self) -> bool:
        """Whether it is shown to move the measure."""
        return self.switched or self.change.excludes_zero


@dataclass(frozen=True, slots=True)
class Effect:
    """What an assumption does to a measure; an end is None if there is nothing to try, or the scenario refuses it."""

    assumption: Assumption
    low: End | None
    high: End | None

    @property
    def ends(self) -> tuple[End, ...]:
        """Those that were run."""
        return tuple(end for end in (self.low, self.high) if end is not None)

    @property
    def swing(self) -> float:
        """How far the measure is shown to move over the range, the base included.

        Infinite if it has a value at one end only.
        """
        if any(end.switched for end in self.ends):
            return math.inf
        changes = [0.0, *(end.change.value for end in self.ends if end.shown)]
        return max(changes) - min(changes)

    @property
    def shown(self) -> bool:
        """Whether the intervals show that it moves the measure at all."""
        return any(end.shown for end in self.ends)


@dataclass(frozen=True, slots=True)
class Tornado:
    """One measure: what it comes to as assumed, and what each assumption does to it, the largest swing first."""

    measure: Measure
    base: Estimate
    effects: tuple[Effect, ...]

    @property
    def shown(self) -> tuple[Effect, ...]:
        """Those that are shown to move it."""
        return tuple(effect for effect in self.effects if effect.shown)


@dataclass(frozen=True, slots=True)
class Refused:
    """An end that can't be simulated, and why."""

    assumption: Assumption
    value: Any
    why: str
