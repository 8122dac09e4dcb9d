"""What a page shows of a what-if: sliders over the grid, the readings at the start, and the grid itself for the script.

The script (templates/what_if.js) interpolates and writes numbers as :mod:`lambdasim.analysis.multilinear` and
:mod:`lambdasim.analysis.telling` do; tests hold the two together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from lambdasim.analysis.axes import Axis
from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.telling import unit_of
from lambdasim.analysis.what_if import Reading, WhatIf
from lambdasim.display.numbers import share
from lambdasim.report.page.content import Shown
from lambdasim.report.what_if import (
    bare,
    command,
    command_around,
    label_of,
    name_of,
    notes,
    one_of_axis,
    origin,
    points_table,
    reading_rows,
    told,
    unit_of_axis,
)
from lambdasim.scenario.measures import Measure

_FEWEST_STEPS = 50  # of a slider: fewer feel like a switch


@dataclass(frozen=True, slots=True)
class Mark:
    """A simulated value of a slider: as a number of the input, as it is shown, and whether the scenario has it."""

    number: str
    shown: str
    own: bool


@dataclass(frozen=True, slots=True)
class Slider:
    """One axis: its label, from where to where it goes, in which steps, and where it starts."""

    name: str
    label: str
    unit: str
    low: str
    high: str
    step: str
    start: str
    shown: str
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class WhatIfSection:
    """The section: ``data`` is JSON that is safe inside a script element, ``rows`` what the start's reading says."""

    intro: str
    sliders: Sequence[Slider]
    confidence: str
    has_own: bool
    origin: str
    rows: Sequence[tuple[str, str, str, str]]
    command: str
    notes: Sequence[str]
    table: Shown
    data: str


def what_if_section(what_if: WhatIf) -> WhatIfSection:
    """The section of a grid; it starts at the scenario as it is, or else at the first point."""
    start = {axis.path: axis.numbers[axis.own or 0] for axis in what_if.axes}
    reading = what_if.at(start)
    design, points = what_if.sweep.design, len(what_if.sweep.points)
    intro = (
        f"{points:,} combinations were simulated, {design.replications} runs each on the same luck "
        f"({points * design.replications:,} runs). Move a slider to see what they came to; what lies between them is "
        "interpolated and says so."
    )
    return WhatIfSection(
        intro=intro,
        sliders=[_slider(number, axis, start[axis.path]) for number, axis in enumerate(what_if.axes)],
        confidence=share(design.confidence),
        has_own=what_if.own is not None,
        origin=origin(what_if, reading),
        rows=list(reading_rows(what_if, reading)),
        command=command(what_if, reading.overrides),
        notes=list(notes(what_if)),
        table=Shown("what-if-points", points_table(what_if)),
        data=_script_safe(_data(what_if, reading)),
    )


def _slider(number: int, axis: Axis, start: float) -> Slider:
    marks = [Mark(_plain(value), bare(value), place == axis.own) for place, value in enumerate(axis.numbers)]
    return Slider(
        name=f"what-if-{number}",
        label=label_of(axis),
        unit=unit_of_axis(axis),
        low=_plain(axis.numbers[0]),
        high=_plain(axis.numbers[-1]),
        step=_step(axis),
        start=_plain(start),
        shown=told(axis, start),
        marks=marks,
    )


def _step(axis: Axis) -> str:
    """The largest step that meets all simulated values and leaves a slider enough of them."""
    if axis.is_whole:
        return "1"
    exponents = [int(Decimal(_plain(value)).as_tuple().exponent) for value in axis.numbers]
    step = Decimal(10) ** min(0, *exponents)
    span = Decimal(_plain(axis.numbers[-1])) - Decimal(_plain(axis.numbers[0]))
    for divisor in (1, 2, 10, 20):
        if span / step * divisor >= _FEWEST_STEPS:
            return _plain(float(step / divisor))
    return _plain(float(step / 100))


def _plain(value: float) -> str:
    """A number as inputs of HTML and YAML have it: without an exponent."""
    return format(Decimal(repr(value)).normalize(), "f")


def _data(what_if: WhatIf, start: Reading) -> dict[str, Any]:
    """The grid as plain values: the numbers of all points in one row, the last axis varying fastest, then measures."""
    places = list(product(*map(range, what_if.shape)))
    before, after = command_around(what_if)
    changes = what_if.changes
    return {
        "runs": what_if.sweep.design.replications,
        "axes": [
            {
                "path": axis.path,
                "label": label_of(axis),
                "unit": unit_of_axis(axis),
                "one": one_of_axis(axis),
                "suffix": axis.unit,
                "numbers": list(axis.numbers),
                "texts": list(axis.texts),
                "whole": axis.is_whole,
                "own": axis.own,
                "start": start.point[axis.path],
            }
            for axis in what_if.axes
        ],
        "measures": [{"name": name_of(measure), "kind": kind_of(measure)} for measure in what_if.measures],
        "estimates": [[*_ends(one), one.n] for place in places for one in what_if.estimates[place]],
        "changes": None if changes is None else [_ends(one) for place in places for one in changes[place]],
        "command": {"before": before, "after": after} if before else None,
    }


def kind_of(measure: Measure) -> str:
    """How its numbers are written: ``usd``, ``share``, ``ms`` or ``number``; see telling.quantity."""
    if measure.is_money:
        return "usd"
    return "share" if measure.is_share else "ms" if unit_of(measure) == " ms" else "number"


def _ends(estimate: Estimate) -> list[float | None]:
    numbers = (estimate.value, estimate.low, estimate.high)
    return [value if math.isfinite(value) else None for value in numbers]


def _script_safe(data: Any) -> str:
    """JSON that no script element ends in, whatever names it holds."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)  # ASCII only: U+2028 is escaped
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
