"""Sizing: the smallest value of one key that is shown to meet objectives, what it costs, and what its neighbours do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.analysis.bench import SimulatedBench, Tried, TurnedAway
from lambdasim.analysis.goals import Goal, goal_of, is_upper
from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.knobs import Knob, Wanted, knobs_of
from lambdasim.analysis.observations import USUAL, Design, Progress, measure_of
from lambdasim.analysis.search import Found, Search
from lambdasim.analysis.variants import OPTION
from lambdasim.errors import InputError, Problem
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd

DEEPER = 4
"""So many times the replications are spent, at most, on values near the limit."""
_EXPECTED = 20  # values that a search takes, for whoever watches
_HANDLER = "duration_ms"
_SUSPECTS = ("throttles.total", "cold_start_rate")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The next value tried beside the answer, and paired differences: by how much each number is more there."""

    tried: Tried
    changes: tuple[Estimate, ...]  # of each objective's measure
    least: Estimate
    cost: Estimate


@dataclass(frozen=True, slots=True)
class Sizing:
    """What the search for a value has found.

    ``answer`` is the smallest value that is shown to meet all objectives, or with ``goal.minimize`` the one with the
    least of that; None if there is none. ``last`` is the largest, ``seeming`` the smallest that meets them by the
    estimates alone, ``best`` the one that comes nearest. ``neighbours`` are the next values below and above ``answer``,
    or ``best``. ``turned_away`` tells where the answer leaves events without success that another value serves.
    ``ties`` are the values of which no difference from the answer is shown in what shall be least. ``limits``
    tells, where none meets, what stands in the way at ``best``, by measure.
    """

    scenario: Scenario
    knob: Knob
    goal: Goal
    design: Design
    found: Found
    tried: tuple[Tried, ...]
    answer: Tried | None
    last: Tried | None
    seeming: Tried | None
    best: Tried
    neighbours: tuple[Neighbour, ...]
    ties: tuple[Tried, ...]
    limits: tuple[tuple[Measure, Estimate], ...]
    turned_away: TurnedAway | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each value tried: the value, then each measure with ``.low`` and ``.high``, and the verdicts."""
        import pandas as pd  # noqa: PLC0415 - slow to load

        rows = [{self.knob.path: tried.value} | tried.row(self.goal) for tried in self.tried]
        return pd.DataFrame(rows)


def size(
    scenario: Scenario,
    vary: Mapping[str, Wanted],
    *,
    objectives: Sequence[str] = (),
    minimize: str | None = None,
    deeper: int = DEEPER,
    design: Design = USUAL,
    progress: Progress | None = None,
) -> Sizing:
    """The smallest value of one key that is shown to meet all objectives; or the one with the least of ``minimize``.

    Shown means that the whole interval lies within the limit. All values share their luck (common random numbers).
    Where the objectives are monotone, as far as the values tried show, the answer is found by bisection; where they
    are not, or where the values are few, all or a grid of them are tried. Each interval has the design's confidence;
    that many of them are looked at is not corrected for, but in the test of monotony (Bonferroni).

    Args:
        scenario: what to size.
        vary: one path and its values: a list, a range such as ``"0..100"``, or None for all that the key may be.
        objectives: as thresholds are written; the scenario's own thresholds if there are none.
        minimize: a measure that shall be least among the values that meet, such as ``total.cost_usd_per_month``.
        deeper: up to how many times the replications are spent on values near the limit.
        design: how often, how sure, from which seed, by whom.
        progress: told the share of the work that is done.

    Raises:
        InputError: with all that is wrong with the values, the objectives, or the measure.

    >>> from lambdasim import Design, load_scenario
    >>> sizing = size(
    ...     load_scenario("scenarios/sqs_small_reserved.yaml"),
    ...     {"functions.worker.reserved_concurrent_executions": "1..12"},
    ...     objectives=["jobs.dead_lettered <= 0"],
    ...     design=Design(replications=4),
    ... )
    >>> sizing.answer.value if sizing.answer else None
    '6'
    """
    knob, goal = _asked(scenario, vary, objectives, minimize)
    suspects = _suspects(scenario, goal)
    bench = SimulatedBench(scenario, knob, goal, design, extra=suspects, expected=_EXPECTED, progress=progress)
    search = Search(bench, len(knob.texts), most_effort=deeper)
    found = search.run()
    place = found.answer
    if minimize is not None:
        place, found = search.cheapest(bench.least), search.found
    if place is None:
        place = min(found.tried, key=bench.shortfall)
    search.look((place - 1, place + 1))
    found = search.found
    return _sizing(scenario, knob, goal, design, bench, found, place, suspects)


def _asked(
    scenario: Scenario, vary: Mapping[str, Wanted], objectives: Sequence[str], minimize: str | None
) -> tuple[Knob, Goal]:
    """The knob and the goal, or all that is wrong with them."""
    problems = list[Problem]()
    knobs: tuple[Knob, ...] = ()
    if len(vary) != 1:
        text = f"sizing takes one key, found {len(vary)}; several at once are a trade-off"
        problems.append(Problem(OPTION, None, None, ", ".join(vary), text))
    try:
        knobs = knobs_of(scenario, vary)
    except InputError as error:
        problems += error.problems
    problems += [
        Problem(OPTION, None, None, knob.path, f"{knob.span} are no numbers, so none is smallest; compare them instead")
        for knob in knobs
        if not knob.is_ordered
    ]
    try:
        goal = goal_of(scenario, objectives, minimize)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    return knobs[0], goal


def _suspects(scenario: Scenario, goal: Goal) -> tuple[Measure, ...]:
    """For each objective on a function's latency, what may stand in its way: the handler, throttles, cold starts."""
    texts = dict[str, None]()
    for objective in goal.objectives:
        path = objective.measure.path
        if path[0] == "functions" and path[2] == "latency_ms":
            texts |= dict.fromkeys(f"functions.{path[1]}.{key}" for key in (f"{_HANDLER}.{path[3]}", *_SUSPECTS))
    return tuple(measure_of(scenario, text) for text in texts)


