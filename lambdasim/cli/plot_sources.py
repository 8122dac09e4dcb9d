"""What ``lambdasim plot`` draws of: a folder, a table, or a scenario that is simulated once or many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lambdasim.cli.experiment import design_of, load_all, refuse_both, variant_named
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.progress import progress_bar
from lambdasim.errors import InputError, Problem

if TYPE_CHECKING:
    from lambdasim.analysis.compare import Comparison
    from lambdasim.analysis.cost import CostAnswers
    from lambdasim.analysis.observations import Design
    from lambdasim.analysis.sweep import Sweep
    from lambdasim.analysis.sweep_table import SweepTable
    from lambdasim.result.result import Result
    from lambdasim.scenario.model import Scenario

OF = {
    "run": "of a run",
    "sweep": "of many runs",
    "costs": "of many runs",
    "comparison": "of a comparison",
}
_DESIGN = frozenset({"overrides", "replications", "confidence", "seed", "workers", "cluster", "log"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: the RUNs, the figure, and the verb's options by name."""

    runs: Sequence[Path]
    figure: str
    options: Mapping[str, Any]

    @property
    def overrides(self) -> dict[str, str]:
        """What ``--set`` says."""
        own: dict[str, str] = self.options["overrides"]
        return own

    def design(self) -> Design:
        """The design of an experiment."""
        names = ("replications", "confidence", "seed", "workers", "log")
        return design_of(**{name: self.options[name] for name in names})


@dataclass(frozen=True, slots=True)
class Source:
    """Where the subject of a figure comes from, the options that it takes, and who gets it."""

    told: str
    takes: frozenset[str]
    subject: Callable[[Wanted, Interrupts], Any]


def source_of(runs: Sequence[Path], figure: str, of: str) -> Source:
    """The source of a figure of a run, of a sweep, of costs or of a comparison; ``InputError`` if RUN is none."""
    from lambdasim.analysis.tables import CSV, PARQUET  # noqa: PLC0415 - keeps --help fast

    tables, problems = (CSV, PARQUET), list[Problem]()
    if len(runs) > 1 and of != "comparison":
        text = f"{figure} is drawn of one; compare several by: comparison"
        problems += [Problem("RUN", None, None, str(run), text) for run in runs[1:]]
    for run in runs:
        is_table = run.suffix in tables
        if of == "run" and is_table:
            text = f"is a table, and {figure} is drawn of a run: name a folder of `lambdasim run -o`, or a scenario"
            problems.append(Problem("RUN", None, None, str(run), text))
        elif of != "run" and run.is_dir():
            text = f"is the folder of one run, and {figure} is drawn of many: name a scenario"
            problems.append(Problem("RUN", None, None, str(run), text))
        elif of == "comparison" and is_table:
            text = "is a table, and comparison is drawn of scenarios that are run on the same luck: name those"
            problems.append(Problem("RUN", None, None, str(run), text))
    if problems:
        raise InputError(problems)
    if of == "run":
        return _FOLDER if runs[0].is_dir() else _RUN
    return _TABLE if runs[0].suffix in tables else _OF_SCENARIO[of]


def _loaded(wanted: Wanted, _interrupts: Interrupts) -> Result:
    from lambdasim.result.result import Result  # noqa: PLC0415 - keeps --help fast

    return Result.load(wanted.runs[0])


def _simulated(wanted: Wanted, interrupts: Interrupts) -> Result:
    from lambdasim.plots.chosen import function_of, trigger_of  # noqa: PLC0415 - keeps --help fast
    from lambdasim.scenario.facts import header_of  # noqa: PLC0415
    from lambdasim.simulation import simulate  # noqa: PLC0415

    scenario = _scenario(wanted, interrupts)
    header = header_of(scenario, scenario.seed)
    for option, find in (("function", function_of), ("trigger", trigger_of)):
        if (name := wanted.options[option]) is not None:
            find(header, name)  # before the run: who mistyped a name need not wait for it
    with progress_bar(scenario.name) as progress:
        return simulate(scenario, seed=wanted.options["seed"], log=wanted.options["log"], progress=progress)


