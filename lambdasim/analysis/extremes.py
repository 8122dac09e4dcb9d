"""Where a measure is lowest and highest among many variants, and which others may be as low."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.analysis.intervals import Estimate, difference_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Extremes:
    """The places of the lowest and of the highest estimate, and of all that are not shown to be above the lowest."""

    lowest: int
    highest: int
    rivals: tuple[int, ...]


def extremes(estimates: Sequence[Estimate], values: NDArray[np.float64], confidence: float) -> Extremes | None:
    """The extremes of estimates with the ``values`` they come from, shape (variants, replications); None of none.

    So surely the truly lowest one is the lowest or a rival: each of k - 1 paired differences to the lowest is looked at
    with an error of (1 - confidence) / (k - 1), by Bonferroni's inequality.

    References:
        J. C. Hsu, Multiple Comparisons: Theory and Methods (1996), section 4.1, for comparisons with the best.
    """
    known = [place for place, estimate in enumerate(estimates) if not np.isnan(estimate.low)]
    if not known:
        return None
    lowest = min(known, key=lambda place: estimates[place].value)
    highest = max(known, key=lambda place: estimates[place].value)
    each = 1 - (1 - confidence) / max(1, len(known) - 1)
    rivals = [
        place
        for place in known
        if place != lowest and not difference_estimate(values[place], values[lowest], each).low > 0
    ]
    return Extremes(lowest, highest, tuple(rivals))
