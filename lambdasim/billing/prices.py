"""Prices of one Region, as the parameter book has them, and what an account has free of them in a month."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from lambdasim.errors import ParameterError
from lambdasim.parameters.book import Book, Parameter
from lambdasim.parameters.savings_plans import NO_PLAN, plan_places

_MILLION = "USD per million "
# What an account has free of a price in a month, below the Region too; prices of one allowance share it.
ALLOWANCES = {
    "requests": "free_tier/requests",
    "duration/x86_64/tiers": "free_tier/gb_seconds",
    "duration/arm64/tiers": "free_tier/gb_seconds",
    "services/sqs/standard": "services/sqs/free_requests",
    "services/sqs/fifo": "services/sqs/free_requests",
    "services/sns/standard_publish": "services/sns/free_publishes",
    "services/eventbridge/scheduler": "services/eventbridge/scheduler_free",
}
_OF_PROVISIONED = {  # only if `free_tier_applies`
    "provisioned_concurrency/requests": "free_tier/requests",
    "provisioned_concurrency/x86_64/duration": "free_tier/gb_seconds",
    "provisioned_concurrency/arm64/duration": "free_tier/gb_seconds",
}
_APPLIES = "billing/provisioned_concurrency/free_tier_applies"


@dataclass(frozen=True, slots=True)
class Tier:
    """A price per unit, for those of the month's units up to ``up_to`` that no lower tier took."""

    up_to: float
    usd: float


@dataclass(frozen=True, slots=True)
class Price:
    """A price: tiers, the lowest first; the last is endless, where it is known. A plain price is one endless tier."""

    path: str
    tiers: tuple[Tier, ...]

    def usd(self, quantity: float) -> float:
        """What ``quantity`` units of one month cost, each part at its own tier's price.

        >>> Price("sand", (Tier(10, 3.0), Tier(math.inf, 2.0))).usd(15)
        40.0

        Raises:
            ParameterError: the price of so many is not known, because only the lower tiers are.
        """
        known = self.tiers[-1].up_to
        if quantity > known:
            raise ParameterError(
                f"{self.path}: no price is known beyond {known:,.0f} a month, and this would be {quantity:,.0f}"
            )
        usd, taken = 0.0, 0.0
        for tier in self.tiers:
            part = max(0.0, min(quantity, tier.up_to) - taken)
            usd += part * tier.usd
            taken += part
        return usd

    def average_usd(self, quantity: float) -> float:
        """What one of ``quantity`` units of one month costs on average; ``quantity`` is above 0."""
        first = self.tiers[0]
        return first.usd if quantity <= first.up_to else self.usd(quantity) / quantity


def price_of(entry: Parameter) -> Price:
    """The price that an entry of the book states, per single unit.

    The entry is a number, ``{price, per}`` or a list of ``{up_to, price}``; a unit such as "USD per million requests"
    says that number and prices are those of a million units, while ``up_to`` counts single ones.
    """
    per = 1_000_000 if entry.unit.startswith(_MILLION) else 1
    match entry.value:
        case list(rows):
            tiers = tuple(Tier(_edge(row), row["price"] / per) for row in rows)
        case {"price": price, "per": units}:
            tiers = (Tier(math.inf, price / units),)
        case price:
            tiers = (Tier(math.inf, price / per),)
    return Price(entry.path, tiers)


def _edge(row: dict[str, float | None]) -> float:
    """Where a tier ends, whatever its unit is called there; one that does not say so is endless."""
    edge = next((value for key, value in row.items() if key.startswith("up_to")), None)
    return math.inf if edge is None else edge


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one Region; one that is not in the book raises ``ParameterError`` when it is asked for."""

    book: Book
    region: str
    free_tier: bool
    savings_plan: str = NO_PLAN

    def price(self, path: str) -> Price:
        """The price at ``path`` below the Region's, without a Savings Plan."""
        return price_of(self.book.get(self._place(path)))

    def plan_price(self, path: str) -> Price | None:
        """What the Savings Plan makes of the price at ``path``: one price for all of it; None if it has no part in it.

        Where the plan's own price is not known, its discount on the first tier is. A tier that costs less than that
        stays as it is: nobody takes a plan for what is cheaper without.
        """
        places = [self._place(place) for place in plan_places(path, self.savings_plan)]
        if not places:
            return None
        own, discount = places
        listed = self.price(path).tiers
        if self.book.has(own):
            usd = price_of(self.book.get(own)).tiers[0].usd
        else:
            usd = listed[0].usd * (1 - self.book.value(discount))
        return Price(own, tuple(replace(tier, usd=min(usd, tier.usd)) for tier in listed))

    def allowance(self, price: str) -> str | None:
        """What says how much of this price is free, if anything does."""
        if not self.free_tier:
            return None
        if price in _OF_PROVISIONED and self.book.value(_APPLIES):
            return _OF_PROVISIONED[price]
        return ALLOWANCES.get(price)

    def free(self, allowance: str) -> float:
        """How many units a month has free by this allowance."""
        units: float = self.book.value(self._place(allowance))
        return units

    def _place(self, path: str) -> str:
        return f"prices/{self.region}/{path}"
