"""Variants beside each other: of each measure the paired differences to the baseline, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lambdasim.analysis.directions import Better
from lambdasim.analysis.telling import change, interval, named, quantity, unit_of
from lambdasim.analysis.variants import head_and_names
from lambdasim.analysis.verdicts import Compared, Row, Verdict
from lambdasim.display.numbers import share, short_month_sentence
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError, printable
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.scales import number_axis
from lambdasim.plots.style import BLUE, GREEN, INK, PAPER, SMALL, VERMILLION, dress, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.analysis.compare import Comparison
    from lambdasim.scenario.measures import Measure

MOST_VARIANTS, MOST_PANELS, MOST_ROWS = 12, 4, 40  # that a reader looks through
_MOST_TOLD = 4  # variants of one verdict, in words
_LONGEST = 22  # signs of a variant's name on the axis
_ROW_IN, _HEAD_IN = 0.27, 0.95  # inches: a variant's row; a panel's title and axis
_SIGN_IN, _GAP_IN = 0.075, 0.15  # of the columns beside the axes: a sign, a gap
_MARKS = {  # by verdict: marker, colour, whether it is filled
    Verdict.BETTER: ("^", GREEN, True),
    Verdict.WORSE: ("s", VERMILLION, True),
    Verdict.HIGHER: (">", BLUE, True),
    Verdict.LOWER: ("<", BLUE, True),
    Verdict.NOT_SHOWN: ("o", BLUE, False),
    Verdict.EQUAL: ("D", BLUE, False),
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is drawn of a comparison: some of its variants (their places, in order), some of its measures."""

    head: str
    names: tuple[str, ...]
    baseline: int
    recommended: int | None
    variants: list[int]
    panels: list[Compared]

    @property
    def labels(self) -> list[str]:
        """The variants' names on the axis: numbered where they are too long to stand there whole and to differ."""
        short = [shortened(self.names[place], _LONGEST) for place in self.variants]
        if len(set(short)) < len(short):
            short = [f"{place + 1}: {shortened(self.names[place], _LONGEST - 4)}" for place in self.variants]
        return short


