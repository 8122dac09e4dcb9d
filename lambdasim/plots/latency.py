"""Latency of a function's successes, with cold and warm starts apart: its distribution, and its percentiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lambdasim.display.numbers import milliseconds, number, share, took
from lambdasim.display.table import QUANTILES, Table, spread, table
from lambdasim.errors import FigureError
from lambdasim.metrics.measures import PER_MILLE, rank_of, spread_of
from lambdasim.metrics.sketch import RELATIVE_ACCURACY
from lambdasim.plots.chosen import busiest
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.latencies import Latencies, latencies_of
from lambdasim.plots.scales import duration_axis, log_duration_axis, log_share_axis, share_axis, tail_axis
from lambdasim.plots.style import ALL, COLD, INK, LINE, PAPER, SMALL, WARM, Mark, dress, legend
from lambdasim.plots.thinning import Ranks, body_ranks, tail_ranks
from lambdasim.units import US_PER_MS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.result.result import Result

_MARKED = ("p50", "p99")
_LEAST_MS = 1e-3  # what is drawn of less, for 0 has no logarithm
_WIDE = 100.0  # the longest over the shortest, from where on they are drawn on a logarithmic axis


@dataclass(frozen=True, slots=True)
class _Series:
    """Latencies of one kind in ascending order, in milliseconds, how they are drawn, and their spread (``summary``)."""

    name: str
    mark: Mark
    ms: NDArray[np.float64]
    summary: Mapping[str, float | None]

    @classmethod
    def of(cls, name: str, mark: Mark, values_us: NDArray[np.int64]) -> _Series:
        return cls(name, mark, np.maximum(values_us / US_PER_MS, _LEAST_MS), spread_of(values_us).as_ms())

    @property
    def count(self) -> int:
        return self.ms.size

    @property
    def label(self) -> str:
        return f"{self.name} ({self.count:,})"

    @property
    def line(self) -> dict[str, Any]:
        """All is a broad band, for warm and cold to lie on."""
        return self.mark.line | ({"linewidth": 3 * LINE, "alpha": 0.45, "linestyle": "-"} if self.mark is ALL else {})

    def value(self, name: str) -> float:
        """One of the summary's numbers, in milliseconds."""
        value = self.summary[name]
        assert value is not None  # which is of nothing, and nothing is drawn of that
        return value

    def place(self, name: str) -> float:
        """Where it is drawn."""
        return max(self.value(name), _LEAST_MS)

    def ranks(self, spread_out: Ranks) -> Ranks:
        """``spread_out`` and those of the summary's percentiles: the curve passes through all of them."""
        return np.union1d(spread_out, [rank_of(per_mille, self.count) for per_mille in PER_MILLE.values()])


def _series_of(latencies: Latencies) -> list[_Series]:
    """All, and cold and warm apart if there are both; in the order in which they are drawn."""
    cold, warm = (_Series.of(*of) for of in (("cold start", COLD, latencies.cold), ("warm", WARM, latencies.warm)))
    if cold.ms.size and warm.ms.size:
        return [_Series.of("all", ALL, latencies.all), warm, cold]
    return [cold if cold.ms.size else warm]


