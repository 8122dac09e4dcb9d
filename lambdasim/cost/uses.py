"""What is billed: how much the measured span used of each priced thing, by function and by trigger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lambdasim.header import Header, VersionFacts
from lambdasim.parameters.book import Book
from lambdasim.units import US_PER_MS, gb_seconds

Kind = Literal["function", "trigger"]


class Quantities(Protocol):
    """What is billed of the measured span: arrays of shape (header.versions, records.Capacity's first three)."""

    @property
    def requests(self) -> NDArray[np.int64]:
        """Runs; failed ones count, throttled ones do not."""

    @property
    def billed_us(self) -> NDArray[np.int64]:
        """Billed Duration summed over these runs, in microseconds."""

    def trigger_counts(self, index: int) -> Mapping[str, float]:
        """What a trigger counted, by the names that its billed items use."""


@dataclass(frozen=True, slots=True)
class Use:
    """So much of an item that a function or a trigger used; ``price`` is its place below the Region's prices."""

    kind: Kind
    owner: str
    item: str
    quantity: float
    unit: str
    price: str


def uses_of(quantities: Quantities, header: Header, book: Book) -> Iterator[Use]:
    """All that is billed, function by function and then trigger by trigger, in the header's order; zeros too."""
    free_mb = book.value("quotas/function/ephemeral_storage/free")
    requests, billed_us = quantities.requests.sum(axis=1), quantities.billed_us.sum(axis=1)
    for version, facts in enumerate(header.versions):
        name = header.functions[facts.function].name
        yield from _of_version(name, facts, int(requests[version]), int(billed_us[version]) / US_PER_MS, free_mb)
    for index, trigger in enumerate(header.triggers):
        counts = quantities.trigger_counts(index) if trigger.billed else {}
        for billed in trigger.billed:
            yield Use("trigger", trigger.name, billed.item, counts[billed.count], billed.unit, billed.price)


def _of_version(name: str, facts: VersionFacts, requests: int, billed_ms: float, free_mb: float) -> Iterator[Use]:
    architecture = facts.architecture
    gb_s = gb_seconds(billed_ms, facts.memory_mb)
    yield Use("function", name, "requests", requests, "requests", "requests")
    yield Use("function", name, f"duration ({architecture})", gb_s, "GB-s", f"duration/{architecture}/tiers")
    if facts.ephemeral_storage_mb > free_mb:
        extra_gb_s = gb_seconds(billed_ms, facts.ephemeral_storage_mb - free_mb)
        yield Use("function", name, "ephemeral storage", extra_gb_s, "GB-s", "ephemeral_storage")
