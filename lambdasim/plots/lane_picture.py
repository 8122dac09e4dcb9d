"""The picture of an environment timeline: bars on lanes, and what is told of each lane at its ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lambdasim.plots.lanes import Bars, Beginning, Environments, Window, busy_bars, init_bars, life_bars
from lambdasim.plots.panels import clock_label, panel_legend
from lambdasim.plots.scales import clock_axis
from lambdasim.plots.style import COLD, INK, PAPER, SERIES, SMALL, WARM, Mark, dress, shortened
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.header import Header

_POINTS = 72  # an inch
_LEAST_IN, _MOST_IN, _FEW_LANES_IN = 0.115, 0.4, 2.2  # inches: a lane's height, and that of all together if few
_ROOM, _ROOM_OF_THROTTLES = 1.4, 2.8  # lanes' heights, above and below the lanes
_WIDE_IN, _BESIDE_IN = 7.2, 1.55  # inches: the figure's width; title, legend and axis
_BAR = 0.36  # of a lane's height: half a bar
_THROTTLES_AT = -1.5  # above the first lane, which is at 0
_TICKS = 500  # marks of throttles side by side: more can't be told apart
_LABELS = 24  # lanes of which each has its number
_IDLE = SERIES[4]
_MARKS = {
    Beginning.COLD: COLD,
    Beginning.PROVISIONED: SERIES[3],
    Beginning.RESTORED: SERIES[4],
    Beginning.AHEAD: SERIES[2],
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is drawn: lanes, and what they did in the window."""

    header: Header
    environments: Environments
    window: Window
    runs: NDArray[np.int64]  # of each lane in the window
    busy: NDArray[np.float64]  # the share of its time there in which it ran

    @property
    def throttled_us(self) -> NDArray[np.int64]:
        """When attempts were refused, within the window."""
        times_us = self.environments.throttled_us
        return times_us[(times_us >= self.window.from_us) & (times_us < self.window.to_us)]

    @property
    def several(self) -> bool:
        """Whether the lanes are of more functions than one."""
        return np.unique(self.environments.function[self.window.shown]).size > 1


def size(shown: Shown) -> tuple[float, float]:
    """How large the picture is, in inches."""
    room = _ROOM_OF_THROTTLES if shown.throttled_us.size else _ROOM
    return _WIDE_IN, _BESIDE_IN + (shown.window.shown.size + room) * pitch(shown.window)


def pitch(window: Window) -> float:
    """How high a lane is, in inches."""
    return min(max(_FEW_LANES_IN / window.shown.size, _LEAST_IN), _MOST_IN)


def draw_lanes(shown: Shown, figure: Figure) -> None:
    """Draw the timeline onto an empty figure."""
    environments, window = shown.environments, shown.window
    axes = figure.subplots()
    dress(axes, grid="x")
    thick = pitch(window) * _POINTS * 2 * _BAR
    _draw_inits(axes, init_bars(environments, window))
    _draw_bars(axes, life_bars(environments, window), 1.0, _IDLE.color)
    _draw_bars(axes, busy_bars(environments, window), thick, WARM.color)
    _draw_ends(axes, environments, window)
    _draw_kinds(axes, environments, window)
    throttled_us = shown.throttled_us
    if throttled_us.size:
        _draw_throttles(axes, throttled_us, window)
    room = _ROOM_OF_THROTTLES if throttled_us.size else _ROOM
    axes.set_ylim(window.shown.size - 0.4, -room + 0.6)
    _name_lanes(axes, shown)
    clock_axis(axes.xaxis, window.from_us / US_PER_S, window.to_us / US_PER_S)
    axes.set_xlabel(clock_label(shown.header, window.to_us), color=INK)
    panel_legend(axes, _handles(shown))


def _draw_bars(axes: Axes, bars: Bars, thick: float, color: str) -> None:
    """All bars of a kind as one broken line, which keeps the picture small."""
    lanes, begins, ends = bars
    x = np.column_stack([begins / US_PER_S, ends / US_PER_S, np.full(lanes.size, np.nan)]).ravel()
    y = np.repeat(lanes.astype(np.float64), 3)
    axes.plot(x, y, color=color, linewidth=thick, solid_capstyle="butt")


def _draw_inits(axes: Axes, bars: Bars) -> None:
    from matplotlib.patches import PathPatch  # noqa: PLC0415 - slow to load
    from matplotlib.path import Path  # noqa: PLC0415

    lanes, begins, ends = bars
    if not lanes.size:
        return
    left, right, middle = begins / US_PER_S, ends / US_PER_S, lanes.astype(np.float64)
    low, high = middle - _BAR, middle + _BAR
    corners = np.stack(
        [np.column_stack(point) for point in ((left, low), (right, low), (right, high), (left, high), (left, low))],
        axis=1,
    )
    codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], lanes.size)
    style: dict[str, Any] = {"facecolor": COLD.color, "hatch": COLD.hatch, "edgecolor": PAPER, "linewidth": 0.0}
    patch = PathPatch(Path(corners.reshape(-1, 2), codes), zorder=3, **style)
    axes.add_patch(patch)


