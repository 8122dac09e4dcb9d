"""Memory against latency and cost: what more memory buys, and what it costs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lambdasim.analysis.served import WORTH_TELLING
from lambdasim.analysis.sweep_table import SweepTable
from lambdasim.analysis.telling import amount, interval
from lambdasim.display.numbers import share, short_month_sentence
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError
from lambdasim.plots.curves import log_axis_at, plot_estimates, ring
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.scales import duration_axis, log_duration_axis, number_axis
from lambdasim.plots.style import COLD, INK, SERIES, TEXT, WARM, Mark, dress, legend

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from lambdasim.analysis.intervals import Estimate
    from lambdasim.analysis.sweep import Sweep
    from lambdasim.scenario.measures import Measure

_PATH = re.compile(r"functions\.(?P<function>[\w-]+)\.memory_size")
_COSTS = {  # in the order in which they are preferred; {} stands for the function
    "total.cost_usd_per_month": "cost of a month",
    "functions.{}.cost_usd.per_million_invocations": "cost of a million runs",
    "functions.{}.cost_usd.total": "cost of the run",
    "total.cost_usd": "cost of the run",
}
_TIMES = {"latency_ms": "latency", "duration_ms": "duration", "cold_start_ms": "cold start"}
_ON_LOG = 8.0  # times the lowest time: from there on a linear axis hides what is low
_MARKS = (WARM, SERIES[4], SERIES[5], SERIES[3])  # of times but cold starts; cost has the third
_COST_MARK = SERIES[2]


def memory_measures(function: str) -> tuple[str, ...]:
    """What to measure in a sweep for the figure ``memory`` of a function."""
    keys = ("latency_ms.p50", "latency_ms.p99", "cold_start_ms.p99", "events", "successes")
    return (*(f"functions.{function}.{key}" for key in keys), "total.cost_usd_per_month")


def path_of(function: str) -> str:
    """Where a function's memory stands in a scenario."""
    return f"functions.{function}.memory_size"


def _function_in(paths: Iterable[str]) -> str | None:
    """The function whose memory is among what is varied; None if that of none is, the first of several."""
    return next((match["function"] for path in paths if (match := _PATH.fullmatch(path))), None)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """What is drawn, each in the order of the sizes (MB): times by what they are, the cost, and who serves.

    A size that leaves more events without success than the best one does is cheap and quick for nothing.
    """

    function: str
    mb: list[int]
    times: list[tuple[Measure, str, Mark, list[Estimate]]]
    cost: tuple[Measure, str, list[Estimate]]
    unserved: list[float]
    month: str

    @property
    def serving(self) -> list[int]:
        """The places of the sizes that serve, and of which latency and cost are known."""
        least = min((each for each in self.unserved if not math.isnan(each)), default=math.nan)
        slowest, costs = self.slow[3], self.cost[2]
        return [
            place
            for place, unserved in enumerate(self.unserved)
            if not unserved > least + WORTH_TELLING and not math.isnan(slowest[place].value + costs[place].value)
        ]

    @property
    def slow(self) -> tuple[Measure, str, Mark, list[Estimate]]:
        """The time that says which is fastest: the highest percentile of the latency."""
        own = [each for each in self.times if each[0].keys[0] != "cold_start_ms"]
        return max(own, key=lambda each: (each[0].keys[0] == "latency_ms", _percentile(each[0])))


