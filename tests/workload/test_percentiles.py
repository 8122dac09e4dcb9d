"""Percentiles in closed form, or by bisection, against draws and against scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from lambdasim.randomness import stream
from lambdasim.workload.distributions import Exponential, Lognormal, Mixture
from lambdasim.workload.percentiles import percentile

MIXTURE = Mixture(((0.7, Lognormal(4.5, 0.05)), (0.3, Lognormal(5.5, 0.4))))


@pytest.mark.parametrize("share", [0.001, 0.5, 0.99])
def test_the_percentile_of_a_lognormal_is_that_of_its_formula(share):
    expected = stats.lognorm(0.7, scale=math.exp(4.0)).ppf(share)
    assert percentile(Lognormal(4.0, 0.7), share) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.69, 0.71, 0.99])
def test_that_share_of_a_mixture_lies_below_its_percentile(share):
    at = math.log(percentile(MIXTURE, share))
    below = sum(weight * stats.norm(part.mu, part.sigma).cdf(at) for weight, part in MIXTURE.parts)
    assert below == pytest.approx(share, abs=1e-9)


def test_draws_of_a_mixture_have_its_percentiles():
    draws = MIXTURE.sample(stream(1, "test"), 200_000)
    share_below = np.mean(draws <= percentile(MIXTURE, 0.9))
    assert abs(share_below - 0.9) < 4 * math.sqrt(0.9 * 0.1 / 200_000)


def test_weights_need_not_sum_to_one():
    doubled = Mixture(tuple((2 * weight, part) for weight, part in MIXTURE.parts))
    assert percentile(doubled, 0.9) == pytest.approx(percentile(MIXTURE, 0.9))


@pytest.mark.parametrize("other", [Exponential(3.0), Mixture(((1.0, Exponential(3.0)),))])
def test_of_another_distribution_it_says_that_it_does_not_know(other):
    with pytest.raises(TypeError, match="no percentiles without draws"):
        percentile(other, 0.5)
