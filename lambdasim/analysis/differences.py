"""Differences between two variants on common random numbers, and what sharing their luck was worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.analysis.intervals import ALL_EQUAL, CONFIDENCE, Estimate, difference_estimate, t_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FIELLER, PITMAN_MORGAN = "Fieller", "Pitman-Morgan"
_EXACT = 1e-9  # of the numbers' size: what rounding alone makes of a difference


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a variant lies from another one, from pairs of replications that share their seed.

    ``absolute`` is the mean of theirs subtracted from ours; ``relative`` the same as a share of theirs;
    ``variance_ratio`` how many times larger its variance would be with seeds of their own.
    """

    absolute: Estimate
    relative: Estimate
    variance_ratio: Estimate

    @property
    def is_equal(self) -> bool:
        """Whether every replication came to the same with both."""
        return self.absolute.method == ALL_EQUAL and self.absolute.value == 0

    @property
    def is_shown(self) -> bool:
        """Whether there is one: 0 lies outside of its interval."""
        return self.absolute.excludes_zero


def difference_of(
    ours: ArrayLike, theirs: ArrayLike, confidence: float = CONFIDENCE, own_confidence: float | None = None
) -> Difference:
    """The difference between two variants; ``ours`` and ``theirs`` have shape (replications,), NaN for none.

    ``confidence`` is that of the difference, ``own_confidence`` that of the ratio of variances, which nothing is
    decided by; the same if None.
    """
    pair = np.array([ours, theirs], dtype=float)
    y, x = pair[:, ~np.isnan(pair).any(axis=0)]
    y = np.where(np.abs(y - x) <= _EXACT * np.maximum(np.abs(y), np.abs(x)), x, y)
    return Difference(
        difference_estimate(y, x, confidence),
        relative_difference(y, x, confidence),
        variance_ratio(y, x, confidence if own_confidence is None else own_confidence),
    )


def relative_difference(ours: ArrayLike, theirs: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    r"""By what share the mean of ``ours`` lies above that of ``theirs``, with Fieller's interval for paired values.

    It holds all :math:`\rho - 1` of which the pairs don't show that :math:`y - \rho x` has another mean than 0:

    .. math:: |\bar y - \rho \bar x| \le t_{n-1,\,(1+c)/2} \sqrt{s^2_{y - \rho x} / n}

    So it leaves out 0 just when the paired t interval of the difference does.

    Args:
        ours: y, shape (n,), without NaN.
        theirs: x, the same.
        confidence: c, the share of such intervals that hold the true ratio, where the values are near normal.

    Returns:
        An estimate; without an interval where x may have the mean 0, without a value where it has.

    References:
        E. C. Fieller, "Some problems in interval estimation", J. Royal Statistical Society B 16 (1954), 175-185.

    >>> estimate = relative_difference([11.0, 12.2, 12.8], [10.0, 11.0, 12.0])
    >>> round(estimate.value, 3), round(estimate.low, 3), round(estimate.high, 3)
    (0.091, 0.041, 0.162)
    """
    y, x = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    n, mean = len(x), float(x.mean()) if len(x) else math.nan
    if n < 1 or mean == 0:
        return Estimate(math.nan, math.nan, math.nan, n, FIELLER)
    value = float((y - x).mean()) / mean
    if n < 2:
        return Estimate(value, math.nan, math.nan, n, FIELLER)
    if (y == x).all():
        return Estimate(0.0, 0.0, 0.0, n, ALL_EQUAL)
    # In terms of how far rho lies from its estimate: a d^2 - 2 b d + c <= 0.
    squared = t_quantile(n - 1, confidence) ** 2 / n
    spread = np.cov(x, y - (1 + value) * x)
    a, b, c = mean**2 - squared * spread[0, 0], -squared * spread[0, 1], -squared * spread[1, 1]
    if a <= 0:
        return Estimate(value, math.nan, math.nan, n, FIELLER)
    root = math.sqrt(max(b * b - a * c, 0.0))
    return Estimate(value, value + float(b - root) / float(a), value + float(b + root) / float(a), n, FIELLER)


def variance_ratio(ours: ArrayLike, theirs: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    r"""How many times larger the variance of the difference would be if both had seeds of their own.

    .. math:: \frac{s_y^2 + s_x^2}{s_{y-x}^2} = \frac12 \left(1 + \frac{s_{y+x}^2}{s_{y-x}^2}\right)

    The interval is that of Pitman and Morgan for the ratio w of the variances of y + x and y - x, whose correlation
    is r: from :math:`w (K - \sqrt{K^2 - 1})` to :math:`w (K + \sqrt{K^2 - 1})`, with
    :math:`K = 1 + 2 (1 - r^2)\, t^2_{n-2,\,(1+c)/2} / (n - 2)`.

    Args:
        ours: y, shape (n,), without NaN.
        theirs: x, the same.
        confidence: c, the share of such intervals that hold the true ratio, where the values are normal.

    Returns:
        An estimate: above 1 where sharing helps; without an interval of fewer than 3 pairs, without a value where the
        difference does not vary.

    References:
        E. J. G. Pitman, "A note on normal correlation", Biometrika 31 (1939), 9-12;
        W. A. Morgan, "A test for the significance of the difference between the two variances in a sample from a
        normal bivariate population", Biometrika 31 (1939), 13-19.

    >>> round(variance_ratio([11.0, 12.2, 12.8, 14.1], [10.0, 11.0, 12.0, 13.0]).value)
    114
    """
    y, x = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    n, none = len(x), Estimate(math.nan, math.nan, math.nan, len(x), PITMAN_MORGAN)
    if n < 2 or _is_flat(y - x):
        return none
    total, difference = float((y + x).var(ddof=1)), float((y - x).var(ddof=1))
    if total == 0:
        return Estimate(0.5, math.nan, math.nan, n, PITMAN_MORGAN)
    w = total / difference
    value = (1 + w) / 2
    if n < 3:
        return Estimate(value, math.nan, math.nan, n, PITMAN_MORGAN)
    r = float(np.corrcoef(y + x, y - x)[0, 1])
    k = 1 + 2 * max(1 - r * r, 0.0) * t_quantile(n - 2, confidence) ** 2 / (n - 2)
    up = k + math.sqrt(k * k - 1)
    return Estimate(value, (1 + w / up) / 2, (1 + w * up) / 2, n, PITMAN_MORGAN)


def _is_flat(values: NDArray[np.float64]) -> bool:
    """Whether values are all the same but for rounding."""
    return bool(np.ptp(values) <= _EXACT * np.abs(values).max())
