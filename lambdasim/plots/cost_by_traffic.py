"""What a month costs at so many times the traffic, beside what it would cost in proportion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lambdasim.analysis.comparands import COST
from lambdasim.analysis.cost import CostAnswers
from lambdasim.analysis.sweep_table import SweepTable
from lambdasim.analysis.telling import interval
from lambdasim.display.numbers import number, share, short_month_sentence, usd
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError
from lambdasim.plots.curves import log_axis_at, plot_estimates
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.scales import log_number_axis, number_axis
from lambdasim.plots.style import INK, PAPER, SERIES, dress, legend
from lambdasim.scenario.measures import measure_as_written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.analysis.intervals import Estimate
    from lambdasim.analysis.sweep import Sweep

_TRAFFIC = "traffic"
_MONTH = measure_as_written(COST)
_ON_LOG = 12.0  # times the lowest traffic: from there on a linear axis crowds what is low


@dataclass(frozen=True, slots=True)
class _Traffic:
    """A month's cost at each factor on the traffic, ascending.

    ``unserved``: the share of events that is not served there beyond what is not served at ``base``, where limits keep
    so much out that the cost says little; 0 where all gets through, or where it is not known.
    """

    factors: list[float]
    month: list[Estimate]
    unserved: list[float]
    base: int
    month_note: str

    @property
    def proportional(self) -> list[float]:
        """What each factor would cost if all of the base's cost grew with traffic."""
        first = self.month[self.base].value / self.factors[self.base]
        return [first * factor for factor in self.factors]


def cost_by_traffic_drawing(answers: CostAnswers | Sweep | SweepTable) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.cost_by_traffic`."""
    traffic = _answered(answers) if isinstance(answers, CostAnswers) else _swept(SweepTable.of(answers))
    if len(traffic.factors) < 2:
        raise FigureError("there is a single traffic; try two or more, such as 1,2,5,10")
    title = "What a month costs at so many times the traffic"
    return Drawing(title, _words(traffic), _table(traffic, title), partial(_draw, traffic), (7.2, 4.2))


def _answered(answers: CostAnswers) -> _Traffic:
    if answers.traffic is None:
        raise FigureError('traffic was not asked about; ask cost(scenario, questions=["traffic"])')
    rows = sorted(answers.traffic.rows, key=lambda row: row.factor)
    return _Traffic(
        [row.factor for row in rows],
        [row.month_usd for row in rows],
        [row.unserved_more.value if row.is_limited else 0.0 for row in rows],
        _base([row.factor for row in rows]),
        short_month_sentence(answers.scenario.measured_s),
    )


def _swept(swept: SweepTable) -> _Traffic:
    if swept.paths != (_TRAFFIC,):
        raise FigureError(f"the sweep varies {', '.join(swept.paths)}; vary traffic alone, such as traffic=1,2,5,10")
    month = next((measure for measure in swept.measures if measure.path == _MONTH.path), None)
    if month is None:
        raise FigureError(f"the sweep lacks the month's cost; add --measure {COST}")
    found = sorted(
        ((_factor(point[_TRAFFIC]), cost) for point, cost in zip(swept.points, swept.column(month), strict=True)),
        key=lambda pair: pair[0],
    )
    known = [(factor, cost) for factor, cost in found if factor > 0 and not math.isnan(cost.value)]
    if not known:
        raise FigureError("no point of the sweep has traffic and a cost")
    factors = [factor for factor, _ in known]
    costs = [cost for _, cost in known]
    return _Traffic(factors, costs, [0.0] * len(known), _base(factors), short_month_sentence(swept.measured_s))


def _factor(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise FigureError(f"{text!r} is no factor on the traffic; vary numbers alone") from None


def _base(factors: Sequence[float]) -> int:
    """The place of the present traffic, else of the lowest."""
    return factors.index(1.0) if 1.0 in factors else 0


def _draw(traffic: _Traffic, figure: Figure) -> None:
    axes = figure.subplots()
    dress(axes)
    factors, own, other = traffic.factors, SERIES[0], SERIES[1]
    at = "at the present traffic" if factors[traffic.base] == 1 else f"at {number(factors[traffic.base])} times"
    ends = [factors[0], factors[-1]]
    proportional = [traffic.proportional[0], traffic.proportional[-1]]
    axes.plot(ends, proportional, label=f"in proportion to the cost {at}", **other.line)
    plot_estimates(axes, factors, traffic.month, own, "simulated")
    kept_out = [place for place, more in enumerate(traffic.unserved) if more > 0]
    if kept_out:
        axes.plot(
            [factors[place] for place in kept_out], [traffic.month[place].value for place in kept_out],
            label="not all of the traffic is served", marker=own.marker, markersize=8, markerfacecolor=PAPER,
            markeredgecolor=own.color, markeredgewidth=1.6, linestyle="none", zorder=4,
        )  # fmt: skip
    _set_axes(traffic, axes)
    scale = ", log scale" if axes.get_xscale() == "log" else ""
    axes.set_xlabel(f"times the traffic{scale}", color=INK)
    axes.set_ylabel(f"cost of a month{scale}", color=INK)
    legend(axes)


def _set_axes(traffic: _Traffic, axes: Axes) -> None:
    """Linear from 0 on, or both logarithmic where factors lie far apart: so proportion stays a straight line."""
    factors = traffic.factors
    costs = [*(each.value for each in traffic.month), *traffic.proportional]
    tops = [each.high for each in traffic.month if not math.isnan(each.high)]
    if factors[-1] > _ON_LOG * factors[0] and min(costs) > 0:
        log_axis_at(axes, factors, [number(factor) for factor in factors], 10)
        log_number_axis(axes.yaxis, min(costs), max([*costs, *tops]), "$")
        return
    axes.set_xlim(0, 1.04 * factors[-1])
    axes.set_ylim(0, 1.08 * max([*costs, *tops]) or 1.0)
    number_axis(axes.xaxis)
    number_axis(axes.yaxis, "$")


def _words(traffic: _Traffic) -> str:
    """The cost at the base and at the most traffic, and that in proportion."""
    base, last = traffic.base, len(traffic.factors) - 1
    at = ["the present traffic" if factor == 1 else f"{number(factor)} times the traffic" for factor in traffic.factors]
    expected = traffic.proportional[last]
    told = (
        f"At {at[base]} a month costs {interval(_MONTH, traffic.month[base])}, at {at[last]} "
        f"{interval(_MONTH, traffic.month[last])}, where proportion would be {usd(expected)}."
    )
    kept_out = [place for place, more in enumerate(traffic.unserved) if more > 0]
    if kept_out:
        first = kept_out[0]
        told += (
            f" From {at[first]} on not all of it is served: there {share(traffic.unserved[first])} more of the events "
            f"end without success than at {at[base]}."
        )
    return told + traffic.month_note


def _table(traffic: _Traffic, title: str) -> Table:
    with_unserved = any(traffic.unserved)
    rows = [
        (
            f"x{factor:,.10g}",
            interval(_MONTH, cost),
            usd(expected),
            share(cost.value / expected) if expected > 0 else "-",
            *([share(more)] if with_unserved else []),
        )
        for factor, cost, expected, more in zip(
            traffic.factors, traffic.month, traffic.proportional, traffic.unserved, strict=True
        )
    ]
    columns = ("traffic", "a month", "in proportion", "of that", *(["more not served"] if with_unserved else []))
    return table(title, columns, rows)
