"""How provisioned concurrency is allocated: at AWS's pace, and in batches of which none serves before all are ready.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.units import US_PER_MINUTE

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.records import StartCause
    from lambdasim.service.cold_start import ColdStart


class AllocationRate:
    """At which pace environments of one function start for provisioned concurrency: AWS adds 6,000 a minute."""

    __slots__ = ("_free_us", "_per_minute")

    def __init__(self, book: Book) -> None:
        self._per_minute: float = book.value("provisioned/allocation_per_minute")
        self._free_us = 0

    def starts_us(self, environments: int, from_us: int) -> list[int]:
        """When each of so many starts: from ``from_us`` on, after all that were asked for before."""
        first_us = max(from_us, self._free_us)
        gap_us = US_PER_MINUTE / self._per_minute
        self._free_us = first_us + round(environments * gap_us)
        return [first_us + round(n * gap_us) for n in range(environments)]


@dataclass(slots=True)
class Batch:
    """Environments that were asked for at once: when each starts, and what its start takes; none serves before all."""

    starts: list[tuple[int, ColdStart]]
    cause: StartCause

    @property
    def usable_us(self) -> int:
        """When the last is ready."""
        return max(start_us + phases.total_us for start_us, phases in self.starts)
