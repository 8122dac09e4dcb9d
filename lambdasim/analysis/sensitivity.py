"""Sensitivity: which assumption moves the answer. One at a time, each goes to either end of its uncertainty.

The runs share their luck (common random numbers), so that what differs is the assumption's doing. An assumption with
which the first replication comes out the same to the last digit is not run again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.analysis.assumptions import OPTION, Range, assumptions_of, check_ranges, setting_of, text_of
from lambdasim.analysis.intervals import difference_estimate, estimate_of
from lambdasim.analysis.observations import (
    USUAL,
    Design,
    Point,
    Progress,
    headline_measures,
    listed,
    measures_of,
    observe,
    simulated,
)
from lambdasim.analysis.runner import run
from lambdasim.analysis.tornado import Effect, End, Refused, Tornado
from lambdasim.analysis.uncertainty import Assumption, yaml_of
from lambdasim.errors import AnalysisError, InputError, LambdasimError
from lambdasim.scenario.load import override
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_RESULTS = ("functions", "triggers", "downstream", "account", "total", "changes")


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Tornados of one scenario's measures.

    ``unmoved`` changed nothing at all in the first replication. ``comparisons`` differences were looked at for each
    measure; their intervals have ``each`` for confidence, so that all hold together with the design's (Bonferroni).
    """

    scenario: Scenario
    design: Design
    tornados: tuple[Tornado, ...]
    unmoved: tuple[Assumption, ...]
    refused: tuple[Refused, ...]
    comparisons: int
    runs: int

    @property
    def each(self) -> float:
        """The confidence of each difference's interval."""
        return 1 - (1 - self.design.confidence) / max(1, self.comparisons)

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each measure, assumption and end: measure, parameter, confidence, end, value, estimate, low, high,
        change, change_low, change_high.
        """  # noqa: D205 - the columns are one list
        import pandas as pd  # noqa: PLC0415 - slow to load

        rows = [
            {
                "measure": tornado.measure.text,
                "parameter": effect.assumption.path,
                "confidence": effect.assumption.confidence,
                "end": name,
                "value": end.value if isinstance(end.value, str) else yaml_of(end.value),
                "estimate": end.estimate.value,
                "low": end.estimate.low,
                "high": end.estimate.high,
                "change": end.change.value,
                "change_low": end.change.low,
                "change_high": end.change.high,
            }
            for tornado in self.tornados
            for effect in tornado.effects
            for name, end in (("low", effect.low), ("high", effect.high))
            if end is not None
        ]
        return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class _Trial:
    """One assumption at one of its ends."""

    assumption: Assumption
    is_high: bool
    scenario: Scenario

    @property
    def value(self) -> Any:
        return self.assumption.high if self.is_high else self.assumption.low


@dataclass(frozen=True, slots=True)
class _First:
    """What the first replication came to: measures, a digest of all results, or why it can't be simulated."""

    found: tuple[float | None, ...] = ()
    digest: bytes = b""
    why: str = ""


def sensitivity(
    scenario: Scenario,
    *,
    measures: Sequence[str] | None = None,
    parameters: Mapping[str, Range] | None = None,
    only: Sequence[str] = (),
    design: Design = USUAL,
    progress: Progress | None = None,
) -> Sensitivity:
    """Vary each assumption that a scenario relies on over its uncertainty, and tell what that does to its measures.

    Args:
        scenario: as loaded.
        measures: texts such as ``api.latency_ms.p99``; None: those of the scenario's thresholds, else the headlines.
        parameters: ranges of the caller's own, (low, high) by path: of an entry of the book that the run uses
            (``lifecycles/default/idle_timeout``), or of any value of the scenario (``functions.api.memory_size``).
        only: of the book's entries, those that begin with one of these; none: all that the run uses.
        design: replications, confidence, seed, workers; each end of each assumption is run as often as the base.
        progress: told the share of done work.

    Raises:
        InputError: a measure, a path or a value of ``parameters`` or ``only`` is wrong.
    """
    wanted = _measures(scenario, measures)
    check_ranges(scenario, parameters or {})
    tell = progress or (lambda _share: None)
    costs = any(measure.is_money for measure in wanted)
    point = Point(scenario, design.seed_of(scenario, 0), wanted, design.log)
    base = _first(point)
    if base.why:
        raise AnalysisError(base.why)
    assumptions = assumptions_of(scenario, parameters or {}, listed(only, "--only"), costs=costs)
    trials, refused = _trials(scenario, assumptions, parameters or {})
    firsts = _firsts(point, trials, design, tell)
    ran = [pair for pair in zip(trials, firsts, strict=True) if not pair[1].why]
    refused += [Refused(t.assumption, t.value, first.why) for t, first in zip(trials, firsts, strict=True) if first.why]
    moving = {trial.assumption.path for trial, first in ran if first.digest != base.digest}
    moved = [pair for pair in ran if pair[0].assumption.path in moving]
    rest = _rest(scenario, [trial for trial, _ in moved], wanted, design, tell)
    begun = np.array([_numbers(first) for first in (base, *(first for _, first in moved))])
    values = np.concatenate([begun[:, None], rest], axis=1)
    return Sensitivity(
        scenario,
        design,
        _tornados([trial for trial, _ in moved], wanted, values, design),
        tuple({t.assumption.path: t.assumption for t, _ in ran if t.assumption.path not in moving}.values()),
        tuple(refused),
        comparisons=len(moved),
        runs=1 + len(trials) + (design.replications - 1) * (1 + len(moved)),
    )