def _sizing(
    scenario: Scenario,
    knob: Knob,
    goal: Goal,
    design: Design,
    bench: SimulatedBench,
    found: Found,
    place: int,
    suspects: Sequence[Measure],
) -> Sizing:
    tried = {number: bench.tried(number, knob.texts[number]) for number in found.tried}
    is_answer = found.answer is not None
    beside = [number for number in (place - 1, place + 1) if number in tried]
    ties: tuple[Tried, ...] = ()
    if is_answer and goal.minimize is not None:
        ties = tuple(
            other
            for number, other in tried.items()
            if number != place and other.meets and not bench.change(goal.least, place, number).excludes_zero
        )
    return Sizing(
        scenario,
        knob,
        goal,
        design,
        found,
        tuple(tried.values()),
        tried[place] if is_answer else None,
        None if found.last is None else tried[found.last],
        None if found.seeming is None else tried[found.seeming],
        tried[place],
        tuple(_neighbour(bench, goal, tried[number], place, number) for number in beside),
        ties,
        () if is_answer else _limits(bench, suspects, place),
        bench.turned_away(place) if is_answer else None,
    )


def _neighbour(bench: SimulatedBench, goal: Goal, tried: Tried, place: int, other: int) -> Neighbour:
    changes = tuple(bench.change(objective.measure, place, other) for objective in goal.objectives)
    return Neighbour(tried, changes, bench.change(goal.least, place, other), bench.change(goal.cost, place, other))


def _limits(bench: SimulatedBench, suspects: Sequence[Measure], place: int) -> tuple[tuple[Measure, Estimate], ...]:
    """What stands in the way of an objective on latency that is not met: slow handlers, throttles, cold starts."""
    missed = {
        check.threshold.measure.path[1]: check.threshold
        for check in bench.checks(place)
        if not check.ok and check.threshold.measure.path[0] == "functions" and is_upper(check.threshold)
    }
    limits = []
    for measure in suspects:
        estimate = bench.estimate(place, measure)
        threshold = missed.get(measure.path[1])
        if threshold is None or math.isnan(estimate.value):
            continue
        alone = not threshold.holds(estimate.low) if measure.path[2] == _HANDLER else estimate.value > 0
        limits += [(measure, estimate)] if alone else []
    return tuple(limits)
