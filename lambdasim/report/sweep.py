"""A sweep for people and for programs: where each measure is lowest and highest, and the points' estimates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lambdasim.analysis.extremes import Extremes, extremes
from lambdasim.analysis.sweep import Sweep
from lambdasim.errors import printable
from lambdasim.report.estimates import estimate_document, interval
from lambdasim.report.numbers import share
from lambdasim.report.table import plain, table

_SCHEMA_VERSION = 1
MOST_POINTS, MOST_MEASURES = 20, 5  # that a person reads through


def sweep_text(sweep: Sweep, bold: Callable[[str], str] = str) -> str:
    """The answer for each measure, the first in bold; then a table of points, and what to know of it."""
    first, *others = _answers(sweep)
    return "\n\n".join(["\n".join([bold(first), *others]), _points(sweep), "\n".join(_notes(sweep))])


def extremes_of(sweep: Sweep, measure: int) -> Extremes | None:
    """Where a measure is lowest and highest; None if it has no value anywhere."""
    estimates = [point[measure] for point in sweep.estimates]
    return extremes(estimates, sweep.observations[:, :, measure], sweep.design.confidence)


def _answers(sweep: Sweep) -> Iterator[str]:
    for number, measure in enumerate(sweep.measures):
        found = extremes_of(sweep, number)
        if found is None:
            yield printable(f"{measure.text} has no estimate at any point.")
            continue
        low, high = (interval(measure, sweep.estimates[place][number]) for place in (found.lowest, found.highest))
        if len(found.rivals) == len(sweep.points) - 1:
            told = "no point is shown to differ from it" if found.rivals else "there is no other point"
            yield printable(f"{measure.text} is {low} at {_where(sweep, found.lowest)}; {told}.")
            continue
        yield printable(
            f"{measure.text} is lowest at {_where(sweep, found.lowest)}: {low}; {_rivals(sweep, found)}; "
            f"highest at {_where(sweep, found.highest)}: {high}."
        )


def _rivals(sweep: Sweep, found: Extremes) -> str:
    match found.rivals:
        case ():
            return "all other points are higher"
        case (rival,):
            return f"{_where(sweep, rival)} is not shown to be higher"
        case rivals:
            return f"{len(rivals)} other points are not shown to be higher"


def _where(sweep: Sweep, place: int) -> str:
    values = sweep.points[place].overrides.values()
    return ", ".join(f"{name}={value}" for name, value in zip(_short(sweep.paths), values, strict=True))


def _short(paths: Sequence[str]) -> list[str]:
    """Each path's last words, as many as it takes to tell them apart.

    >>> _short(["functions.api.memory_size", "functions.web.memory_size", "duration"])
    ['api.memory_size', 'web.memory_size', 'duration']
    """
    words = [path.split(".") for path in paths]
    kept = [1] * len(words)
    while True:
        names = [".".join(path[-number:]) for path, number in zip(words, kept, strict=True)]
        more = [
            min(number + (names.count(name) > 1), len(path))
            for path, number, name in zip(words, kept, names, strict=True)
        ]
        if more == kept:
            return names
        kept = more


def _points(sweep: Sweep) -> str:
    shown, measures = list(range(len(sweep.points))), sweep.measures[:MOST_MEASURES]
    title = f"Estimates ({share(sweep.design.confidence)} intervals, {sweep.design.replications} replications)"
    if len(shown) > MOST_POINTS:
        estimates = [point[0] for point in sweep.estimates]
        shown.sort(key=lambda place: (math.isnan(estimates[place].low), estimates[place].value))
        del shown[MOST_POINTS:]
        title += f": of {len(sweep.points):,} points the {MOST_POINTS} where {measures[0].text} is lowest"
    rows = [
        tuple(
            printable(cell)
            for cell in (
                str(place + 1),
                *sweep.points[place].overrides.values(),
                *(interval(m, e) for m, e in zip(measures, sweep.estimates[place], strict=False)),
            )
        )
        for place in shown
    ]
    columns = ("point", *map(printable, _short(sweep.paths)), *(printable(measure.text) for measure in measures))
    return plain(table(printable(title), columns, rows))


def _notes(sweep: Sweep) -> Iterator[str]:
    if (more := len(sweep.measures) - MOST_MEASURES) > 0:
        yield f"{more} more measures are in the file of -o, and in --json."
    runs = len(sweep.points) * sweep.design.replications
    first = sweep.design.seed_of(sweep.scenario, 0)
    seeds = "their own seeds" if "seed" in sweep.paths else f"seeds {first} to {first + sweep.design.replications - 1}"
    resumed = f", {sweep.resumed:,} of them before the sweep was interrupted" if sweep.resumed else ""
    yield f"{runs:,} runs, on {seeds} at every point{resumed}."
    if any((found := extremes_of(sweep, number)) and found.rivals for number in range(len(sweep.measures))):
        yield "Points that are not shown to differ: more --replications may tell them apart."


def sweep_document(sweep: Sweep) -> dict[str, Any]:
    """A sweep as plain values that are strict JSON; points count from 1, as in the table."""
    found = [extremes_of(sweep, number) for number in range(len(sweep.measures))]
    return {
        "schema_version": _SCHEMA_VERSION,
        "scenario": {"name": sweep.scenario.name, "sha256": sweep.scenario.sha256},
        "replications": sweep.design.replications,
        "confidence": sweep.design.confidence,
        "resumed_runs": sweep.resumed,
        "measures": [
            {
                "measure": measure.text,
                "lowest": None if extreme is None else extreme.lowest + 1,
                "not_shown_to_be_higher": [] if extreme is None else [place + 1 for place in extreme.rivals],
                "highest": None if extreme is None else extreme.highest + 1,
            }
            for measure, extreme in zip(sweep.measures, found, strict=True)
        ],
        "points": [
            {
                "point": number,
                "values": dict(variant.overrides),
                "estimates": {
                    measure.text: estimate_document(estimate)
                    for measure, estimate in zip(sweep.measures, estimates, strict=True)
                },
            }
            for number, (variant, estimates) in enumerate(zip(sweep.points, sweep.estimates, strict=True), start=1)
        ],
    }