def memory_drawing(sweep: Sweep | SweepTable, *, function: str | None = None) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.memory`."""
    sizes = _sizes(SweepTable.of(sweep), function)
    title = f"Memory of {sizes.function}: latency and cost"
    return Drawing(title, _words(sizes), _table(sizes, title), partial(_draw, sizes), (7.2, 4.4))


def _sizes(swept: SweepTable, function: str | None) -> _Sizes:
    name = whose_memory(swept.paths, len(swept.points), function)
    mb = [_mb(point[path_of(name)]) for point in swept.points]
    found = {".".join(measure.path): measure for measure in swept.measures}
    times = [measure for text, measure in found.items() if _time_of(measure, name)]
    cost = next((found[text.format(name)] for text in _COSTS if text.format(name) in found), None)
    wanted = [f"--measure {name}.latency_ms.p99"] if all(each.keys[0] == "cold_start_ms" for each in times) else []
    wanted += ["--measure total.cost_usd_per_month"] if cost is None else []
    if cost is None or wanted:
        raise FigureError(f"the sweep lacks what the figure shows of {name}; add {' and '.join(wanted)}")
    order = sorted(range(len(swept.points)), key=lambda place: mb[place])

    def sorted_by_size(measure: Measure) -> list[Estimate]:
        column = swept.column(measure)
        return [column[place] for place in order]

    if not any(each.value > 0 for measure in times for each in sorted_by_size(measure)):
        raise FigureError(f"no call of {name} has a latency at any size: none ended in success")
    counts = [found.get(f"functions.{name}.{key}") for key in ("events", "successes")]
    events, successes = ([] if each is None else sorted_by_size(each) for each in counts)
    unserved = [
        1 - done.value / offered.value if offered.value > 0 else math.nan
        for offered, done in zip(events, successes, strict=False)
    ]
    return _Sizes(
        function=name,
        mb=[mb[place] for place in order],
        times=[(each, _named(each), each_mark, sorted_by_size(each)) for each, each_mark in _marked(times)],
        cost=(cost, _COSTS[".".join(cost.path).replace(f".{name}.", ".{}.")], sorted_by_size(cost)),
        unserved=unserved or [math.nan] * len(order),
        month=short_month_sentence(swept.measured_s) if cost.path[-1].endswith("_per_month") else "",
    )


def whose_memory(paths: Sequence[str], points: int, function: str | None) -> str:
    """The function whose memory is varied, and nothing else, in a sweep over these paths with so many points.

    ``function``: whose it ought to be; None: anyone's.

    Raises:
        FigureError: it is another's, there is something else that is varied, or a single point.
    """
    varied = _function_in(paths)
    if varied is None:
        example = f"{path_of(function or 'api')}=256,512,1024"
        raise FigureError(f"the sweep varies no function's memory; vary it, such as {example}")
    if function is not None and path_of(function) not in paths:
        raise FigureError(f"the sweep varies the memory of {varied}, not of {function}")
    name = function or varied
    if others := [path for path in paths if path != path_of(name)]:
        raise FigureError(f"the sweep varies {', '.join(others)}, too; vary the memory of one function alone")
    if points < 2:
        raise FigureError("the sweep has a single memory size; vary two or more")
    return name


def _mb(text: str) -> int:
    try:
        return int(float(text))
    except ValueError:
        raise FigureError(f"{text!r} is no memory size in MB; vary numbers alone") from None


def _time_of(measure: Measure, function: str) -> bool:
    return measure.path[:2] == ("functions", function) and measure.keys[0] in _TIMES and len(measure.keys) == 2


def _percentile(measure: Measure) -> float:
    return float(measure.path[-1].removeprefix("p")) if measure.is_percentile else 0.0


def _named(measure: Measure) -> str:
    """``latency p99``."""
    kind, what = measure.keys
    return f"{_TIMES[kind]} {what}"


def _marked(times: Sequence[Measure]) -> list[tuple[Measure, Mark]]:
    """Times from the lowest percentile up, each with its mark: cold starts have theirs, and come last."""
    ordered = sorted(times, key=lambda each: (each.keys[0] == "cold_start_ms", each.keys[0], _percentile(each)))
    marks = iter(_MARKS * len(ordered))
    return [(each, COLD if each.keys[0] == "cold_start_ms" else next(marks)) for each in ordered]


def _draw(sizes: _Sizes, figure: Figure) -> None:
    axes = figure.subplots()
    right = axes.twinx()
    for each in (axes, right):
        dress(each, grid="both" if each is axes else "none")
    right.spines[["left", "right"]].set_visible(True)
    for _, name, mark, estimates in sizes.times:
        plot_estimates(axes, sizes.mb, estimates, mark, name)
    _, what, costs = sizes.cost
    plot_estimates(right, sizes.mb, costs, _COST_MARK, f"{what} (right axis)")
    _set_time_axis(sizes, axes.yaxis)
    top = max((each.high if not math.isnan(each.high) else each.value for each in costs), default=1.0)
    right.set_ylim(0, 1.08 * top if top > 0 else 1.0)
    number_axis(right.yaxis, "$")
    log_axis_at(axes, sizes.mb, [f"{size:,}" for size in sizes.mb], 2)
    axes.set_xlabel("memory, MB", color=INK)
    axes.set_ylabel("time, log scale" if axes.get_yscale() == "log" else "time", color=INK)
    right.set_ylabel(what, color=INK, fontsize=TEXT)
    shown = [handle for each in (axes, right) for handle in each.get_legend_handles_labels()[0]]
    shown += _rings(sizes, axes, right) if sizes.serving else []
    legend(axes, handles=shown, labels=[str(each.get_label()) for each in shown])


def _rings(sizes: _Sizes, axes: Axes, right: Axes) -> list[Artist]:
    """Around the cheapest and around the fastest."""
    slow, _, _, slowest = sizes.slow
    measure, _, costs = sizes.cost
    fast, cheap = _best(slowest, sizes.serving), _best(costs, sizes.serving)
    among = "" if len(sizes.serving) == len(sizes.mb) else " that serves"  # others lose more events
    return [
        ring(
            right, sizes.mb[cheap], costs[cheap].value, "s", f"cheapest{among}: {_told(sizes, measure, costs, cheap)}"
        ),
        ring(axes, sizes.mb[fast], slowest[fast].value, "o", f"fastest{among}: {_told(sizes, slow, slowest, fast)}"),
    ]


def _set_time_axis(sizes: _Sizes, axis: Axis) -> None:
    """From 0 on, or logarithmic where times lie far apart."""
    values = [each.value for *_, estimates in sizes.times for each in estimates if each.value > 0]
    tops = [each.high for *_, estimates in sizes.times for each in estimates if each.high > 0]
    low, high = min(values), max([*values, *tops])
    if high > _ON_LOG * low:
        log_duration_axis(axis, low, high)
    else:
        duration_axis(axis, 0.0, 1.08 * high)


def _best(estimates: Sequence[Estimate], among: Sequence[int]) -> int:
    return min(among, key=lambda place: estimates[place].value)


def _told(sizes: _Sizes, measure: Measure, estimates: Sequence[Estimate], place: int) -> str:
    return f"{sizes.mb[place]:,} MB, {amount(measure, estimates[place]).partition(' [')[0]}"


def _words(sizes: _Sizes) -> str:
    """How the slow calls' latency and the cost go from the smallest to the largest, and which are best."""
    slow, name, _, slowest = sizes.slow
    measure, what, costs = sizes.cost
    serving = sizes.serving
    ends = (serving[0], serving[-1]) if serving else (0, -1)
    told = (
        f"From {sizes.mb[ends[0]]:,} to {sizes.mb[ends[1]]:,} MB {sizes.function}'s {name} goes from "
        f"{amount(slow, slowest[ends[0]])} to {amount(slow, slowest[ends[1]])}, and the {what} from "
        f"{interval(measure, costs[ends[0]])} to {interval(measure, costs[ends[1]])}."
    )
    if serving:
        fast, cheap = _best(slowest, serving), _best(costs, serving)
        told += (
            f" By the estimates {sizes.mb[cheap]:,} MB is the cheapest ({interval(measure, costs[cheap])}) and "
            f"{sizes.mb[fast]:,} MB the fastest ({amount(slow, slowest[fast])})."
        )
    if out := [f"{sizes.mb[place]:,}" for place in range(len(sizes.mb)) if place not in serving]:
        told += f" At {', '.join(out)} MB more events end without success, so that neither is sought there."
    return told + sizes.month


def _table(sizes: _Sizes, title: str) -> Table:
    measure, what, costs = sizes.cost
    with_unserved = not all(map(math.isnan, sizes.unserved))
    rows = [
        (
            f"{size:,}",
            *(interval(time, estimates[place]) for time, _, _, estimates in sizes.times),
            interval(measure, costs[place]),
            *([share(None if math.isnan(sizes.unserved[place]) else sizes.unserved[place])] if with_unserved else []),
        )
        for place, size in enumerate(sizes.mb)
    ]
    columns = ("memory (MB)", *(f"{name} (ms)" for _, name, *_ in sizes.times), what)
    return table(title, (*columns, *(["not served"] if with_unserved else [])), rows)
