"""Estimates: a number that simulations gave, with the interval that says how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.scenario.measures import Measure

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
BATCHES = 20
T, ORDER_STATISTICS, ALL_EQUAL = "t", "order statistics", "all equal"
BATCH_MEANS, BATCH_QUANTILES = "batch means", "batch quantiles"
_SHARES = ("rate", "share")  # how measures end that can't be above 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number between ``low`` and ``high``, from ``n`` independent values that had one; NaN where none can be given.

    ``method`` names the interval: ``t`` (Student's, of a mean), ``order statistics`` (of a median), ``batch means`` or
    ``batch quantiles`` (of one long run), or ``all equal``: the values do not differ, so the interval has no width, and
    what it leaves open is :func:`share_that_may_differ`.
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

    Raises:
        ValueError: the confidence is not between 0 and 1.

    References:
        A. M. Law, Simulation Modeling and Analysis, 5th ed. (2015), section 9.4.1.

    >>> estimate = mean_estimate([8.0, 10.0, 12.0])
    >>> estimate.value, round(estimate.low, 3), round(estimate.high, 3)
    (10.0, 5.032, 14.968)
    """
    known = _known(values)
    if estimate := _without_spread(known, confidence, T):
        return estimate
    mean = float(known.mean())
    half = t_quantile(len(known) - 1, confidence) * float(known.std(ddof=1)) / math.sqrt(len(known))
    return Estimate(mean, mean - half, mean + half, len(known), T)


