"""Cold starts by phase: what the quick ones and the slow ones of each version are made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.display.numbers import milliseconds, number, share, took
from lambdasim.display.table import Table, table
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.scales import duration_axis
from lambdasim.plots.starts import PHASES, Started, Starts, starts_of
from lambdasim.plots.style import INK, SMALL, common_legend, dress, legend, mark, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.result.result import Result

MOST = 4  # versions that have a panel; the table has them all
_EACH = 20  # so few starts are drawn one by one
_EDGES = (*range(0, 100, 10), 95, 99, 100)  # per cent of the starts, the quickest first, where groups begin and end
_WRITTEN = (0, 20, 40, 60, 80, 90, 95, 99, 100)  # those that have room for their number


def cold_start_phases_drawing(result: Result, *, function: str | None = None, most: int = MOST) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.cold_start_phases`."""
    starts = starts_of(result, function)
    versions = starts.by_version()
    shown = versions[: max(most, 1)]
    rows = -(-len(shown) // 2)
    return Drawing(
        title=_title(shown),
        words=_words(versions, starts, len(versions) - len(shown)),
        table=_table(versions),
        draw=partial(_draw, shown),
        size=(7.2, 4.2 if rows == 1 else 0.8 + 2.5 * rows),
    )


def _title(shown: Sequence[Started]) -> str:
    title = "Cold starts by phase, from the quickest to the slowest"
    return title if len(shown) > 1 else f"{title}: {shown[0].name} ({shown[0].runtime})"


def _words(versions: Sequence[Started], starts: Starts, left_out: int) -> str:
    first = versions[0]
    means = first.phases_ms.mean(axis=0)
    longest = int(np.argmax(means))
    part = share(means[longest] / max(means.sum(), 1e-9))
    words = f"{starts.counted()} {first.name} ({first.count:,}): {first.told()}; on average {part} of the time was "
    words += f"{list(PHASES)[longest]}."
    return words + (f" Versions with fewer starts are in the table only: {left_out}." if left_out else "")


def _table(versions: Sequence[Started]) -> Table:
    phases = [name for index, name in enumerate(PHASES) if any(one.phases_ms[:, index].any() for one in versions)]
    rows = [
        (
            one.name,
            one.runtime,
            number(one.count),
            *(milliseconds(float(one.phases_ms[:, list(PHASES).index(name)].mean())) for name in phases),
            *(milliseconds(one.spread[name]) for name in ("mean", "p50", "p99", "max")),
        )
        for one in versions
    ]
    columns = ("version", "runtime", "starts", *(f"{name}, mean" for name in phases), "mean", "p50", "p99", "max")
    return table("Cold starts by phase, ms", columns, rows, "version", "runtime")


def _draw(versions: Sequence[Started], figure: Figure) -> None:
    panels = figure.subplots(-(-len(versions) // 2), min(len(versions), 2), squeeze=False)
    used = np.any([one.phases_ms.any(axis=0) for one in versions], axis=0)
    for axes, one in zip(panels.flat, versions, strict=False):
        _draw_version(axes, one, used)
        dress(axes, grid="y")
        text = f"{shortened(one.name)} ({one.runtime})\n{one.count:,} starts, p50 {took(one.spread['p50'])}"
        if len(versions) > 1:
            axes.set_title(text, fontsize=SMALL, color=INK, loc="left")
    for axes in panels.flat[len(versions) :]:
        axes.set_axis_off()
    if len(versions) == 1:
        legend(panels.flat[0])
    else:
        common_legend(figure, panels.flat[0])


def _draw_version(axes: Axes, one: Started, used: NDArray[np.bool_]) -> None:
    """A bar for each group of starts, its phases stacked in the order in which they pass: means within the group."""
    bounds, edges = _groups(one.count)
    means = [one.phases_ms[low:high].mean(axis=0) for low, high in pairwise(bounds)]
    heights = np.array(means).T
    below = np.zeros(heights.shape[1])
    places = np.arange(heights.shape[1]) + 0.5
    for index, (name, values) in enumerate(zip(PHASES, heights, strict=True)):
        if used[index]:
            axes.bar(places, values, width=0.9, bottom=below, label=name, **mark(index).area)
        below = below + values
    duration_axis(axes.yaxis, 0.0, float(below.max()) * 1.05, ticks=6)
    axes.set_xlim(0, len(places))
    if edges:
        written = [place for place, edge in enumerate(edges) if edge in _WRITTEN]
        axes.set_xticks(written, [f"{edges[place]}" for place in written])
        axes.set_xlabel("% of the starts, the quickest first")
    else:
        axes.set_xticks([])
        axes.set_xlabel("each start, the quickest first")


def _groups(count: int) -> tuple[list[int], list[int]]:
    """Where groups of starts in order begin and end, and at which per cent; of few starts each is a group, and none.

    >>> _groups(3), _groups(200)[0][-4:], _groups(21)[1][-3:]
    (([0, 1, 2, 3], []), [180, 190, 198, 200], [90, 95, 100])
    """
    if count <= _EACH:
        return list(range(count + 1)), []
    bounds = {-(-count * edge // 100): edge for edge in _EDGES}  # of edges that fall together the last stays
    return list(bounds), list(bounds.values())
