"""Who is refused when concurrency runs out, and with which of AWS's reasons."""

import numpy as np
import pytest

from lambdasim.codes import StartType, ThrottleReason
from tests.theory.worlds import direct, function, log_of, ran, throttled, world

QUOTA = {"concurrent_executions": 1000}


def at_once(events, at="0 s"):
    return {"at_once": {"events": events, "at": at, "over": "0 s"}}


def counts(log, index, names):
    """By reason, and how many ran, of one function."""
    mine = log["function"] == index
    reasons = log["throttle_reason"][mine & throttled(log)]
    assert set(reasons) <= {ThrottleReason[name] for name in names}
    return int((mine & ran(log)).sum()), len(reasons)


def test_reserved_concurrency_is_a_maximum_and_a_minimum_and_the_rest_is_one_pool():
    # 400 of 1,000 are reserved; two functions share 600 and take them all, the reserved one still has its 400.
    scenario = world(
        {
            "kept": function("30 s", reserved_concurrent_executions=400),
            "greedy": function("30 s"),
            "late": function("30 s"),
        },
        {
            "to-greedy": direct("greedy", at_once(650)),
            "to-late": direct("late", at_once(10, "1 s")),
            "to-kept": direct("kept", at_once(450, "2 s")),
        },
        duration="10 s",
        account=QUOTA,
    )
    log = log_of(scenario)
    assert counts(log, 0, ["ReservedFunctionConcurrentInvocationLimitExceeded"]) == (400, 50)
    assert counts(log, 1, ["ConcurrentInvocationLimitExceeded"]) == (600, 50)
    assert counts(log, 2, ["ConcurrentInvocationLimitExceeded"]) == (0, 10)


def test_without_reservations_all_functions_share_the_quota_of_the_account():
    scenario = world(
        {"f": function("30 s"), "g": function("30 s")},
        {"to-f": direct("f", at_once(700)), "to-g": direct("g", at_once(700, "1 s"))},
        duration="10 s",
        account=QUOTA,
    )
    log = log_of(scenario)
    assert counts(log, 0, []) == (700, 0)
    assert counts(log, 1, ["ConcurrentInvocationLimitExceeded"]) == (300, 400)


def test_reserved_zero_stops_a_function():
    scenario = world(
        {"off": function("1 ms", reserved_concurrent_executions=0)},
        {"calls": direct("off", {"constant": {"rate": "10/s"}})},
        duration="60 s",
    )
    log = log_of(scenario)
    assert counts(log, 0, ["ReservedFunctionConcurrentInvocationLimitExceeded"]) == (0, 600)
    assert set(log["status"]) == {429}
    assert set(log["start_type"]) == {StartType.NONE}
    assert np.all(log["answered_us"] == log["arrived_us"])


@pytest.mark.parametrize(
    ("kind", "status"), [("direct", 429), ("function_url", 429), ("alb", 502), ("api_gateway", 500)]
)
def test_each_front_door_has_its_own_word_for_a_throttle(kind, status):
    trigger = {"type": kind, "target": "off", "arrivals": at_once(3), "client": {"retries": "none"}}
    stopped = {"off": function("1 ms", reserved_concurrent_executions=0)}
    assert set(log_of(world(stopped, {"calls": trigger}, duration="1 s"))["status"]) == {status}


def test_a_request_that_comes_as_another_ends_takes_over_its_environment_and_its_concurrency():
    # 1 s of service each second, on the second: one environment does it, and concurrency 1 is enough.
    scenario = world(
        {"f": function("1 s", reserved_concurrent_executions=1)},
        {"calls": direct("f", {"constant": {"rate": "1/s"}})},
        duration="100 s",
    )
    log = log_of(scenario)
    assert counts(log, 0, []) == (100, 0)
    assert set(log["environment"]) == {0}
