"""The bench: tries values of a knob by simulation, on common random numbers, and remembers what they came to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lambdasim.analysis.goals import Goal, is_upper
from lambdasim.analysis.intervals import Estimate, difference_estimate, estimate_of
from lambdasim.analysis.observations import Design, Progress, observe
from lambdasim.analysis.search import Judged
from lambdasim.analysis.served import SHARE, counts_of, serving, unserved_share
from lambdasim.analysis.thresholds import Check, Verdict
from lambdasim.analysis.variants import laid_over
from lambdasim.errors import InputError
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALL_STEP = 0.05
"""A step back that is smaller than this share of the way to the limit hides no value on the limit's other side: a
judgement."""
_EXACT = 1e-9  # of the numbers' size: what rounding alone makes of a difference


@dataclass(frozen=True, slots=True)
class Tried:
    """A value that was simulated: what the objectives come to, what shall be least, the month's cost."""

    value: str
    checks: tuple[Check, ...]
    least: Estimate
    cost: Estimate
    replications: int

    @property
    def meets(self) -> bool:
        """Whether it is shown to meet all objectives."""
        return all(check.verdict is Verdict.HOLDS for check in self.checks)

    @property
    def seems_to(self) -> bool:
        """Whether it meets them by the estimates."""
        return all(check.ok for check in self.checks)

    def row(self, goal: Goal) -> dict[str, Any]:
        """For a table: each measure with ``.low`` and ``.high``, then the verdicts by objective."""
        estimates = {check.threshold.measure.text: check.estimate for check in self.checks}
        estimates |= {goal.least.text: self.least, goal.cost.text: self.cost}
        row: dict[str, Any] = {"replications": self.replications}
        for name, estimate in estimates.items():
            row |= {name: estimate.value, f"{name}.low": estimate.low, f"{name}.high": estimate.high}
        return row | {check.threshold.text: check.verdict.value for check in self.checks}


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The share of events without success at a value, and at the value tried that leaves least: the place ``at``."""

    here: Estimate
    there: Estimate
    at: int


class Places(Protocol):
    """What a bench can try: one knob's values, or combinations of several's."""

    def overrides(self, place: int) -> dict[str, str]:
        """What to lay over the scenario for the value at ``place``."""


class SimulatedBench:
    """A :class:`~lambdasim.analysis.search.Bench` whose values are laid over a scenario."""

    def __init__(
        self,
        scenario: Scenario,
        places: Places,
        goal: Goal,
        design: Design,
        *,
        extra: Sequence[Measure] = (),
        expected: int = 1,
        progress: Progress | None = None,
    ) -> None:
        self._scenario, self._places, self._goal, self._design = scenario, places, goal, design
        counts = (count for objective in goal.objectives for count in counts_of(objective.measure))
        wanted = (*(objective.measure for objective in goal.objectives), goal.cost, goal.least, *extra, *counts)
        self._columns = {path: number for number, path in enumerate(dict.fromkeys(measure.path for measure in wanted))}
        self._measures = tuple({measure.path: measure for measure in wanted}.values())
        self._values: dict[int, NDArray[np.float64]] = {}
        self._progress, self._done, self._expected = progress, 0.0, expected

    def judge(self, places: Sequence[int], effort: int) -> list[Judged]:
        """As the search asks."""
        self._simulate(places, effort * self._design.replications)
        return [
            Judged(tuple(check.verdict for check in checks), tuple(check.ok for check in checks))
            for checks in map(self.checks, places)
        ]

    def moved(self, objective: int, low: int, high: int, comparisons: int) -> int:
        """As the search asks: a paired difference; Bonferroni's share of the right to be wrong for each comparison.

        Values without the number (a queue that was never empty has no drain time) are further off than any with it.
        """
        threshold = self._goal.objectives[objective]
        ours, theirs = (self.values(place, threshold.measure) for place in (high, low))
        n = min(len(ours), len(theirs))
        ours, theirs = ours[:n], theirs[:n]
        missing = tuple(bool(np.isnan(values).all()) for values in (theirs, ours))
        if any(missing):
            return int(missing[0]) - int(missing[1])
        change = difference_estimate(ours, theirs, 1 - (1 - self._design.confidence) / comparisons)
        means = float(np.nanmean(theirs)), float(np.nanmean(ours))
        if not change.excludes_zero or abs(change.value) <= _EXACT * max(map(abs, means)):
            return 0
        same_side = threshold.holds(means[0]) == threshold.holds(means[1])
        if same_side and abs(change.value) < _SMALL_STEP * min(abs(mean - threshold.limit) for mean in means):
            return 0
        return 1 if (change.value < 0) == is_upper(threshold) else -1

    def values(self, place: int, measure: Measure) -> NDArray[np.float64]:
        """What a measure came to at a place, shape (replications,)."""
        return self._values[place][:, self._columns[measure.path]]

    def estimate(self, place: int, measure: Measure) -> Estimate:
        """The same as an estimate."""
        return estimate_of(measure, self.values(place, measure), self._design.confidence)

    def change(self, measure: Measure, place: int, other: int) -> Estimate:
        """By how much a measure is more at ``other`` than at ``place``, replication by replication."""
        ours, theirs = self.values(other, measure), self.values(place, measure)
        n = min(len(ours), len(theirs))
        return difference_estimate(ours[:n], theirs[:n], self._design.confidence)

    def checks(self, place: int) -> tuple[Check, ...]:
        """What the objectives come to at a place."""
        return tuple(
            Check.of(objective, self.values(place, objective.measure), self._design.confidence)
            for objective in self._goal.objectives
        )

    def shortfall(self, place: int) -> tuple[int, float]:
        """How far a place is from meeting: how many objectives it misses, and by what shares of their limits."""
        checks, missed = self.checks(place), 0.0
        for check in checks:
            value, limit = check.estimate.value, check.threshold.limit
            if not check.ok:
                missed += math.inf if math.isnan(value) else abs(value - limit) / (abs(limit) or 1.0)
        return sum(not check.ok for check in checks), missed

    def tried(self, place: int, value: str) -> Tried:
        """All that was found at a place, whose value is written so."""
        least, cost = self.estimate(place, self._goal.least), self.estimate(place, self._goal.cost)
        return Tried(value, self.checks(place), least, cost, len(self._values[place]))

    def least(self, place: int) -> float:
        """The estimate of what shall be least; infinite where there is none."""
        value = self.estimate(place, self._goal.least).value
        return math.inf if math.isnan(value) else value

    def turned_away(self, place: int) -> TurnedAway | None:
        """Whether a place meets objectives because it turns events away that another one serves."""
        for measure in dict.fromkeys(objective.measure for objective in self._goal.objectives):
            shares = {at: self._unserved(at, measure) for at in self._values}
            n = min(map(len, shares.values()))
            table = np.array([own[:n] for own in shares.values()])
            places = list(shares)
            if places.index(place) not in serving(table, self._design.confidence):
                least = min(places, key=lambda at: (float(np.nanmean(shares[at][:n])), at))
                here, there = (estimate_of(SHARE, shares[at], self._design.confidence) for at in (place, least))
                return TurnedAway(here, there, least)
        return None

    def _unserved(self, place: int, measure: Measure) -> NDArray[np.float64]:
        events, successes = (self.values(place, count) for count in counts_of(measure))
        return unserved_share(events, successes)

    def _simulate(self, places: Sequence[int], replications: int) -> None:
        """Bring each place to so many replications; those that have equally many together."""
        by_done: dict[int, list[int]] = {}
        for place in places:
            done = len(self._values[place]) if place in self._values else 0
            if done < replications:
                by_done.setdefault(done, []).append(place)
        for done, group in sorted(by_done.items()):
            scenarios = [self._at(place) for place in group]
            count, progress = replications - done, self._progress_of(len(group))
            found = observe(scenarios, self._measures, self._design, first=done, count=count, progress=progress)
            for place, values in zip(group, found, strict=True):
                before = [self._values[place]] if place in self._values else []
                self._values[place] = np.concatenate([*before, values])

    def _at(self, place: int) -> Scenario:
        """The scenario with the value at ``place``; of a long range not all were tried out before anything ran."""
        try:
            return laid_over(self._scenario, self._places.overrides(place))
        except InputError as error:
            after = f"{len(self._values)} values had been simulated" if self._values else ""
            raise InputError(error.problems, after) from None

    def _progress_of(self, places: int) -> Progress | None:
        """How far the search is, as far as that can be foreseen, from how far a batch is."""
        report = self._progress
        if report is None:
            return None
        before = self._done
        self._done += places

        def told(share: float) -> None:
            done = before + share * places
            report(done / max(done + 1, self._expected))

        return told
