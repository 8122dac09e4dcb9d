"""Provisioned concurrency over time against the demand for it, and the runs that spilled over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Capacity
from lambdasim.display.numbers import number, share
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError
from lambdasim.metrics.measures import ran, whole
from lambdasim.plots.buckets import FEW, MOST, Buckets, buckets_of, by_minutes, shown_us
from lambdasim.plots.chosen import function_of
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.levels import Counts, Levels, minute_series
from lambdasim.plots.panels import (
    Steps,
    draw_bars,
    draw_limits,
    draw_steps,
    left_out,
    name_panel,
    panel_legend,
    time_panels,
)
from lambdasim.plots.set_aside import periods_of, summed
from lambdasim.plots.style import COLD, PAPER, SERIES, shortened
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.header import Header
    from lambdasim.result.result import Result

_TOGETHER = 3  # functions in one figure
_ROWS = 24  # of the table behind it
_DEMAND, _READY, _SPILLED = SERIES[0], SERIES[2], COLD


@dataclass(frozen=True, slots=True)
class _Series:
    """One function: what was asked for and could be used, how much was busy, and what ran on demand in its stead."""

    name: str
    configured: Steps
    allocated: Steps
    buckets: Buckets
    demand: Counts
    bars: Buckets
    spilled: NDArray[np.int64]
    summary: Mapping[str, Any]

    @property
    def least_allocated(self) -> NDArray[np.int64]:
        """The lowest that could be used within each bucket."""
        edges_us = np.arange(self.buckets.count) * self.buckets.width_us
        values = np.array([self.allocated.at(int(at_us)) or 0 for at_us in edges_us], dtype=np.int64)
        for at_us, value in zip(self.allocated.at_us, self.allocated.values, strict=True):
            bucket = at_us // self.buckets.width_us
            if 0 <= bucket < values.size:
                values[bucket] = min(values[bucket], value or 0)
        return values


def provisioned_drawing(result: Result, *, function: str | None = None) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.provisioned`."""
    header = result.header
    having = sorted({header.versions[v].function for v in result.provisioned_columns["version"].tolist()})
    if not having:
        raise FigureError("no function has provisioned concurrency")
    there = len(having)
    if function is not None:
        index = function_of(header, function)
        if index not in having:
            raise FigureError(f"{function} has no provisioned concurrency")
        having = [index]
    end_us = shown_us(result)
    minutes = by_minutes(result, end_us)
    buckets, bars = (buckets_of(end_us, most=most, minutes=minutes) for most in (MOST, FEW))
    found = [_series(result, index, end_us, buckets, bars) for index in having]
    shown = sorted(found, key=lambda one: int(one.spilled.sum()), reverse=True)[:_TOGETHER]
    shown.sort(key=found.index)
    rows = buckets_of(end_us, most=_ROWS, minutes=minutes)
    coarse = [_series(result, function_of(header, one.name), end_us, rows, rows) for one in shown]
    panels = sum(len(_heights(one)) for one in shown)
    names = ", ".join(shortened(one.name) for one in shown)
    return Drawing(
        title=f"Provisioned concurrency and the demand for it: {names}"
        + (f" (of {there} functions)" if len(shown) < there and function is None else ""),
        words=" ".join(_told(one) for one in shown) + left_out(header),
        table=_table(coarse),
        draw=partial(_draw, header, end_us, shown),
        size=(7.2, 1.1 + 1.7 * panels),
    )


def _series(result: Result, function: int, end_us: int, buckets: Buckets, bars: Buckets) -> _Series:
    name = result.header.functions[function].name
    configured, allocated = (
        Steps(label, *summed(periods_of(result, [function], of))).before(end_us)
        for label, of in (("configured", lambda configured, _: configured), ("allocated", lambda _, usable: usable))
    )
    return _Series(
        name,
        configured,
        allocated,
        buckets,
        Levels(result, buckets).concurrency(function),
        bars,
        _spilled(result, function, bars),
        result.document["functions"][name]["provisioned_concurrency"],
    )


