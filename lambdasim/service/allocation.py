"""How provisioned concurrency is allocated: at AWS's pace, and in batches of which none serves before all are ready.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, repeat
from typing import TYPE_CHECKING

from lambdasim.service.concurrency import regional_burst
from lambdasim.units import US_PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdasim.codes import StartCause
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.account import Account
    from lambdasim.service.cold_start import ColdStart


class AllocationRate:
    """At which pace environments start for provisioned concurrency: some at once, then so many a minute."""

    __slots__ = ("_at_once", "_free_us", "_per_minute")

    def __init__(self, at_once: int, per_minute: float) -> None:
        self._at_once = at_once  # what is left of it
        self._per_minute = per_minute
        self._free_us = 0

    def starts_us(self, environments: int, from_us: int) -> list[int]:
        """When each of so many starts: from ``from_us`` on, after all that were asked for before."""
        at_once = min(environments, self._at_once)
        self._at_once -= at_once
        paced = environments - at_once
        first_us = max(from_us, self._free_us)
        gap_us = US_PER_MINUTE / self._per_minute
        if paced:
            self._free_us = first_us + round(paced * gap_us)
        return [from_us] * at_once + [first_us + round(n * gap_us) for n in range(paced)]


def allocation_rates(account: Account, region: str, book: Book) -> Iterator[AllocationRate]:
    """The pace of one function after the other: AWS adds 6,000 a minute for each.

    Under the rule before 2023-11 all share the Region's initial burst, once, and then its 500 a minute.
    """
    if account.scaling == "regional_burst":
        return repeat(AllocationRate(*regional_burst(region, book)))
    return (AllocationRate(0, book.value("provisioned/allocation_per_minute")) for _ in count())


@dataclass(slots=True)
class Batch:
    """Environments that were asked for at once: when each starts, and what its start takes; none serves before all."""

    starts: list[tuple[int, ColdStart]]
    cause: StartCause

    @property
    def usable_us(self) -> int:
        """When the last is ready."""
        return max(start_us + phases.total_us for start_us, phases in self.starts)