def median_estimate(values: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    r"""The median of independent values with an interval between order statistics, whatever their distribution.

    The k-th smallest and the k-th largest of n values hold the median between them with the probability

    .. math:: \gamma_k = 1 - 2 \sum_{i=0}^{k-1} \binom{n}{i} 2^{-n}

    which only comes in steps (at n = 10: 0.979, then 0.891). So the largest k that is sure enough is taken, and from
    there :math:`\lambda` of the way to the next order statistic inwards, as Hettmansperger and Sheather interpolate:

    .. math:: \lambda = \frac{(n-k)\,I}{k + (n-2k)\,I}, \quad I = \frac{\gamma_k - c}{\gamma_k - \gamma_{k+1}}

    Args:
        values: one from each replication, shape (n,); NaN for a replication that had none.
        confidence: c, the share of such intervals that hold the true median.

    Returns:
        An estimate without an interval where even the smallest and the largest value are not sure enough: below 6
        values at 95 %.

    Raises:
        ValueError: the confidence is not between 0 and 1.

    References:
        W. J. Conover, Practical Nonparametric Statistics, 3rd ed. (1999), section 3.2;
        T. P. Hettmansperger and S. J. Sheather, "Confidence intervals based on interpolated order statistics",
        Statistics & Probability Letters 4 (1986), 75-79.

    >>> estimate = median_estimate([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    >>> estimate.value, round(estimate.low, 3), round(estimate.high, 3)
    (5.5, 2.658, 8.342)
    """
    known = np.sort(_known(values))
    if estimate := _without_spread(known, confidence, ORDER_STATISTICS):
        return estimate
    median, n = float(np.median(known)), len(known)
    if n < fewest_for_a_median(confidence):
        return Estimate(median, math.nan, math.nan, n, ORDER_STATISTICS)
    from scipy.special import bdtr  # noqa: PLC0415 - slow to load

    coverage = 1 - 2 * bdtr(np.arange(n // 2 + 1), n, 0.5)  # gamma_k at k - 1, falling
    k = max(1, int(np.count_nonzero(coverage >= confidence)))
    step = (coverage[k - 1] - confidence) / (coverage[k - 1] - coverage[k])
    inwards = (n - k) * step / (k + (n - 2 * k) * step)
    low = known[k - 1] + inwards * (known[k] - known[k - 1])
    high = known[n - k] - inwards * (known[n - k] - known[n - k - 1])
    return Estimate(median, min(float(low), median), max(float(high), median), n, ORDER_STATISTICS)


def fewest_for_a_median(confidence: float = CONFIDENCE) -> int:
    """How many values it takes until the smallest and the largest hold the median between them that surely.

    >>> fewest_for_a_median(0.95), fewest_for_a_median(0.99)
    (6, 8)
    """
    return math.ceil(1 - math.log2(1 - confidence))  # the least n with 1 - 2 / 2^n >= confidence


def batch_means_estimate(
    values: ArrayLike, percentile: float | None = None, *, batches: int = BATCHES, confidence: float = CONFIDENCE
) -> Estimate:
    r"""The mean, or a percentile, of one long run with Student's t interval over batches that do not overlap.

    Values that follow each other depend on each other; the means of long batches hardly do. A percentile is that of all
    values by nearest rank, as in summaries; how far those of the b batches lie from it gives the interval (that is
    called sectioning):

    .. math:: q \pm t_{b-1,\,(1+c)/2} \sqrt{\frac{\sum_j (q_j - q)^2}{b (b - 1)}}

    Args:
        values: in the order in which they were observed, warm-up cut off, shape (n,); NaN is left out. What does not
            fill the batches is dropped from the beginning.
        percentile: above 0 and below 100; None for the mean.
        batches: 10 to 30 suffice (Schmeiser 1982); each should be many times as long as values depend on each other.
        confidence: the share of such intervals that hold the truth.

    Returns:
        An estimate, ``n`` its batches; without an interval where a batch would have no value, or too few to have such a
        percentile (100 for a p99).

    Raises:
        ValueError: fewer than two batches, or a percentile or a confidence that is none.

    References:
        B. Schmeiser, "Batch size effects in the analysis of simulation output", Operations Research 30 (1982), 556-568;
        A. M. Law, Simulation Modeling and Analysis, 5th ed. (2015), section 9.5.3;
        S. Asmussen and P. W. Glynn, Stochastic Simulation (2007), section III.5a, for sectioning.
    """
    _check_confidence(confidence)
    if batches < 2:
        raise ValueError(f"{batches} batches have no spread; at least 2 do")
    if percentile is not None and not 0 < percentile < 100:
        raise ValueError(f"{percentile} is no percentile; it lies above 0 and below 100")
    known, method = _known(values), BATCH_MEANS if percentile is None else BATCH_QUANTILES
    size = len(known) // batches
    kept = known[len(known) - size * batches :]
    value = float(_middle(kept if size else known, percentile))
    needed = 1 if percentile is None else math.ceil(round(100 / min(percentile, 100 - percentile), 6))
    if size < needed:
        return Estimate(value, math.nan, math.nan, batches, method)
    if (kept == kept[0]).all():
        return Estimate(value, value, value, batches, ALL_EQUAL)
    parts = _middle(kept.reshape(batches, size), percentile)
    half = t_quantile(batches - 1, confidence) * math.sqrt(
        float(((parts - value) ** 2).sum()) / (batches * (batches - 1))
    )
    return Estimate(value, value - half, value + half, batches, method)


def difference_estimate(ours: ArrayLike, theirs: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """The mean of ``ours - theirs``, replication by replication, with Student's t interval.

    Pairs on common random numbers: the luck that both share cancels (Law 2015, section 10.2.1). A pair of which one
    is NaN counts for nothing.
    """
    return mean_estimate(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float), confidence)


def estimate_of(measure: Measure, values: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """What replications say of a measure, by the method that suits it; ``values`` as in :func:`mean_estimate`.

    Of a percentile the median over replications, by order statistics: a run's p99 hangs on its few slowest calls, and
    is far from normal. Of anything else, and of a percentile where the replications are too few for that, the mean by
    t. An interval of values that are nowhere below 0 does not go there, nor that of a share beyond 1.

    A percentile of a short run tends to lie a little below that of all calls. More replications do not cure that;
    longer runs do.
    """
    known = _known(values)
    _check_confidence(confidence)
    ordered = measure.is_percentile and len(known) >= fewest_for_a_median(confidence)
    estimate = (median_estimate if ordered else mean_estimate)(known, confidence)
    if len(known) < 2:
        return estimate
    low, high = estimate.low, estimate.high
    if known.min() >= 0:
        low = max(low, 0.0)
    if measure.path[-1].endswith(_SHARES) and known.max() <= 1:
        high = min(high, 1.0)
    return replace(estimate, low=low, high=high)


def share_that_may_differ(n: int, confidence: float = CONFIDENCE) -> float:
    r"""Up to which share of all runs may differ from ``n`` independent ones that are all equal: about 3 / n at 95 %.

    .. math:: 1 - (1 - c)^{1/n}

    It is the exact one-sided bound of Clopper and Pearson for nothing seen in n trials, known as the rule of three
    (Hanley and Lippman-Hand, JAMA 249 (1983), 1743-1745). No throttle in 10 runs: a quarter of all runs may have some.

    >>> round(share_that_may_differ(10), 3), round(share_that_may_differ(300), 4)
    (0.259, 0.0099)
    """
    _check_confidence(confidence)
    return 1.0 if n < 1 else 1 - (1 - confidence) ** (1 / n)


def _known(values: ArrayLike) -> NDArray[np.float64]:
    array: NDArray[np.float64] = np.asarray(values, dtype=float)
    return array[~np.isnan(array)]


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies above 0 and below 1, such as 0.95; found {confidence}")


def _without_spread(known: NDArray[np.float64], confidence: float, method: str) -> Estimate | None:
    """The estimate from no value, from a single one, or from equal ones; None if there is a spread to reckon with."""
    _check_confidence(confidence)
    n, value = len(known), float(known[0]) if len(known) else math.nan
    if n < 2:
        return Estimate(value, math.nan, math.nan, n, method)
    return Estimate(value, value, value, n, ALL_EQUAL) if (known == value).all() else None


def t_quantile(degrees: int, confidence: float) -> float:
    """How many standard errors lie on either side: a quantile of Student's t."""
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to load

    return float(stdtrit(degrees, (1 + confidence) / 2))


def _middle(values: NDArray[np.float64], percentile: float | None) -> NDArray[np.float64]:
    """The mean, or the percentile by nearest rank, along the last axis; NaN of nothing."""
    if not values.size:
        return np.array(math.nan)
    if percentile is None:
        return np.asarray(values.mean(axis=-1))
    return np.asarray(np.percentile(values, percentile, axis=-1, method="inverted_cdf"))