def _draw_ends(axes: Axes, environments: Environments, window: Window) -> None:
    there = _ending(environments, window)
    if there.size:
        _ticks(axes, environments.ended_us[window.shown][there] / US_PER_S, there.astype(np.float64), 0.42, INK, 1.4)


def _ending(environments: Environments, window: Window) -> NDArray[np.int64]:
    """The lanes that end within the window."""
    ends_us = environments.ended_us[window.shown]
    ends = ~environments.outlived[window.shown] & (ends_us >= window.from_us) & (ends_us <= window.to_us)
    return np.flatnonzero(ends)


def _draw_throttles(axes: Axes, throttled_us: NDArray[np.int64], window: Window) -> None:
    step = (window.to_us - window.from_us) / _TICKS
    seen = np.unique(((throttled_us - window.from_us) / step).astype(np.int64))
    x = (window.from_us + (seen + 0.5) * step) / US_PER_S
    _ticks(axes, x, np.full(x.size, _THROTTLES_AT), 0.5, COLD.color, 0.8)


def _ticks(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], half: float, color: str, thick: float) -> None:
    """Short upright strokes, as one broken line."""
    nothing = np.full(x.size, np.nan)
    axes.plot(
        np.column_stack([x, x, nothing]).ravel(),
        np.column_stack([y - half, y + half, nothing]).ravel(),
        color=color,
        linewidth=thick,
        zorder=4,
    )


def _draw_kinds(axes: Axes, environments: Environments, window: Window) -> None:
    """How each was started: a marker before its lane."""
    kinds = environments.started[window.shown]
    for kind, mark in _MARKS.items():
        lanes = np.flatnonzero(kinds == kind)
        if lanes.size:
            _draw_kind(axes, lanes, mark)


def _draw_kind(axes: Axes, lanes: NDArray[np.int64], mark: Mark) -> None:
    axes.plot(
        np.full(lanes.size, -0.012),
        lanes,
        transform=axes.get_yaxis_transform(),
        clip_on=False,
        **_point(mark),
    )


def _point(mark: Mark) -> dict[str, Any]:
    return {**mark.points, "markersize": 5.0, "markeredgewidth": 0.3}


def _handles(shown: Shown) -> list[Artist]:
    """What the legend tells: samples of their own, as bars are lines of a width that depends on the lanes."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 - slow to load
    from matplotlib.patches import Patch  # noqa: PLC0415

    environments, window, throttled = shown.environments, shown.window, shown.throttled_us.size
    stroke: dict[str, Any] = {"linestyle": "none", "marker": "|", "markersize": 9.0}
    handles: list[Artist] = [
        Patch(label="starting", **COLD.area),
        Patch(label="busy", **WARM.area),
        Line2D([], [], label="idle", color=_IDLE.color, linewidth=1.0),
    ]
    if _ending(environments, window).size:
        handles.append(Line2D([], [], label="end", color=INK, markeredgewidth=1.4, **stroke))
    if throttled:
        handles.append(Line2D([], [], label=f"throttled ({throttled:,}), on top", color=COLD.color, **stroke))
    there = set(environments.started[window.shown].tolist())
    handles += [Line2D([], [], label=kind.value, **_point(mark)) for kind, mark in _MARKS.items() if kind in there]
    return handles


def _name_lanes(axes: Axes, shown: Shown) -> None:
    """Of one function the environments' numbers; of several the functions' names, with a line between them."""
    places = shown.window.shown
    functions = shown.environments.function[places]
    if shown.several:
        edges = np.flatnonzero(np.r_[True, functions[1:] != functions[:-1], True])
        middles = (edges[:-1] + edges[1:] - 1) / 2
        names = [shortened(shown.header.functions[int(functions[edge])].name) for edge in edges[:-1]]
        axes.set_yticks(middles.tolist(), names)
        for edge in edges[1:-1]:
            axes.axhline(edge - 0.5, color=INK, alpha=0.25, linewidth=0.6)
    else:
        step = -(-places.size // _LABELS)
        lanes = np.arange(0, places.size, step)
        axes.set_yticks(lanes.tolist(), [f"{shown.environments.number[places[lane]]:,}" for lane in lanes])
        axes.set_ylabel("environment", color=INK)
    axes.tick_params(axis="y", length=0, pad=11, labelsize=SMALL - 1.0)
