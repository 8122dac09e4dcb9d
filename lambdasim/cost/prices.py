"""The price list of one Region: what of the parameter book goes into the bill of on-demand functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lambdasim.errors import ParameterError
from lambdasim.parameters.book import Book
from lambdasim.records import Header


@dataclass(frozen=True, slots=True)
class Tier:
    """A price per GB-second, for those of the month's GB-seconds up to ``up_to_gb_s`` that no lower tier took."""

    up_to_gb_s: float
    usd_per_gb_s: float


@dataclass(frozen=True, slots=True)
class FreeTier:
    """What an account has free in a month; GB-seconds of both architectures together."""

    requests: float
    gb_s: float


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices in USD. ``tiers``: by architecture, lowest first; the last is endless, where it is known."""

    usd_per_request: float
    tiers: Mapping[str, tuple[Tier, ...]]
    usd_per_storage_gb_s: float
    free_storage_mb: float
    free_tier: FreeTier


def price_list(book: Book, header: Header, *, free_tier: bool) -> PriceList:
    """The prices that the header's functions need in its Region; no other is looked up.

    Raises:
        ParameterError: the book has no price for this Region or architecture.
    """
    prices = f"prices/{header.region}"
    architectures = dict.fromkeys(function.architecture for function in header.functions)
    free_storage_mb = book.value("quotas/function/ephemeral_storage/free")
    extra_storage = any(function.ephemeral_storage_mb > free_storage_mb for function in header.functions)
    requests = book.value(f"{prices}/requests")
    free = FreeTier(0, 0)
    if free_tier:
        free = FreeTier(book.value(f"{prices}/free_tier/requests"), book.value(f"{prices}/free_tier/gb_seconds"))
    return PriceList(
        usd_per_request=requests["price"] / requests["per"],
        tiers={name: _tiers(book.value(f"{prices}/duration/{name}/tiers")) for name in architectures},
        usd_per_storage_gb_s=book.value(f"{prices}/ephemeral_storage") if extra_storage else 0.0,
        free_storage_mb=free_storage_mb,
        free_tier=free,
    )


def _tiers(rows: list[dict[str, float | None]]) -> tuple[Tier, ...]:
    return tuple(
        Tier(math.inf if row["up_to_gb_s"] is None else row["up_to_gb_s"], float(row["price"] or 0)) for row in rows
    )


def tiered_usd(gb_s: float, tiers: tuple[Tier, ...]) -> float:
    """What ``gb_s`` of one month cost, each part at its own tier's price.

    >>> tiered_usd(15, (Tier(10, 3.0), Tier(math.inf, 2.0)))
    40.0

    Raises:
        ParameterError: the price of so many is not known, because only the lower tiers are.
    """
    if gb_s > tiers[-1].up_to_gb_s:
        raise ParameterError(
            f"no price is known beyond {tiers[-1].up_to_gb_s:,.0f} GB-s a month, and this would be {gb_s:,.0f}"
        )
    usd, taken = 0.0, 0.0
    for tier in tiers:
        part = max(0.0, min(gb_s, tier.up_to_gb_s) - taken)
        usd += part * tier.usd_per_gb_s
        taken += part
    return usd
