"""The cold-start rate over time: which share of runs started cold, how sure that is, and how many runs there were."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import COLD_STARTS
from lambdasim.display.numbers import many, share
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError
from lambdasim.metrics.measures import ran, whole
from lambdasim.plots.buckets import Buckets, buckets_of, by_minutes, shown_us
from lambdasim.plots.chosen import function_of
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.levels import minute_series
from lambdasim.plots.panels import draw_bars, left_out, name_panel, panel_legend, time_panels
from lambdasim.plots.scales import share_axis
from lambdasim.plots.style import COLD, INK, WARM

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.header import Header
    from lambdasim.result.result import Result

_MOST, _LEAST = 60, 8  # buckets: as many as can be told apart, and so few that there is still a course of time
_ENOUGH = 30  # runs in the middle one of the buckets; else they are widened: a judgement
_NORMAL_975 = 1.959964  # the standard normal distribution's quantile: 95 % lie between it and its negative

_Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Rates:
    """Runs of each bucket, and those of them that started cold; and the summary's, which leave out the warm-up."""

    header: Header
    end_us: int
    buckets: Buckets
    runs: NDArray[np.int64]
    cold: NDArray[np.int64]
    total_runs: int
    total_cold: int

    @property
    def rate(self) -> _Shares:
        """NaN, where nothing ran."""
        rate: _Shares = np.divide(self.cold, self.runs, out=np.full(self.runs.size, np.nan), where=self.runs > 0)
        return rate

    @property
    def total_rate(self) -> float | None:
        """Of all runs; None, if there are none after the warm-up."""
        return self.total_cold / self.total_runs if self.total_runs else None


def wilson(successes: NDArray[np.int64], trials: NDArray[np.int64]) -> tuple[_Shares, _Shares]:
    r"""Wilson's 95 % interval of shares k/n: its lower and upper ends; NaN where n is 0.

    .. math:: \frac{k + z^2/2 \pm z \sqrt{k (n - k)/n + z^2/4}}{n + z^2}

    Reference: E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the
    American Statistical Association 22 (1927), 209-212.

    >>> low, high = wilson(np.array([0, 5]), np.array([10, 10]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0, 0.2366], [0.2775, 0.7634])
    """
    n = np.where(trials > 0, trials, np.nan)
    squared = _NORMAL_975**2
    middle = successes + squared / 2
    half = _NORMAL_975 * np.sqrt(successes * (n - successes) / n + squared / 4)
    return np.maximum(middle - half, 0) / (n + squared), np.minimum(middle + half, n + squared) / (n + squared)