def comparison_drawing(comparison: Comparison) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.comparison`."""
    shown = _shown(comparison)
    sure = f"{share(comparison.each)} intervals, {comparison.design.replications} paired replications"
    taken = "; shaded: the recommended variant"
    few = len(shown.variants) < len(shown.names)
    title = (
        f"{f'{len(shown.variants)} of {len(shown.names)} variants, d' if few else 'D'}ifferences to "
        f"{printable(comparison.labels[comparison.baseline])}: {sure}{'' if shown.recommended is None else taken}"
    )
    first = comparison.variants[0].scenario
    month = short_month_sentence(first.measured_s if comparison.same_time else None)
    height = len(shown.panels) * (_HEAD_IN + _ROW_IN * len(shown.variants)) + 0.3
    return Drawing(
        title,
        f"{_words(shown, comparison.labels)}{month}",
        _table(comparison, shown, title),
        partial(_draw, shown),
        (7.2, height),
    )


def _shown(comparison: Comparison) -> _Shown:
    differing = [one for one in comparison.compared if one.has_pairs and not one.all_equal]
    if not differing:
        raise FigureError("no measure differs between any two variants, replication by replication")
    first = comparison.foremost if comparison.foremost in differing else differing[0]
    recommendation = comparison.recommendation
    recommended = None if recommendation is None else recommendation.cheapest
    variants = _variants(first, comparison.baseline, recommended)
    most = max(2, min(MOST_PANELS, MOST_ROWS // len(variants)))
    head, names = head_and_names([printable(label) for label in comparison.labels])
    return _Shown(head, names, comparison.baseline, recommended, variants, _panels(differing, first, most))


def _panels(differing: Sequence[Compared], first: Compared, most: int) -> list[Compared]:
    """The measure that counts first, then the others in their order; the cost, which is the last, is never left out."""
    ordered = [first, *(one for one in differing if one is not first)]
    return ordered if len(ordered) <= most else [*ordered[: most - 1], ordered[-1]]


def _variants(first: Compared, baseline: int, recommended: int | None) -> list[int]:
    """All, or of many the baseline, the one that is recommended, and the best of the rest by the first measure."""
    places = range(len(first.rows))
    if len(places) <= MOST_VARIANTS:
        return list(places)
    sign = {Better.LOWER: 1.0, Better.HIGHER: -1.0, None: 0.0}[first.better]

    def rank(place: int) -> tuple[bool, bool, float]:
        value = first.rows[place].estimate.value
        return place not in (baseline, recommended), math.isnan(value), 0.0 if math.isnan(value) else sign * value

    return sorted(sorted(places, key=rank)[:MOST_VARIANTS])


def _draw(shown: _Shown, figure: Figure) -> None:
    cells = {compared.measure: _cells(shown, compared) for compared in shown.panels}
    widths = [max(len(row[column]) for rows in cells.values() for row in rows) * _SIGN_IN for column in (0, 1)]
    room = (sum(widths) + 2 * _GAP_IN) / figure.get_figwidth()
    engine = figure.get_layout_engine()
    if engine is not None:
        top = 1 - _GAP_IN / figure.get_figheight()  # for the columns' heads, where no title stands above
        engine.set(rect=(0, 0, 1 - room, top))  # type: ignore[call-arg]
    panels = figure.subplots(len(shown.panels), 1, squeeze=False)[:, 0]
    for axes, compared in zip(panels, shown.panels, strict=True):
        _draw_panel(shown, compared, axes)
        _write_columns(axes, cells[compared.measure], (_GAP_IN, 2 * _GAP_IN + widths[0]))


def _cells(shown: _Shown, compared: Compared) -> list[tuple[str, str]]:
    """What stands beside the axes: a head, then each variant's estimate and verdict."""
    rows = [compared.rows[place] for place in shown.variants]
    return [("estimate", "verdict"), *((_value(compared.measure, row), row.verdict.value) for row in rows)]


def _value(measure: Measure, row: Row) -> str:
    """An estimate in its unit, without its interval: the table has that."""
    return f"{quantity(measure, row.estimate.value)}{unit_of(measure)}" if row.estimate.n else "-"


def _write_columns(axes: Axes, cells: Sequence[tuple[str, str]], places_in: tuple[float, float]) -> None:
    """Columns right of the axes, at so many inches from it; the room for them is kept free by who calls."""
    for number, row in enumerate(cells):
        for place_in, text in zip(places_in, row, strict=True):
            written = axes.annotate(
                text, (1.0, number - 1.0), (72 * place_in, 0), xycoords=axes.get_yaxis_transform(),
                textcoords="offset points", va="center", fontsize=SMALL, color=INK, annotation_clip=False,
            )  # fmt: skip
            written.set_in_layout(False)


def _draw_panel(shown: _Shown, compared: Compared, axes: Axes) -> None:
    """A forest plot: a row for each variant, its difference on the axis, its estimate and verdict beside it."""
    dress(axes, grid="x")
    scale = 100.0 if compared.measure.is_share else 1.0
    for row_number, place in enumerate(shown.variants):
        row = compared.rows[place]
        if place == shown.recommended:
            axes.axhspan(row_number - 0.5, row_number + 0.5, facecolor=INK, alpha=0.07, linewidth=0)
        _draw_difference(row, row_number, scale, axes)
    axes.axvline(0, color=INK, linewidth=1.0)
    axes.set_ylim(len(shown.variants) - 0.5, -0.5)
    axes.set_yticks(range(len(shown.variants)), shown.labels)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.08)
    number_axis(axes.xaxis, "$" if compared.measure.is_money else "", ticks=6)
    axes.set_title(printable(compared.measure.text), loc="left", color=INK)
    unit = "percentage points" if compared.measure.is_share else unit_of(compared.measure).strip()
    axes.set_xlabel(f"difference to the baseline{f', {unit}' if unit else ''}", color=INK, fontsize=SMALL)


def _draw_difference(row: Row, place: int, scale: float, axes: Axes) -> None:
    if row.verdict is Verdict.BASELINE:
        axes.plot([0], [place], marker="|", markersize=11, markeredgewidth=2.0, color=INK, linestyle="none")
        return
    if row.difference is None or row.verdict not in _MARKS:
        return
    difference = row.difference.absolute
    marker, color, filled = _MARKS[row.verdict]
    if not math.isnan(difference.low):
        ends = [difference.low * scale, difference.high * scale]
        axes.plot(ends, [place, place], color=color, linewidth=1.4, marker="|", markersize=6, markeredgewidth=1.2)
    axes.plot(
        [difference.value * scale], [place], marker=marker, markersize=7, color=color,
        markerfacecolor=color if filled else PAPER, markeredgecolor=color, linestyle="none", zorder=3,
    )  # fmt: skip


def _words(shown: _Shown, labels: Sequence[str]) -> str:
    """What is recommended; then for the first two measures which variants differ from the baseline and by how much."""
    best = shown.recommended
    recommended = "None is recommended." if best is None else f"Take {printable(labels[best])}."
    return " ".join([recommended, *(_told(shown, compared, labels[shown.baseline]) for compared in shown.panels[:2])])


def _told(shown: _Shown, compared: Compared, baseline: str) -> str:
    groups: dict[Verdict, list[int]] = {}
    for place in shown.variants:
        groups.setdefault(compared.rows[place].verdict, []).append(place)
    told = []
    for verdict, places in groups.items():
        if verdict is Verdict.BASELINE:
            continue
        names = [_changed(shown, compared, place) for place in places[:_MOST_TOLD]]
        more = f" and {len(places) - _MOST_TOLD} more" if len(places) > _MOST_TOLD else ""
        told.append(f"{verdict.value} with {', '.join(names)}{more}")
    return f"{_measure(compared)} compared with {printable(baseline)}: {'; '.join(told)}."


def _measure(compared: Compared) -> str:
    return named(printable(compared.measure.text), compared.measure)


def _changed(shown: _Shown, compared: Compared, place: int) -> str:
    difference = compared.rows[place].difference
    if difference is None or not difference.is_shown:
        return shown.names[place]
    return f"{shown.names[place]} ({change(compared.measure, difference.absolute)})"


def _table(comparison: Comparison, shown: _Shown, title: str) -> Table:
    """Of every measure and every variant, drawn or not."""
    rows = [
        (
            _measure(compared),
            name,
            interval(compared.measure, row.estimate),
            "-" if row.difference is None else change(compared.measure, row.difference.absolute),
            row.verdict.value,
        )
        for compared in comparison.compared
        for name, row in zip(shown.names, compared.rows, strict=True)
    ]
    columns = ("measure", shown.head, "estimate", f"to {shown.names[shown.baseline]}", "verdict")
    return table(title, columns, rows, "measure", shown.head, "verdict")
