"""Combinations of the values of several knobs: which there are, which were tried, and the search for the best.

Of many, those are tried that NSGA-II asks for, and then what surrounds the best one. References: K. Deb et al., "A fast
and elitist multiobjective genetic algorithm: NSGA-II", IEEE Transactions on Evolutionary Computation 6 (2002), 182-197;
R. Hooke and T. A. Jeeves, "'Direct search' solution of numerical and statistical problems", Journal of the ACM 8
(1961), 212-229.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from lambdasim.analysis.bench import SimulatedBench
from lambdasim.analysis.goals import Goal, is_upper
from lambdasim.analysis.knobs import Knob
from lambdasim.analysis.variants import OPTION, laid_over
from lambdasim.errors import InputError, Problem
from lambdasim.scenario.model import Scenario

_SEARCH = 0.6  # the share of the budget for NSGA-II; the rest is for what surrounds its best
_POPULATIONS = 4  # so many generations at least fit into that
_SMALLEST_POPULATION = 4
_IN_VAIN = 5  # generations in a row that ask for nothing new
_WORST = 1e12  # what a missing number counts as: optuna takes no infinity
_FIRST_STEP = 8  # so many steps lead across a knob's values, to begin with


@dataclass(frozen=True, slots=True)
class Combinations:
    """All combinations of the values of several knobs, numbered; the last knob's value varies fastest."""

    knobs: tuple[Knob, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each knob has."""
        return tuple(len(knob.texts) for knob in self.knobs)

    @property
    def count(self) -> int:
        """How many there are."""
        return math.prod(self.shape)

    def steps(self, place: int) -> tuple[int, ...]:
        """The place of each knob's value."""
        return tuple(int(step) for step in np.unravel_index(place, self.shape))

    def place(self, steps: Sequence[int]) -> int:
        """The other way round."""
        return int(np.ravel_multi_index(tuple(steps), self.shape))

    def values(self, place: int) -> tuple[str, ...]:
        """Each knob's value."""
        return tuple(knob.texts[step] for knob, step in zip(self.knobs, self.steps(place), strict=True))

    def label(self, place: int) -> str:
        """As it is written: ``functions.api.memory_size=512, ...``."""
        return ", ".join(f"{knob.path}={value}" for knob, value in zip(self.knobs, self.values(place), strict=True))

    def overrides(self, place: int) -> dict[str, str]:
        """What to lay over the scenario."""
        laid = dict[str, str]()
        for knob, step in zip(self.knobs, self.steps(place), strict=True):
            laid |= knob.overrides(step)
        return laid


class Trials:
    """Which combinations were tried, and which were refused."""

    def __init__(self, scenario: Scenario, combinations: Combinations, bench: SimulatedBench, budget: int) -> None:
        self.combinations, self.bench = combinations, bench
        self._scenario, self._budget = scenario, budget
        self._judged: dict[int, bool] = {}
        self._refused: dict[int, InputError] = {}

    @property
    def tried(self) -> list[int]:
        """The places that were tried, in order."""
        return sorted(self._judged)

    @property
    def refused(self) -> int:
        """How many the scenario's checks refused."""
        return len(self._refused)

    def knows(self, place: int) -> bool:
        """Whether it was tried or refused."""
        return place in self._judged or place in self._refused

    def has_tried(self, place: int) -> bool:
        """Whether it was tried."""
        return place in self._judged

    @property
    def left(self) -> int:
        """How many more may be tried."""
        return self._budget - len(self._judged)

    def look(self, places: Iterable[int]) -> None:
        """Try these in one batch, but for those that are known, refused, or beyond the budget."""
        new = list[int]()
        for place in dict.fromkeys(places):
            if self.knows(place) or len(new) >= self.left:
                continue
            try:
                laid_over(self._scenario, self.combinations.overrides(place))
            except InputError as error:
                self._refused[place] = error
            else:
                new.append(place)
        self._judged |= {place: judged.meets for place, judged in zip(new, self.bench.judge(new, 1), strict=True)}

    def refuse_if_none(self) -> None:
        """``InputError`` if every combination was refused."""
        if not self._judged:
            raise next(iter(self._refused.values()))

    @property
    def best(self) -> int:
        """The least of those that are shown to meet; if none does, the one that comes nearest."""
        return min(self._judged, key=self.rank)

    def meets(self, place: int) -> bool:
        """Whether it is shown to meet all objectives."""
        return self._judged[place]

    def rank(self, place: int) -> tuple[Any, ...]:
        """By which the better of two comes first."""
        meets = self._judged[place]
        return (not meets, (0, 0.0) if meets else self.bench.shortfall(place), self.bench.least(place), place)


def optuna_for(combinations: Combinations, budget: int) -> ModuleType:
    """The library, or what to do without it."""
    try:
        import optuna  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        text = (
            f"{combinations.count:,} combinations are more than the budget of {budget}; to choose among them install "
            f"optuna (pip install 'lambdasim-aws[optuna]'), or name fewer values, or allow more with --budget"
        )
        raise InputError([Problem(OPTION, None, None, "", text)]) from None
    module: ModuleType = optuna
    return module


@contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Without optuna's own messages; what it logs elsewhere in the process stays as it was."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def evolve(trials: Trials, goal: Goal, seed: int) -> None:
    """NSGA-II, generation by generation: each is asked for whole, tried whole, and told in order."""
    combinations = trials.combinations
    optuna = optuna_for(combinations, 0)
    budget = max(1, math.floor(trials.left * _SEARCH))
    size = max(_SMALLEST_POPULATION, budget // _POPULATIONS)
    goes_down = [is_upper(objective) for objective in goal.objectives]
    with _quiet(optuna):
        study = optuna.create_study(
            directions=["minimize" if down else "maximize" for down in (*goes_down, True)],
            sampler=optuna.samplers.NSGAIISampler(population_size=size, seed=seed % 2**32),
        )
        for corner in _corners(combinations.shape):
            study.enqueue_trial({knob.path: step for knob, step in zip(combinations.knobs, corner, strict=True)})
        in_vain = 0
        while len(trials.tried) < budget and in_vain < _IN_VAIN:
            known = len(trials.tried) + trials.refused
            asked = [study.ask() for _ in range(size)]
            places = [combinations.place([_step(trial, knob) for knob in combinations.knobs]) for trial in asked]
            trials.look(places)
            for trial, place in zip(asked, places, strict=True):
                _tell(optuna, study, trial, place, trials)
            in_vain = in_vain + 1 if len(trials.tried) + trials.refused == known else 0


def _corners(shape: Sequence[int]) -> list[tuple[int, ...]]:
    """Where to begin: all smallest, all largest, all in the middle."""
    return [tuple(int((size - 1) * part) for size in shape) for part in (0, 1, 0.5)]


def _step(trial: Any, knob: Knob) -> int:
    last = len(knob.texts) - 1
    return int(
        trial.suggest_int(knob.path, 0, last)
        if knob.is_ordered
        else trial.suggest_categorical(knob.path, list(range(last + 1)))
    )


def _tell(optuna: Any, study: Any, trial: Any, place: int, trials: Trials) -> None:
    """What a trial came to: the numbers to trade off, and how far each interval reaches beyond its limit."""
    if not trials.has_tried(place):
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return
    values = list[float]()
    for number, check in enumerate(trials.bench.checks(place)):
        estimate, limit, sign = check.estimate, check.threshold.limit, 1 if is_upper(check.threshold) else -1
        reach = math.nan if check.missing else estimate.high if sign > 0 else estimate.low
        values.append(_finite(estimate.value, sign))
        trial.set_constraint(str(number), _finite(sign * (reach - limit) / (abs(limit) or 1.0), 1))
    study.tell(trial, [*values, _finite(trials.bench.least(place), 1)])


def _finite(value: float, sign: int) -> float:
    return value if math.isfinite(value) else sign * _WORST


def surround(trials: Trials) -> None:
    """From the best on: steps along each knob, half as wide where none is better, until they are of one value."""
    combinations = trials.combinations
    widths = [max(1, size // _FIRST_STEP) for size in combinations.shape]
    best = trials.best
    while trials.left > 0:
        trials.look(around(combinations, best, widths))
        if (better := trials.best) != best:
            best = better
        elif max(widths) == 1:
            return
        else:
            widths = [max(1, width // 2) for width in widths]


def around(combinations: Combinations, place: int, widths: Sequence[int]) -> list[int]:
    """The places next to one, by these widths: up or down by one knob, or up by one and down by another.

    The best often lies on the edge of what meets, where any single step is worse or fails, and two at once are not.
    """
    steps, knobs = combinations.steps(place), range(len(widths))
    moves = [{knob: sign * widths[knob]} for knob in knobs for sign in (-1, 1)]
    moves += [{up: widths[up], down: -widths[down]} for up in knobs for down in knobs if up != down]
    moved = [[step + move.get(knob, 0) for knob, step in enumerate(steps)] for move in moves]
    return [
        combinations.place(other)
        for other in moved
        if all(0 <= step < size for step, size in zip(other, combinations.shape, strict=True))
    ]
