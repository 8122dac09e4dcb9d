"""Mean, coefficient of variation and superposition of arrival processes, whatever their parameters."""

import math

import numpy as np
from arrival_kinds import PER_S, times_of
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdasim.units import US_PER_S
from lambdasim.workload.arrivals import Bursts, Poisson, Renewal, Sum
from lambdasim.workload.expected import expected_events

LAWS = settings(max_examples=40, derandomize=True, database=None)
EVENTS = 20_000
rates = st.floats(0.01, 5000).map(lambda per_s: per_s * PER_S)
seeds = st.integers(0, 2**32)


def horizon_us(rate):
    return round(EVENTS / rate)


def z_of_count(count, mean, variance):
    return (count - mean) / math.sqrt(variance)


@LAWS
@given(rate=rates, cv=st.floats(0.1, 5), seed=seeds)
def test_a_renewal_process_has_its_rate_and_the_cv_of_its_gaps(rate, cv, seed):
    times = times_of(Renewal(rate, cv), horizon_us(rate), seed=seed)
    # A renewal process counts events with variance cv^2 per mean event, for long spans (Cox 1962).
    assert abs(z_of_count(times.size, EVENTS, cv**2 * EVENTS)) < 4
    gaps = np.diff(times)
    # Delta method for a Gamma's sample cv, with its excess kurtosis 6 cv^2 and skewness 2 cv.
    error = cv * math.sqrt((0.25 * (2 + 6 * cv**2) + cv**2 - 2 * cv**2) / gaps.size)
    assert abs(gaps.std() / gaps.mean() - cv) < 4 * error + 1 / gaps.mean()  # and whole microseconds


@LAWS
@given(parts=st.lists(rates, min_size=1, max_size=5), seed=seeds)
def test_poisson_processes_add_up_to_a_poisson_process_of_their_summed_rate(parts, seed):
    total = sum(parts)
    process, until_us = Sum(tuple(Poisson(rate) for rate in parts)), horizon_us(total)
    assert math.isclose(expected_events(process, until_us), total * until_us)
    counts = np.bincount(times_of(process, until_us, seed=seed) * 200 // until_us, minlength=200)
    assert abs(z_of_count(counts.sum(), EVENTS, EVENTS)) < 4
    # Fisher's index of dispersion over n cells is chi-square of n - 1 degrees: mean n - 1, variance 2 (n - 1).
    dispersion = counts.var(ddof=1) / counts.mean() * 199
    assert abs(dispersion - 199) < 4 * math.sqrt(2 * 199)


@LAWS
@given(
    rate=st.floats(10, 1000).map(lambda per_s: per_s * PER_S),
    extra=st.floats(10, 1000).map(lambda per_s: per_s * PER_S),
    cv=st.floats(0.2, 3),
    seed=seeds,
)
def test_variances_of_independent_processes_add_up(rate, extra, cv, seed):
    cells, until_us = 400, horizon_us(rate + extra)
    process = Sum((Renewal(rate, cv), Poisson(extra)))
    counts = np.bincount(times_of(process, until_us, seed=seed) * cells // until_us, minlength=cells)
    share = rate / (rate + extra)
    mean = EVENTS / cells
    variance = mean * (share * cv**2 + 1 - share)
    assert abs(counts.mean() - mean) < 4 * math.sqrt(variance / cells)
    # Counts in cells of some 50 events: near enough to normal, whose sample variance errs by sqrt(2 / (n - 1)).
    assert abs(counts.var(ddof=1) / variance - 1) < 4 * math.sqrt(2 / (cells - 1)) + 0.1


@LAWS
@given(
    low=st.just(0.0) | st.floats(0.01, 5),
    high=st.floats(20, 200),
    mean_low_s=st.floats(1, 20),
    mean_high_s=st.floats(1, 20),
    seed=seeds,
)
def test_bursts_have_the_mean_of_their_two_states(low, high, mean_low_s, mean_high_s, seed):
    process = Bursts(low * PER_S, high * PER_S, mean_low_s * US_PER_S, mean_high_s * US_PER_S)
    until_s = 4000
    mean = expected_events(process, until_s * US_PER_S)
    share = mean_high_s / (mean_low_s + mean_high_s)
    # Var N(t) -> t (rate + 2 p (1 - p) (high - low)^2 r), r = 1 / (1 / mean_low + 1 / mean_high) the relaxation time.
    relaxation_s = 1 / (1 / mean_low_s + 1 / mean_high_s)
    variance = mean + 2 * share * (1 - share) * (high - low) ** 2 * relaxation_s * until_s
    count = times_of(process, until_s * US_PER_S, seed=seed).size
    assert abs(z_of_count(count, mean, variance)) < 4
