"""Estimates along an axis: a line through them, and their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lambdasim.plots.style import INK, PAPER, SMALL, Mark

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from lambdasim.analysis.intervals import Estimate

_SIGN_IN, _GAP_IN = 0.085, 0.1  # inches: a sign of a tick's label, and between two labels


def plot_estimates(axes: Axes, xs: Sequence[float], estimates: Sequence[Estimate], mark: Mark, label: str) -> None:
    """A line with a marker at each estimate and a bar from end to end of its interval; gaps where there is none."""
    values = [estimate.value for estimate in estimates]
    axes.plot(
        xs,
        values,
        label=label,
        marker=mark.marker,
        markersize=6.5,
        markeredgecolor=PAPER,
        markeredgewidth=0.6,
        zorder=3,
        **mark.line,
    )
    known = [(x, each) for x, each in zip(xs, estimates, strict=True) if not math.isnan(each.low)]
    if known:
        spread = [[each.value - each.low for _, each in known], [each.high - each.value for _, each in known]]
        axes.errorbar(
            [x for x, _ in known],
            [each.value for _, each in known],
            yerr=spread,
            fmt="none",
            color=mark.color,
            elinewidth=1.0,
            capsize=3.0,
            zorder=2.5,
        )


def ring(axes: Axes, x: float, y: float, shape: str, label: str) -> Artist:
    """A ring of ink around a point, for the legend to say what is special about it."""
    [drawn] = axes.plot(
        [x], [y], label=label, marker=shape, markersize=13, markerfacecolor="none", color=INK, markeredgewidth=1.3,
        linestyle="none", zorder=4,
    )  # fmt: skip
    return drawn


def log_axis_at(axes: Axes, values: Sequence[float], labels: Sequence[str], base: float) -> None:
    """A logarithmic x axis with a tick at each of these ascending values, labelled where there is room for it."""
    from matplotlib.ticker import NullLocator  # noqa: PLC0415 - slow to load

    axes.set_xscale("log", base=base)
    low, high = values[0], values[-1]
    margin = (high / low) ** 0.04 if high > low else base**0.5
    axes.set_xlim(low / margin, high * margin)
    axes.xaxis.set_minor_locator(NullLocator())
    figure = axes.figure.get_figure(root=True)
    width = 0.78 * figure.get_figwidth() if figure is not None else 0.0
    span = math.log(high * margin / (low / margin))
    places = [width * math.log(value * margin / low) / span for value in values]
    axes.set_xticks(values, _with_room(labels, places), fontsize=SMALL)


def _with_room(labels: Sequence[str], places: Sequence[float]) -> list[str]:
    """The labels at these places (inches), empty where one would touch the last before; the last of all stands.

    >>> _with_room(["1,536", "1,769", "2,048"], [0.0, 0.2, 1.0]), _with_room(["1", "2", "3"], [0.0, 0.9, 1.0])
    (['1,536', '', '2,048'], ['1', '', '3'])
    """
    half = [len(label) * _SIGN_IN / 2 for label in labels]
    told = [""] * len(labels)
    ends_at, last = -math.inf, len(labels) - 1
    for number, (label, place) in enumerate(zip(labels, places, strict=True)):
        before_last = number == last or place + half[number] + _GAP_IN <= places[last] - half[last]
        if number == last or (place - half[number] >= ends_at and before_last):
            told[number] = label
            ends_at = place + half[number] + _GAP_IN
    return told