def _spilled(result: Result, function: int, bars: Buckets) -> NDArray[np.int64]:
    """ProvisionedConcurrencySpilloverInvocations in each bucket, by when they were sent."""
    columns = result.invocation_columns
    if columns is None:
        series = minute_series(result, "ProvisionedConcurrencySpilloverInvocations", function)
        return bars.gathered(series, np.add).astype(np.int64)
    rows = ran(columns) & (whole(columns, "function") == function) & (whole(columns, "capacity") == Capacity.SPILLOVER)
    return bars.counted(whole(columns, "invoked_us")[rows])


def _heights(one: _Series) -> list[float]:
    return [1.5, 0.8] if one.spilled.any() else [1.5]


def _draw(header: Header, end_us: int, shown: Sequence[_Series], figure: Figure) -> None:
    panels = iter(time_panels(figure, [height for one in shown for height in _heights(one)], end_us, header))
    for one in shown:
        name = shortened(one.name, 14)
        _draw_demand(next(panels), one, name, end_us)
        if one.spilled.any():
            axes = next(panels)
            draw_bars(axes, one.bars, [("spilled over", one.spilled, _SPILLED)])
            panel_legend(axes)
            name_panel(axes, f"{name}\nruns per\n{one.bars.name}")


def _draw_demand(axes: Axes, one: _Series, name: str, end_us: int) -> None:
    """Demand over what could be used; what of it is above that is hatched."""
    times_s = np.array([*one.allocated.at_us, end_us]) / US_PER_S
    ready = np.array(one.allocated.values, dtype=np.float64)
    axes.stairs(ready, times_s, fill=True, facecolor=_READY.color, alpha=0.22, label="allocated")
    axes.stairs(ready, times_s, baseline=None, color=_READY.color, linewidth=1.0)
    below = np.minimum(one.least_allocated, one.demand)
    if (below < one.demand).any():
        above: dict[str, Any] = {
            "facecolor": _SPILLED.color,
            "hatch": _SPILLED.hatch,
            "edgecolor": PAPER,
            "linewidth": 0.0,
        }
        axes.stairs(one.demand, one.buckets.edges_s, baseline=below, fill=True, label="demand above it", **above)
    draw_steps(axes, one.buckets, one.demand, _DEMAND, "concurrency")
    peak = float(max(one.demand.max(), ready.max(initial=0)))
    panel_legend(axes, draw_limits(axes, [one.configured], end_us, peak))
    name_panel(axes, f"{name}\nhighest per\n{one.buckets.name}")


def _told(one: _Series) -> str:
    """One function in words, by the summary's numbers, which leave out the warm-up."""
    summary = one.summary
    spilled, runs = summary["spillover_invocations"], summary["invocations"] + summary["spillover_invocations"]
    used = summary["utilization"]["mean"]
    part = f" ({share(spilled / runs)})" if spilled else ""
    return (
        f"{one.name}: configured were {number(summary['configured']['mean'])} on average and "
        f"{number(summary['configured']['max'])} at most; of what was allocated {share(used)} was busy on average; "
        f"{spilled:,} of {runs:,} runs{part} spilled over to environments on demand."
    )


def _table(coarse: Sequence[_Series]) -> Table:
    rows = coarse[0].buckets
    columns, cells = ["from"], []
    for one in coarse:
        starts = [row * rows.width_us for row in range(rows.count)]
        for steps in (one.configured, one.allocated):
            columns.append(f"{one.name}: {steps.name}")
            cells.append([number(steps.at(at_us) or 0) for at_us in starts])
        for title, values in (("concurrency", one.demand), ("spilled over", one.spilled)):
            columns.append(f"{one.name}: {title}")
            cells.append([number(int(value)) for value in values])
    title = f"Provisioned concurrency as {rows.name} begins; highest concurrency and spill-over in it"
    return table(title, tuple(columns), list(zip(rows.begins, *cells, strict=True)), "from")
