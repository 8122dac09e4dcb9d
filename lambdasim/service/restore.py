"""SnapStart: an environment is restored from a snapshot of one that was initialised when its version was published.

Restore Duration is "the time it takes for Lambda to restore a snapshot, load the runtime, and run any after-restore
runtime hooks"; fetching the snapshot is within it, and no package is fetched. Billed Restore Duration is the runtime's
and the hooks' part, in whole milliseconds, and is billed with Duration.
Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.randomness import Draws
from lambdasim.scenario.distributions import distribution_from
from lambdasim.service.cold_start import whole_us
from lambdasim.service.handler import first_call_extra_ms
from lambdasim.units import US_PER_MS, billed_ms, parse_fraction

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.functions import Configuration
    from lambdasim.workload.distributions import Distribution

_BLOCK = 256  # restores are rare: small blocks waste fewer draws
_BOOK = "cold_starts/snap_start_restore"


@dataclass(frozen=True, slots=True)
class RestoreModel:
    """How long restores of one version take: the first one, before its snapshot lies in any cache, and later ones.

    The billed part is ``billed``, or (where that is None) ``billed_share`` of the restore. ``first_call_us`` is what
    the first call after a restore takes beyond a warm one, where that was measured.
    """

    first: Distribution
    in_use: Distribution
    billed: Distribution | None
    billed_share: float
    first_call_us: int | None


class RestoreDraws:
    """The luck of restores, by index."""

    __slots__ = ("_billed_share", "_billed_us", "_first_us", "_in_use_us")

    def __init__(self, seed: int, key: tuple[str | int, ...], model: RestoreModel) -> None:
        def draws(purpose: str, distribution: Distribution | None) -> Draws[int]:
            return Draws(seed, purpose, *key, sample=whole_us(distribution), size=_BLOCK)

        self._first_us, self._in_use_us = draws("first restore", model.first), draws("restore", model.in_use)
        self._billed_us = draws("billed restore", model.billed)
        self._billed_share = model.billed_share

    def at(self, index: int, *, first: bool) -> tuple[int, int]:
        """The restore ``index``: Restore Duration and Billed Restore Duration, in microseconds."""
        restore_us = (self._first_us if first else self._in_use_us).at(index)
        billed_us = self._billed_us.at(index) + round(restore_us * self._billed_share)
        return restore_us, billed_ms(min(billed_us, restore_us)) * US_PER_MS


def restore_model(function: Configuration, book: Book) -> RestoreModel | None:
    """Where a published version's restores come from, if SnapStart is on: what the scenario says, else the book.

    ``restore.duration`` is the whole Restore Duration as REPORT shows it, of first restores too.
    """
    if function.snap_start is None or not function.snap_start.is_on:
        return None
    restore = function.snap_start.restore
    measured = f"{_BOOK}/first/{function.init_key}/{function.package_type}/{function.architecture}"
    first = measured if book.has(measured) else f"{_BOOK}/first_elsewhere/{function.package_type}"
    extra = f"{_BOOK}/first_invocation/{function.init_key}"
    return RestoreModel(
        first=restore.duration or distribution_from(book.value(first)),
        in_use=restore.duration or distribution_from(book.value(f"{_BOOK}/in_use")),
        billed=restore.billed_duration,
        billed_share=0.0 if restore.billed_duration else parse_fraction(book.value(f"{_BOOK}/billed_share")),
        first_call_us=round(first_call_extra_ms(book.value(extra), function.memory_size) * US_PER_MS)
        if book.has(extra)
        else None,
    )
