"""Panels over time: one above the other on the scenario's clock, with warm-up and drain shaded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lambdasim.display.numbers import many
from lambdasim.plots.scales import clock, clock_axis, count_axis
from lambdasim.plots.style import INK, SMALL, Mark, dress, legend, shortened
from lambdasim.units import US_PER_HOUR, US_PER_S

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.header import Header, LimitFacts
    from lambdasim.plots.buckets import Buckets

_SEEN = 0.01  # a smaller part of a panel tells nothing
_DAYTIME_US = 6 * US_PER_HOUR  # from here on the time of the day means something: a judgement
_LIMIT_DASHES = ((6, 2), (1.5, 1.5), (8, 2, 1.5, 2), (3, 3))
_IN_SIGHT, _SMALL_LIMIT = 2.5, 10  # a limit is drawn if it is not above so many times the data, or is small anyway


@dataclass(frozen=True, slots=True)
class Steps:
    """A limit over time: ``values`` from ``at_us`` on, each until the next; None: there is none then.

    ``write`` is how its values are written.
    """

    name: str
    at_us: Sequence[int]
    values: Sequence[int | None]
    write: Callable[[float], str] = "{:,}".format

    @classmethod
    def of(cls, name: str, facts: Sequence[LimitFacts]) -> Steps:
        """From the header's facts of one scope."""
        return cls(name, [fact.from_us for fact in facts], [fact.limit for fact in facts])

    @property
    def text(self) -> str:
        """The limit in words: ``account's quota 100, from 8m on 1,000``; of more changes the lowest and the highest."""
        if len(self.values) <= 2:
            texts = [self._written(value) for value in self.values]
            texts[1:] = [
                f"from {clock(at_us / US_PER_S)} on {text}" for at_us, text in zip(self.at_us, texts, strict=True)
            ][1:]
            return f"{self.name} {', '.join(texts)}"
        known = [value for value in self.values if value is not None]
        return f"{self.name} {self.write(min(known))} to {self.write(max(known))}, {len(self.values) - 1} changes"

    def at(self, instant_us: int) -> int | None:
        """What holds at an instant; None: none."""
        place = bisect_right(self.at_us, instant_us)
        return self.values[place - 1] if place else None

    def before(self, end_us: int) -> Steps:
        """Without what changes at ``end_us`` or later."""
        known = bisect_left(self.at_us, max(end_us, 1))
        return Steps(self.name, self.at_us[:known], self.values[:known], self.write)

    def _written(self, value: int | None) -> str:
        return "none" if value is None else self.write(value)

    @property
    def least(self) -> int | None:
        """The lowest value that there is."""
        return min((value for value in self.values if value is not None), default=None)


def time_panels(figure: Figure, heights: Sequence[float], end_us: int, header: Header) -> list[Axes]:
    """Panels one above the other that share the scenario's clock, from 0 to ``end_us``; heights are relative.

    Warm-up and drain are shaded; a drain that would hardly be seen is left out.
    """
    end_us = _seen_us(header, end_us)
    panels = list(figure.subplots(len(heights), 1, sharex=True, height_ratios=list(heights), squeeze=False)[:, 0])
    for axes in panels:
        dress(axes)
        axes.label_outer()
        _shade(axes, end_us, header)
    clock_axis(panels[-1].xaxis, 0.0, end_us / US_PER_S)
    spans = _shaded(header, end_us)
    label = clock_label(header, end_us) + (f" (shaded: {spans})" if spans else "")
    panels[-1].xaxis.set_label_text(label, color=INK)
    return panels


def _seen_us(header: Header, end_us: int) -> int:
    return header.duration_us if end_us - header.duration_us < _SEEN * end_us else end_us


def _shaded(header: Header, end_us: int) -> str:
    spans = (("warm-up", header.warm_up_us > 0), ("drain", _seen_us(header, end_us) > header.duration_us))
    return " and ".join(name for name, there in spans if there)


def refused(throttles: int) -> str:
    """How many attempts were throttled, in a clause."""
    if not throttles:
        return "no attempt was throttled"
    return f"{many(throttles, 'attempt')} {'was' if throttles == 1 else 'were'} throttled"


def included(header: Header, end_us: int) -> str:
    """A sentence behind words that count all that is drawn, where the summary counts less; with the blank before it."""
    spans = _shaded(header, end_us)
    return f" The {spans} {'are' if ' and ' in spans else 'is'} included." if spans else ""


