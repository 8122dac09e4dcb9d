"""The environment timeline: a lane for each environment, with its start, its runs, its idle time and its end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import EndCause
from lambdasim.display.numbers import many, share
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError
from lambdasim.metrics.measures import whole
from lambdasim.plots.buckets import shown_us
from lambdasim.plots.chosen import function_of
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.lane_picture import Shown, draw_lanes, size
from lambdasim.plots.lanes import (
    Beginning,
    Environments,
    Window,
    environments_of,
    telling_window,
    window_between,
)
from lambdasim.plots.panels import refused
from lambdasim.plots.scales import clock
from lambdasim.result.frames import name_of
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from lambdasim.result.result import Result

MOST_LANES = 40  # by default


def environments_drawing(
    result: Result,
    *,
    function: str | None = None,
    from_s: float | None = None,
    to_s: float | None = None,
    most: int = MOST_LANES,
) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.environments`."""
    if result.invocation_columns is None:
        raise FigureError("the invocation log was not kept, so nobody knows when environments were busy")
    if most < 1:
        raise FigureError(f"{most} lanes show nothing; ask for at least one")
    index = None if function is None else function_of(result.header, function)
    environments = environments_of(result, index, shown_us(result))
    whose = "all functions" if index is None else result.header.functions[index].name
    if index is None and np.unique(environments.function).size == 1:
        whose = result.header.functions[int(environments.function[0])].name
    if not environments.number.size:
        raise FigureError("no environment was ever started" + (f" for {whose}" if function is not None else ""))
    window = _by_function(environments, _window(environments, from_s, to_s, most))
    if not window.shown.size:
        span = f"between {_time(window.from_us)} and {_time(window.to_us)}"
        raise FigureError(f"no environment of {whose} existed {span}")
    shown = Shown(result.header, environments, window, *_use(environments, window))
    return Drawing(
        title=_title(window, whose),
        words=_words(shown, whose),
        table=_table(shown, result),
        draw=partial(draw_lanes, shown),
        size=size(shown),
    )


def _window(environments: Environments, from_s: float | None, to_s: float | None, most: int) -> Window:
    if from_s is None and to_s is None:
        return telling_window(environments, most)
    from_us = 0 if from_s is None else round(from_s * US_PER_S)
    to_us = environments.end_us if to_s is None else round(to_s * US_PER_S)
    if from_us >= to_us:
        end = "" if to_s is not None else "the end at "
        raise FigureError(f"from {from_us / US_PER_S:g} s to {end}{to_us / US_PER_S:g} s is no span of time")
    return window_between(environments, from_us, to_us, most)


def _by_function(environments: Environments, window: Window) -> Window:
    """Lanes of a function together; within, in order of creation."""
    order = np.argsort(environments.function[window.shown], kind="stable")
    return replace(window, shown=window.shown[order])


def _use(environments: Environments, window: Window) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """How often each lane ran within the window, and for which share of its time there since it was ready."""
    from_us, to_us = (
        np.clip(times, window.from_us, window.to_us) for times in (environments.run_from_us, environments.run_to_us)
    )
    part = (environments.run_from_us < window.to_us) & (environments.run_to_us > window.from_us)
    runs = np.bincount(environments.owner[part], minlength=environments.number.size)
    busy_us = np.bincount(environments.owner, weights=to_us - from_us, minlength=environments.number.size)
    ready_us, ended_us = (
        np.clip(times, window.from_us, window.to_us) for times in (environments.ready_us, environments.ended_us)
    )
    lived_us = np.maximum(ended_us - ready_us, 1)
    return runs[window.shown], (busy_us / lived_us)[window.shown]


# -- its words and its table


def _title(window: Window, whose: str) -> str:
    span = "over the whole run" if window.is_whole else f"{_time(window.from_us)} to {_time(window.to_us)}"
    reason = ", where most were started" if window.chosen else ""
    part = f" ({window.shown.size} of {window.there:,})" if window.there > window.shown.size else ""
    return f"Environments of {whose}{part}, {span}{reason}"


def _time(at_us: int) -> str:
    """To the millisecond."""
    return clock(round(at_us / US_PER_S, 3))


def _words(shown: Shown, whose: str) -> str:
    environments, window = shown.environments, shown.window
    begun = (environments.created_us >= window.from_us) & (environments.created_us < window.to_us)
    kinds = [f"{int((environments.started[begun] == kind).sum()):,} {kind.value}" for kind in Beginning]
    kinds = [text for text in kinds if not text.startswith("0 ")]
    span = f"Between {_time(window.from_us)} and {_time(window.to_us)}"
    started = f"{int(begun.sum()):,} started then ({', '.join(kinds)})" if kinds else "none started then"
    drawn = f" ({window.shown.size} of them drawn)" if window.there > window.shown.size else ""
    return (
        f"{span} {many(window.there, 'environment')} of {whose} existed{drawn}; {started}. Those drawn had "
        f"{many(int(shown.runs.sum()), 'invocation')} and were busy for {share(float(shown.busy.mean()))} of their "
        f"time on average; {refused(shown.throttled_us.size)}."
    )


def _table(shown: Shown, result: Result) -> Table:
    environments, places = shown.environments, shown.window.shown
    causes = dict(
        zip(
            whole(result.environment_columns, "environment").tolist(),
            whole(result.environment_columns, "end_cause").tolist(),
            strict=True,
        )
    )
    rows = [
        (
            f"{environments.number[place]}",
            shown.header.functions[int(environments.function[place])].name,
            environments.started[place].value,
            *(f"{times[place] / US_PER_S:,.3f}" for times in (environments.created_us, environments.ready_us)),
            f"{shown.runs[lane]:,}",
            share(float(shown.busy[lane])),
            "-" if environments.outlived[place] else f"{environments.ended_us[place] / US_PER_S:,.3f}",
            name_of(EndCause(causes[int(environments.number[place])])),
        )
        for lane, place in enumerate(places.tolist())
    ]
    columns = ("environment", "function", "how", "created (s)", "ready (s)", "runs", "busy", "ended (s)", "cause")
    span = f"{_time(shown.window.from_us)} to {_time(shown.window.to_us)}"
    return table(
        f"Environments that are drawn; runs and busy time from {span}", columns, rows, "function", "how", "cause"
    )
