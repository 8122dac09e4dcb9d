"""The grid of a what-if, planned: which values it has where none are named, and how many runs that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lambdasim.analysis.axes import axis_of
from lambdasim.analysis.knobs import knobs_of, numbers_of
from lambdasim.analysis.observations import USUAL, Design, Progress, headline_measures, measures_of
from lambdasim.analysis.sweep import planned, sweep
from lambdasim.analysis.variants import OPTION as VARY
from lambdasim.analysis.variants import laid_over, yaml_text
from lambdasim.analysis.what_if import WhatIf
from lambdasim.errors import InputError, Problem
from lambdasim.parameters.book import load_book
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.present import present
from lambdasim.scenario.targets import function_name, qualifier
from lambdasim.simulation import simulate
from lambdasim.workload.arrivals import NoArrivals
from lambdasim.workload.scaled import is_on_a_clock

AUTO = "auto"
"""In place of a path: the busiest function's memory and provisioned concurrency, and the traffic."""
OPTION = "--what-if"
MOST_RUNS = 10_000  # beyond it a sweep, which can go on where it was interrupted, serves better: a judgement
MOST_CELLS = 2_000  # points times measures: they take a third of the megabyte that a page may have
_MEMORY, _PROVISIONED, _TRAFFIC = "memory_size", "provisioned_concurrent_executions", "traffic"

