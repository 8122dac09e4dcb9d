"""Estimates: a number that simulations gave, with the interval that says how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.scenario.measures import Measure

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number between ``low`` and ``high``, from ``n`` independent values that had one; NaN where none can be given.

    ``method`` names the interval: ``t`` (Student's, of a mean) or ``order statistics`` (of a median).
    """

    value: float
    low: float
    high: float
    n: int
    method: str

    @property
    def half_width(self) -> float:
        """The larger distance from the value to an end of the interval."""
        return max(self.high - self.value, self.value - self.low)

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside: of a difference, whether it is shown."""
        return self.low > 0 or self.high < 0


def mean_estimate(values: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    r"""The mean of independent values with Student's t interval.

    .. math:: \bar x \pm t_{n-1,\,(1+c)/2}\; s / \sqrt n

    Args:
        values: one from each replication, shape (n,); NaN for a replication that had none.
        confidence: the share of such intervals that hold the true mean, where the values are near normal.

    References:
        A. M. Law, Simulation Modeling and Analysis, 5th ed. (2015), section 9.4.1.
    """
    known = _known(values)
    n = len(known)
    if n < 2:
        return Estimate(float(known[0]) if n else math.nan, math.nan, math.nan, n, "t")
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to load

    mean = float(known.mean())
    half = float(stdtrit(n - 1, (1 + confidence) / 2) * known.std(ddof=1) / math.sqrt(n))
    return Estimate(mean, mean - half, mean + half, n, "t")


def difference_estimate(ours: ArrayLike, theirs: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """The mean of ``ours - theirs``, replication by replication, with Student's t interval.

    Pairs on common random numbers: the luck that both share cancels (Law 2015, section 10.2.1). A pair of which one
    is NaN counts for nothing.
    """
    return mean_estimate(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float), confidence)


def estimate_of(measure: Measure, values: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """What replications say of a measure, by the method that suits it; ``values`` as in :func:`mean_estimate`."""
    return mean_estimate(values, confidence)


def _known(values: ArrayLike) -> NDArray[np.float64]:
    array: NDArray[np.float64] = np.asarray(values, dtype=float)
    return array[~np.isnan(array)]
