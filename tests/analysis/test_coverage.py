"""An interval of 95 % holds the truth in 95 of 100 experiments: a thousand small M/M/c queues, whose truth is known.

The queues are simulated here, by a recursion on arrays; coverage.py in tests/validation does the same with the engine.
"""

import functools

import numpy as np
import pytest

from lambdasim.analysis.intervals import batch_means_estimate, mean_estimate, median_estimate
from lambdasim.analysis.observations import Design
from lambdasim.analysis.replicate import estimates_of, sequentially
from lambdasim.queueing import mmc_mean_wait, mmc_wait_percentile
from lambdasim.randomness import stream
from lambdasim.scenario.measures import Measure
from tests.analysis.queues import waits

EXPERIMENTS, REPLICATIONS = 1000, 10
LOAD, SERVERS = 1.0, 2
MEAN = mmc_mean_wait(LOAD, 1.0, SERVERS)
P90 = mmc_wait_percentile(0.9, LOAD, 1.0, SERVERS)


@functools.cache
def replicated():
    """Each run's mean and 90th percentile of 2,000 waits: two arrays, shape (experiments, replications)."""
    means, percentiles = [], []
    for part in range(4):
        found = waits(EXPERIMENTS * REPLICATIONS // 4, 2000, LOAD, SERVERS, seed=part)
        means.append(found.mean(axis=1))
        percentiles.append(np.percentile(found, 90, axis=1, method="inverted_cdf"))
    return tuple(np.concatenate(values).reshape(EXPERIMENTS, REPLICATIONS) for values in (means, percentiles))


@functools.cache
def long_runs():
    return waits(EXPERIMENTS, 20_000, LOAD, SERVERS, seed=9)


def coverage(estimates, truth):
    return np.mean([estimate.low <= truth <= estimate.high for estimate in estimates])


def test_the_queues_are_those_of_the_formula():
    means, percentiles = replicated()
    error = means.std() / np.sqrt(means.size)
    assert abs(means.mean() - MEAN) < 4 * error
    assert np.median(percentiles) == pytest.approx(P90, rel=0.02)  # of 2,000 waits: a little below that of all


def test_t_intervals_of_the_mean_wait_hold_the_truth_in_95_of_100_experiments():
    means, _ = replicated()
    assert 0.93 <= coverage(map(mean_estimate, means), MEAN) <= 0.97


def test_intervals_between_order_statistics_hold_the_90th_percentile_in_95_of_100_experiments():
    _, percentiles = replicated()
    assert 0.93 <= coverage(map(median_estimate, percentiles), P90) <= 0.97


@pytest.mark.parametrize(("confidence", "least", "most"), [(0.8, 0.76, 0.84), (0.99, 0.98, 0.999)])
def test_less_sure_intervals_hold_it_less_often_and_surer_ones_more_often(confidence, least, most):
    means, percentiles = replicated()
    assert least <= coverage((mean_estimate(row, confidence) for row in means), MEAN) <= most
    assert least <= coverage((median_estimate(row, confidence) for row in percentiles), P90) <= most


def test_batch_means_of_one_long_run_hold_the_mean_in_95_of_100_experiments():
    assert 0.93 <= coverage(map(batch_means_estimate, long_runs()), MEAN) <= 0.97


def test_batch_quantiles_of_one_long_run_hold_the_90th_percentile_in_95_of_100_experiments():
    assert 0.93 <= coverage((batch_means_estimate(run, 90) for run in long_runs()), P90) <= 0.97


def test_a_naive_interval_of_one_long_run_holds_the_mean_far_less_often():
    # What batches are for: waits that follow each other are alike, and their spread says too little.
    assert coverage((mean_estimate(run) for run in long_runs()), MEAN) < 0.7


def test_stopping_by_precision_leaves_the_intervals_their_coverage():
    measure, design = Measure("f.x", ("functions", "f", "x")), Design(REPLICATIONS)
    pool, estimates, sizes = replicated()[0].ravel(), [], []
    for experiment in range(EXPERIMENTS):
        chosen = pool[stream(experiment, "which runs").integers(0, pool.size, 400)]
        values = sequentially(lambda first, n, c=chosen: c[first : first + n, None], [measure], design, 0.03, 400)
        estimates += estimates_of([measure], values, 0.95)
        sizes.append(len(values))
    assert 0.93 <= coverage(estimates, MEAN) <= 0.97
    assert all(e.half_width <= 0.03 / 1.03 * e.value for e in estimates)
    assert min(sizes) < max(sizes) < 400
