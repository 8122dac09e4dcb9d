import math

import numpy as np
import pytest
from scipy import stats

from lambdasim.randomness import stream
from lambdasim.workload.distributions import (
    Constant,
    Exponential,
    Gamma,
    Lognormal,
    Mixture,
    Normal,
    ShiftedLognormal,
    Uniform,
    Weibull,
)

N = 200_000
MEDIAN, P99 = 80_000.0, 400_000.0

# distribution, and scipy's frozen counterpart
CLOSED_FORMS = [
    (Exponential(250.0), stats.expon(scale=250.0)),
    (Lognormal(4.0, 0.7), stats.lognorm(0.7, scale=math.exp(4.0))),
    (ShiftedLognormal(100.0, 4.0, 0.7), stats.lognorm(0.7, loc=100.0, scale=math.exp(4.0))),
    (Gamma(50.0, 0.5), stats.gamma(4.0, scale=12.5)),
    (Gamma(50.0, 2.0), stats.gamma(0.25, scale=200.0)),
    (Weibull(30.0, 1.5), stats.weibull_min(1.5, scale=30.0)),
    (Weibull(30.0, 0.5), stats.weibull_min(0.5, scale=30.0)),
    (Uniform(10.0, 30.0), stats.uniform(10.0, 20.0)),
    (Normal(100.0, 10.0), stats.norm(100.0, 10.0)),
]


def draws(distribution, n=N, seed=1):
    return distribution.sample(stream(seed, "test"), n)


def standard_errors(values, expected):
    return (values.mean() - expected) / (values.std(ddof=1) / math.sqrt(values.size))


@pytest.mark.parametrize(("ours", "theirs"), CLOSED_FORMS, ids=lambda value: str(value)[:40])
def test_draws_follow_the_closed_form(ours, theirs):
    values = draws(ours)
    assert values.shape == (N,)
    assert values.dtype == np.float64
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-9)
    assert abs(standard_errors(values, theirs.mean())) < 4
    assert abs(standard_errors((values - theirs.mean()) ** 2, theirs.var())) < 4
    assert stats.kstest(values, theirs.cdf).pvalue > 1e-4


def test_a_lognormal_from_median_and_p99_has_that_median_and_p99():
    ours = Lognormal.from_median_p99(MEDIAN, P99)
    exact = stats.lognorm(ours.sigma, scale=math.exp(ours.mu))
    assert exact.ppf(0.5) == pytest.approx(MEDIAN)
    assert exact.ppf(0.99) == pytest.approx(P99)


def test_a_lognormal_from_mean_and_cv_has_that_mean_and_cv():
    ours = Lognormal.from_mean_cv(100.0, 1.5)
    exact = stats.lognorm(ours.sigma, scale=math.exp(ours.mu))
    assert (exact.mean(), exact.std() / exact.mean()) == pytest.approx((100.0, 1.5))
    assert Lognormal.from_median_sigma(100.0, 0.3) == Lognormal(math.log(100.0), 0.3)


def test_a_normal_is_cut_at_zero_and_knows_its_mean():
    ours = Normal(10.0, 20.0)
    values = draws(ours)
    assert values.min() == 0.0
    assert np.mean(values == 0) == pytest.approx(stats.norm.cdf(-0.5), abs=4 * math.sqrt(0.25 / N))
    assert abs(standard_errors(values, ours.mean())) < 4
    assert Normal(10.0, 0.0).mean() == 10.0


def test_a_mixture_takes_each_part_by_its_weight():
    ours = Mixture(((3.0, Constant(1.0)), (0.0, Constant(5.0)), (1.0, Uniform(10.0, 20.0))))
    values = draws(ours)
    share = np.mean(values == 1.0)
    assert abs(share - 0.75) < 4 * math.sqrt(0.75 * 0.25 / N)
    assert not np.any(values == 5.0)
    assert ours.mean() == pytest.approx(0.75 * 1 + 0.25 * 15)
    assert abs(standard_errors(values, ours.mean())) < 4


@pytest.mark.parametrize(
    ("one", "double"),
    [
        (Exponential(5.0), Exponential(10.0)),
        (Lognormal.from_median_p99(5.0, 9.0), Lognormal.from_median_p99(10.0, 18.0)),
        (ShiftedLognormal(1.0, 2.0, 0.5), ShiftedLognormal(2.0, 2.0 + math.log(2), 0.5)),
        (Gamma(5.0, 0.7), Gamma(10.0, 0.7)),
        (Weibull(5.0, 1.3), Weibull(10.0, 1.3)),
        (Uniform(5.0, 6.0), Uniform(10.0, 12.0)),
        (Normal(5.0, 1.0), Normal(10.0, 2.0)),
        (Mixture(((1, Constant(1.0)), (1, Uniform(3, 4)))), Mixture(((1, Constant(2.0)), (1, Uniform(6, 8))))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_on_one_seed_a_doubled_scale_doubles_every_draw(one, double):
    assert draws(double, 1000) == pytest.approx(2 * draws(one, 1000))


def test_on_one_seed_a_larger_sigma_keeps_the_order_of_the_draws():
    narrow, wide = draws(Lognormal(4.0, 0.1), 1000), draws(Lognormal(9.0, 1.5), 1000)
    assert np.array_equal(np.argsort(narrow), np.argsort(wide))


def test_a_changed_weight_moves_only_the_draws_that_change_sides():
    def values(weight):
        return draws(Mixture(((weight, Exponential(1.0)), (1.0 - weight, Exponential(100.0)))), 10_000)

    assert np.mean(values(0.5) != values(0.6)) == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 10_000))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Constant(-1.0), "value is -1; it must be at least 0"),
        (lambda: Constant(math.nan), "value is nan"),
        (lambda: Exponential(0.0), "mean is 0; it must be greater than 0"),
        (lambda: Exponential(math.inf), "mean is inf"),
        (lambda: Lognormal.from_median_p99(5.0, 4.0), "p99 (4) is below the median (5)"),
        (lambda: Lognormal.from_median_p99(1.0, 1e15), "longer than the clock can count"),
        (lambda: Lognormal(math.nan, 1.0), "mu is nan"),
        (lambda: Lognormal.from_mean_cv(1.0, -1.0), "cv is -1"),
        (lambda: ShiftedLognormal(-1.0, 1.0, 1.0), "shift is -1"),
        (lambda: Gamma(1.0, 0.0), "cv is 0; it must be at least 0.001"),
        (lambda: Weibull(1.0, 0.0), "shape is 0; it must be at least 0.1"),
        (lambda: Uniform(2.0, 1.0), "high (1) is below low (2)"),
        (lambda: Normal(-1.0, 1.0), "mean is -1"),
        (lambda: Mixture(((0.0, Constant(1.0)),)), "weight greater than 0"),
        (lambda: Mixture(((-1.0, Constant(1.0)),)), "weight is -1"),
        (lambda: Mixture(()), "at least one part"),
    ],
)
def test_parameters_that_make_no_distribution_are_refused(make, words):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 (the words are compared below)
        make()
    assert words in str(refusal.value)
