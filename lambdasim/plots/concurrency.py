"""Concurrency, environments and throttles over time, with the limits that hold: how far a run scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.display.numbers import many, number
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError
from lambdasim.header import THE_ACCOUNT, Header
from lambdasim.metrics.measures import whole
from lambdasim.plots.buckets import FEW, MOST, Buckets, buckets_of, by_minutes, shown_us
from lambdasim.plots.chosen import function_of
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.levels import Counts, Levels
from lambdasim.plots.panels import (
    Steps,
    draw_bars,
    draw_limits,
    draw_steps,
    included,
    name_panel,
    panel_legend,
    refused,
    set_counts,
    shown_name,
    time_panels,
)
from lambdasim.plots.set_aside import configured_steps, unreserved_steps
from lambdasim.plots.style import SERIES, Mark, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lambdasim.result.result import Result

_ROWS = 24  # of the table behind the figure
_APART = 4  # functions that have a line of their own
_BUSY, _EXISTING, _REFUSED = SERIES[0], SERIES[2], SERIES[1]


@dataclass(frozen=True, slots=True)
class _Line:
    """One function, several, or all: its levels in each bucket, and its throttles in those of the bars."""

    name: str
    mark: Mark
    concurrency: Counts
    environments: Counts
    throttles: Counts


@dataclass(frozen=True, slots=True)
class _Scaling:
    """What is drawn: ``lines[0]`` is the whole of it; any others are its parts, those that are shown apart.

    ``coarse`` is the whole again, in the buckets that are the rows of the table.
    """

    header: Header
    end_us: int
    buckets: Buckets
    bars: Buckets
    rows: Buckets
    lines: Sequence[_Line]
    coarse: _Line
    limits: Sequence[Steps]

    @property
    def whole(self) -> _Line:
        return self.lines[0]


def concurrency_drawing(result: Result, *, function: str | None = None) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.concurrency`."""
    header = result.header
    active = _active(result)
    if not active:
        raise FigureError("no function was called, so there is no concurrency to show")
    index = function_of(header, function) if function is not None else active[0] if len(active) == 1 else None
    shown = _scaling(result, index, active)
    name = "all functions" if index is None else header.functions[index].name
    return Drawing(
        title=f"Concurrency, environments and throttles of {name}",
        words=_words(shown, name),
        table=_table(shown, name),
        draw=partial(_draw, shown),
        size=(7.2, 2.2 + (2.0 if len(shown.lines) > 1 else 1.2) + (1.2 if shown.whole.throttles.any() else 0)),
    )


def _active(result: Result) -> list[int]:
    """The functions that were called, or have environments."""
    columns = result.timeline_columns()
    scope = whole(columns, "scope")
    busy = sum(whole(columns, name) for name in ("Invocations", "Throttles", "ConcurrentExecutions")) > 0
    called = {*scope[busy].tolist(), *whole(result.environment_columns, "function").tolist()}
    return sorted(called - {len(result.header.functions)})


def _scaling(result: Result, function: int | None, active: Sequence[int]) -> _Scaling:
    end_us = shown_us(result)
    minutes = by_minutes(result, end_us)
    lines_most = MOST if function is not None else FEW
    buckets, bars, rows = (buckets_of(end_us, most=most, minutes=minutes) for most in (lines_most, FEW, _ROWS))

    def line(name: str, mark: Mark, of: int | None, buckets: Buckets = buckets, bars: Buckets = bars) -> _Line:
        levels, counts = Levels(result, buckets), Levels(result, bars)
        return _Line(name, mark, levels.concurrency(of), levels.environments(of), counts.throttles(of))

    names = [facts.name for facts in result.header.functions]
    if function is not None:
        lines = [line(names[function], _BUSY, function)]
    else:
        parts = sorted((line(names[of], _BUSY, of) for of in active), key=_weight, reverse=True)
        lines = [line("all", SERIES[0], None), *(_marked(part, n + 1) for n, part in enumerate(_apart(parts)))]
    apart = [names.index(part.name) for part in lines[1:]] if function is None else [function]
    limits = [steps.before(end_us) for steps in _limits(result, apart, alone=function is not None)]
    coarse = line("", _BUSY, function, rows, rows)
    return _Scaling(result.header, end_us, buckets, bars, rows, lines, coarse, limits)


def _weight(line: _Line) -> tuple[int, int]:
    """Those with the highest concurrency are shown apart; of equals, those that were throttled."""
    return int(line.concurrency.max()), int(line.throttles.sum())


