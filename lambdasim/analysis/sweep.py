"""A sweep: a scenario at many points of a grid or a sample, as one tidy table that grows on disk."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.analysis import tables
from lambdasim.analysis.intervals import Estimate, estimate_of
from lambdasim.analysis.journal import Journal, Run, Values
from lambdasim.analysis.observations import USUAL, Design, Point, Progress, measured, measures_of
from lambdasim.analysis.runner import run
from lambdasim.analysis.sampling import ends, points
from lambdasim.analysis.variants import OPTION, Variant, variants_of
from lambdasim.errors import InputError, Problem
from lambdasim.result.versions import deciding_versions
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_PROBLEMS_TOLD = 20
_BLOCK = 2**20


@dataclass(frozen=True, eq=False)
class Sweep:
    """What a scenario's measures came to at each point.

    ``observations`` are what each run gave, shape (points, replications, measures), NaN where a summary had no value;
    ``resumed`` is how many of these runs an earlier, interrupted sweep had done.
    """

    scenario: Scenario
    points: tuple[Variant, ...]
    measures: tuple[Measure, ...]
    design: Design
    observations: NDArray[np.float64]
    resumed: int = 0

    @cached_property
    def estimates(self) -> tuple[tuple[Estimate, ...], ...]:
        """For each point, an estimate of each measure."""
        confidence = self.design.confidence
        return tuple(
            tuple(estimate_of(measure, values[:, m], confidence) for m, measure in enumerate(self.measures))
            for values in self.observations
        )

    @property
    def paths(self) -> tuple[str, ...]:
        """What was varied."""
        return tuple(self.points[0].overrides)

    @property
    def frame(self) -> pd.DataFrame:
        """The tidy table: a row for each point and measure.

        =================  ==================================================================================
        ``point``          1, 2, ...
        a column a path    the point's value: numbers where all values of the path are bare numbers, else texts
        ``measure``        as it was named
        ``estimate``       of the measure; nothing where no interval can be given, as from a single value
        ``low``, ``high``  the ends of its interval
        ``confidence``     how often such intervals hold the truth
        ``method``         how the interval was reckoned: ``t``, ``order statistics`` or ``all equal``
        ``replications``   how many runs had a value
        =================  ==================================================================================
        """
        return tables.tidy([point.overrides for point in self.points], self.measures, self.estimates, self.design)


def sweep(
    scenario: Scenario,
    vary: Mapping[str, Sequence[Any] | str],
    *,
    measures: Sequence[str] | None = None,
    sample: int | None = None,
    output: Path | str | None = None,
    fresh: bool = False,
    design: Design = USUAL,
    progress: Progress | None = None,
) -> Sweep:
    """Simulate a scenario at every point of a grid, or at a sample of points, on common random numbers.

    Args:
        scenario: what ``load_scenario`` returned.
        vary: the values of each path: a list, or a text such as ``128..1024``, which takes ``sample``.
        measures: keys of the summary, as in thresholds; None for those that most questions need.
        sample: how many points to draw, as a Latin hypercube; None for all combinations.
        output: a ``.csv`` or ``.parquet`` file for the table. Beside it, until all is done, lies a journal of the runs
            that are: the same sweep goes on from there, however it ended.
        fresh: begin anew, whatever the journal holds.
        design: how often and how surely, on whose processes.
        progress: called with the share of runs that are done.

    Raises:
        InputError: with everything that is wrong with any point, before anything runs.
        ResultError: the output can't be written, is something else's, or the journal is another sweep's.
        WorkerError: those who should do the work died of it, or can't be had.
    """
    place = None if output is None else tables.checked_place(Path(output))
    variants, chosen = planned(scenario, vary, sample=sample, measures=measures, design=design)
    journal = None
    if place is not None:
        values = _determining(variants, chosen, design)
        journal = Journal(journal_of(place), values, fresh=fresh)
    with nullcontext() if journal is None else closing(journal):
        runs = [(point, replication) for point in range(len(variants)) for replication in range(design.replications)]
        done = {} if journal is None else {run: journal.done[run] for run in runs if run in journal.done}
        resumed = len(done)
        _do_the_rest(runs, done, variants, chosen, design, journal, progress)
        table = np.array([[math.nan if value is None else value for value in done[run]] for run in runs])
        found = Sweep(scenario, variants, chosen, design, table.reshape(len(variants), -1, len(chosen)), resumed)
        if place is not None and journal is not None:
            tables.write(found.frame, place)
            journal.remove()
    return found


def journal_of(output: Path) -> Path:
    """Where the journal of a table lies."""
    return output.with_name(f"{output.name}.journal")


def planned(
    scenario: Scenario,
    vary: Mapping[str, Sequence[Any] | str],
    *,
    sample: int | None,
    measures: Sequence[str] | None,
    design: Design,
) -> tuple[tuple[Variant, ...], tuple[Measure, ...]]:
    """The points and measures of a sweep, checked; ``InputError`` with all that is wrong with either."""
    variants, chosen, problems = tuple[Variant, ...](), tuple[Measure, ...](), list[Problem]()
    try:
        variants = _variants_at(scenario, vary, sample, design)
    except InputError as error:
        problems += error.problems
    try:
        chosen = measures_of(scenario, measures)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    return variants, chosen


def _variants_at(
    scenario: Scenario, vary: Mapping[str, Sequence[Any] | str], sample: int | None, design: Design
) -> tuple[Variant, ...]:
    """The scenario at each point of a sweep, loaded; ``InputError`` with what is wrong, but not a thousand times."""
    lists = {
        path: [part.strip() for part in values.split(",")] if isinstance(values, str) else values
        for path, values in vary.items()
    }
    overrides = points(lists, sample, design.seed_of(scenario, 0))
    try:
        if sample is not None:
            variants_of(scenario, ends(lists))
        return variants_of(scenario, overrides)
    except InputError as error:
        told, more = error.problems[:_PROBLEMS_TOLD], len(error.problems) - _PROBLEMS_TOLD
        rest = [Problem(OPTION, None, None, "", f"{more:,} more problems like these")] if more > 0 else []
        raise InputError([*told, *rest]) from None


def _do_the_rest(
    runs: Sequence[Run],
    done: dict[Run, Values],
    variants: Sequence[Variant],
    measures: tuple[Measure, ...],
    design: Design,
    journal: Journal | None,
    progress: Progress | None,
) -> None:
    """Do the runs that are not ``done``, and add them there; to the journal, too."""
    missing = [run for run in runs if run not in done]
    tasks = [
        Point(scenario, design.seed_of(scenario, replication), measures, design.log, design.share_of(len(missing)))
        for scenario, replication in ((variants[point].scenario, replication) for point, replication in missing)
    ]
    with closing(run(measured, tasks, design.workers)) as outcomes:
        for number, values in outcomes:
            done[missing[number]] = values
            if journal is not None:
                journal.add(missing[number], values)
            if progress is not None:
                progress(len(done) / len(runs))


def _determining(variants: Sequence[Variant], measures: Sequence[Measure], design: Design) -> dict[str, Any]:
    """All that the numbers come from, under the names that a message gives them; how many replications is not of it."""
    digest = hashlib.sha256("\n".join(variant.scenario.sha256 for variant in variants).encode())
    for file in sorted({file for variant in variants for file in variant.scenario.files}):
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return {
        "scenario or --vary": digest.hexdigest(),
        "list of measures": [".".join(measure.path) for measure in measures],
        "--seed": design.seed,
        "--log": design.log,
        "version of lambdasim or numpy": deciding_versions(),
    }