def _read(wanted: Wanted, _interrupts: Interrupts) -> SweepTable:
    from lambdasim.analysis.sweep_table import read_sweep_table  # noqa: PLC0415 - keeps --help fast

    return read_sweep_table(wanted.runs[0])


def _swept(wanted: Wanted, interrupts: Interrupts) -> Sweep:
    """A function's memory, over the values of --vary or over the usual sizes."""
    design = wanted.design()  # first: it starts what takes long
    from lambdasim.analysis.knobs import knobs_of  # noqa: PLC0415 - keeps --help fast
    from lambdasim.analysis.sweep import sweep  # noqa: PLC0415
    from lambdasim.plots.memory import memory_measures, path_of, whose_memory  # noqa: PLC0415

    function, vary = wanted.options["function"], wanted.options["vary"]
    refuse_both(wanted.overrides, vary)
    scenario = _scenario(wanted, interrupts)
    if not vary:
        vary = {path_of(function or _only(scenario)): None}
    vary = {knob.path: list(knob.texts) for knob in knobs_of(scenario, vary)}
    function = whose_memory(tuple(vary), max(map(len, vary.values())), function)
    with progress_bar(scenario.name) as progress:
        return sweep(scenario, vary, measures=memory_measures(function), design=design, progress=progress)


def _only(scenario: Scenario) -> str:
    """The scenario's only function."""
    if len(scenario.functions) > 1:
        text = f"say whose memory to vary; there are {', '.join(scenario.functions)}"
        raise InputError([Problem("--function", None, None, "", text)])
    return next(iter(scenario.functions))


def _answered(wanted: Wanted, interrupts: Interrupts) -> CostAnswers:
    """What so many times the traffic costs."""
    design = wanted.design()
    from lambdasim.analysis.cost import cost  # noqa: PLC0415 - keeps --help fast
    from lambdasim.analysis.costs.traffic import FACTORS  # noqa: PLC0415

    scenario, factors = _scenario(wanted, interrupts), wanted.options["traffic"] or FACTORS
    if set(factors) == {1}:
        text = "is the present traffic, which all others are set beside; name another, such as 1,2,5,10"
        raise InputError([Problem("--traffic", None, None, "1", text)])
    with progress_bar(scenario.name) as progress:
        return cost(scenario, questions=["traffic"], traffic=factors, design=design, progress=progress)


def _compared(wanted: Wanted, interrupts: Interrupts) -> Comparison:
    design, options = wanted.design(), wanted.options
    from lambdasim.analysis.compare import compare  # noqa: PLC0415 - keeps --help fast

    refuse_both(wanted.overrides, options["vary"])
    scenarios = load_all(wanted.runs, wanted.overrides)
    interrupts.check()
    baseline = variant_named(options["baseline"] or "1")
    with progress_bar(wanted.figure) as progress:
        return compare(
            scenarios,
            options["vary"],
            measures=options["measures"],
            baseline=baseline,
            design=design,
            progress=progress,
        )


def _scenario(wanted: Wanted, interrupts: Interrupts) -> Scenario:
    [scenario] = load_all(wanted.runs, wanted.overrides)
    interrupts.check()
    return scenario


_FOLDER = Source("a folder", frozenset(), _loaded)
_RUN = Source("a scenario", frozenset({"overrides", "seed", "log"}), _simulated)
_TABLE = Source("a table", frozenset(), _read)
_OF_SCENARIO = {
    "sweep": Source("a scenario", _DESIGN | {"vary"}, _swept),
    "costs": Source("a scenario", _DESIGN | {"traffic"}, _answered),
    "comparison": Source("scenarios", _DESIGN | {"vary", "measures", "baseline"}, _compared),
}
