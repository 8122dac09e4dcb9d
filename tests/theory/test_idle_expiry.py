"""One request at a time: it starts cold just when the gap before it outlasted the idle timeout."""

import math

import numpy as np
import pytest
from scipy import stats

import lambdasim
from lambdasim.codes import StartCause, StartType
from lambdasim.queueing import environment_life, nobody_left_probability
from tests.theory.laws import LIMIT, z_of_mean
from tests.theory.worlds import direct, function, log_of, world

EVENTS = 40_000


def stream_of_calls(arrivals, rate, timeout_s, **lifecycle):
    """Calls that take no time, so that never two are under way; environments end for being idle only."""
    return world(
        {"f": function("0 s")},
        {"calls": direct("f", arrivals)},
        duration=f"{EVENTS / rate} s",
        drain="0s",
        lifecycle={"idle_timeout": f"{timeout_s} s", **lifecycle},
    )


@pytest.mark.parametrize("timeout_s", [30, 100, 300, 600])
def test_with_exponential_gaps_the_cold_start_rate_is_exp_of_minus_rate_times_timeout(timeout_s):
    rate = 0.01
    log = log_of(stream_of_calls({"poisson": {"rate": f"{rate}/s"}}, rate, timeout_s))
    cold = log["start_type"][1:] == StartType.COLD
    assert set(log["start_cause"][1:][cold]) == {StartCause.IDLE_EXPIRED}
    # Gaps are independent, so each start is cold or not on its own: a binomial error.
    assert abs(z_of_mean(cold, nobody_left_probability(rate, timeout_s))) < LIMIT


@pytest.mark.parametrize("cv", [0.3, 0.7, 2.0, 4.0])
def test_with_gamma_gaps_the_cold_start_rate_is_the_gamma_tail_at_the_timeout(cv):
    rate, timeout_s = 0.01, 120
    log = log_of(stream_of_calls({"renewal": {"rate": f"{rate}/s", "cv": cv}}, rate, timeout_s))
    cold = log["start_type"][1:] == StartType.COLD
    shape = cv**-2
    assert abs(z_of_mean(cold, stats.gamma.sf(timeout_s, shape, scale=1 / (rate * shape)))) < LIMIT


def test_with_gaps_of_just_the_timeout_every_start_is_cold_and_just_below_it_only_the_first():
    for gap_s, expected in ((600, 50), (599.999999, 1)):
        scenario = world(
            {"f": function("0 s")},
            {"calls": direct("f", {"at_once": {"events": 50, "at": "0 s", "over": f"{gap_s * 50} s"}})},
            duration="10h",
            lifecycle={"idle_timeout": "600 s"},
        )
        log = log_of(scenario)
        assert np.all(np.diff(log["arrived_us"]) == round(gap_s * 1e6))
        assert (log["start_type"] == StartType.COLD).sum() == expected


@pytest.mark.parametrize(("at", "expected"), [("3999999us", 2), ("4 s", 3)])
def test_a_surplus_environment_of_a_busy_function_is_gone_at_just_its_own_timeout(at, expected):
    # Two calls at once, then one a second, each of a second: from 1 s on one environment works and one idles.
    calls = [
        {"at_once": {"events": 1, "at": "0 s", "over": "0 s"}},
        {"constant": {"rate": "1/s"}},
        {"at_once": {"events": 1, "at": at, "over": "0 s"}},
    ]
    scenario = world(
        {"f": function("1 s")},
        {"calls": direct("f", {"sum": calls})},
        duration="5 s",
        lifecycle={"surplus_idle_timeout": "3 s"},
    )
    assert (log_of(scenario)["start_type"] == StartType.COLD).sum() == expected


def test_an_idle_timeout_that_varies_gives_the_mean_of_the_cold_start_rate_over_it():
    # P(gap > T) for an exponential gap and a uniform T: the mean of exp(-rate T) over (low, high).
    rate, low, high = 0.01, 50.0, 250.0
    scenario = stream_of_calls(
        {"poisson": {"rate": f"{rate}/s"}}, rate, 0, idle_timeout={"uniform": {"low": f"{low} s", "high": f"{high} s"}}
    )
    ended = lambdasim.simulate(scenario, seed=1).environment_columns
    # An environment that drew a long timeout serves more calls, so ask per gap of *fresh* environments: the chance
    # that the first gap of a life ends it.
    single = ended["invocations"][:-1] == 1
    expected = (math.exp(-rate * low) - math.exp(-rate * high)) / (rate * (high - low))
    assert abs(z_of_mean(single, expected)) < LIMIT


@pytest.mark.parametrize("timeout_s", [60, 180, 400])
def test_at_zero_service_an_environment_lives_exp_rate_timeout_less_one_over_rate(timeout_s):
    # The time until a Poisson process first leaves a gap T: (e^(rate T) - 1) / rate, the gap included.
    rate = 0.01
    result = lambdasim.simulate(stream_of_calls({"poisson": {"rate": f"{rate}/s"}}, rate, timeout_s), seed=1)
    lives = result.environment_columns
    ended = lives["ended_us"] >= 0
    life_s = (lives["ended_us"] - lives["created_us"])[ended] / 1e6
    assert abs(z_of_mean(life_s, environment_life(rate, timeout_s))) < LIMIT


def test_random_recycling_alone_makes_the_cold_start_rate_recycling_over_recycling_plus_arrivals():
    # The next event of two Poisson processes: the environment is gone if recycling came first.
    rate, recycling = 0.02, 0.005
    scenario = stream_of_calls(
        {"poisson": {"rate": f"{rate}/s"}}, rate, 0, idle_timeout="unlimited", recycle_rate=f"{recycling * 3600}/h"
    )
    log = log_of(scenario)
    cold = log["start_type"][1:] == StartType.COLD
    assert set(log["start_cause"][1:][cold]) == {StartCause.RECYCLED}
    assert abs(z_of_mean(cold, recycling / (recycling + rate))) < LIMIT


def test_a_maximum_lifetime_alone_makes_the_cold_start_rate_one_over_one_plus_rate_times_lifetime():
    # Cycles of one cold start and a Poisson number of warm ones within the lifetime, mean rate x lifetime.
    rate, lifetime_s = 0.01, 700
    scenario = stream_of_calls(
        {"poisson": {"rate": f"{rate}/s"}}, rate, 0, idle_timeout="unlimited", maximum_lifetime=f"{lifetime_s} s"
    )
    calls = lambdasim.simulate(scenario, seed=1).environment_columns["invocations"][:-1]
    assert abs(z_of_mean(calls, 1 + rate * lifetime_s)) < LIMIT
