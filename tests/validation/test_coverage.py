"""Intervals hold the truth on the engine: a few experiments, and the truths. The whole study is coverage.py."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lambdasim.analysis.runner import ALONE
from lambdasim.queueing import erlang_b
from lambdasim.randomness import stream
from tests.analysis.queues import waits
from tests.validation import coverage
from tests.validation.coverage import wilson
from tests.validation.coverage_worlds import (
    WAIT_LOAD,
    WAIT_SERVERS,
    effect_of_the_empty_start,
    from_empty,
    sojourn_p90_ms,
    studies,
)

# Twenty experiments only tell gross errors: an honest interval holds fewer than 15 of them once in 3,000 times.


def test_intervals_of_the_engine_hold_erlang_b_and_the_handlers_percentile():
    few = [replace(study, experiments=20) for study in studies()[:2]]
    assert few[0].scenario is few[1].scenario
    for found in coverage.conducted(few, ALONE):
        assert len(found.lows) == 20
        assert coverage.coverage(found) >= 0.75


@pytest.mark.parametrize("window", [(0.0, 0.5), (0.3, 2.0), (2.0, 10.0)])
def test_one_server_fills_as_its_differential_equation_says(window):
    # M/M/1/1 from empty: p(t) = a / (1 + a) (1 - exp(-(1 + a) t)).
    load, (start, length) = 1.7, window
    decayed = (math.exp(-(1 + load) * start) - math.exp(-(1 + load) * (start + length))) / ((1 + load) * length)
    assert from_empty(load, 1, 2, [0.0, 1.0], start, length) == pytest.approx(load / (1 + load) * (1 - decayed))


@pytest.mark.parametrize(("load", "servers"), [(2.0, 3), (27.0, 30)])
def test_long_after_its_start_a_loss_system_has_erlangs_share(load, servers):
    blocked = [0.0] * servers + [1.0]
    assert from_empty(load, servers, servers + 1, blocked, 60.0, 1.0) == pytest.approx(erlang_b(load, servers))


def test_the_empty_start_does_not_count_in_the_studys_windows():
    assert effect_of_the_empty_start() < 1e-5


def test_the_percentile_of_wait_and_service_is_that_of_simulated_queues():
    found = waits(2000, 500, WAIT_LOAD, WAIT_SERVERS, seed=1)
    longer = (found + stream(1, "services").standard_exponential(found.shape) > sojourn_p90_ms() / 1000).mean(axis=1)
    assert abs(longer.mean() - 0.1) < 4 * longer.std() / math.sqrt(len(longer))


def test_wilsons_interval_is_that_of_his_formula():
    assert wilson(0.95, 1000) == pytest.approx((0.93471, 0.96187), abs=1e-4)
    assert np.allclose(wilson(1.0, 10), (0.72246, 1.0), atol=1e-4)
