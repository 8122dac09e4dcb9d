"""Percentiles of distributions without drawing from them."""

from __future__ import annotations

import math
from statistics import NormalDist

from lambdasim.workload.distributions import Distribution, Lognormal, Mixture

_HALVINGS = 60  # leaves less than float64 can tell apart


def percentile(distribution: Distribution, share: float) -> float:
    """The value that ``share`` of all draws (in (0, 1)) do not exceed, in the distribution's own unit.

    Of a lognormal in closed form, ``exp(mu + sigma z)``; of a mixture of lognormals by bisection on its distribution
    function, between the least and the largest of its parts' percentiles. Raises TypeError for any other.

    >>> round(percentile(Lognormal.from_median_p99(80.0, 400.0), 0.99), 6)
    400.0
    """
    match distribution:
        case Lognormal():
            return math.exp(_logarithm(distribution).inv_cdf(share))
        case Mixture(parts) if all(isinstance(part, Lognormal) for _, part in parts):
            return math.exp(_of_mixture([(weight, _logarithm(part)) for weight, part in parts], share))
    raise TypeError(f"no percentiles without draws of {distribution}")


def _logarithm(distribution: Distribution) -> NormalDist:
    """What the logarithm of a lognormal follows."""
    assert isinstance(distribution, Lognormal)
    return NormalDist(distribution.mu, distribution.sigma)


def _of_mixture(parts: list[tuple[float, NormalDist]], share: float) -> float:
    percentiles = [part.inv_cdf(share) for _, part in parts]
    low, high = min(percentiles), max(percentiles)
    enough = share * sum(weight for weight, _ in parts)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if sum(weight * part.cdf(middle) for weight, part in parts) < enough:
            low = middle
        else:
            high = middle
    return high
