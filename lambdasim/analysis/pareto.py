"""Trade-offs: several keys at once, what their combinations cost and reach, and the best of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.analysis.bench import SimulatedBench, Tried, TurnedAway
from lambdasim.analysis.combinations import Combinations, Trials, around, evolve, optuna_for, surround
from lambdasim.analysis.goals import Goal, goal_of, is_upper
from lambdasim.analysis.knobs import Knob, Wanted, knobs_of
from lambdasim.analysis.observations import USUAL, Design, Progress
from lambdasim.analysis.variants import OPTION
from lambdasim.errors import InputError, Problem
from lambdasim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd

BUDGET = 64
"""How many combinations are tried, unless it is said."""


@dataclass(frozen=True, slots=True)
class Point:
    """One combination: each knob's value, and what it came to."""

    values: tuple[str, ...]
    tried: Tried


@dataclass(frozen=True, slots=True)
class TradeOff:
    """What was found among combinations of values.

    ``points`` are all that were tried, ``front`` those of them that no other one beats or equals in every number, by
    the estimates: the objectives' measures and ``goal.least``. ``answer`` is the one with the least of that among
    those that are shown to meet all objectives, None if there is none, and ``ties`` those of which no difference from
    it is shown. ``best`` comes nearest to meeting them. ``settled``: the next values of every knob around ``best`` were
    tried. ``refused`` combinations were refused by the scenario's checks.
    """

    scenario: Scenario
    combinations: Combinations
    goal: Goal
    design: Design
    points: tuple[Point, ...]
    front: tuple[Point, ...]
    answer: Point | None
    best: Point
    ties: tuple[Point, ...]
    settled: bool
    refused: int
    turned_away: TurnedAway | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all combinations were tried."""
        return len(self.points) + self.refused == self.combinations.count

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each combination tried: values by path, measures with ``.low`` and ``.high``, verdicts."""
        import pandas as pd  # noqa: PLC0415 - slow to load

        paths = [knob.path for knob in self.combinations.knobs]
        rows = [
            dict(zip(paths, point.values, strict=True)) | point.tried.row(self.goal) | {"front": point in self.front}
            for point in self.points
        ]
        return pd.DataFrame(rows)


def trade_off(
    scenario: Scenario,
    vary: Mapping[str, Wanted],
    *,
    objectives: Sequence[str] = (),
    minimize: str | None = None,
    budget: int = BUDGET,
    design: Design = USUAL,
    progress: Progress | None = None,
) -> TradeOff:
    """Several keys at once: the combination with the least ``minimize`` that is shown to meet all objectives.

    Args:
        scenario: what to size.
        vary: paths and their values, each as :func:`~lambdasim.analysis.size.size` takes them; texts too.
        objectives: as thresholds are written; the scenario's own thresholds if there are none.
        minimize: the measure that shall be least; the month's cost if it is not said.
        budget: so many combinations are tried at most, each ``design.replications`` times.
        design: how often, how sure, from which seed, by whom. The seed steers the search too.
        progress: told the share of the work that is done.

    Raises:
        InputError: with all that is wrong; or there are more combinations than the budget, and no optuna is installed.
    """
    knobs, goal = _asked(scenario, vary, objectives, minimize)
    combinations = Combinations(knobs)
    if combinations.count > budget:
        optuna_for(combinations, budget)  # before the work, not within it
    bench = SimulatedBench(
        scenario, combinations, goal, design, expected=min(budget, combinations.count), progress=progress
    )
    trials = Trials(scenario, combinations, bench, budget)
    if combinations.count <= budget:
        trials.look(range(combinations.count))
    else:
        evolve(trials, goal, design.seed_of(scenario, 0))
        trials.refuse_if_none()
        surround(trials)
    trials.refuse_if_none()
    return _told(scenario, trials, goal, design)


def _asked(
    scenario: Scenario, vary: Mapping[str, Wanted], objectives: Sequence[str], minimize: str | None
) -> tuple[tuple[Knob, ...], Goal]:
    problems = list[Problem]()
    if not vary:
        problems.append(Problem(OPTION, None, None, "", "say which keys to try, such as functions.api.memory_size"))
    try:
        knobs = knobs_of(scenario, vary, alone=False)
    except InputError as error:
        problems += error.problems
    try:
        goal = goal_of(scenario, objectives, minimize)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    return knobs, goal


def _told(scenario: Scenario, trials: Trials, goal: Goal, design: Design) -> TradeOff:
    bench, combinations = trials.bench, trials.combinations
    points = {
        place: Point(combinations.values(place), bench.tried(place, combinations.label(place)))
        for place in trials.tried
    }
    best = trials.best
    meets = trials.meets(best)
    ties = tuple(
        point
        for place, point in points.items()
        if meets and place != best and trials.meets(place) and not bench.change(goal.least, best, place).excludes_zero
    )
    beside = around(combinations, best, [1] * len(combinations.shape))
    return TradeOff(
        scenario,
        combinations,
        goal,
        design,
        tuple(points.values()),
        tuple(points[place] for place in not_beaten(trials.tried, lambda place: _numbers(bench, goal, place))),
        points[best] if meets else None,
        points[best],
        ties,
        all(map(trials.knows, beside)),
        trials.refused,
        bench.turned_away(best) if meets else None,
    )


def _numbers(bench: SimulatedBench, goal: Goal, place: int) -> tuple[float, ...]:
    """What is traded off at a place, the less the better; infinite where there is no number."""
    numbers = {
        check.threshold.measure.path: check.estimate.value * (1 if is_upper(check.threshold) else -1)
        for check in bench.checks(place)
    } | {goal.least.path: bench.least(place)}
    return tuple(math.inf if math.isnan(number) else number for number in numbers.values())


def not_beaten(places: Iterable[int], numbers: Callable[[int], tuple[float, ...]]) -> list[int]:
    """The Pareto front: those that no other one equals or beats in every number; of equal ones the first.

    >>> not_beaten([0, 1, 2, 3], {0: (1, 9), 1: (2, 2), 2: (3, 3), 3: (2, 2)}.__getitem__)
    [0, 1]
    """
    all_numbers = {place: numbers(place) for place in places}
    return [
        place
        for place, ours in all_numbers.items()
        if not any(
            all(there <= here for here, there in zip(ours, theirs, strict=True)) and (theirs != ours or other < place)
            for other, theirs in all_numbers.items()
            if other != place
        )
    ]
