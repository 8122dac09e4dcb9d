"""How long provisioned concurrency is billed: from when it is enabled until it is disabled, in steps of five minutes.

AWS says: "calculated from the time you enable it on your function until it is disabled, rounded up to the nearest five
minutes. The price depends on ... the amount of concurrency that you configure on it"
(https://aws.amazon.com/lambda/pricing/). It does not say what an amount costs that changes meanwhile, as autoscaling
changes it. Here five-minute steps are counted from the enabling, and each is billed in full at the highest amount that
was configured in it (``highest``), or at what was configured at each time, so that only the end is rounded up
(``as_configured``): ``billing/provisioned_concurrency/changed_within_step`` chooses. Where nothing changes both are
AWS's rule.

Of a bill's steps the measured span has those parts that lie in it: a month like it then costs what it would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lambdasim.header import Header
from lambdasim.parameters.book import Book
from lambdasim.records import ProvisionedPeriod
from lambdasim.units import US_PER_S

_RULES = "billing/provisioned_concurrency"


def configured_us(periods: Iterable[ProvisionedPeriod], header: Header, book: Book) -> dict[int, int]:
    """What is billed of each version's provisioned concurrency in the measured span: environments x microseconds.

    Versions that never had any are left out.
    """
    by_version: dict[int, list[ProvisionedPeriod]] = {}
    for period in periods:
        by_version.setdefault(period.version, []).append(period)
    return {
        version: sum(_spell_us(spell, header, book) for spell in _spells(own)) for version, own in by_version.items()
    }


def _spells(periods: Iterable[ProvisionedPeriod]) -> Iterator[list[ProvisionedPeriod]]:
    """Periods that follow each other without a gap: from one enabling to its disabling."""
    spell: list[ProvisionedPeriod] = []
    for period in sorted(periods, key=lambda period: period.from_us):
        if period.configured == 0 or period.from_us == period.to_us:
            continue
        if spell and spell[-1].to_us != period.from_us:
            yield spell
            spell = []
        spell.append(period)
    if spell:
        yield spell


def _spell_us(spell: Sequence[ProvisionedPeriod], header: Header, book: Book) -> int:
    """Environments x microseconds that are billed of one spell."""
    step_us = round(book.value(f"{_RULES}/rounding_s") * US_PER_S)
    begins_us, ends_us = spell[0].from_us, spell[-1].to_us
    steps = -(-(ends_us - begins_us) // step_us)
    edges_us = begins_us + step_us * np.arange(steps + 1, dtype=np.int64)
    starts_us = np.array([period.from_us for period in spell], dtype=np.int64)
    amounts = np.array([period.configured for period in spell], dtype=np.int64)
    if _changes_within_a_step(spell, step_us) and book.value(f"{_RULES}/changed_within_step") == "as_configured":
        return _integral(np.append(starts_us, edges_us[-1]), amounts, header)
    highest = np.zeros(steps, dtype=np.int64)
    for period in spell:
        within = slice((period.from_us - begins_us) // step_us, -(-(period.to_us - begins_us) // step_us))
        highest[within] = np.maximum(highest[within], period.configured)
    return _integral(edges_us, highest, header)


def _changes_within_a_step(spell: Sequence[ProvisionedPeriod], step_us: int) -> bool:
    begins_us = spell[0].from_us
    return any((b.from_us - begins_us) % step_us and a.configured != b.configured for a, b in pairwise(spell))


def _integral(edges_us: NDArray[np.int64], amounts: NDArray[np.int64], header: Header) -> int:
    """``amounts`` of shape (n,) x the time between ``edges_us``, shape (n + 1,), within the measured span."""
    return int((amounts * np.diff(np.clip(edges_us, header.warm_up_us, header.duration_us))).sum())
