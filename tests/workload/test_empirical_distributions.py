import math

import numpy as np
import pytest
from scipy import stats

from lambdasim.randomness import stream
from lambdasim.workload.distributions import Quantiles, Samples

N = 200_000
POINTS = ((0.0, 20.0), (0.5, 80.0), (0.9, 150.0), (0.99, 400.0), (1.0, 900.0))


def test_the_given_percentiles_are_recovered_within_their_sampling_error():
    values = Quantiles(POINTS).sample(stream(1, "test"), N)
    for fraction, value in POINTS[1:-1]:
        below = np.mean(values <= value)
        assert abs(below - fraction) < 4 * math.sqrt(fraction * (1 - fraction) / N)
    assert values.min() >= 20.0
    assert values.max() <= 900.0


@pytest.mark.parametrize(
    "points",
    [POINTS, ((0.5, 80.0), (0.99, 400.0)), ((0.1, 5.0), (0.5, 5.0), (1.0, 8.0)), ((0.0, 0.0), (0.5, 0.0), (1.0, 50.0))],
)
def test_the_mean_is_the_area_under_the_inverse_cdf(points):
    curve = Quantiles(points)
    middles = (np.arange(1_000_000) + 0.5) / 1_000_000
    assert curve.mean() == pytest.approx(curve.at(middles).mean(), rel=1e-5)


def test_between_two_points_the_logarithm_is_linear():
    curve = Quantiles(((0.0, 10.0), (0.5, 1000.0), (1.0, 1000.0)))
    assert curve.at(np.array([0.25])) == pytest.approx([100.0])


def test_without_a_minimum_the_curve_mirrors_its_upper_side_on_the_log_scale():
    curve = Quantiles(((0.5, 80.0), (0.9, 160.0), (0.99, 400.0), (1.0, 800.0)))
    distance = np.linspace(0, 0.5, 101)
    assert curve.at(0.5 - distance) == pytest.approx(80.0**2 / curve.at(0.5 + distance))


def test_a_lognormal_given_by_its_upper_percentiles_keeps_its_lower_ones():
    exact = stats.lognorm(0.5, scale=100.0)
    fractions = np.array([0.5, *np.linspace(0.51, 0.99, 49), 0.9999])
    curve = Quantiles(tuple(zip(fractions.tolist(), exact.ppf(fractions).tolist(), strict=True)))
    assert curve.at(np.array([0.1, 0.3])) == pytest.approx(exact.ppf([0.1, 0.3]), rel=1e-3)


def test_a_low_percentile_without_a_minimum_mirrors_the_points_next_to_it():
    curve = Quantiles(((0.1, 10.0), (0.15, 20.0), (0.2, 40.0), (1.0, 100.0)))
    assert curve.at(np.array([0.0, 0.05])) == pytest.approx([2.5, 5.0])


def test_without_a_maximum_the_curve_holds_its_highest_value():
    values = Quantiles(((0.5, 80.0), (0.9, 160.0))).sample(stream(1, "test"), N)
    assert values.max() == 160.0
    assert abs(np.mean(values == 160.0) - 0.1) < 4 * math.sqrt(0.09 / N)


def test_zeros_do_not_break_the_log_scale():
    curve = Quantiles(((0.0, 0.0), (0.25, 0.0), (0.75, 100.0), (1.0, 100.0)))
    assert curve.at(np.array([0.0, 0.2, 0.25, 0.5, 0.75, 1.0])) == pytest.approx([0, 0, 0, 50, 100, 100])
    assert Quantiles(((0.5, 0.0), (1.0, 9.0))).at(np.array([0.1])) == 0.0


def test_on_one_seed_doubled_points_double_every_draw():
    doubled = Quantiles(tuple((fraction, 2 * value) for fraction, value in POINTS))
    one, two = (curve.sample(stream(1, "test"), 1000) for curve in (Quantiles(POINTS), doubled))
    assert two == pytest.approx(2 * one)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (((0.5, 80.0), (0.9, 40.0)), "p90 (40) is below p50 (80)"),
        (((0.9, 80.0), (0.5, 90.0)), "p50 stands after p90"),
        (((0.5, 80.0),), "at least two points"),
        (((0.9, 80.0), (0.99, 90.0)), "the lowest percentile is p90"),
        (((0.5, -1.0), (0.99, 90.0)), "p50 is -1"),
        (((0.5, 1.0), (1.1, 90.0)), "p110 is outside"),
    ],
)
def test_points_that_make_no_curve_are_refused(points, words):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 (the words are compared below)
        Quantiles(points)
    assert words in str(refusal.value)


def test_samples_draw_each_recorded_value_equally_often():
    recorded = np.array([1.0, 2.0, 4.0, 100.0])
    values = Samples(recorded).sample(stream(1, "test"), N)
    _, counts = np.unique(values, return_counts=True)
    assert set(values) == set(recorded)
    assert stats.chisquare(counts).pvalue > 1e-4
    assert Samples(recorded).mean() == recorded.mean()


def test_samples_keep_their_own_copy():
    recorded = np.array([1.0, 2.0])
    samples = Samples(recorded)
    recorded[0] = 99.0
    assert samples.values.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        samples.values[0] = 99.0


@pytest.mark.parametrize(
    ("values", "words"), [([], "at least one"), ([1.0, -2.0], "sample 2 is -2"), ([math.nan], "nan")]
)
def test_samples_that_are_no_durations_are_refused(values, words):
    with pytest.raises(ValueError, match=words):
        Samples(np.array(values))
