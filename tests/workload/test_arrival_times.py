import math
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from arrival_kinds import MONDAY, PER_S, counts_of, times_of
from scipy import integrate, special, stats

from lambdasim.units import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_S
from lambdasim.workload.arrivals import (
    AtOnce,
    Batch,
    Bursts,
    ConstantRate,
    Diurnal,
    Piecewise,
    Poisson,
    Renewal,
    Sum,
)
from lambdasim.workload.distributions import Constant, Exponential, Uniform
from lambdasim.workload.intensity import concentration, von_mises_day

RUNS = 400


def z_of_mean(values, expected):
    return (np.mean(values) - expected) / (np.std(values, ddof=1) / math.sqrt(len(values)))


def assert_poisson(counts, expected):
    """Mean and variance of a Poisson count; the variance's standard error is that of a Poisson sample."""
    n = len(counts)
    assert abs(np.mean(counts) - expected) < 4 * math.sqrt(expected / n)
    assert abs(np.var(counts, ddof=1) - expected) < 4 * math.sqrt((expected + 2 * expected**2) / n)


def test_a_constant_rate_is_exact_where_floats_are_not():
    times = times_of(ConstantRate(10 * PER_S), 100 * US_PER_S)
    assert np.array_equal(times, np.arange(1000) * 100_000)
    thirds = times_of(ConstantRate(3 * PER_S), 100_000 * US_PER_S)
    assert np.array_equal(thirds, np.arange(300_000) * 1_000_000 // 3)
    assert np.array_equal(times_of(ConstantRate(2.5), 1000), np.arange(2500) * 2 // 5)


def test_poisson_counts_have_equal_mean_and_variance():
    assert_poisson(counts_of(Poisson(50 * PER_S), 2 * US_PER_S, RUNS), 100)


def test_poisson_gaps_are_exponential():
    times = times_of(Poisson(50 * PER_S), US_PER_HOUR)
    assert stats.kstest(np.diff(times) / 20_000, "expon").pvalue > 1e-4


def test_on_one_seed_half_the_rate_takes_twice_the_time():
    fast, slow = times_of(Poisson(2 * PER_S), US_PER_HOUR), times_of(Poisson(PER_S), 2 * US_PER_HOUR)
    assert np.abs(slow - 2 * fast).max() <= 1


@pytest.mark.parametrize("cv", [0.1, 1.0, 2.5])
def test_renewal_gaps_are_gamma_with_that_mean_and_cv(cv):
    gaps = np.diff(times_of(Renewal(20 * PER_S, cv), US_PER_HOUR))
    expected = stats.gamma(cv**-2, scale=50_000 * cv**2)
    assert abs(z_of_mean(gaps, 50_000)) < 4
    assert abs(z_of_mean((gaps - 50_000) ** 2, expected.var())) < 4
    assert stats.kstest(gaps + 0.5, expected.cdf).pvalue > 1e-4 or cv > 1  # large cv: many gaps under 1 us


def assert_counts_follow(process, integral, until_us, *, runs=200, start=MONDAY, windows=24):
    """Window counts against the rate's integral: each is Poisson, so their squared z sum to a chi square."""
    edges = np.linspace(0, until_us, windows + 1)
    counts = sum(np.histogram(times_of(process, until_us, seed=seed, start=start), edges)[0] for seed in range(runs))
    expected = runs * np.array([integral(low, high) for low, high in pairwise(edges)])
    assert np.array_equal(counts[expected == 0], expected[expected == 0])
    busy = expected > 0
    statistic = np.sum((counts[busy] - expected[busy]) ** 2 / expected[busy])
    assert stats.chi2.sf(statistic, busy.sum()) > 1e-4


def test_a_linear_curve_gives_the_counts_of_its_integral():
    points = ((60e6, 2 * PER_S), (240e6, 20 * PER_S), (240e6, 0.0), (300e6, 0.0), (480e6, 8 * PER_S))
    times, rates = np.array([(0, 2 * PER_S), *points, (600e6, 8 * PER_S)]).T

    def integral(low, high):
        middles = low + (np.arange(10_000) + 0.5) * (high - low) / 10_000
        return np.interp(middles, times, rates).mean() * (high - low)

    assert_counts_follow(Piecewise(points), integral, 600_000_000, windows=20)


def test_a_step_curve_holds_each_rate_until_the_next_point():
    steps = Piecewise(((60e6, 2 * PER_S), (120e6, 0.0), (180e6, 9 * PER_S)), "step")
    expected = dict(zip(range(4), [120, 120, 0, 540], strict=True))
    assert_counts_follow(steps, lambda low, _: expected[round(low / 60e6)], 240_000_000, windows=4)


def test_a_single_point_is_a_poisson_process():
    alone = times_of(Piecewise(((0.0, 5 * PER_S),)), US_PER_HOUR)
    assert stats.kstest(np.diff(alone) / 200_000, "expon").pvalue > 1e-4


def test_a_curve_that_ends_at_zero_gives_no_more_events_and_ends():
    assert times_of(Piecewise(((0.0, 1.0), (1000.0, 0.0))), 10**15).max() < 1000
    assert times_of(Piecewise(((0.0, 0.0),)), 10**15).size == 0


@pytest.mark.parametrize("ratio", [1.0, 1.0001, 1.5, 3.0, 60.0, 80.0, 1000.0])
def test_the_daily_curve_has_its_peak_to_mean_ratio(ratio):
    kappa = concentration(ratio)
    assert 1 / special.i0e(kappa) == pytest.approx(ratio, rel=1e-9)
    curve = von_mises_day(2.0, ratio, 50_000e6)
    assert curve.end_level == pytest.approx(2.0 * US_PER_DAY)
    assert curve.starts.max() == pytest.approx(2.0 * ratio, rel=1e-4)


@pytest.mark.parametrize("ratio", [1.0, 2.5, 20.0, 300.0])
def test_the_daily_curve_stays_as_close_to_its_formula_as_it_says(ratio):
    curve = von_mises_day(1.0, ratio, 50_000e6)
    kappa = concentration(ratio)
    times = np.random.Generator(np.random.PCG64(1)).uniform(0, US_PER_DAY, 100_000)
    times = np.concatenate([times, 50_000e6 + np.linspace(-3, 3, 10_001) * US_PER_DAY / ratio / 5])
    exact = ratio * np.exp(kappa * (np.cos(2 * np.pi * (times - 50_000e6) / US_PER_DAY) - 1))
    ours = np.interp(times, curve.times, np.append(curve.starts, curve.ends[-1]))
    assert np.abs(ours - exact).max() < 2e-5 * ratio


def test_diurnal_counts_follow_the_days_curve_and_the_weekend():
    friday_noon = MONDAY + timedelta(days=4, hours=12)
    process = Diurnal(20 / US_PER_HOUR, 2.5, 14 * US_PER_HOUR, 0.3)
    kappa = concentration(2.5)

    def rate(time_us):
        since_monday = time_us + 4.5 * US_PER_DAY
        factor = 0.3 if since_monday % (7 * US_PER_DAY) >= 5 * US_PER_DAY else 1.0
        angle = 2 * math.pi * (since_monday - 14 * US_PER_HOUR) / US_PER_DAY
        return factor * 20 / US_PER_HOUR * 2.5 * math.exp(kappa * (math.cos(angle) - 1))

    assert_counts_follow(
        process, lambda low, high: integrate.quad(rate, low, high)[0], 4 * US_PER_DAY, start=friday_noon, windows=32
    )


def test_a_weekend_of_factor_zero_is_silent():
    saturday = MONDAY + timedelta(days=5)
    assert times_of(Diurnal(1 / US_PER_S, 2.0, 0.0, 0.0), 2 * US_PER_DAY, start=saturday).size == 0


def test_a_flat_daily_curve_is_a_poisson_process():
    counts = counts_of(Diurnal(50 * PER_S, 1.0, 0.0), 2 * US_PER_S, RUNS)
    assert_poisson(counts, 100)


def test_bursts_have_the_mean_and_the_dispersion_of_their_closed_form():
    low, high, mean_low, mean_high, window = 1.0, 30.0, 8.0, 2.0, 20.0  # per s and s
    process = Bursts(low * PER_S, high * PER_S, mean_low * US_PER_S, mean_high * US_PER_S)
    counts = counts_of(process, int(window * US_PER_S), 2000)
    share = mean_high / (mean_low + mean_high)
    mean = window * (share * high + (1 - share) * low)
    # Fischer and Meier-Hellstern 1993, The Markov-modulated Poisson process cookbook: variance of the count
    decay = 1 / mean_low + 1 / mean_high
    excess = 2 * share * (1 - share) * (high - low) ** 2 / decay * (window - (1 - math.exp(-decay * window)) / decay)
    assert abs(z_of_mean(counts, mean)) < 4
    assert abs(z_of_mean((counts - mean) ** 2, mean + excess)) < 4
    assert np.var(counts) / np.mean(counts) > 5


def test_bursts_start_in_their_stationary_state():
    process = Bursts(0.0, 1.0, 3e6, 1e6)
    assert abs(z_of_mean(counts_of(process, 100, 2000), 25)) < 4


def test_a_bulk_of_fixed_size_and_spacing_is_exact():
    times = times_of(Batch(1 / US_PER_HOUR, Constant(4.4), Constant(1000.4)), US_PER_DAY)
    bulks = times.reshape(-1, 4)
    assert bulks.shape[0] > 5
    assert np.array_equal(np.diff(bulks, axis=1), np.full((bulks.shape[0], 3), 1000))


def test_a_size_that_rounds_to_zero_is_a_bulk_of_one():
    process = Batch(100 * PER_S, Constant(0.2), Constant(0.0))
    assert_poisson(counts_of(process, US_PER_S, RUNS), 100)


def test_overlapping_bulks_lose_no_event():
    process = Batch(2 * PER_S, Constant(30.0), Exponential(5e5))
    whole = times_of(process, 2 * US_PER_HOUR)
    bulks = times_of(Batch(2 * PER_S, Constant(1.0), Constant(0.0)), 2 * US_PER_HOUR)
    late = bulks > 2 * US_PER_HOUR - 60 * US_PER_S  # bulks that the end may cut
    assert 30 * (~late).sum() <= whole.size <= 30 * bulks.size
    assert abs(whole.size / (2 * US_PER_HOUR) / (60 * PER_S) - 1) < 4 / math.sqrt(bulks.size)


def test_a_bulk_larger_than_a_block_is_whole():
    process = Batch(1 / US_PER_MINUTE, Uniform(200_000, 400_000), Constant(3.0))
    times = times_of(process, 10 * US_PER_MINUTE)
    sizes = np.diff(np.flatnonzero(np.append(np.insert(np.diff(times), 0, 0) != 3, True)))
    assert sizes.size >= 3
    assert (sizes >= 200_000).all()


def test_events_at_once_share_an_instant_or_spread_evenly():
    assert np.array_equal(times_of(AtOnce(200_000, 5), 100), np.full(200_000, 5))
    assert times_of(AtOnce(3, 100, 10), 1000).tolist() == [100, 103, 106]
    assert times_of(AtOnce(4, 0, 10), 1000).tolist() == [0, 2, 5, 7]
    week = times_of(AtOnce(100_000, 0, 7 * US_PER_DAY), 8 * US_PER_DAY)
    assert np.array_equal(week, np.arange(100_000) * 6_048_000)
    assert times_of(AtOnce(10, 95, 10), 100).tolist() == [95, 96, 97, 98, 99]
    assert times_of(AtOnce(10, 100), 100).size == 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ConstantRate(0.0), "rate is 0/s; it must be greater than 0"),
        (lambda: Poisson(-PER_S), "rate is -1/s; it must be greater than 0"),
        (lambda: Poisson(math.nan), "rate is nan"),
        (lambda: Poisson(1e6), "rate is 1e+12/s; it must be between"),
        (lambda: Renewal(PER_S, 0.0), "cv is 0"),
        (lambda: Diurnal(PER_S, 0.5, 0.0), "peak_to_mean is 0.5; it must be at least 1"),
        (lambda: Diurnal(PER_S, 2.0, 0.0, -1.0), "weekend_factor is -1"),
        (lambda: Piecewise(()), "points is empty"),
        (lambda: Piecewise(((5e6, PER_S), (1e6, PER_S))), "a point at 1 s stands after one at 5 s"),
        (lambda: Piecewise(((0.0, -PER_S),)), "rate is -1/s"),
        (lambda: Bursts(2 * PER_S, PER_S, 1e6, 1e6), "high (1/s) is below low (2/s)"),
        (lambda: Bursts(0.0, PER_S, 1.0, 1e6), "mean_low is 1; it must be at least 1000"),
        (lambda: Batch(PER_S, Constant(1e10), Constant(0.0)), "mean size is 1e+10"),
        (lambda: AtOnce(0), "events is 0; it must be at least 1"),
        (lambda: AtOnce(1, -1), "at is -1"),
        (lambda: Sum(()), "sum is empty"),
    ],
)
def test_parameters_that_make_no_process_are_refused(make, words):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 (the words are compared below)
        make()
    assert words in str(refusal.value)


def test_a_daily_curve_needs_a_start_with_a_time_zone():
    naive = datetime(2026, 1, 5)  # noqa: DTZ001 (that is the mistake)
    with pytest.raises(ValueError, match="no time zone"):
        times_of(Diurnal(PER_S, 2.0, 0.0), US_PER_S, start=naive)
