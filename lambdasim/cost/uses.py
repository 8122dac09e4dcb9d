"""What is billed: how much the measured span used of each priced thing, by function and by trigger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from lambdasim.header import FunctionFacts, Header
from lambdasim.parameters.book import Book
from lambdasim.units import US_PER_MS, gb_seconds

Kind = Literal["function", "trigger"]


class Quantities(Protocol):
    """What is billed of the measured span, by function in the header's order, and by trigger."""

    @property
    def requests(self) -> Sequence[int]:
        """Runs; failed ones count, throttled ones do not."""

    @property
    def billed_us(self) -> Sequence[int]:
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
    for facts, requests, billed_us in zip(header.functions, quantities.requests, quantities.billed_us, strict=True):
        yield from _of_function(facts, requests, billed_us / US_PER_MS, free_mb)
    for index, trigger in enumerate(header.triggers):
        counts = quantities.trigger_counts(index) if trigger.billed else {}
        for billed in trigger.billed:
            yield Use("trigger", trigger.name, billed.item, counts[billed.count], billed.unit, billed.price)


def _of_function(facts: FunctionFacts, requests: int, billed_ms: float, free_mb: float) -> Iterator[Use]:
    name, architecture = facts.name, facts.architecture
    gb_s = gb_seconds(billed_ms, facts.memory_mb)
    yield Use("function", name, "requests", requests, "requests", "requests")
    yield Use("function", name, f"duration ({architecture})", gb_s, "GB-s", f"duration/{architecture}/tiers")
    if facts.ephemeral_storage_mb > free_mb:
        extra_gb_s = gb_seconds(billed_ms, facts.ephemeral_storage_mb - free_mb)
        yield Use("function", name, "ephemeral storage", extra_gb_s, "GB-s", "ephemeral_storage")