def _apart(parts: list[_Line]) -> list[_Line]:
    """The first few; the last of them gives way to the one that was throttled most, if that is none of them."""
    worst = max(parts, key=lambda part: int(part.throttles.sum()))
    first = parts[:_APART]
    return first if worst in first or not worst.throttles.any() else [*first[:-1], worst]


def _marked(line: _Line, place: int) -> _Line:
    return _Line(line.name, SERIES[place % len(SERIES)], line.concurrency, line.environments, line.throttles)


def _limits(result: Result, functions: Sequence[int], *, alone: bool) -> list[Steps]:
    """The limits that these functions meet: their own first."""
    facts = result.header.limits
    limits = []
    for index in functions:
        name = result.header.functions[index].name
        own = [fact for fact in facts if fact.scope == name]
        if own:
            limits.append(Steps.of("reserved" if alone else f"reserved for {shortened(name)}", own))
        if alone and (configured := configured_steps(result, [index])) is not None:
            limits.append(configured)
    pool = unreserved_steps(result) if alone and not any(fact.scope == name for fact in facts) else None
    limits += [pool] if pool is not None else []
    quota = [fact for fact in facts if fact.scope == THE_ACCOUNT]
    return [*limits, Steps.of("account's quota", quota)] if quota else limits


# -- the picture


def _draw(shown: _Scaling, figure: Figure) -> None:
    several, throttled = len(shown.lines) > 1, bool(shown.whole.throttles.any())
    heights = [2.0, *([1.4] if several else []), *([0.9] if throttled else [])]
    panels = time_panels(figure, heights, shown.end_us, shown.header)
    top = panels[0]
    if several:
        for line in shown.lines:
            draw_steps(top, shown.buckets, line.concurrency, line.mark, shown_name(line.name))
            draw_steps(panels[1], shown.buckets, line.environments, line.mark, "")
        set_counts(panels[1], float(shown.whole.environments.max()))
        name_panel(panels[1], "environments")
        name_panel(top, f"concurrency, highest\nin each {shown.buckets.name}")
    else:
        draw_steps(top, shown.buckets, shown.whole.environments, _EXISTING, "environments")
        draw_steps(top, shown.buckets, shown.whole.concurrency, _BUSY, "concurrency", filled=True)
        name_panel(top, f"highest in each {shown.buckets.name}")
    peak = max(float(line.concurrency.max()) for line in shown.lines)
    if not several:
        peak = max(peak, float(shown.whole.environments.max()))
    panel_legend(top, draw_limits(top, shown.limits, shown.end_us, peak))
    if throttled:
        draw_bars(panels[-1], shown.bars, _throttled(shown))
        panel_legend(panels[-1])
        name_panel(panels[-1], f"throttles\nper {shown.bars.name}")


def _throttled(shown: _Scaling) -> list[tuple[str, NDArray[np.int64], Mark]]:
    """By function, and those of the functions that are not shown apart together."""
    if len(shown.lines) == 1:
        return [("throttles", shown.whole.throttles, _REFUSED)]
    parts = shown.lines[1:]
    rest = shown.whole.throttles - sum(line.throttles for line in parts)
    return [
        *((shown_name(line.name), line.throttles, line.mark) for line in parts),
        ("others", rest, SERIES[5]),
    ]


# -- its words and its table


def _words(shown: _Scaling, name: str) -> str:
    line, buckets = shown.whole, shown.buckets
    peak, existing = int(line.concurrency.max()), int(line.environments.max())
    told = f"Nothing of {name} ran"
    if peak or existing:
        when = buckets.told(int(line.concurrency.argmax()))
        told = (
            f"The concurrency of {name} was at most {peak:,}, in {when}, with at most {many(existing, 'environment')}"
        )
    limits = "; ".join(limit.text for limit in shown.limits)
    told += f"; {refused(int(line.throttles.sum()))}." + (f" Limits: {limits}." if limits else "")
    return told + included(shown.header, shown.end_us)


def _table(shown: _Scaling, name: str) -> Table:
    columns = ("from", "concurrency", "environments", "throttles", *(limit.name for limit in shown.limits))
    counts = (shown.coarse.concurrency, shown.coarse.environments, shown.coarse.throttles)
    rows = []
    for row, begin in enumerate(shown.rows.begins):
        limits = (number(limit.at(row * shown.rows.width_us)) for limit in shown.limits)
        rows.append((begin, *(number(int(values[row])) for values in counts), *limits))
    title = f"{name}: highest concurrency, most environments, and throttles in each {shown.rows.name}"
    return table(title, columns, rows, "from")
