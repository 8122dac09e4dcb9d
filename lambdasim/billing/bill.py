"""The bill, line by line: what functions and triggers use, at the price of its tier, less the free tier.

Tiers and free tier belong to an account's month. So the measured span is projected to a month of 730 hours,
the month is billed, and the span costs its share of the month: both totals agree by construction. Who uses the
same price shares the effects of its tiers and of the free tier in proportion to that use: all functions of one
architecture, all queues of one kind, the functions' requests with those that Lambda counts besides for large events.
A Savings Plan is taken to cover all use that it has a price for, so that the commitment is met and no more; what it
saves stands in lines of its own, as the free tier does.
Source: https://aws.amazon.com/lambda/pricing/ (throttled requests are not billed; failed runs are).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lambdasim.billing.prices import PriceList
from lambdasim.billing.uses import Kind, Quantities, Use, uses_of
from lambdasim.header import Header
from lambdasim.parameters.book import Book
from lambdasim.parameters.savings_plans import NO_PLAN
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

    def of_account(self) -> tuple[Line, ...]:
        """The lines that no function or trigger has: what the VPC costs by the hour."""
        return tuple(line for line in self.lines if line.kind == "account")

    def _by_owner(self, kind: Kind) -> dict[str, tuple[Line, ...]]:
        lines: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.kind == kind:
                lines.setdefault(line.owner, []).append(line)
        return {owner: tuple(own) for owner, own in lines.items()}


def bill_of(
    quantities: Quantities, header: Header, book: Book, *, free_tier: bool, savings_plan: str = NO_PLAN
) -> Bill:
    """The bill of the measured span.

    Args:
        quantities: what was used.
        header: the functions' memory, architecture and storage; what is billed of triggers; the Region; the span.
        book: where the prices stand.
        free_tier: whether to take the monthly free tier off.
        savings_plan: the account's Compute Savings Plan, by its name below ``prices/<region>/savings_plans``.

    Raises:
        ParameterError: the book has no price for something in this Region.
    """
    uses = list(uses_of(quantities, header, book))
    rates = _rates(
        uses, PriceList(book, header.region, free_tier, savings_plan), months=US_PER_MONTH / header.measured_us
    )
    owners = groupby(uses, key=lambda use: (use.kind, use.owner))
    return Bill(tuple(line for _, own in owners for line in _lines(list(own), rates)), header.measured_us)


@dataclass(frozen=True, slots=True)
class _Rate:
    """What a unit costs on average in this account's month; what a plan saves of that, and the units that are free."""

    usd: float
    plan_usd: float
    free_share: float
    free_usd: float


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
    listed, planned = prices.price(price), prices.plan_price(price)
    if units == 0:
        return _Rate(0.0, 0.0, 0.0, 0.0)
    paid = planned or listed
    usd, paid_usd = listed.average_usd(units), paid.average_usd(units)
    free_usd = paid_usd - paid.usd(units * (1 - free_share)) / units if free_share else 0.0
    return _Rate(usd, usd - paid_usd, free_share, free_usd)


def _lines(uses: Sequence[Use], rates: Mapping[str, _Rate]) -> list[Line]:
    """The lines of one owner, its rebates last; what it does not use has none."""
    costs: dict[str, list[Line]] = {}
    rebates: dict[str, list[Line]] = {}
    for use in uses:
        if use.quantity > 0:
            rate, item, quantity = rates[use.price], use.item, use.quantity
            _note(costs, use, item, quantity, quantity * rate.usd)
            if rate.plan_usd:
                _note(rebates, use, f"Savings Plan: {item}", quantity, -quantity * rate.plan_usd)
            if rate.free_share:
                _note(rebates, use, f"free tier: {item}", quantity * rate.free_share, -quantity * rate.free_usd)
    return [_joined(lines) for lines in (costs | rebates).values()]


def _note(lines: dict[str, list[Line]], use: Use, item: str, quantity: float, usd: float) -> None:
    lines.setdefault(item, []).append(Line(use.kind, use.owner, item, quantity, use.unit, usd))


def _joined(lines: Sequence[Line]) -> Line:
    """One line of all that one owner has of an item: of several versions, or at several prices."""
    if len(lines) == 1:
        return lines[0]
    quantity = sum(line.quantity for line in lines)
    return replace(lines[0], quantity=quantity, usd=math.fsum(line.usd for line in lines))


def total_usd(lines: Iterable[Line]) -> float:
    """What some lines cost together, in USD; the order does not matter."""
    return math.fsum(line.usd for line in lines)