def cold_start_rate_drawing(result: Result, *, function: str | None = None) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.cold_start_rate`."""
    header = result.header
    index = None if function is None else function_of(header, function)
    name = "all functions" if index is None else header.functions[index].name
    if index is None and len(header.functions) == 1:
        name = header.functions[0].name
    rates = _rates(result, index)
    if not rates.runs.any():
        raise FigureError(f"nothing of {name} ran, so there is no cold-start rate")
    return Drawing(
        title=f"Cold-start rate of {name} over time",
        words=_words(rates, name),
        table=_table(rates, name),
        draw=partial(_draw, rates),
        size=(7.2, 4.4),
    )


def _rates(result: Result, function: int | None) -> _Rates:
    """In buckets that are widened until half of those in which something ran have enough runs, or few are left."""
    end_us = shown_us(result)
    minutes = by_minutes(result, end_us)
    for most in range(_MOST, _LEAST - 1, -2):
        buckets = buckets_of(end_us, most=most, minutes=minutes)
        runs, cold = _counts(result, function, buckets)
        if not runs.any() or np.median(runs[runs > 0]) >= _ENOUGH:
            break
    names = [facts.name for facts in result.header.functions]
    counted = [result.document["functions"][name] for name in (names if function is None else [names[function]])]
    total_runs, total_cold = (sum(one[key] for one in counted) for key in ("invocations", "cold_starts"))
    return _Rates(result.header, end_us, buckets, runs, cold, total_runs, total_cold)


def _counts(result: Result, function: int | None, buckets: Buckets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Runs and cold starts by when their attempts were sent, as CloudWatch has them."""
    columns = result.invocation_columns
    if columns is None:
        scope = len(result.header.functions) if function is None else function
        runs, cold = (
            buckets.gathered(minute_series(result, name, scope), np.add).astype(np.int64)
            for name in ("Invocations", "cold_starts")
        )
        return runs, cold
    rows = ran(columns)
    if function is not None:
        rows &= whole(columns, "function") == function
    sent_us = whole(columns, "invoked_us")
    cold_rows = rows & np.isin(whole(columns, "start_type"), COLD_STARTS)
    return buckets.counted(sent_us[rows]), buckets.counted(sent_us[cold_rows])


def _draw(rates: _Rates, figure: Figure) -> None:
    top, below = time_panels(figure, [1.6, 1.0], rates.end_us, rates.header)
    _draw_rates(top, rates)
    warm = rates.runs - rates.cold
    draw_bars(below, rates.buckets, [("cold", rates.cold, COLD), ("other runs", warm, WARM)])
    name_panel(below, f"runs per\n{rates.buckets.name}")
    panel_legend(below)


def _draw_rates(axes: Axes, rates: _Rates) -> None:
    """Points with their intervals, in the middle of their buckets, and the run's own rate as a line."""
    low, high = wilson(rates.cold, rates.runs)
    middles_s = (rates.buckets.edges_s[:-1] + rates.buckets.edges_s[1:]) / 2
    some = rates.runs > 0
    axes.vlines(
        middles_s[some],
        low[some],
        high[some],
        color=COLD.color,
        alpha=0.45,
        linewidth=2.2,
        label="95 % interval (Wilson)",
    )
    axes.plot(middles_s[some], rates.rate[some], label=f"share of the runs of each {rates.buckets.name}", **COLD.points)
    if (mean := rates.total_rate) is not None:
        all_runs = "all runs after the warm-up" if rates.header.warm_up_us else "all runs"
        axes.axhline(mean, color=INK, linewidth=1.0, linestyle=(0, (6, 2)), label=f"of {all_runs}: {share(mean)}")
    top = _top(rates, high)
    axes.set_ylim(-0.03 * top, top)  # points at nought are whole
    share_axis(axes.yaxis)
    name_panel(axes, "started cold")
    panel_legend(axes)


def _top(rates: _Rates, high: _Shares) -> float:
    """The range: all rates, and the intervals of those with enough runs; others may be cut off."""
    sure = high[rates.runs >= _ENOUGH]
    return float(min(1.04, 1.1 * max(np.nanmax(rates.rate), *sure, 1e-6) if sure.size else 1.04))


def _words(rates: _Rates, name: str) -> str:
    text = f"{rates.total_cold:,} of {rates.total_runs:,} runs of {name} started cold ({share(rates.total_rate)})."
    text += left_out(rates.header)
    low = np.nan_to_num(wilson(rates.cold, rates.runs)[0])
    low[np.arange(rates.buckets.count) * rates.buckets.width_us < rates.header.warm_up_us] = 0
    worst = int(low.argmax())
    if not low[worst]:
        return text
    return (
        f"{text} By the low ends of the intervals it was highest in {rates.buckets.told(worst)}: "
        f"{share(float(rates.rate[worst]))} of {many(int(rates.runs[worst]), 'run')}."
    )


def _table(rates: _Rates, name: str) -> Table:
    low, high = wilson(rates.cold, rates.runs)
    rows = [
        (
            begin,
            f"{int(rates.runs[n]):,}",
            f"{int(rates.cold[n]):,}",
            *(share(None if math.isnan(value) else float(value)) for value in (rates.rate[n], low[n], high[n])),
        )
        for n, begin in enumerate(rates.buckets.begins)
    ]
    columns = ("from", "runs", "cold", "cold-start rate", "low", "high")
    return table(f"{name}: cold starts in each {rates.buckets.name}, with 95 % intervals", columns, rows, "from")
