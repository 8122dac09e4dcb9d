"""What a run's bill is made of: who uses it, and for what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lambdasim.billing.bill import Bill, Line
from lambdasim.display.numbers import month_of, share, usd
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.scales import number_axis
from lambdasim.plots.style import INK, SMALL, dress, legend, mark, shortened
from lambdasim.units import US_PER_MONTH, US_PER_S

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lambdasim.header import Header
    from lambdasim.result.result import Result

MOST_OWNERS, MOST_ITEMS = 12, 6  # told apart; the smallest of more go together
_OTHERS = "other items"


@dataclass(frozen=True, slots=True)
class _Owner:
    """A function, a trigger or the account: what each item costs it a month, in USD; rebates are below 0."""

    name: str
    usd: Mapping[str, float]

    @property
    def total(self) -> float:
        return math.fsum(self.usd.values())


def cost_drawing(result: Result) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.cost`."""
    bill = result.bill
    if not bill.lines:
        raise FigureError("nothing of this run is billed: nothing ran, and nothing is paid by the hour")
    owners = _owners(bill, result.header)
    shown = _few(owners)
    items = _items(shown)
    month = month_of(result.header.measured_us / US_PER_S)
    total = bill.month_usd
    title = f"What a month {month} costs: {usd(total)}, by who uses what"
    return Drawing(
        title=title,
        words=_words(owners, total, month),
        table=_table(bill, result.header, title),
        draw=partial(_draw, shown, items, total),
        size=(7.2, 1.5 + 0.36 * len(shown) + 0.2 * (len(items) > 3)),
    )


def _owners(bill: Bill, header: Header) -> list[_Owner]:
    """Who is billed, the dearest first."""
    month = US_PER_MONTH / bill.span_us
    owners: dict[str, dict[str, float]] = {}
    for line in bill.lines:
        parts = owners.setdefault(_label(line, header), {})
        item = _group(line.item)
        parts[item] = parts.get(item, 0.0) + line.usd * month
    return sorted((_Owner(name, parts) for name, parts in owners.items()), key=lambda owner: -owner.total)


def _label(line: Line, header: Header) -> str:
    """A function by its name, a trigger with its kind: both may have the same name."""
    if line.kind == "function":
        return line.owner
    if line.kind == "account":
        return "the account (VPC)"
    return f"{line.owner} ({next(trigger.kind for trigger in header.triggers if trigger.name == line.owner)})"


def _group(item: str) -> str:
    """Rebates by what grants them: ``free tier: requests`` is of the ``free tier``."""
    grant, found, _ = item.partition(": ")
    return grant if found else item


def _few(owners: Sequence[_Owner]) -> list[_Owner]:
    """The dearest, and the rest as one."""
    if len(owners) <= MOST_OWNERS:
        return list(owners)
    rest: dict[str, float] = {}
    for owner in owners[MOST_OWNERS - 1 :]:
        for item, cost in owner.usd.items():
            rest[item] = rest.get(item, 0.0) + cost
    return [*owners[: MOST_OWNERS - 1], _Owner(f"{len(owners) - MOST_OWNERS + 1} others", rest)]


def _items(owners: Sequence[_Owner]) -> list[str]:
    """The items that have a mark of their own, the largest first; then what is left of them, if there is any."""
    sizes: dict[str, float] = {}
    for owner in owners:
        for item, cost in owner.usd.items():
            sizes[item] = sizes.get(item, 0.0) + abs(cost)
    ordered = sorted(sizes, key=lambda item: -sizes[item])
    return ordered if len(ordered) <= MOST_ITEMS + 1 else [*ordered[:MOST_ITEMS], _OTHERS]


def _draw(owners: Sequence[_Owner], items: Sequence[str], total: float, figure: Figure) -> None:
    axes = figure.subplots()
    dress(axes, grid="x")
    places = range(len(owners))
    up, down = ([0.0] * len(owners) for _ in range(2))
    for number, item in enumerate(items):
        costs = [_cost_of(owner, item, items) for owner in owners]
        for place, cost in enumerate(costs):
            base = up if cost >= 0 else down
            label = item if place == 0 else None
            axes.barh(place, cost, left=base[place], height=0.66, label=label, **mark(number).area)
            base[place] += cost
    reach = max(*up, -min(down)) or 1.0
    for place, owner in enumerate(owners):
        part = f"  ({_part(owner.total / total)})" if total > 0 and len(owners) > 1 else ""
        axes.annotate(
            f"{usd(owner.total)}{part}", (up[place], place), (5, 0), textcoords="offset points", va="center",
            color=INK, fontsize=SMALL,
        )  # fmt: skip
    axes.set_xlim(min(down) * 1.05, max(up) + 0.27 * reach)
    axes.set_yticks(places, [shortened(owner.name, 30) for owner in owners])
    axes.set_ylim(len(owners) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    number_axis(axes.xaxis, "$")
    axes.set_xlabel("a month", color=INK)
    if min(down) < 0:
        axes.axvline(0, color=INK, linewidth=0.8)
    legend(axes)


def _part(value: float) -> str:
    """A share in whole per cent: a picture shows no more."""
    return "under 1 %" if 0 < value < 0.005 else f"{value * 100:.0f} %"


def _cost_of(owner: _Owner, item: str, items: Sequence[str]) -> float:
    if item != _OTHERS:
        return owner.usd.get(item, 0.0)
    return math.fsum(cost for other, cost in owner.usd.items() if other not in items)


def _words(owners: Sequence[_Owner], total: float, month: str) -> str:
    """The total, the dearest owners, the dearest item."""
    items: dict[str, float] = {}
    for owner in owners:
        for item, cost in owner.usd.items():
            items[item] = items.get(item, 0.0) + cost
    dearest = max(items, key=lambda item: items[item])

    def of_total(cost: float) -> str:
        return f", {share(cost / total)}" if total > 0 else ""

    told = "; ".join(f"{owner.name} {usd(owner.total)}{of_total(owner.total)}" for owner in owners[:3])
    rest = f"; {len(owners) - 3} more" if len(owners) > 3 else ""
    rebates = [f"{item} {usd(cost)}" for item, cost in items.items() if cost < 0]
    off = f" Rebates: {', '.join(rebates)}." if rebates else ""
    return (
        f"A month {month} costs {usd(total)}: {told}{rest}. "
        f"The dearest item is {dearest}, {usd(items[dearest])}{of_total(items[dearest])}.{off}"
    )


def _table(bill: Bill, header: Header, title: str) -> Table:
    month, total = US_PER_MONTH / bill.span_us, bill.month_usd
    rows = [
        (
            _label(line, header),
            line.item,
            f"{line.usd * month:,.6f}",
            share(line.usd * month / total) if total > 0 else "-",
        )
        for line in bill.lines
    ]
    return table(title, ("whose", "item", "USD a month", "share"), rows, "whose", "item")
