"""The bill, line by line: requests, GB-seconds by architecture and tier, ephemeral storage, the free tier.

Tiers and free tier belong to an account's month. So the measured span is projected to a month of 730 hours,
the month is billed, and the span costs its share of the month: both totals agree by construction. Functions
share the effects of tiers and free tier in proportion to what they use.
Source: https://aws.amazon.com/lambda/pricing/ (throttled requests are not billed; failed runs are).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lambdasim.cost.prices import PriceList, price_list, tiered_usd
from lambdasim.parameters.book import Book
from lambdasim.records import FunctionFacts, Header
from lambdasim.units import US_PER_MONTH, US_PER_MS, gb_seconds


class Quantities(Protocol):
    """What is billed of the measured span, by function in the header's order."""

    @property
    def requests(self) -> Sequence[int]:
        """Runs; failed ones count, throttled ones do not."""

    @property
    def billed_us(self) -> Sequence[int]:
        """Billed Duration summed over these runs, in microseconds."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``quantity`` of ``unit`` used in the measured span, and what they cost; less than 0 for a rebate."""

    function: str
    item: str
    quantity: float
    unit: str
    usd: float


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of the measured span, function by function in the header's order."""

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
        lines: dict[str, list[Line]] = {}
        for line in self.lines:
            lines.setdefault(line.function, []).append(line)
        return {function: tuple(own) for function, own in lines.items()}


@dataclass(frozen=True, slots=True)
class _Usage:
    """What one function used in the measured span."""

    facts: FunctionFacts
    requests: int
    gb_s: float
    storage_gb_s: float


def bill_of(quantities: Quantities, header: Header, book: Book, *, free_tier: bool) -> Bill:
    """The bill of the measured span.

    Args:
        quantities: what was used.
        header: the functions' memory, architecture and storage; the Region; the span.
        book: where the prices stand.
        free_tier: whether to take the monthly free tier off.

    Raises:
        ParameterError: the book has no price for this Region or architecture.
    """
    prices = price_list(book, header, free_tier=free_tier)
    usages = [
        _usage(facts, count, duration_us, prices)
        for facts, count, duration_us in zip(header.functions, quantities.requests, quantities.billed_us, strict=True)
    ]
    rates = _Rates(usages, prices, months=US_PER_MONTH / header.measured_us)
    lines = tuple(line for usage in usages for line in rates.lines(usage))
    return Bill(lines, header.measured_us)


def _usage(facts: FunctionFacts, requests: int, billed_us: int, prices: PriceList) -> _Usage:
    billed_ms = billed_us / US_PER_MS
    extra_mb = max(0.0, facts.ephemeral_storage_mb - prices.free_storage_mb)
    return _Usage(facts, requests, gb_seconds(billed_ms, facts.memory_mb), gb_seconds(billed_ms, extra_mb))


class _Rates:
    """What a unit of each item costs on average in this account's month, and what share of it is free."""

    def __init__(self, usages: Sequence[_Usage], prices: PriceList, *, months: float) -> None:
        self._prices = prices
        self._month_gb_s = {
            name: months * math.fsum(usage.gb_s for usage in usages if usage.facts.architecture == name)
            for name in prices.tiers
        }
        month_requests = months * sum(usage.requests for usage in usages)
        self._free_requests = _share(prices.free_tier.requests, month_requests)
        self._free_gb_s = _share(prices.free_tier.gb_s, math.fsum(self._month_gb_s.values()))

    def lines(self, usage: _Usage) -> list[Line]:
        """The lines of one function; what it does not use has none."""
        name, architecture = usage.facts.name, usage.facts.architecture
        usd_per_gb_s, rebate_per_gb_s = self._per_gb_s(architecture)
        request_usd = usage.requests * self._prices.usd_per_request
        storage_usd = usage.storage_gb_s * self._prices.usd_per_storage_gb_s
        free_requests, free_gb_s = usage.requests * self._free_requests, usage.gb_s * self._free_gb_s
        lines = [
            Line(name, "requests", usage.requests, "requests", request_usd),
            Line(name, f"duration ({architecture})", usage.gb_s, "GB-s", usage.gb_s * usd_per_gb_s),
            Line(name, "ephemeral storage", usage.storage_gb_s, "GB-s", storage_usd),
            Line(name, "free tier: requests", free_requests, "requests", -request_usd * self._free_requests),
            Line(name, f"free tier: duration ({architecture})", free_gb_s, "GB-s", -usage.gb_s * rebate_per_gb_s),
        ]
        return [line for line in lines if line.quantity > 0]

    def _per_gb_s(self, architecture: str) -> tuple[float, float]:
        """USD per GB-second used: (without the free tier, what the free tier takes off)."""
        tiers, gb_s = self._prices.tiers[architecture], self._month_gb_s[architecture]
        if gb_s == 0:
            return 0.0, 0.0
        full_usd = tiered_usd(gb_s, tiers)
        return full_usd / gb_s, (full_usd - tiered_usd(gb_s * (1 - self._free_gb_s), tiers)) / gb_s


def _share(free: float, used: float) -> float:
    """The part of ``used`` that is free: 0 to 1."""
    return min(1.0, free / used) if used > 0 else 0.0


def total_usd(lines: Iterable[Line]) -> float:
    """What some lines cost together, in USD; the order does not matter."""
    return math.fsum(line.usd for line in lines)
