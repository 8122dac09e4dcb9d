"""Observations: what measures came to, for each variant of a scenario and each replication on common random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lambdasim.analysis.intervals import CONFIDENCE
from lambdasim.analysis.runner import ALONE, Workers, run
from lambdasim.errors import InputError, Problem
from lambdasim.kernel.eligibility import engine_for
from lambdasim.result.result import Result
from lambdasim.scenario.measures import Measure, read_measure
from lambdasim.scenario.model import Scenario
from lambdasim.simulation import simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPLICATIONS = 10
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Design:
    """How an experiment is done: how often, how sure, from which seed, by whom.

    Replication r of every variant has seed ``seed + r``: variants share their luck, replications share none, and any
    of them is what ``simulate(scenario, seed=...)`` gives. ``seed`` None takes the scenario's own. ``InputError`` if a
    number lies where none can be.
    """

    replications: int = REPLICATIONS
    confidence: float = CONFIDENCE
    seed: int | None = None
    workers: Workers = ALONE
    log: Literal["full", "none"] = "full"

    def __post_init__(self) -> None:
        checks = {
            "replications": (_is_whole(self.replications, 2), "a single run has no interval; expected 2 or more"),
            "confidence": (_is_share(self.confidence), "expected a number above 0 and below 1, such as 0.95"),
            "seed": (self.seed is None or _is_whole(self.seed, 0), "expected a whole number, 0 or more, or None"),
            "workers": (isinstance(self.workers, Workers), "expected lambdasim.Workers, such as Workers(2)"),
            "log": (self.log in ("full", "none"), "expected 'full' or 'none'"),
        }
        wrong = {name: text for name, (is_right, text) in checks.items() if not is_right}
        if wrong:
            raise InputError(
                Problem("Design", None, None, name, f"{text}, found {getattr(self, name)!r}")
                for name, text in wrong.items()
            )

    def seed_of(self, scenario: Scenario, replication: int) -> int:
        """The seed of one replication: 0, 1, ..."""
        return (scenario.seed if self.seed is None else self.seed) + replication

    def share_of(self, runs: int) -> int:
        """How many of so many runs a worker does."""
        return math.ceil(runs / self.workers.processes)


def _is_whole(value: Any, least: int) -> bool:
    """NumPy's whole numbers are some, too; True is none."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def _is_share(value: Any) -> bool:
    return isinstance(value, Real) and 0 < float(value) < 1


USUAL = Design()
"""That of whoever says nothing else."""


@dataclass(frozen=True, slots=True)
class Point:
    """One simulation to run, and what to read off its summary; ``runs``: how many like it its worker does."""

    scenario: Scenario
    seed: int
    measures: tuple[Measure, ...]
    log: Literal["full", "none"] = "full"
    runs: int = 1

    def __str__(self) -> str:
        laid_over = ", ".join(f"{path}={value}" for path, value in self.scenario.written.overrides.items())
        return f"{self.scenario.name}{f' with {laid_over}' if laid_over else ''}, seed {self.seed}"


def simulated(scenario: Scenario, seed: int, log: Literal["full", "none"], runs: int) -> Result:
    """One of ``runs`` runs like it, on the engine that takes the least time for all of them."""
    return simulate(scenario, seed=seed, log=log, engine=engine_for(scenario, "auto", runs=runs))


def measured(point: Point) -> tuple[float | None, ...]:
    """Run a point; the value of each of its measures, None where the summary has none."""
    summary = simulated(point.scenario, point.seed, point.log, point.runs).summary()
    return tuple(measure.value(summary) for measure in point.measures)


def observe(
    scenarios: Sequence[Scenario],
    measures: Sequence[Measure],
    design: Design,
    *,
    first: int = 0,
    count: int | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """Simulate each scenario ``count`` times (None: ``design.replications``), from replication ``first`` on.

    Returns what each measure came to, shape (scenarios, replications, measures); NaN where a summary had no value.
    """
    replications = range(first, first + (design.replications if count is None else count))
    runs = design.share_of(len(scenarios) * len(replications))
    points = [
        Point(scenario, design.seed_of(scenario, replication), tuple(measures), design.log, runs)
        for scenario in scenarios
        for replication in replications
    ]
    values = np.full((len(points), len(measures)), math.nan)
    with closing(run(measured, points, design.workers)) as outcomes:
        for done, (number, found) in enumerate(outcomes, start=1):
            values[number] = [math.nan if value is None else value for value in found]
            if progress is not None:
                progress(done / len(points))
    return values.reshape(len(scenarios), len(replications), len(measures))


def measure_of(scenario: Scenario, text: str) -> Measure:
    """The measure that ``text`` names in this scenario's summary; ``ValueError`` if it names none."""
    return read_measure(text, scenario.names)


def measures_of(
    scenario: Scenario,
    texts: Sequence[str] | None,
    option: str = "--measure",
    read: Callable[[Scenario, str], Measure] = measure_of,
) -> tuple[Measure, ...]:
    """The measures that ``texts`` name, each once; the headline's if None. ``InputError`` with all that name none.

    ``read`` finds the measure that a text names, or raises ``ValueError``.
    """
    if texts is None:
        return headline_measures(scenario)
    measures, problems = dict[Measure, Measure](), list[Problem]()
    for text in listed(texts, option):
        try:
            measure = read(scenario, text)
            measures.setdefault(replace(measure, text=""), measure)  # the same one may be written in two ways
        except ValueError as error:
            problems.append(Problem(option, None, None, text, str(error)))
    if problems or not measures:
        raise InputError(problems or [Problem(option, None, None, "", "name at least one measure")])
    return tuple(measures.values())


def listed(texts: Sequence[str], option: str) -> Sequence[str]:
    """``texts`` as they are; ``InputError`` if they are a single one, whose letters would be taken for texts."""
    if isinstance(texts, str):
        raise InputError([Problem(option, None, None, "", f"expected a list, such as [{texts!r}], found {texts!r}")])
    return texts


def headline_measures(scenario: Scenario, functions: Iterable[str] | None = None) -> tuple[Measure, ...]:
    """What most questions are about: each function's p99 latency, cold starts and throttles; the month's cost.

    Of all ``functions``, or of these only.
    """
    texts = [
        f"functions.{name}.{key}"
        for name in (scenario.functions if functions is None else functions)
        for key in ("latency_ms.p99", "cold_start_rate", "throttles.total")
    ]
    return tuple(measure_of(scenario, text) for text in (*texts, "total.cost_usd_per_month"))
