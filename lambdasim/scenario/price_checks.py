"""The check of prices: every line of the bill needs one in the scenario's Region."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.model import Scenario

Path = tuple[str | int, ...]


def no_price(scenario: Scenario, book: Book) -> Iterator[tuple[Path, str]]:
    """Every line of the bill needs a price in this Region."""
    told: set[str] = set()
    for path, item, price in _billed(scenario, book):
        if price in told or book.has(f"prices/{scenario.region}/{price}"):
            continue
        told.add(price)
        regions = [region for region in book.names("prices") if book.has(f"prices/{region}/{price}")]
        yield (
            path,
            (
                f"the parameter book has no price of {item} in {scenario.region}; it has one in {', '.join(regions)}, "
                f"and takes yours under parameters: prices/{scenario.region}/{price}"
            ),
        )


def _billed(scenario: Scenario, book: Book) -> Iterator[tuple[Path, str, str]]:
    """What will be billed: the path of what it is billed for, its name, and its price's place below the Region's."""
    free_mb = book.value("quotas/function/ephemeral_storage/free")
    for name, function in scenario.functions.items():
        path, architecture = ("functions", name), function.architecture
        yield ("region",), "requests", "requests"
        yield (*path, "architecture"), f"duration ({architecture})", f"duration/{architecture}/tiers"
        if function.ephemeral_storage > free_mb:
            yield (*path, "ephemeral_storage"), "ephemeral storage", "ephemeral_storage"
    for name, trigger in scenario.triggers.items():
        for billed in trigger.billed:
            yield ("triggers", name), billed.item, billed.price
