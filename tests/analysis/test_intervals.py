"""Intervals: against published tables and closed forms, and the laws that any interval keeps."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from lambdasim.analysis.intervals import (
    batch_means_estimate,
    difference_estimate,
    estimate_of,
    fewest_for_a_median,
    mean_estimate,
    median_estimate,
    share_that_may_differ,
)
from lambdasim.randomness import stream
from lambdasim.scenario.measures import Measure

LATENCY = Measure("f.latency_ms.p99", ("functions", "f", "latency_ms", "p99"))
THROTTLES = Measure("f.throttles.total", ("functions", "f", "throttles", "total"))
COLD = Measure("f.cold_start_rate", ("functions", "f", "cold_start_rate"))
WHOLE = st.lists(st.integers(-1000, 1000).map(float), min_size=8, max_size=30)  # sums without rounding
KINDS = {
    "mean": mean_estimate,
    "median": median_estimate,
    "batch means": lambda values, confidence=0.95: batch_means_estimate(values, batches=4, confidence=confidence),
    "batch quantiles": lambda values, confidence=0.95: batch_means_estimate(
        values, 50, batches=4, confidence=confidence
    ),
}
kinds = pytest.mark.parametrize("kind", KINDS)


def test_laws_textbook_example_of_ten_replications():
    # Law (2015), example 4.27: ten observations, a 90 % interval of 1.34 -+ 0.24.
    estimate = mean_estimate([1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09], 0.9)
    assert (round(estimate.value, 2), round(estimate.half_width, 2)) == (1.34, 0.24)
    assert (estimate.n, estimate.method) == (10, "t")


def test_the_mean_has_the_interval_that_scipy_has():
    values = [3.1, 4.1, 5.9, 2.6, 5.3]
    low, high = stats.t.interval(0.99, 4, loc=np.mean(values), scale=stats.sem(values))
    estimate = mean_estimate(values, 0.99)
    assert (estimate.low, estimate.high) == pytest.approx((low, high))


@pytest.mark.parametrize(("n", "confidence", "rank"), [(6, 0.96875, 1), (9, 0.9609375, 2), (20, 0.9586105346679688, 6)])
def test_where_an_order_statistic_is_exactly_sure_enough_the_interval_ends_there(n, confidence, rank):
    # The sign test's tables: Conover (1999), table A3.
    estimate = median_estimate(np.arange(1, n + 1) ** 2, confidence)
    assert (estimate.low, estimate.high) == pytest.approx((rank**2, (n + 1 - rank) ** 2))
    assert estimate.method == "order statistics"


def test_between_order_statistics_the_interval_is_hettmansperger_and_sheathers():
    # By hand, n = 10 at 95 %: gamma_2 = 1002/1024, gamma_3 = 912/1024, I = 0.3244, lambda = 8 I / (2 + 6 I) = 0.6577.
    estimate = median_estimate([0, 0, 10, 20, 30, 40, 50, 60, 100, 200])
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((35, 6.577, 100 - 26.31), rel=1e-3)


@pytest.mark.parametrize("n", [6, 7, 10, 25])
def test_the_interval_of_a_median_holds_it_about_as_often_as_it_says_whatever_the_distribution(n):
    rng = stream(3, "medians", n)
    for draws in (rng.standard_exponential((2000, n)) - math.log(2), rng.standard_cauchy((2000, n))):
        held = np.mean([estimate.low <= 0 <= estimate.high for estimate in map(median_estimate, draws)])
        assert abs(held - 0.95) < 0.015 + 3 * math.sqrt(0.95 * 0.05 / 2000)  # they say: to within 1 %


@pytest.mark.parametrize(("confidence", "n"), [(0.5, 2), (0.75, 3), (0.9, 5), (0.95, 6), (0.99, 8), (0.999, 11)])
def test_a_median_has_an_interval_from_so_many_values_on(confidence, n):
    assert fewest_for_a_median(confidence) == n
    assert 1 - 2 * 0.5 ** (n - 1) < confidence <= 1 - 2 * 0.5**n
    assert math.isnan(median_estimate(range(n - 1), confidence).low)
    assert math.isfinite(median_estimate(range(n), confidence).low)


def test_batch_means_are_a_t_interval_over_the_batches():
    values = np.arange(100.0) % 7
    parts, whole = values.reshape(20, 5).mean(axis=1), batch_means_estimate(values)
    assert (whole.low, whole.high) == pytest.approx((mean_estimate(parts).low, mean_estimate(parts).high))
    assert (whole.n, whole.method) == (20, "batch means")


def test_what_does_not_fill_the_batches_is_dropped_from_the_beginning():
    values = [1e9, 1e9, *range(40)]
    assert batch_means_estimate(values) == batch_means_estimate(range(40))


def test_a_percentile_of_one_run_is_that_of_all_its_values_and_its_interval_comes_from_the_batches():
    values = np.concatenate([np.arange(100.0) + shift for shift in (0, 1, 2, 3)])
    estimate = batch_means_estimate(values, 90, batches=4)
    assert estimate.value == np.percentile(values, 90, method="inverted_cdf")
    parts = np.array([89.0, 90.0, 91.0, 92.0])
    half = stats.t.ppf(0.975, 3) * math.sqrt(((parts - estimate.value) ** 2).sum() / (4 * 3))
    assert estimate.half_width == pytest.approx(half)
    assert estimate.method == "batch quantiles"


@pytest.mark.parametrize(("percentile", "size"), [(99, 100), (99.9, 1000), (50, 2), (1, 100), (95, 20)])
def test_a_batch_that_is_too_small_for_a_percentile_gives_no_interval(percentile, size):
    rng = stream(1, "batches")
    assert math.isnan(batch_means_estimate(rng.random(20 * size - 1), percentile).low)
    assert math.isfinite(batch_means_estimate(rng.random(20 * size), percentile).low)


def test_fewer_values_than_batches_give_a_mean_without_an_interval():
    estimate = batch_means_estimate([1.0, 2.0, 6.0])
    assert estimate.value == 3.0
    assert math.isnan(estimate.low)
    assert math.isnan(batch_means_estimate([]).value)


def test_pairs_lose_what_they_share():
    luck = stream(1, "luck").random(10)
    estimate = difference_estimate(luck + 1.5, luck)
    assert (estimate.value, estimate.half_width) == pytest.approx((1.5, 0), abs=1e-12)
    assert estimate.excludes_zero
    assert difference_estimate([1, math.nan, 3], [0, 0, math.nan]).n == 1


@pytest.mark.parametrize("function", [mean_estimate, median_estimate])
def test_values_that_are_not_there_count_for_nothing(function):
    values = [4.0, 1.0, 3.0, 2.0, 6.0, 5.0, 9.0]
    assert function([math.nan, *values, math.nan]) == function(values)


@pytest.mark.parametrize("function", [mean_estimate, median_estimate])
@pytest.mark.parametrize("values", [[], [math.nan], [3.0], [math.nan, 3.0]])
def test_less_than_two_values_have_no_interval(function, values):
    estimate = function(values)
    assert estimate.n == len([value for value in values if value == 3.0])
    assert math.isnan(estimate.value) == (estimate.n == 0)
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)
    assert math.isnan(estimate.half_width)


@kinds
def test_equal_values_have_an_interval_without_width_and_say_so(kind):
    estimate = KINDS[kind]([0.1] * 12)  # the sum of which is not 12 x 0.1
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0.1, 0.1, 0.1))
    assert estimate.low == estimate.high
    assert estimate.method == "all equal"


def test_what_was_never_seen_may_be_in_three_of_n_runs():
    assert share_that_may_differ(10) == pytest.approx(stats.binomtest(0, 10).proportion_ci(0.9).high)  # one-sided
    for n in (30, 100, 1000):
        assert share_that_may_differ(n) == pytest.approx(3 / n, rel=0.06)
    assert share_that_may_differ(0) == 1


def test_a_percentile_is_estimated_by_order_statistics_and_a_mean_by_t():
    values = [4.0, 1.0, 3.0, 2.0, 6.0, 50.0]
    assert estimate_of(LATENCY, values) == median_estimate(values)
    assert estimate_of(THROTTLES, values).value == np.mean(values)
    assert estimate_of(THROTTLES, values).method == "t"


def test_too_few_replications_for_order_statistics_leave_a_percentile_the_t_interval():
    assert estimate_of(LATENCY, [1.0, 2.0, 3.0, 4.0, 5.0]) == mean_estimate([1.0, 2.0, 3.0, 4.0, 5.0])
    assert estimate_of(LATENCY, [1.0, 2.0, 3.0, 4.0, 5.0, math.nan]).method == "t"
    assert estimate_of(LATENCY, range(6), 0.99).method == "t"


def test_what_can_not_be_negative_has_no_interval_below_0_nor_a_share_beyond_1():
    rare = [0.0] * 9 + [5.0]
    assert mean_estimate(rare).low < 0
    assert estimate_of(THROTTLES, rare).low == 0
    shares = [1.0] * 9 + [0.1]
    assert mean_estimate(shares).high > 1
    assert (estimate_of(COLD, shares).high, estimate_of(THROTTLES, shares).high > 1) == (1, True)
    assert estimate_of(THROTTLES, [-1.0, *rare]).low < 0  # what is seen below 0 may lie there


@kinds
@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.1, math.nan])
def test_a_confidence_that_is_none_is_refused(kind, confidence):
    with pytest.raises(ValueError, match="a confidence lies above 0 and below 1"):
        KINDS[kind](range(12), confidence)
    with pytest.raises(ValueError, match="a confidence lies above 0 and below 1"):
        estimate_of(LATENCY, range(12), confidence)
    with pytest.raises(ValueError, match="a confidence lies above 0 and below 1"):
        share_that_may_differ(3, confidence)


def test_batches_and_percentiles_that_are_none_are_refused():
    with pytest.raises(ValueError, match="1 batches have no spread"):
        batch_means_estimate(range(12), batches=1)
    for percentile in (0, 100, -5):
        with pytest.raises(ValueError, match="is no percentile"):
            batch_means_estimate(range(12), percentile)


@kinds
@settings(max_examples=40)
@given(values=WHOLE, confidence=st.floats(0.5, 0.99))
def test_an_interval_holds_its_estimate(kind, values, confidence):
    estimate = KINDS[kind](values, confidence)
    assume(not math.isnan(estimate.low))
    assert estimate.low <= estimate.value <= estimate.high


@kinds
@settings(max_examples=40)
@given(values=WHOLE, confidences=st.tuples(st.floats(0.5, 0.98), st.floats(0.5, 0.98)))
def test_a_surer_interval_holds_the_less_sure_one(kind, values, confidences):
    less, more = (KINDS[kind](values, confidence) for confidence in sorted(confidences))
    assume(not math.isnan(more.low))
    assert more.low <= less.low + 1e-9
    assert less.high <= more.high + 1e-9


@kinds
@settings(max_examples=40)
@given(values=WHOLE, scale=st.sampled_from([-4.0, -1.0, 0.5, 8.0]), shift=st.integers(-100, 100))
def test_intervals_move_and_stretch_with_their_values(kind, values, scale, shift):
    assume(scale > 0 or kind != "batch quantiles")  # a percentile by nearest rank is not that of the mirror image
    plain = KINDS[kind](values)
    moved = KINDS[kind]([scale * value + shift for value in values])
    ends = sorted((scale * plain.low + shift, scale * plain.high + shift))
    assert moved.value == pytest.approx(scale * plain.value + shift, abs=1e-6)
    assert [moved.low, moved.high] == pytest.approx(ends, abs=1e-6, nan_ok=True)
    assert moved.method == plain.method


@pytest.mark.parametrize("kind", ["mean", "median"])
@settings(max_examples=40)
@given(values=WHOLE, order=st.randoms(use_true_random=False))
def test_the_order_of_replications_says_nothing(kind, values, order):
    shuffled = order.sample(values, len(values))
    assert KINDS[kind](shuffled).low == pytest.approx(KINDS[kind](values).low, abs=1e-9)
    assert KINDS[kind](shuffled).high == pytest.approx(KINDS[kind](values).high, abs=1e-9)
