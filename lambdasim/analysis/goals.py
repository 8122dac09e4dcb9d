"""Goals: what a search for values is to meet, and what shall be least of what meets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lambdasim.analysis.observations import listed, measure_of
from lambdasim.errors import InputError, Problem
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.thresholds import EXAMPLE, Threshold, read_threshold

OBJECTIVE, MINIMIZE = "--objective", "--minimize"
COST = "total.cost_usd_per_month"


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
    for text in listed(objectives, OBJECTIVE):
        try:
            read[text] = read_threshold(text, scenario.names)
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


def is_upper(threshold: Threshold) -> bool:
    """Whether a threshold is a bound from above."""
    return threshold.operator.startswith("<")