def left_out(header: Header) -> str:
    """A sentence behind words that have the summary's numbers, where more is drawn; with the blank before it."""
    return " The warm-up is left out." if header.warm_up_us else ""


def clock_label(header: Header, span_us: int) -> str:
    """What the clock counts from; of long runs with the day and time of its start, which daily curves hang on."""
    text = "time since the scenario's start"
    if span_us >= _DAYTIME_US:
        start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=header.start_epoch_s)
        text += f", {start:%a} {start.day} {start:%b %Y %H:%M} UTC"
    return text


def _shade(axes: Axes, end_us: int, header: Header) -> None:
    spans = ((0, header.warm_up_us), (header.duration_us, end_us))
    for from_us, to_us in spans:
        if to_us > from_us:
            axes.axvspan(from_us / US_PER_S, to_us / US_PER_S, facecolor=INK, alpha=0.08, linewidth=0)


def draw_steps(
    axes: Axes, buckets: Buckets, values: NDArray[Any], mark: Mark, label: str, *, filled: bool = False
) -> None:
    """A value for each bucket, as steps; where it is NaN the line has a gap."""
    if filled:
        axes.stairs(np.nan_to_num(values), buckets.edges_s, fill=True, facecolor=mark.color, alpha=0.18, linewidth=0)
    if buckets.count == 1:  # too few steps to be joined by a line
        values = np.repeat(values, 2)
        axes.plot(buckets.edges_s, values, label=label, **mark.line)
        return
    held = np.append(np.asarray(values, dtype=np.float64), values[-1])
    axes.plot(buckets.edges_s, held, drawstyle="steps-post", label=label, **mark.line)


def draw_bars(axes: Axes, buckets: Buckets, series: Sequence[tuple[str, NDArray[Any], Mark]]) -> None:
    """Counts for each bucket, one series upon the other, without gaps between the buckets."""
    below = np.zeros(buckets.count)
    for name, counts, mark in series:
        if counts.any():
            label = f"{name}: {int(counts.sum()):,}"
            edges = buckets.edges_s
            axes.stairs(below + counts, edges, baseline=below, fill=True, label=label, **mark.area)
        below = below + counts
    set_counts(axes, float(below.max(initial=0)))


def draw_limits(axes: Axes, limits: Sequence[Steps], end_us: int, peak: float) -> list[Artist]:
    """Lines of ink where limits are, in a panel whose data go up to ``peak``; sets its range. Returns their handles.

    A limit far above is not drawn, as it would flatten the rest; its place in the legend says so.
    """
    from matplotlib.lines import Line2D  # noqa: PLC0415 - slow to load

    handles: list[Artist] = []
    top = peak
    in_sight = max(_IN_SIGHT * peak, _SMALL_LIMIT)
    for number, limit in enumerate(limits):
        style: dict[str, Any] = {
            "color": INK,
            "linewidth": 1.1,
            "linestyle": (0, _LIMIT_DASHES[number % len(_LIMIT_DASHES)]),
        }
        seen = limit.least is not None and limit.least <= in_sight
        if seen:
            times_s = [at_us / US_PER_S for at_us in (*limit.at_us, end_us)]
            values = [np.nan if value is None else float(value) for value in (*limit.values, limit.values[-1])]
            axes.plot(times_s, values, drawstyle="steps-post", **style)
            top = max([top, *(value for value in limit.values if value is not None and value <= in_sight)])
            handles.append(Line2D([], [], label=limit.text, **style))
        else:
            handles.append(Line2D([], [], label=f"{limit.text} (above)", marker="^", color=INK, linestyle="none"))
    set_counts(axes, top)
    return handles


def set_counts(axes: Axes, highest: float) -> None:
    """The range and the ticks of a panel of counts from 0 up to ``highest``."""
    axes.set_ylim(0, max(highest * 1.08, 1))
    count_axis(axes.yaxis)


def panel_legend(axes: Axes, more: Sequence[Artist] = ()) -> None:
    """The legend of what has a label in the panel, then of ``more``."""
    handles, labels = axes.get_legend_handles_labels()
    legend(axes, handles=[*handles, *more], labels=[*labels, *(str(handle.get_label()) for handle in more)])


def name_panel(axes: Axes, text: str) -> None:
    """What a panel's values are, along its axis."""
    axes.set_ylabel(text, fontsize=SMALL + 0.5, color=INK)


def shown_name(name: str) -> str:
    """A name for a legend, which leaves out labels that begin with an underscore."""
    short = shortened(name)
    return f" {short}" if short.startswith("_") else short
