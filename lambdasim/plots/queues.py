"""Queues and streams over time: depth, age, and what was given up, one trigger below the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.display.numbers import number, took
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError
from lambdasim.plots.buckets import FEW, MOST, buckets_of, by_minutes, shown_us
from lambdasim.plots.chosen import trigger_of
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.panels import (
    Steps,
    draw_bars,
    draw_limits,
    draw_steps,
    included,
    name_panel,
    panel_legend,
    set_counts,
    time_panels,
)
from lambdasim.plots.scales import duration, duration_axis
from lambdasim.plots.style import SERIES, shortened
from lambdasim.plots.waiting import Scales, Waiting, waiting_of, waits
from lambdasim.units import US_PER_MS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.header import Header
    from lambdasim.result.result import Result

_TOGETHER = 3  # triggers in one figure
_ROWS = 24  # of the table behind it
_AGE, _KEPT, _LOST = SERIES[5], SERIES[3], SERIES[1]


@dataclass(frozen=True, slots=True)
class _Shown:
    header: Header
    end_us: int
    triggers: Sequence[Waiting]
    coarse: Sequence[Waiting]


def queues_drawing(result: Result, *, trigger: str | None = None) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.queues`."""
    header = result.header
    queued = [index for index, facts in enumerate(header.triggers) if waits(facts)]
    if not queued:
        raise FigureError("no trigger's events wait in a queue or a stream")
    if trigger is not None:
        index = trigger_of(header, trigger)
        if index not in queued:
            raise FigureError(f"events of {trigger} don't wait: its callers do")
        queued = [index]
    end_us = shown_us(result)
    scales = _scales(result, end_us)
    found = [waiting_of(result, index, scales) for index in queued]
    found = [one for one in found if one.depths or one.aged]
    if not found:
        raise FigureError("the log was not kept, and nothing else tells what waited")
    shown = sorted(found, key=_longest, reverse=True)[:_TOGETHER]
    places = [index for index in queued if header.triggers[index] in [one.trigger for one in shown]]
    rows = buckets_of(end_us, most=_ROWS, minutes=True)
    coarse = [waiting_of(result, index, Scales(rows, rows, rows)) for index in places]
    drawn = _Shown(header, end_us, sorted(shown, key=found.index), coarse)
    return Drawing(
        title=_title(drawn, len(found)),
        words=" ".join(_told(one) for one in drawn.triggers) + included(header, end_us),
        table=_table(drawn),
        draw=partial(_draw, drawn),
        size=(7.2, 0.9 + sum(1.5 * len(_heights(one)) for one in drawn.triggers)),
    )


def _scales(result: Result, end_us: int) -> Scales:
    minutes = by_minutes(result, end_us)
    return Scales(
        minutes=buckets_of(end_us, most=MOST, minutes=True),
        fine=buckets_of(end_us, most=MOST, minutes=minutes),
        bars=buckets_of(end_us, most=FEW, minutes=minutes),
    )


def _longest(one: Waiting) -> tuple[float, float]:
    """Where events waited longest is where to look first; of those that nobody knows of, where most waited."""
    return (one.age.highest if one.aged else 0.0), max((series.highest for series in one.depths), default=0.0)


def _title(shown: _Shown, there: int) -> str:
    names = [shortened(one.trigger.name) for one in shown.triggers]
    if there > len(names):
        return f"What waited longest: {', '.join(names)} (of {there} queues and streams)"
    return f"What waited behind {', '.join(names)}"


def _heights(one: Waiting) -> list[float]:
    return [*([1.2] if one.depths else []), *([1.0] if one.aged else []), *([0.7] if one.given_up else [])]


def _draw(shown: _Shown, figure: Figure) -> None:
    heights = [height for one in shown.triggers for height in _heights(one)]
    panels = iter(time_panels(figure, heights, shown.end_us, shown.header))
    for one in shown.triggers:
        name = shortened(one.trigger.name, 14)
        if one.depths:
            _draw_depths(next(panels), one, name)
        if one.aged:
            _draw_age(next(panels), one, name, shown.end_us)
        if one.given_up:
            axes = next(panels)
            draw_bars(axes, one.bars, [("kept as dead letters", one.kept, _KEPT), ("lost", one.lost, _LOST)])
            panel_legend(axes)
            name_panel(axes, f"{name}\ngiven up\nper {one.bars.name}")


def _draw_depths(axes: Axes, one: Waiting, name: str) -> None:
    for place, series in enumerate(one.depths):
        draw_steps(axes, series.buckets, series.values, SERIES[(0, 2, 4)[place]], series.name, filled=place == 0)
    set_counts(axes, max(series.highest for series in one.depths))
    panel_legend(axes)
    name_panel(axes, f"{name}\n{_WHAT[one.trigger.family.name]}")


_READ = {"QUEUE": " (read each minute)", "STREAM": " (depth read each minute)", "ASYNCHRONOUS": ""}
_WHAT = {"QUEUE": "messages", "STREAM": "records", "ASYNCHRONOUS": "events"}


def _draw_age(axes: Axes, one: Waiting, name: str, end_us: int) -> None:
    """The age, with how long the queue or stream keeps and hides what waits, as far as that is in sight."""
    age = one.age
    draw_steps(axes, age.buckets, age.values, _AGE, age.name)
    handles = draw_limits(axes, _limits(one), end_us, max(age.highest, 1.0))
    duration_axis(axes.yaxis, 0.0, axes.get_ylim()[1], ticks=5)
    panel_legend(axes, handles)
    name_panel(axes, f"{name}\nhighest age\nper {age.buckets.name}")


def _limits(one: Waiting) -> list[Steps]:
    facts = one.trigger
    named_us = (("visibility timeout", facts.hides_us), ("retention", facts.keeps_us))
    return [Steps(name, [0], [us // US_PER_MS], duration) for name, us in named_us if us is not None]


def _told(one: Waiting) -> str:
    """One trigger in words."""
    parts = [f"{series.name} at most {number(int(series.highest))}" for series in one.depths]
    if one.aged:
        when = one.age.buckets.told(int(np.nanargmax(one.age.values)))
        parts.append(f"{one.age.name} at most {took(one.age.highest)}, in {when}")
    if one.given_up:
        parts.append(f"{one.given_up:,} given up, of which {int(one.lost.sum()):,} are lost")
    return f"{one.trigger.name}{_READ[one.trigger.family.name]}: {'; '.join(parts)}."


def _table(shown: _Shown) -> Table:
    """A row for each of a few long buckets; a queue's gauges are the highest reading there."""
    columns, cells = ["from"], []
    rows = shown.coarse[0].bars
    for one in shown.coarse:
        for series in (*one.depths, *([one.age] if one.aged else [])):
            unit = " (ms)" if series is one.age else ""
            columns.append(f"{one.trigger.name}: {series.name}{unit}")
            cells.append([number(None if math.isnan(value) else round(float(value))) for value in series.values])
        if one.given_up:
            columns.append(f"{one.trigger.name}: given up")
            cells.append([number(int(count)) for count in one.kept + one.lost])
    return table(
        f"Highest, or number, in each {rows.name}", tuple(columns), list(zip(rows.begins, *cells, strict=True)), "from"
    )