def latency_drawing(result: Result, *, function: str | None = None) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.latency`."""
    latencies = latencies_of(result, function)
    series = _series_of(latencies)
    return Drawing(
        title=f"Latency of {latencies.function}, from arrival to success",
        words=_words(latencies.function, series),
        table=_table(latencies.function, series),
        draw=partial(_draw_distribution, series),
        size=(7.2, 5.2),
    )


def _words(function: str, series: Sequence[_Series]) -> str:
    whole, *parts = series
    if whole.count == 1:
        start = " after a cold start" if whole.mark is COLD else ""
        return f"The only success of {function} took {took(whole.value('p50'))}{start}."
    words = (
        f"Of {whole.count:,} successes of {function} half took at most {took(whole.value('p50'))}, 99 % at most "
        f"{took(whole.value('p99'))}, the slowest {took(whole.value('max'))}."
    )
    if not parts:
        return words + (
            " All of them waited for a cold start." if whole.mark is COLD else " None waited for a cold start."
        )
    warm, cold = parts
    return words + (
        f" The {cold.count:,} that waited for a cold start: half at most {took(cold.value('p50'))}, 99 % at most "
        f"{took(cold.value('p99'))}; the warm ones {took(warm.value('p50'))} and {took(warm.value('p99'))}."
    )


def _table(function: str, series: Sequence[_Series]) -> Table:
    rows = [(one.name, number(one.count), *spread(one.summary)) for one in series]
    return table(f"Latency of {function}, ms", ("start", "successes", *QUANTILES), rows, "start")


def _draw_distribution(series: Sequence[_Series], figure: Figure) -> None:
    """Two panels over one axis of latency: how many were answered by then, and, for the tail, how many were not."""
    body, tail = figure.subplots(2, 1, sharex=True)
    whole = series[0]
    lowest = 0.6 / whole.count
    for one in series:
        _draw_body(body, one)
        _draw_tail(tail, one, lowest / 10)
    log_duration_axis(tail.xaxis, float(whole.ms[0]), float(whole.ms[-1]))
    body.set_ylim(0, 1.02)
    share_axis(body.yaxis)
    log_share_axis(tail.yaxis, lowest)
    body.set_ylabel("answered within")
    tail.set_ylabel("slower than that")
    tail.set_xlabel("latency")
    for axes in (body, tail):
        dress(axes)
        for name in _MARKED:
            axes.axvline(whole.place(name), color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    for name, height in zip(_MARKED, (0.06, 0.2), strict=True):
        _say_percentile(body, f"{name}: {took(whole.value(name))}", whole.place(name), height)
    legend(body)


def _say_percentile(axes: Axes, text: str, value_ms: float, height: float) -> None:
    """Beside the line at that percentile, on the side that has room; on paper, for curves may pass below."""
    low, high = axes.get_xlim()
    at_right = np.log(value_ms / low) > 0.75 * np.log(high / low)
    axes.annotate(
        text,
        (value_ms, height),
        xytext=(-4 if at_right else 4, 0),
        textcoords="offset points",
        ha="right" if at_right else "left",
        fontsize=SMALL,
        color=INK,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.8},
    )


def _draw_body(axes: Axes, one: _Series) -> None:
    ranks = one.ranks(body_ranks(one.count))
    values = one.ms[ranks - 1]
    axes.step(np.r_[values[0], values], np.r_[0.0, ranks / one.count], where="post", label=one.label, **one.line)
    axes.plot([one.place("p50"), one.place("p99")], [0.5, 0.99], **one.mark.points)


def _draw_tail(axes: Axes, one: _Series, nought: float) -> None:
    """The share that is slower, which ends with the slowest: from there a line down to ``nought``, below the axis."""
    ranks = one.ranks(tail_ranks(one.count))
    values, slower = one.ms[ranks - 1], (one.count - ranks) / one.count
    axes.step(np.r_[values[0], values], np.r_[1.0, np.maximum(slower, nought)], where="post", **one.line)
    places = [(one.place(name), 1 - PER_MILLE[name] / 1000) for name in _MARKED] + [(one.place("max"), 1 / one.count)]
    axes.plot(*zip(*places, strict=True), **one.mark.points)


def latency_percentiles_drawing(result: Result, *, function: str | None = None) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.latency_percentiles`."""
    if result.invocation_columns is None:
        return _sketched_drawing(result, function)
    latencies = latencies_of(result, function)
    series = _series_of(latencies)
    return Drawing(
        title=f"Latency percentiles of {latencies.function}",
        words=_percentile_words(latencies.function, series),
        table=_percentile_table(latencies.function, {one.label: one.summary for one in series}),
        draw=partial(_draw_percentiles, series),
    )


def _percentile_words(function: str, series: Sequence[_Series]) -> str:
    whole, *parts = series
    if whole.count == 1:
        return _words(function, series)
    steps = ", ".join(f"{took(whole.value(name))} at {name}" for name in ("p50", "p90", "p99", "p99.9"))
    words = f"Latency of {whole.count:,} successes of {function} is {steps}, and {took(whole.value('max'))} at most."
    if not parts:
        return words
    warm, cold = parts
    part = share(cold.count / whole.count)
    return words + (
        f" Without the {part} that waited for a cold start p99.9 is {took(warm.value('p99.9'))}, and "
        f"{took(warm.value('max'))} the longest; with a cold start the least is {took(float(cold.ms[0]))}."
    )


def _percentile_table(function: str, columns: Mapping[str, Mapping[str, float | None]]) -> Table:
    rows = [(name, *(milliseconds(summary[name]) for summary in columns.values())) for name in (*PER_MILLE, "max")]
    return table(f"Latency of {function}, ms", ("percentile", *columns), rows, "percentile")


def _draw_percentiles(series: Sequence[_Series], figure: Figure) -> None:
    axes = figure.subplots()
    for one in series:
        ranks = one.ranks(np.union1d(body_ranks(one.count), tail_ranks(one.count)))
        # The value of rank r is the quantile on ((r - 1) / n, r / n]: the slowest, from (n - 1) / n on, has no end.
        places = np.log10(one.count / (one.count + 1 - ranks))
        axes.step(places, one.ms[ranks - 1], where="post", label=one.label, **one.line)
        axes.plot(*_known(one.summary, one.count), **one.mark.points)
    _dress_percentiles(axes, float(series[0].ms[0]), float(series[0].ms[-1]), series[0].count)


def _known(summary: Mapping[str, Any], count: int) -> tuple[list[float], list[float]]:
    """Where the summary's percentiles are, as far as ``count`` values reach, and their maximum."""
    places = {name: float(np.log10(1000 / (1000 - per_mille))) for name, per_mille in PER_MILLE.items()}
    end = float(np.log10(count))
    names = [name for name, place in places.items() if place < end]
    return [*(places[name] for name in names), end], [max(summary[name], _LEAST_MS) for name in (*names, "max")]


