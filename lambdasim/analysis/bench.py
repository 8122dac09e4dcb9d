"""The bench: tries values of a knob by simulation, on common random numbers, and remembers what they came to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.analysis.intervals import Estimate, difference_estimate, estimate_of
from lambdasim.analysis.knobs import Knob
from lambdasim.analysis.observations import Design, Progress, measure_of, observe
from lambdasim.analysis.search import Judged
from lambdasim.analysis.thresholds import Check
from lambdasim.analysis.variants import laid_over
from lambdasim.errors import InputError, Problem
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.thresholds import EXAMPLE, Threshold, read_threshold
from lambdasim.scenario.wording import nearest
from lambdasim.simulation import simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

OBJECTIVE, MINIMIZE = "--objective", "--minimize"
COST = "total.cost_usd_per_month"
_SMALL_STEP = 0.05
"""A step back that is smaller than this share of the way to the limit hides no value on the limit's other side: a
judgement."""
_EXACT = 1e-9  # of the numbers' size: what rounding alone makes of a difference
_EXPECTED = 20  # values that a search takes, for the progress bar


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted: objectives that must be met, and what shall be least among the values that meet them."""

    objectives: tuple[Threshold, ...]
    minimize: Measure | None
    cost: Measure

    @property
    def least(self) -> Measure:
        """What shall be least; the cost where nothing was said."""
        return self.minimize or self.cost


def goal_of(scenario: Scenario, objectives: Sequence[str], minimize: str | None) -> Goal:
    """The goal, from texts; without objectives the scenario's own thresholds.

    Raises:
        InputError: with each text that names what no summary has; or there are no objectives at all.
    """
    problems = list[Problem]()
    read = dict[str, Threshold]()
    for text in objectives:
        try:
            read[text] = read_threshold(text, scenario.functions, scenario.triggers, scenario.downstream)
        except ValueError as error:
            problems.append(Problem(OBJECTIVE, None, None, "", str(error)))
    if not objectives:
        read = {threshold.text: threshold for threshold in scenario.thresholds}
        if not read:
            text = f"say what is to be met, such as {EXAMPLE!r}; the scenario has no thresholds to take in its place"
            problems.append(Problem(OBJECTIVE, None, None, "", text))
    least = None
    if minimize is not None:
        try:
            least = measure_of(scenario, minimize)
        except ValueError as error:
            problems.append(Problem(MINIMIZE, None, None, "", str(error)))
    if problems:
        raise InputError(problems)
    return Goal(tuple(read.values()), least, measure_of(scenario, COST))


class SimulatedBench:
    """A :class:`~lambdasim.analysis.search.Bench` of one knob's values."""

    def __init__(
        self,
        scenario: Scenario,
        knob: Knob,
        goal: Goal,
        extra: Sequence[Measure],
        design: Design,
        progress: Progress | None = None,
    ) -> None:
        self._scenario, self._knob, self._goal, self._design = scenario, knob, goal, design
        wanted = (*(objective.measure for objective in goal.objectives), goal.cost, goal.least, *extra)
        self._columns = {path: number for number, path in enumerate(dict.fromkeys(measure.path for measure in wanted))}
        self._measures = tuple({measure.path: measure for measure in wanted}.values())
        self._values: dict[int, NDArray[np.float64]] = {}
        self._progress, self._done = progress, 0.0

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
            Check(
                objective,
                self.estimate(place, objective.measure),
                int(np.isnan(self.values(place, objective.measure)).sum()),
            )
            for objective in self._goal.objectives
        )

    def least(self, place: int) -> float:
        """The estimate of what shall be least; infinite where there is none."""
        value = self.estimate(place, self._goal.least).value
        return math.inf if math.isnan(value) else value

    def refuse_unknown_keys(self) -> None:
        """``InputError`` for what no summary has: what a trigger counts depends on its kind, and only shows in a run."""
        asked = [(OBJECTIVE, objective.measure) for objective in self._goal.objectives]
        if self._goal.minimize is not None:
            asked.append((MINIMIZE, self._goal.minimize))
        void = [
            (option, measure)
            for option, measure in asked
            if all(np.isnan(self.values(place, measure)).all() for place in self._values)
        ]
        summary = simulate(self._scenario, log="none").summary() if void else {}
        problems = [
            Problem(option, None, None, measure.text, why)
            for option, measure in void
            if (why := unknown_key(summary, measure))
        ]
        if problems:
            raise InputError(problems)

    def _simulate(self, places: Sequence[int], replications: int) -> None:
        """Bring each place to so many replications; those that have equally many together."""
        by_done: dict[int, list[int]] = {}
        for place in places:
            done = len(self._values[place]) if place in self._values else 0
            if done < replications:
                by_done.setdefault(done, []).append(place)
        for done, group in sorted(by_done.items()):
            scenarios = [laid_over(self._scenario, self._knob.overrides(place)) for place in group]
            design = replace(self._design, replications=replications - done)
            found = observe(scenarios, self._measures, design, first=done, progress=self._progress_of(len(group)))
            for place, values in zip(group, found, strict=True):
                before = [self._values[place]] if place in self._values else []
                self._values[place] = np.concatenate([*before, values])

    def _progress_of(self, places: int) -> Progress | None:
        """How far the search is, as far as that can be foreseen, from how far a batch is."""
        report = self._progress
        if report is None:
            return None
        before = self._done
        self._done += places

        def told(share: float) -> None:
            done = before + share * places
            report(done / (done + max(1.0, _EXPECTED - done)))

        return told


def is_upper(threshold: Threshold) -> bool:
    """Whether a threshold is a bound from above."""
    return threshold.operator.startswith("<")


def unknown_key(summary: Mapping[str, Any], measure: Measure) -> str:
    """Which key of a measure the summary does not have, and the nearest that it has; empty if it has them all."""
    node: Any = summary
    for number, word in enumerate(measure.path):
        if not isinstance(node, Mapping):
            return ""
        if word not in node:
            where = ".".join(measure.path[:number])
            return f"the summary has no {word!r} under {where}; {nearest(word, node)}"
        node = node[word]
    return f"it stops short of a number; {nearest('', node)}" if isinstance(node, Mapping) else ""
