"""What is billed: how much the measured span used of each priced thing, by function and by trigger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lambdasim.billing.provisioned import configured_us
from lambdasim.codes import Capacity
from lambdasim.header import Header, VersionFacts
from lambdasim.parameters.book import Book
from lambdasim.records import ProvisionedPeriod
from lambdasim.units import MB_PER_GB, US_PER_HOUR, US_PER_MS, gb_seconds

Kind = Literal["function", "trigger", "account"]
_NAT = "services/data_transfer/nat_gateway"


class Quantities(Protocol):
    """What is billed of the measured span: arrays of shape (header.versions, codes.Capacity's first three)."""

    @property
    def requests(self) -> NDArray[np.int64]:
        """Runs; failed ones count, throttled ones do not."""

    @property
    def billed_us(self) -> NDArray[np.int64]:
        """Billed Duration summed over these runs, in microseconds."""

    @property
    def billed_init_us(self) -> NDArray[np.int64]:
        """The part of ``billed_us`` that is there because of inits."""

    @property
    def restored(self) -> NDArray[np.int64]:
        """Environments that were restored from a snapshot, by version: shape (header.versions,)."""

    @property
    def provisioned(self) -> Sequence[ProvisionedPeriod]:
        """How much provisioned concurrency versions had, over the whole run."""

    @property
    def provisioned_init_us(self) -> NDArray[np.int64]:
        """The inits of environments of provisioned concurrency, as billed, by version: shape (header.versions,)."""

    def trigger_counts(self) -> Sequence[Mapping[str, float]]:
        """What each trigger counted, by the names that its billed items use."""


@dataclass(frozen=True, slots=True)
class Use:
    """So much of an item that a function, a trigger or the account used; ``price``: its place below the Region's."""

    kind: Kind
    owner: str
    item: str
    quantity: float
    unit: str
    price: str


def uses_of(quantities: Quantities, header: Header, book: Book) -> Iterator[Use]:
    """All that is billed: function by function, trigger by trigger, in the header's order, then the VPC; zeros too.

    Versions of one function, and requests at the same price, come one by one under the same item.
    """
    free_mb = book.value("quotas/function/ephemeral_storage/free")
    configured = configured_us(quantities.provisioned, header, book)
    for version, facts in enumerate(header.versions):
        name = header.functions[facts.function].name
        requests = quantities.requests[version]
        billed_us = quantities.billed_us[version] - _unbilled_us(facts, quantities.billed_init_us[version], book)
        yield from _of_version(name, facts, requests, billed_us, free_mb)
        if version in configured:
            init_us = quantities.provisioned_init_us[version]
            yield from _of_provisioned(name, facts, requests, billed_us, configured[version], init_us)
        if facts.snapshot_charged:
            yield from _of_snapshot(name, facts, int(quantities.restored[version]), header.measured_us / US_PER_MS)
        if facts.nat_mb:
            processed_gb = int(requests.sum()) * facts.nat_mb / MB_PER_GB
            yield Use("function", name, "NAT gateway data", processed_gb, "GB", f"{_NAT}_data")
    for trigger, counts in zip(header.triggers, quantities.trigger_counts(), strict=True):
        for billed in trigger.billed:
            yield Use("trigger", trigger.name, billed.item, counts[billed.count], billed.unit, billed.price)
    if header.nat_gateways:
        hours = header.nat_gateways * header.measured_us / US_PER_HOUR
        yield Use("account", "account", "NAT gateways", hours, "hours", f"{_NAT}_hour")


def _unbilled_us(facts: VersionFacts, init_us: NDArray[np.int64], book: Book) -> NDArray[np.int64]:
    """The part of Billed Duration that is not billed: inits, as long as those of managed runtimes were free.

    Source: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase (from 2025-08-01 they
    are billed; images, OS-only runtimes and provisioned concurrency always were).
    """
    if not facts.managed_zip or not init_us.any() or book.value("billing/init_billed"):
        return np.zeros_like(init_us)
    return init_us


def _of_version(
    name: str, facts: VersionFacts, requests: NDArray[np.int64], billed_us: NDArray[np.int64], free_mb: float
) -> Iterator[Use]:
    """What runs on demand cost, those that spilled over included; and /tmp, whatever they ran on."""
    architecture, on_demand = facts.architecture, [Capacity.ON_DEMAND, Capacity.SPILLOVER]
    yield Use("function", name, "requests", int(requests[on_demand].sum()), "requests", "requests")
    gb_s = _gb_s(billed_us[on_demand].sum(), facts.memory_mb)
    yield Use("function", name, f"duration ({architecture})", gb_s, "GB-s", f"duration/{architecture}/tiers")
    if facts.ephemeral_storage_mb > free_mb:
        extra_gb_s = _gb_s(billed_us.sum(), facts.ephemeral_storage_mb - free_mb)
        yield Use("function", name, "ephemeral storage", extra_gb_s, "GB-s", "ephemeral_storage")


def _of_provisioned(
    name: str,
    facts: VersionFacts,
    requests: NDArray[np.int64],
    billed_us: NDArray[np.int64],
    configured_us: int,
    init_us: int,
) -> Iterator[Use]:
    """What provisioned concurrency costs: its runs, its being configured, and its inits, though nothing may run then.

    Environments' inits are billed as duration whenever they happen, used or not: at their allocation, and when they are
    recycled. Sources: https://aws.amazon.com/lambda/pricing/; Lambda developer guide, provisioned-concurrency.
    """
    architecture, prices = facts.architecture, "provisioned_concurrency"
    count = int(requests[Capacity.PROVISIONED])
    yield Use("function", name, "requests", count, "requests", f"{prices}/requests")
    for item, us, price in (
        ("provisioned duration", int(billed_us[Capacity.PROVISIONED]), "duration"),
        ("provisioned concurrency", configured_us, "configured"),
        ("provisioned init", int(init_us), "duration"),
    ):
        gb_s = _gb_s(us, facts.memory_mb)
        yield Use("function", name, f"{item} ({architecture})", gb_s, "GB-s", f"{prices}/{architecture}/{price}")


def _gb_s(us: float, memory_mb: float) -> float:
    return gb_seconds(int(us) / US_PER_MS, memory_mb)


def _of_snapshot(name: str, facts: VersionFacts, restored: int, span_ms: float) -> Iterator[Use]:
    """What SnapStart costs for a version: its memory, for as long as it is published and for each restore.

    A scenario's versions stay published for all of the span, and for all of the month that it is projected to, even
    those that an alias has left: AWS charges until a version is deleted. So its minimum of three hours never counts.
    Source: https://aws.amazon.com/lambda/pricing/.
    """
    yield Use("function", name, "SnapStart cache", gb_seconds(span_ms, facts.memory_mb), "GB-s", "snap_start/cache")
    restored_gb = restored * facts.memory_mb / MB_PER_GB
    yield Use("function", name, "SnapStart restores", restored_gb, "GB", "snap_start/restore")