Asked = Mapping[str, Sequence[Any] | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """A grid to simulate around a scenario: the values of each path, and what to read off each run."""

    scenario: Scenario
    values: Mapping[str, Sequence[str]]
    measures: tuple[Measure, ...]
    design: Design

    @property
    def points(self) -> int:
        """How many points it has."""
        return math.prod(map(len, self.values.values()))

    @property
    def runs(self) -> int:
        """How many runs these take."""
        return self.points * self.design.replications

    @property
    def sizes(self) -> str:
        """How many values each path has: ``4 of functions.api.memory_size x 3 of traffic``."""
        return " x ".join(f"{len(values)} of {path}" for path, values in self.values.items())

    def simulated(self, progress: Progress | None = None) -> WhatIf:
        """The grid, simulated on common random numbers; ``progress`` is called with the share of runs that are done."""
        measures = [measure.text for measure in self.measures]
        return WhatIf.of(sweep(self.scenario, self.values, measures=measures, design=self.design, progress=progress))


def plan(
    scenario: Scenario,
    asked: Asked,
    *,
    measures: Sequence[str] | None = None,
    design: Design,
    progress: Progress | None = None,
) -> Plan:
    """Plan a grid around a scenario.

    Args:
        scenario: what ``load_scenario`` returned.
        asked: for each path its values, or None for usual ones; see :func:`grid_values`.
        measures: keys of the summary; None for those of the functions that are varied, or of the busiest one, and the
            month's cost.
        design: how often and how surely, on whose processes.
        progress: called with the share that is done of the run that tells who is busy, where one is needed.

    Raises:
        InputError: with everything that is wrong, before anything is simulated but one run that tells who is busy,
            where that is asked.
    """
    look = _Look(scenario, design, progress)
    values = grid_values(scenario, asked, look)
    chosen = measures_of(scenario, measures) if measures is not None else _measures(look, values)
    grid = Plan(scenario, values, chosen, design)
    cells = grid.points * len(chosen)
    told = f"{grid.runs:,} runs; at most {MOST_RUNS:,} are done" if grid.runs > MOST_RUNS else (
        f"{cells:,} numbers; a page holds {MOST_CELLS:,} at most" if cells > MOST_CELLS else ""
    )  # fmt: skip
    if told:
        text = f"{grid.sizes} are {grid.points:,} points, which makes {told}; name fewer paths, values or measures"
        raise InputError([Problem(OPTION, None, None, "", text)])
    try:
        planned(scenario, values, sample=None, measures=[measure.text for measure in chosen], design=design)
    except InputError as error:
        raise _renamed(error) from None
    return grid


def grid_values(scenario: Scenario, asked: Asked, look: _Look | None = None) -> dict[str, list[str]]:
    """The values of each path that is asked for, the scenario's own always among them, smallest first.

    Without values: of a memory size the usual ones around it; of ``traffic`` a half to four times what it is; of
    provisioned concurrency none, what is busy on average, and twice that (a run tells). The path :data:`AUTO` stands
    for these three, where they may have more than one value. All are in the parameter book, under ``sizing/what_if``.
    """
    look = _Look(scenario, USUAL) if look is None else look
    wanted, problems, found = dict[str, Sequence[Any] | None](), list[Problem](), dict[str, list[str]]()
    for path, values in asked.items():
        if path == AUTO and values is None:
            wanted |= {path: None for path in look.paths() if path not in asked}
        else:
            wanted[path] = values
    for path, values in wanted.items():
        try:
            texts = _values(scenario, path, values, look)
            axis_of(scenario, path, path, texts)
        except (ValueError, InputError) as error:
            if path in asked:  # else AUTO stands for it, and leaves out what can't be varied
                problems += _problems(path, error)
        else:
            found[path] = texts
    if not problems and not found:
        text = "the scenario has nothing of the usual to vary; name a path, such as functions.api.timeout=3,10,30"
        problems.append(Problem(OPTION, None, None, "", text))
    if problems:
        raise InputError(problems)
    return found


class _Look:
    """A single run of the scenario as it is, if anyone asks: who is busy, and how much."""

    def __init__(self, scenario: Scenario, design: Design, progress: Progress | None = None) -> None:
        self.scenario, self._seed, self._progress = scenario, design.seed_of(scenario, 0), progress

    @cached_property
    def busy(self) -> dict[str, float]:
        """How many environments of each function are busy on average."""
        functions = simulate(self.scenario, seed=self._seed, log="none", progress=self._progress).summary()["functions"]
        return {name: entry["environments"]["mean_busy"] or 0.0 for name, entry in functions.items()}

    @property
    def busiest(self) -> str:
        """The function with most of them; the first of equals."""
        return max(self.busy, key=lambda name: self.busy[name])

    def paths(self) -> list[str]:
        """What :data:`AUTO` stands for."""
        name, function = self.busiest, self.scenario.functions[self.busiest]
        named = {
            qualifier(t) for each in self.scenario.triggers.values() for t in each.targets if function_name(t) == name
        }
        alias = next((each for each in sorted(named) if each in function.aliases), None)
        pointer = function.aliases.get(alias or "")
        paths = [f"functions.{name}.{_MEMORY}"]
        if pointer is None or pointer.autoscaling is None:
            paths.append(f"functions.{name}{f'.aliases.{alias}' if alias else ''}.{_PROVISIONED}")
        arrivals = [getattr(trigger, "arrivals", None) for trigger in self.scenario.triggers.values()]
        if any(each is not None and not isinstance(each, NoArrivals) and not is_on_a_clock(each) for each in arrivals):
            paths.append(_TRAFFIC)
        return paths


def _values(scenario: Scenario, path: str, wanted: Sequence[Any] | None, look: _Look) -> list[str]:
    """The values of one path, smallest first; those that are not named are ones that the scenario's checks accept."""
    texts = [yaml_text(value).strip() for value in wanted] if wanted is not None else _usual(scenario, path, look)
    now = present(scenario, path)
    own = None if now is None else now.removeprefix("x")
    if own is not None and (read := numbers_of([own, *texts])) is not None and read[0] not in read[1:]:
        texts.append(own)
    return list(knobs_of(scenario, {path: texts}, alone=wanted is None)[0].texts)


def _usual(scenario: Scenario, path: str, look: _Look) -> list[str]:
    """The values that are tried where none are named, but for the scenario's own."""
    key, book, now = path.rpartition(".")[2], load_book(), present(scenario, path)
    if now is None:
        laid_over(scenario, {path: "1"})  # what is wrong with the path is told before that it has no value
    elif key == _MEMORY:
        sizes, own = book.value("sizing/memory_sizes"), float(now)
        below, above = book.value("sizing/what_if/memory_sizes_below_and_above")
        smaller = [size for size in sizes if size < own]
        return [str(size) for size in (*smaller[-below:], *[size for size in sizes if size > own][:above])]
    elif path == _TRAFFIC:
        return [f"{times * scenario.traffic:.10g}" for times in book.value("sizing/what_if/traffic")]
    elif key == _PROVISIONED:
        busy = math.ceil(look.busy[path.split(".")[1]]) or 1
        return [str(times * busy) for times in book.value("sizing/what_if/provisioned")]
    raise ValueError(f"it has no usual values; name some, such as {path}=1,2,4")


def _measures(look: _Look, paths: Mapping[str, Any]) -> tuple[Measure, ...]:
    """What most questions are about, of the functions that are varied; else of the busiest one."""
    named = [parts[1] for parts in (path.split(".") for path in paths) if parts[0] == "functions" and len(parts) > 1]
    names = dict.fromkeys(name for name in named if name in look.scenario.functions) or [look.busiest]
    return headline_measures(look.scenario, names)


def _problems(path: str, error: ValueError | InputError) -> Sequence[Problem]:
    """What is wrong with the values of a path."""
    if isinstance(error, InputError):
        return _renamed(error).problems
    return [Problem(OPTION, None, None, path, str(error))]


def _renamed(error: InputError) -> InputError:
    """The same problems under the option that the values were written with."""
    return InputError(
        Problem(OPTION if each.file == VARY else each.file, each.line, each.column, each.path, each.text)
        for each in error.problems
    )
