"""The check of prices: every line of the bill needs one in the scenario's Region."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.parameters.book import Book
from lambdasim.parameters.savings_plans import plan_places
from lambdasim.scenario.functions import Configuration
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import LATEST

Path = tuple[str | int, ...]
NAT_PRICES = {
    "NAT gateways": "services/data_transfer/nat_gateway_hour",
    "traffic through NAT gateways": "services/data_transfer/nat_gateway_data",
}
_OF_PROVISIONED = {  # what is billed, and its price's place
    "requests on provisioned concurrency": "requests",
    "provisioned concurrency ({architecture})": "{architecture}/configured",
    "provisioned duration ({architecture})": "{architecture}/duration",
}


def no_price(scenario: Scenario, book: Book) -> Iterator[tuple[Path, str]]:
    """Every line of the bill needs a price in this Region, and every line of a Savings Plan that, or its discount."""
    told: set[str] = set()
    for path, item, places in _priced(scenario, book):
        price = places[-1]  # the one to ask for
        if price in told or _has_any(book, scenario.region, places):
            continue
        told.add(price)
        regions = [region for region in book.names("prices") if _has_any(book, region, places)]
        yield (
            path,
            (
                f"the parameter book has no price of {item} in {scenario.region}; it has one in {', '.join(regions)}, "
                f"and takes yours under parameters: prices/{scenario.region}/{price}"
            ),
        )


def _has_any(book: Book, region: str, places: tuple[str, ...]) -> bool:
    return any(book.has(f"prices/{region}/{place}") for place in places)


def _priced(scenario: Scenario, book: Book) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """What needs a price: the path of what it is for, its name, and the places where the price may stand."""
    for path, item, price in _billed(scenario, book):
        yield path, item, (price,)
        places = tuple(plan_places(price, scenario.account.savings_plan))
        if places:
            yield ("account", "savings_plan"), f"{item} under this Savings Plan", places


def snapshot_charged(settings: Configuration, version: str, book: Book) -> bool:
    """Whether AWS charges for the snapshot of a version: not for Java's managed runtimes."""
    if version == LATEST or not settings.has_snap_start:
        return False
    is_java = settings.runtime is not None and book.value(f"runtimes/{settings.runtime}/family") == "java"
    is_managed = settings.package_type == "Zip"
    return not (is_java and is_managed and book.value("billing/snap_start/java_managed_runtimes_free"))


def _billed(scenario: Scenario, book: Book) -> Iterator[tuple[Path, str, str]]:
    """What will be billed: the path of what it is billed for, its name, and its price's place below the Region's."""
    free_mb = book.value("quotas/function/ephemeral_storage/free")
    for name, function in scenario.functions.items():
        path = ("functions", name)
        yield ("region",), "requests", "requests"
        for version, settings in function.configurations.items():
            own = (*path, "versions", version) if version in function.versions else path
            architecture = settings.architecture
            yield (*own, "architecture"), f"duration ({architecture})", f"duration/{architecture}/tiers"
            if settings.ephemeral_storage > free_mb:
                yield (*own, "ephemeral_storage"), "ephemeral storage", "ephemeral_storage"
        for provisioned in dict.fromkeys(own.architecture for own in function.provisioned_versions.values()):
            for item, price in _OF_PROVISIONED.items():
                at = f"provisioned_concurrency/{price.format(architecture=provisioned)}"
                yield path, item.format(architecture=provisioned), at
        if any(snapshot_charged(settings, version, book) for version, settings in function.configurations.items()):
            yield (*path, "snap_start"), "the cache of SnapStart", "snap_start/cache"
            yield (*path, "snap_start"), "restores by SnapStart", "snap_start/restore"
    yield from (
        (("vpc", "nat_gateways"), item, price) for item, price in NAT_PRICES.items() if scenario.vpc.nat_gateways
    )
    for name, trigger in scenario.triggers.items():
        for billed in trigger.billed:
            yield ("triggers", name), billed.item, billed.price
