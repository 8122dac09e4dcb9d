"""A sweep for people and for programs: where each measure is lowest and highest, and the points' estimates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from lambdasim.analysis.extremes import Extremes, extremes
from lambdasim.analysis.sweep import Sweep
from lambdasim.analysis.telling import amount, estimate_document, interval
from lambdasim.analysis.variants import short_paths
from lambdasim.display.folding import said
from lambdasim.display.layout import laid_out
from lambdasim.display.numbers import share, short_month
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Table

_SCHEMA_VERSION = 1
MOST_POINTS, MOST_MEASURES = 20, 5  # that a person reads through


def sweep_text(sweep: Sweep, screen: Screen = PIPE) -> str:
    """The answer for each measure, the first in bold; then a table of points, and what to know of it."""
    first, *others = _answers(sweep)
    answers = (said(first, screen, style="bold"), *(said(other, screen) for other in others))
    parts = (laid_out(points_table(sweep), screen), said("\n".join(_notes(sweep)), screen, indent=2))
    return "\n\n".join(("\n".join(answers), *parts))


def extremes_of(sweep: Sweep, measure: int) -> Extremes | None:
    """Where a measure is lowest and highest; None if it has no value anywhere."""
    estimates = [point[measure] for point in sweep.estimates]
    return extremes(estimates, sweep.observations[:, :, measure], sweep.design.confidence)


def _answers(sweep: Sweep) -> Iterator[str]:
    """For each measure a sentence: where it is lowest and highest, and how surely."""
    for number in range(len(sweep.measures)):
        yield _answer(sweep, number)


def _answer(sweep: Sweep, number: int) -> str:
    text, found = sweep.measures[number].text, extremes_of(sweep, number)
    if found is None:
        return f"{text} has no estimate at any point."
    low, high = (_told(sweep, place, number) for place in (found.lowest, found.highest))
    values = sweep.observations[:, :, number]
    if len(sweep.points) == 1:
        return f"{text} is {low} at the only point, {_where(sweep, 0)}."
    if np.array_equal(values, np.broadcast_to(values[0], values.shape), equal_nan=True):
        return f"{text} is {low} at every point."
    if len(found.rivals) == len(sweep.points) - 1:
        ends = f"lowest at {_where(sweep, found.lowest)}: {low}, highest at {_where(sweep, found.highest)}: {high}"
        return f"{text}: no difference shown between points; {ends}."
    return (
        f"{text} is lowest at {_where(sweep, found.lowest)}: {low}; {_rivals(sweep, found)}. "
        f"It is highest at {_where(sweep, found.highest)}: {high}."
    )


def _told(sweep: Sweep, place: int, number: int) -> str:
    return amount(sweep.measures[number], sweep.estimates[place][number])


def _rivals(sweep: Sweep, found: Extremes) -> str:
    match found.rivals:
        case ():
            return "all others are higher" if len(sweep.points) > 2 else "the other is higher"
        case (rival,):
            return f"{_where(sweep, rival)} is not shown to be higher"
        case rivals:
            return f"{len(rivals)} other points are not shown to be higher"


def _where(sweep: Sweep, place: int) -> str:
    values = sweep.points[place].overrides.values()
    return ", ".join(f"{name}={value}" for name, value in zip(short_paths(sweep.paths), values, strict=True))


def points_table(sweep: Sweep) -> Table:
    """A row for each point, or for the lowest of many; a column for each of the first measures."""
    measures = sweep.measures[:MOST_MEASURES]
    starred = [_starred(sweep, number) for number in range(len(measures))]
    title = f"Estimates ({share(sweep.design.confidence)} intervals, {sweep.design.replications} replications)"
    shown = list(range(len(sweep.points)))
    if len(shown) > MOST_POINTS:
        estimates = [point[0] for point in sweep.estimates]
        shown.sort(key=lambda place: (math.isnan(estimates[place].low), estimates[place].value))
        del shown[MOST_POINTS:]
        title += f": of {len(sweep.points):,} points the {MOST_POINTS} where {measures[0].text} is lowest"
    rows = [
        (
            str(place + 1),
            *sweep.points[place].overrides.values(),
            *(
                interval(measure, estimate) + ("*" if place in stars else " ")
                for measure, estimate, stars in zip(measures, sweep.estimates[place], starred, strict=False)
            ),
        )
        for place in shown
    ]
    columns = (
        "point",
        *short_paths(sweep.paths),
        *(f"{measure.text} " for measure in measures),
    )
    return Table(title, columns, rows, frozenset(), heads=1)


def _starred(sweep: Sweep, number: int) -> frozenset[int]:
    """The points that may be the lowest one; none where all may."""
    found = extremes_of(sweep, number)
    if found is None or len(found.rivals) == len(sweep.points) - 1:
        return frozenset()
    return frozenset({found.lowest, *found.rivals})


def _notes(sweep: Sweep) -> Iterator[str]:
    if any(_starred(sweep, number) for number in range(len(sweep.measures))):
        told = share(sweep.design.confidence)
        yield f"* In {told} of such sweeps the truly lowest is among those starred; more --replications star fewer."
    if (more := len(sweep.measures) - MOST_MEASURES) > 0:
        yield f"{more} more measures are in the table of -o, and in --json."
    is_priced = any(measure.path[-1].endswith("_per_month") for measure in sweep.measures)
    if is_priced and (month := short_month(sweep.scenario.measured_s)):
        yield f"{month.capitalize()}."
    runs = len(sweep.points) * sweep.design.replications
    first = sweep.design.seed_of(sweep.scenario, 0)
    seeds = "their own seeds" if "seed" in sweep.paths else f"seeds {first} to {first + sweep.design.replications - 1}"
    resumed = f", {sweep.resumed:,} of them before it was interrupted" if sweep.resumed else ""
    yield f"{runs:,} runs, on {seeds} at every point{resumed}."


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
