"""The bill, line by line: what functions and triggers use, at the price of its tier, less the free tier.

Tiers and free tier belong to an account's month. So the measured span is projected to a month of 730 hours,
the month is billed, and the span costs its share of the month: both totals agree by construction. Who uses the
same price shares the effects of its tiers and of the free tier in proportion to that use: all functions of one
architecture, all queues of one kind, the functions' requests with those that Lambda counts besides for large events.
Source: https://aws.amazon.com/lambda/pricing/ (throttled requests are not billed; failed runs are).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from lambdasim.cost.prices import PriceList
from lambdasim.cost.uses import Kind, Quantities, Use, uses_of
from lambdasim.header import Header
from lambdasim.parameters.book import Book
from lambdasim.units import US_PER_MONTH


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a function or a trigger: ``quantity`` of ``unit`` used in the measured span, and what they cost.

    A rebate costs less than 0.
    """

    kind: Kind
    owner: str
    item: str
    quantity: float
    unit: str
    usd: float


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of the measured span: function by function, then trigger by trigger, in the header's order."""

    lines: tuple[Line, ...]
    span_us: int

    @property
    def total_usd(self) -> float:
        """What the measured span costs, in USD."""
        return total_usd(self.lines)

    @property
    def month_usd(self) -> float:
        """What a month like the measured span costs, in USD."""
        return self.total_usd * US_PER_MONTH / self.span_us

    def by_function(self) -> dict[str, tuple[Line, ...]]:
        """The lines of each function that has any."""
        return self._by_owner("function")

    def by_trigger(self) -> dict[str, tuple[Line, ...]]:
        """The lines of each trigger that has any: what other services bill for it, and Lambda besides its runs."""
        return self._by_owner("trigger")

    def _by_owner(self, kind: Kind) -> dict[str, tuple[Line, ...]]:
        lines: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.kind == kind:
                lines.setdefault(line.owner, []).append(line)
        return {owner: tuple(own) for owner, own in lines.items()}


def bill_of(quantities: Quantities, header: Header, book: Book, *, free_tier: bool) -> Bill:
    """The bill of the measured span.

    Args:
        quantities: what was used.
        header: the functions' memory, architecture and storage; what is billed of triggers; the Region; the span.
        book: where the prices stand.
        free_tier: whether to take the monthly free tier off.

    Raises:
        ParameterError: the book has no price for something in this Region.
    """
    uses = list(uses_of(quantities, header, book))
    rates = _rates(uses, PriceList(book, header.region, free_tier), months=US_PER_MONTH / header.measured_us)
    owners = groupby(uses, key=lambda use: (use.kind, use.owner))
    return Bill(tuple(line for _, own in owners for line in _lines(list(own), rates)), header.measured_us)


@dataclass(frozen=True, slots=True)
class _Rate:
    """What a unit costs on average in this account's month, what share of the units is free, and what that saves."""

    usd: float
    free_share: float
    rebate_usd: float


def _rates(uses: Sequence[Use], prices: PriceList, *, months: float) -> dict[str, _Rate]:
    """The rate of each price that is used."""
    together: dict[str, list[float]] = {}
    for use in uses:
        together.setdefault(use.price, []).append(use.quantity)
    used = {price: months * math.fsum(quantities) for price, quantities in together.items()}
    shares = _free_shares(used, prices)
    return {price: _rate(price, units, shares[price], prices) for price, units in used.items()}


def _free_shares(used: Mapping[str, float], prices: PriceList) -> dict[str, float]:
    """The part of each price's units that is free: 0 to 1, the same for all prices that share an allowance."""
    allowances = {price: prices.allowance(price) for price in used}
    shares = dict.fromkeys(used, 0.0)
    for allowance in dict.fromkeys(allowances.values()):
        if allowance is None:
            continue
        together = [price for price in used if allowances[price] == allowance]
        units, free = math.fsum(used[price] for price in together), prices.free(allowance)
        shares |= dict.fromkeys(together, min(1.0, free / units) if units > 0 else 0.0)
    return shares


def _rate(price: str, units: float, free_share: float, prices: PriceList) -> _Rate:
    """Free are the last units of the month, so they save the price of the highest tiers that it reaches."""
    tiered = prices.price(price)
    if units == 0:
        return _Rate(0.0, 0.0, 0.0)
    usd = tiered.average_usd(units)
    return _Rate(usd, free_share, usd - tiered.usd(units * (1 - free_share)) / units if free_share else 0.0)


def _lines(uses: Sequence[Use], rates: Mapping[str, _Rate]) -> list[Line]:
    """The lines of one owner, its rebates last; what it does not use has none."""
    costs, rebates = [], []
    for use in uses:
        rate, who = rates[use.price], (use.kind, use.owner)
        free = use.quantity * rate.free_share
        costs.append(Line(*who, use.item, use.quantity, use.unit, use.quantity * rate.usd))
        rebates.append(Line(*who, f"free tier: {use.item}", free, use.unit, -use.quantity * rate.rebate_usd))
    return [line for line in costs + rebates if line.quantity > 0]


def total_usd(lines: Iterable[Line]) -> float:
    """What some lines cost together, in USD; the order does not matter."""
    return math.fsum(line.usd for line in lines)