def _measures(scenario: Scenario, texts: Sequence[str] | None) -> tuple[Measure, ...]:
    """Those that are asked for, or the thresholds', or the headlines; each once."""
    demanded = {one.measure.path: one.measure for one in scenario.thresholds}
    if texts is not None:
        return measures_of(scenario, texts)
    return tuple(demanded.values()) or headline_measures(scenario)


def _firsts(point: Point, trials: Sequence[_Trial], design: Design, tell: Callable[[float], None]) -> list[_First]:
    """The first replication of each trial."""
    points = [replace(point, scenario=trial.scenario, runs=design.share_of(len(trials))) for trial in trials]
    firsts = [_First()] * len(trials)
    with closing(run(_first, points, design.workers)) as outcomes:
        for done, (number, first) in enumerate(outcomes, start=1):
            firsts[number] = first
            tell(done / len(points) / design.replications)
    return firsts


def _first(point: Point) -> _First:
    """Run the first replication of a point."""
    try:
        summary = simulated(point.scenario, point.seed, point.log, point.runs).summary()
    except LambdasimError as error:
        return _First(why=str(error))
    results = repr([summary[part] for part in _RESULTS])
    found = tuple(measure.value(summary) for measure in point.measures)
    return _First(found, hashlib.sha256(results.encode()).digest())


def _trials(
    scenario: Scenario, assumptions: Sequence[Assumption], own: Mapping[str, Range]
) -> tuple[list[_Trial], list[Refused]]:
    """The ends that the scenario takes, and those that it refuses."""
    trials, refused, settings = [], list[Refused](), set(map(setting_of, own))
    for assumption in assumptions:
        for is_high, value in enumerate((assumption.low, assumption.high)):
            if value is None:
                continue
            text = (text_of if assumption.setting in settings else yaml_of)(value)
            try:
                varied = override(scenario, {assumption.setting: text}, source=OPTION)
                trials.append(_Trial(assumption, bool(is_high), varied))
            except InputError as error:
                refused.append(Refused(assumption, value, error.problems[0].text))
    return trials, refused


def _numbers(first: _First) -> list[float]:
    return [math.nan if value is None else value for value in first.found]


def _rest(
    scenario: Scenario,
    trials: Sequence[_Trial],
    measures: Sequence[Measure],
    design: Design,
    tell: Callable[[float], None],
) -> NDArray[np.float64]:
    """The replications after the first, of the base and of each trial."""
    share = 1 / design.replications
    return observe(
        [scenario, *(trial.scenario for trial in trials)],
        measures,
        design,
        first=1,
        count=design.replications - 1,
        progress=lambda done: tell(share + (1 - share) * done),
    )


def _tornados(
    trials: Sequence[_Trial], measures: Sequence[Measure], values: NDArray[np.float64], design: Design
) -> tuple[Tornado, ...]:
    """Estimates from ``values``, shape (1 + trials, replications, measures), the base first."""
    each = 1 - (1 - design.confidence) / max(1, len(trials))
    tornados = []
    for place, measure in enumerate(measures):
        base, ends = values[0, :, place], dict[str, list[End | None]]()
        for trial, row in zip(trials, values[1:], strict=True):
            estimate = estimate_of(measure, row[:, place], design.confidence)
            switched = np.isnan(base).all() != (estimate.n == 0)
            end = End(trial.value, estimate, difference_estimate(row[:, place], base, each), bool(switched))
            ends.setdefault(trial.assumption.path, [None, None])[trial.is_high] = end
        assumptions = {trial.assumption.path: trial.assumption for trial in trials}
        effects = [Effect(assumptions[path], *pair) for path, pair in ends.items()]
        effects.sort(key=lambda effect: (-effect.swing, effect.assumption.path))
        tornados.append(Tornado(measure, estimate_of(measure, base, design.confidence), tuple(effects)))
    return tuple(tornados)
