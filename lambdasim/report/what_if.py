"""A what-if grid in words: how its axes are called, where a reading comes from, and the command that simulates it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from lambdasim.analysis.axes import Axis
from lambdasim.analysis.intervals import CONFIDENCE, ORDER_STATISTICS, Estimate
from lambdasim.analysis.telling import PERCENTILES, between, change, named, parts, quantity, signed
from lambdasim.analysis.what_if import Reading, WhatIf
from lambdasim.display.numbers import number, share, short_month
from lambdasim.display.table import Table, table
from lambdasim.report.compare import measured_as_written
from lambdasim.scenario.measures import Measure

NO_SPREAD = "no spread"
AS_IT_IS = "as it is"
_COUNTED, _TIMES = "environments", "times"
_NAMES = {
    "memory_size": ("Memory", "MB"),
    "ephemeral_storage": ("Ephemeral storage", "MB"),
    "provisioned_concurrent_executions": ("Provisioned concurrency", _COUNTED),
    "reserved_concurrent_executions": ("Reserved concurrency", ""),
    "timeout": ("Timeout", "s"),
    "traffic": ("Traffic", _TIMES),
}  # by the last word of a path: its name, and the unit that AWS has for the bare number


def label_of(axis: Axis) -> str:
    """What an axis is called: ``Memory of api (MB)``."""
    words = axis.path.split(".")
    name, _ = _NAMES.get(words[-1], (axis.name, ""))
    if words[0] == "functions" and len(words) > 2 and words[-1] in _NAMES:
        name += f" of {words[1]}"
        name += f":{words[3]}" if len(words) > 4 and words[2] in ("aliases", "versions") else ""
    unit = unit_of_axis(axis)
    return f"{name} ({unit})" if unit not in ("", _COUNTED) else name


def _name_of_axis(axis: Axis) -> str:
    """The same without its unit: ``Memory of api``."""
    return label_of(axis).partition(" (")[0]


def unit_of_axis(axis: Axis) -> str:
    """What its numbers count; empty for bare numbers of which nothing is known."""
    if axis.unit:
        return axis.unit
    last = axis.path.rpartition(".")[2]
    return "s" if last.endswith("_in_seconds") else _NAMES.get(last, ("", ""))[1]


def one_of_axis(axis: Axis) -> str:
    """The same of a single one: ``environment``."""
    unit = unit_of_axis(axis)
    return unit.removesuffix("s") if unit in (_COUNTED, _TIMES) else unit


def told(axis: Axis, value: float) -> str:
    """A value of an axis: ``1,024 MB``."""
    return f"{bare(value)} {one_of_axis(axis) if value == 1 else unit_of_axis(axis)}".rstrip()


def bare(value: float) -> str:
    """The same without its unit."""
    return number(int(value) if value.is_integer() else value)


def origin(what_if: WhatIf, reading: Reading) -> str:
    """Where a reading comes from: its own runs, or the points around."""
    if reading.is_simulated:
        return f"Simulated: {what_if.sweep.design.replications} runs at this very point."
    around = " and ".join(
        f"{_name_of_axis(axis)} {bare(reading.between[axis.path][0])} and {told(axis, reading.between[axis.path][1])}"
        for axis in what_if.axes
        if axis.path in reading.between
    )
    return f"Interpolated between simulated points, not simulated here: between {around}."


def name_of(measure: Measure) -> str:
    """A measure with the unit that its numbers are in: ``api.latency_ms.p99 (ms)``."""
    return named(_short(measure), measure)


def ends(measure: Measure, estimate: Estimate, replications: int) -> str:
    """From where to where: of a simulated point its interval, of another the band between those around."""
    if math.isnan(estimate.value):
        return "-"
    partly = f", {estimate.n} of {replications} runs had a value" if estimate.n < replications else ""
    if math.isnan(estimate.low):
        return f"no interval{partly}"
    low, high = (quantity(measure, end) for end in (estimate.low, estimate.high))
    return f"{NO_SPREAD if estimate.low == estimate.high else f'{low} to {high}'}{partly}"


def reading_rows(what_if: WhatIf, reading: Reading) -> Iterator[tuple[str, str, str, str]]:
    """For each measure its name, the value, from where to where, and the change to the scenario as it is."""
    own = what_if.own is not None and reading.overrides == what_if.overrides(what_if.own)
    for place, (measure, estimate) in enumerate(zip(what_if.measures, reading.estimates, strict=True)):
        changed = "-" if reading.changes is None else change(measure, reading.changes[place])
        value = quantity(measure, estimate.value)
        runs = what_if.sweep.design.replications
        yield name_of(measure), value, ends(measure, estimate, runs), AS_IT_IS if own else changed


def reading_table(what_if: WhatIf, reading: Reading) -> Table:
    """What a reading says, under where it comes from."""
    columns = ("measure", "estimate", "from, to", "change to the scenario as it is")
    rows = list(reading_rows(what_if, reading))
    return table(origin(what_if, reading), columns, rows, *columns)


def points_table(what_if: WhatIf) -> Table:
    """All simulated points: each axis, then each measure with its interval."""
    measures = what_if.measures
    rows = [
        (
            *(bare(axis.numbers[step]) for axis, step in zip(what_if.axes, place, strict=True)),
            *(_cell(measure, one) for measure, one in zip(measures, what_if.estimates[place], strict=True)),
        )
        for place in product(*map(range, what_if.shape))
    ]
    labels = [label_of(axis) for axis in what_if.axes]
    sweep = what_if.sweep
    sure = share(sweep.design.confidence)
    title = f"Simulated points ({sure} intervals, {sweep.design.replications} runs each)"
    found = table(title, (*labels, *(_short(measure) for measure in measures)), rows)
    return replace(found, heads=len(labels))


def _cell(measure: Measure, estimate: Estimate) -> str:
    if math.isnan(estimate.value):
        return "-"
    value, low, high = parts(measure, estimate)
    return f"{value}{between(estimate, low, high)}"


def _short(measure: Measure) -> str:
    return measure.text.removeprefix("functions.").removeprefix("triggers.")


def notes(what_if: WhatIf) -> Iterator[str]:
    """What to know of readings: of the intervals, of the lines between the points, and how far these are off."""
    sweep, found = what_if.sweep, [one for estimates in what_if.sweep.estimates for one in estimates]
    sure = share(sweep.design.confidence)
    yield (
        f"At simulated points intervals hold the truth in {sure} of such experiments. In between, values and ends lie "
        "on straight lines; such a band is no confidence interval, for it leaves out how far the curve bends."
    )
    if what_if.own is None:
        yield "None of the points is the scenario as it is, so no changes to it can be told."
    if any(math.isnan(one.value) for one in found):
        yield "A dash: no run had a value at this point, or at one of the simulated points around it."
    yield from _off(what_if)
    yield from measured_as_written([point.scenario for point in sweep.points])
    if any(one.method == ORDER_STATISTICS for one in found):
        yield PERCENTILES
    is_priced = any(measure.path[-1].endswith("_per_month") for measure in what_if.measures)
    if is_priced and (month := short_month(sweep.scenario.measured_s)):
        yield f"{month.capitalize()}."


def _off(what_if: WhatIf) -> Iterator[str]:
    """How far the lines between points are off, as far as the grid can tell."""
    misses = [(measure, what_if.misses(place)) for place, measure in enumerate(what_if.measures)]
    off = [
        f"{_amount(measure, miss.by)} ({_short(measure)})"
        for measure, miss in misses
        if miss is not None and miss.by > 0
    ]
    if off:
        yield (
            "How far lines may be off: each simulated point between two others was left out and read off the line "
            f"between these. The worst was off by {', '.join(off)}. Where a curve turns sharply, as it may "
            "towards an end, lines can be off by more."
        )
    if untold := [_name_of_axis(axis) for axis in what_if.axes if len(axis.numbers) == 2]:
        yield f"Along {' and '.join(untold)} only two values were simulated; nothing tells how far off lines are there."


def _amount(measure: Measure, by: float) -> str:
    """How much a value is off, with its unit; of shares in points."""
    if measure.is_share:
        return f"{signed(measure, by).removeprefix('+')} points"
    return parts(measure, Estimate(by, math.nan, math.nan, 1, ""))[0]


def command(what_if: WhatIf, overrides: Mapping[str, str]) -> str:
    """The command line that simulates a point; empty where the scenario is no file."""
    before, after = command_around(what_if)
    if not before:
        return ""
    return " ".join([before, *(f"--set {shlex.quote(f'{path}={text}')}" for path, text in overrides.items()), after])


def command_around(what_if: WhatIf) -> tuple[str, str]:
    """What stands before and behind the point's own settings in :func:`command`; empty where there is no file."""
    sweep, design = what_if.sweep, what_if.sweep.design
    if sweep.scenario.file.startswith("<"):
        return "", ""
    laid = {path: text for path, text in sweep.scenario.written.overrides.items() if path not in sweep.paths}
    before = ["lambdasim", "replicate", sweep.scenario.file]
    before += [word for path, text in laid.items() for word in ("--set", f"{path}={text}")]
    after = [word for measure in sweep.measures for word in ("--measure", measure.text)]
    after += ["--replications", str(design.replications), "--seed", str(design.seed_of(sweep.scenario, 0))]
    after += ["--confidence", f"{design.confidence:g}"] if design.confidence != CONFIDENCE else []
    after += ["--log", design.log] if design.log != "full" else []
    return shlex.join(before), shlex.join(after)
