"""Cold starts by runtime: how long they took, from the quickest to the slowest, a row for each runtime."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.display.numbers import number
from lambdasim.display.table import QUANTILES, Table, spread, table
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.scales import log_duration_axis
from lambdasim.plots.starts import Started, Starts, starts_of
from lambdasim.plots.style import BLUE, ORANGE, PAPER, SKY, VERMILLION, common_legend, dress, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.result.result import Result

MOST = 24  # runtimes that have a row; the table has them all
_EACH = 40  # so few starts are drawn one by one
_MARKS: dict[str, dict[str, Any]] = {
    "p50": {"marker": "|", "color": BLUE, "markersize": 12, "markeredgewidth": 2.5},
    "p90": {"marker": "D", "color": ORANGE, "markersize": 6, "markeredgecolor": PAPER},
    "p99": {"marker": "^", "color": VERMILLION, "markersize": 7, "markeredgecolor": PAPER},
}


def cold_starts_by_runtime_drawing(result: Result) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.cold_starts_by_runtime`."""
    starts = starts_of(result)
    runtimes = starts.by_runtime()
    shown = runtimes[:MOST]
    return Drawing(
        title="How long cold starts took, by runtime",
        words=_words(runtimes, starts, len(runtimes) - len(shown)),
        table=_table(runtimes),
        draw=partial(_draw, shown),
        size=(7.2, 1.6 + 0.34 * max(len(shown), 3)),
    )


def _words(runtimes: Sequence[Started], starts: Starts, left_out: int) -> str:
    quickest, slowest = runtimes[0], runtimes[-1]
    words = f"{starts.counted()} {quickest.name}: {quickest.told()}"
    if slowest is not quickest:
        words += f" (the quickest by its median); {slowest.name}, the slowest: {slowest.told()}"
    words += ". The functions' own init code is in it."
    return words + (f" Slower runtimes that are in the table only: {left_out}." if left_out else "")


def _table(runtimes: Sequence[Started]) -> Table:
    rows = [(one.name, number(one.count), *spread(one.spread)) for one in runtimes]
    return table("Cold starts by runtime, ms", ("runtime", "starts", *QUANTILES), rows, "runtime")


def _draw(runtimes: Sequence[Started], figure: Figure) -> None:
    """A row for each runtime, the quickest on top."""
    axes = figure.subplots()
    places = range(len(runtimes), 0, -1)
    for place, one in zip(places, runtimes, strict=True):
        _draw_row(axes, place, one, labelled=place == 1)
    axes.set_ylim(0.4, len(runtimes) + 0.6)
    axes.set_yticks(list(places), [f"{shortened(one.name, 34)} ({one.count:,})" for one in runtimes])
    low, high = min(one.totals_ms[0] for one in runtimes), max(one.totals_ms[-1] for one in runtimes)
    log_duration_axis(axes.xaxis, float(low), float(high))
    axes.set_xlabel("cold start, from the request to an environment that is ready")
    dress(axes, grid="x")
    common_legend(figure, axes)


def _draw_row(axes: Axes, place: int, one: Started, *, labelled: bool) -> None:
    """From the quickest to the slowest start: a line, a box of the middle half, marks; labels are of one row only."""
    totals, low, high = one.totals_ms, *one.middle_half()

    def label(text: str) -> str:
        return text if labelled else "_"

    axes.plot([totals[0], totals[-1]], [place, place], color=BLUE, linewidth=1.0, label=label("quickest to slowest"))
    axes.barh(place, high - low, left=low, height=0.5, facecolor=SKY, edgecolor=BLUE, label=label("middle half"))
    if one.count <= _EACH:
        axes.plot(totals, np.full(one.count, place), "o", color=BLUE, markersize=2.5)
    for name, mark in _MARKS.items():
        axes.plot(one.spread[name], place, linestyle="none", label=label(name), **mark)