def _dress_percentiles(axes: Axes, low_ms: float, high_ms: float, count: int) -> None:
    dress(axes)
    tail_axis(axes.xaxis, max(float(np.log10(count)), 0.5) * 1.03)
    if high_ms > _WIDE * low_ms:
        log_duration_axis(axes.yaxis, low_ms, high_ms)
    else:
        duration_axis(axes.yaxis, 0.0, high_ms * 1.05)
    axes.set_xlabel("percentile, the tail spread out")
    axes.set_ylabel("latency")
    legend(axes)


def _sketched_drawing(result: Result, function: str | None) -> Drawing:
    """What is known without the log: the summary's percentiles, of all successes together."""
    functions = result.document["functions"]
    index = busiest(result.header, function, [entry["successes"] for entry in functions.values()])
    name = result.header.functions[index].name
    entry = functions[name]
    latency, count = entry["latency_ms"], entry["successes"]
    if not count:
        raise FigureError(f"no event of {name} succeeded after the warm-up, so there is no latency")
    return Drawing(
        title=f"Latency percentiles of {name}",
        words=(
            f"Latency of {count:,} successes of {name} is {took(latency['p50'])} at p50, {took(latency['p99'])} at "
            f"p99 and {took(latency['max'])} at most. The log was not kept: these are the "
            f"summary's percentiles, within {share(RELATIVE_ACCURACY)}, and cold starts can't be told apart."
        ),
        table=_percentile_table(name, {f"all ({count:,})": latency}),
        draw=partial(_draw_sketched, latency, count),
    )


def _draw_sketched(latency: Mapping[str, Any], count: int, figure: Figure) -> None:
    axes = figure.subplots()
    places, values = _known(latency, count)
    axes.plot(
        places,
        values,
        label=f"all ({count:,}): the summary's percentiles",
        **{**ALL.line, **ALL.points, "linestyle": (0, ALL.dashes)},
    )
    _dress_percentiles(axes, min(values), max(values), count)
