"""Rate limits are token buckets: their counts follow by arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from lambdasim.codes import Outcome, StartType, ThrottleReason
from lambdasim.service.token_bucket import TokenBucket
from tests.theory.worlds import direct, function, log_of, ran, throttled, world


def served_by(arrived_us, burst, rate_per_s):
    """How many a full bucket lets through up to each arrival, in exact arithmetic.

    It is min(arrivals so far, floor(burst + rate t)) only while it never overflows again: so step by step.
    """
    tokens, last, served, counts = Fraction(burst), int(arrived_us[0]), 0, []
    for at_us in arrived_us.tolist():
        tokens = min(Fraction(burst), tokens + Fraction(rate_per_s) * (at_us - last) / 1_000_000)
        last = at_us
        if tokens >= 1:
            tokens, served = tokens - 1, served + 1
        counts.append(served)
    return np.array(counts)


@pytest.mark.parametrize(("burst", "rate", "gap_us"), [(2, 3, 100_000), (10, 10, 50_000), (7, 100, 9_999), (5, 0, 10)])
def test_a_bucket_that_is_asked_too_often_to_fill_again_serves_burst_plus_rate_times_time(burst, rate, gap_us):
    bucket = TokenBucket(burst, rate / 1e6)
    times_us = gap_us * np.arange(2000)
    taken = np.cumsum([bucket.take(t) for t in times_us.tolist()])
    expected = np.minimum(np.arange(1, 2001), [burst + rate * t // 1_000_000 for t in times_us.tolist()])
    assert np.array_equal(taken, expected)


def test_a_bucket_never_saves_up_more_than_its_burst():
    bucket = TokenBucket(3, 1 / 1e6)
    assert [bucket.take(10**9) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(10**9 + 999_999)
    assert bucket.take(10**9 + 1_000_000)


def test_looking_into_a_bucket_takes_nothing():
    bucket = TokenBucket(1, 0.0)
    assert bucket.ready(5)
    assert bucket.ready(5)
    assert bucket.take(5)
    assert not bucket.ready(5)


@pytest.mark.parametrize("arrivals", [{"constant": {"rate": "80/s"}}, {"poisson": {"rate": "60/s"}}])
def test_api_gateway_lets_burst_plus_rate_times_time_through_and_answers_429_to_the_rest(arrivals):
    scenario = world(
        {"f": function("10 ms")},
        {"web": {"type": "api_gateway", "target": "f", "arrivals": arrivals, "rate": "50/s", "burst": 20}},
        duration="60 s",
    )
    log = log_of(scenario)
    rejected = log["outcome"] == Outcome.REJECTED
    assert set(log["status"][rejected]) == {429}
    assert set(log["status"][~rejected]) == {200}
    assert np.array_equal(np.cumsum(~rejected), served_by(log["arrived_us"], 20, 50))
    if "constant" in arrivals:  # the last of 4,800 arrivals comes at 59.9875 s
        assert (~rejected).sum() == 20 + int(50 * 59.9875)


def test_two_apis_share_the_rate_limit_of_their_account():
    web = {"type": "api_gateway", "target": "f", "arrivals": {"constant": {"rate": "100/s"}}}
    scenario = world(
        {"f": function("10 ms")},
        {"one": web, "two": {**web, "api": "rest"}},
        duration="30 s",
        parameters={"quotas/account/api_gateway_rate": 50, "quotas/account/api_gateway_burst": 10},
    )
    log = log_of(scenario)
    assert (log["outcome"] != Outcome.REJECTED).sum() == 10 + int(50 * 29.99)


def test_a_function_adds_a_thousand_environments_at_once_and_then_a_hundred_a_second():
    # 5,000 requests at once, and then 400 a second of long calls: all beyond 1,000 + 100/s are throttled.
    sum_of = [{"at_once": {"events": 5000, "at": "0 s", "over": "0 s"}}, {"constant": {"rate": "400/s"}}]
    scenario = world(
        {"f": function("800 s")},
        {"calls": direct("f", {"sum": sum_of})},
        duration="20 s",
        drain="15m",
    )
    log = log_of(scenario)
    assert set(log["throttle_reason"][throttled(log)]) == {ThrottleReason.FunctionInvocationRateLimitExceeded}
    assert ran(log)[log["arrived_us"] == 0].sum() == 1000
    assert np.array_equal(np.cumsum(ran(log)), served_by(log["arrived_us"], 1000, 100))
    assert ran(log).sum() == 1000 + 100 * 20 - 1  # the last arrival comes a quarter of a token before 20 s


def test_each_function_has_a_scaling_rate_of_its_own():
    everybody = {"at_once": {"events": 1500, "at": "1 s", "over": "0 s"}}
    scenario = world(
        {"f": function("60 s"), "g": function("60 s")},
        {"to-f": direct("f", everybody), "to-g": direct("g", everybody)},
        duration="2 s",
    )
    log = log_of(scenario)
    assert np.array_equal(np.bincount(log["function"][ran(log)]), [1000, 1000])


def test_warm_starts_take_nothing_from_the_scaling_rate():
    # 900 at once, again when those have ended, and again: 900 environments serve all of them.
    bulk = [{"at_once": {"events": 900, "at": f"{at} s", "over": "0 s"}} for at in (0, 1, 2, 3)]
    log = log_of(world({"f": function("1 s")}, {"calls": direct("f", {"sum": bulk})}, duration="4 s"))
    assert ran(log).all()
    assert (log["start_type"] == StartType.WARM).sum() == 2700


@pytest.mark.parametrize("reserved", [1, 3, 20])
def test_requests_per_second_are_limited_to_ten_times_the_reserved_concurrency(reserved):
    # Handlers of 1 us never use the concurrency up; the bucket holds one second of the rate.
    scenario = world(
        {"f": function("1 us", reserved_concurrent_executions=reserved)},
        {"calls": direct("f", {"constant": {"rate": f"{25 * reserved}/s"}})},
        duration="60 s",
    )
    log = log_of(scenario)
    reasons = set(log["throttle_reason"][throttled(log)])
    assert reasons == {ThrottleReason.ReservedFunctionInvocationRateLimitExceeded}
    assert np.array_equal(np.cumsum(ran(log)), served_by(log["arrived_us"], 10 * reserved, 10 * reserved))
    assert ran(log).sum() == int(10 * reserved * (1 + 60 - 0.04 / reserved))


def test_requests_per_second_of_the_account_are_limited_to_ten_times_its_quota():
    scenario = world(
        {"f": function("1 us"), "g": function("1 us")},
        {"to-f": direct("f", {"constant": {"rate": "1500/s"}}), "to-g": direct("g", {"constant": {"rate": "1000/s"}})},
        duration="10 s",
        account={"concurrent_executions": 100},
    )
    log = log_of(scenario)
    assert set(log["throttle_reason"][throttled(log)]) == {ThrottleReason.FunctionInvocationRateLimitExceeded}
    in_time = np.argsort(log["arrived_us"], kind="stable")
    assert ran(log).sum() == served_by(log["arrived_us"][in_time], 1000, 1000)[-1]


def test_a_bucket_that_grows_comes_with_what_it_grows_by_and_one_that_shrinks_loses_as_much():
    bucket = TokenBucket(10, 10 / 1e6)
    assert all(bucket.take(0) for _ in range(10))
    bucket.resize(30, 30 / 1e6, 200_000)  # 2 have come back, and 20 come with it
    assert sum(bucket.take(200_000) for _ in range(40)) == 22
    bucket.resize(5, 5 / 1e6, 700_000)  # 15 have come back by the old rate, of which 25 less are kept: none
    assert not bucket.ready(700_000)
    assert bucket.ready(900_000)
    bucket.resize(0, 0, 10_000_000)
    assert not bucket.ready(2**40)
