"""The SDK's budgets and the adaptive rate, against botocore's arithmetic."""

from __future__ import annotations

import pytest

from lambdasim.parameters.book import load_book
from lambdasim.service.clock import Clock
from lambdasim.triggers.retries import TIMED_OUT, Adaptive, Standard, retrying_clients

S = 1_000_000


def retries_until_empty(policy, status):
    count = 0
    while policy.after_failure(0, status, 1, 0.5) is not None:
        count += 1
    return count


def test_a_retry_costs_5_tokens_of_500_and_one_after_a_timeout_10():
    assert retries_until_empty(Standard(Clock(), load_book()), 429) == 100
    assert retries_until_empty(Standard(Clock(), load_book()), TIMED_OUT) == 50


def test_a_success_gives_back_one_token_and_one_that_took_a_retry_what_the_retry_cost():
    policy = Standard(Clock(), load_book())
    retries_until_empty(policy, 429)
    for _ in range(4):
        policy.after_success(0, attempt=1)
    assert policy.after_failure(0, 429, 1, 0.5) is None
    policy.after_success(0, attempt=1)
    assert policy.after_failure(0, 429, 1, 0.5) is not None
    policy.after_success(0, attempt=2)  # gives the 5 back
    assert policy.after_failure(0, 429, 1, 0.5) is not None
    assert policy.after_failure(0, 429, 1, 0.5) is None


def test_the_budget_never_exceeds_its_500_tokens():
    policy = Standard(Clock(), load_book())
    for _ in range(100):
        policy.after_success(0, attempt=1)
    assert retries_until_empty(policy, 429) == 100


def test_the_standard_delay_is_capped_at_20_s_and_the_legacy_one_is_not():
    (legacy,) = retrying_clients("legacy", 1, Clock(), load_book())
    assert legacy.after_failure(0, 429, 4, 1.0) == 8 * S
    book = load_book().override({"sdk/standard/maximum_attempts": 10, "sdk/legacy/maximum_attempts": 10})
    assert Standard(Clock(), book).after_failure(0, 429, 7, 1.0) == 20 * S
    (legacy,) = retrying_clients("legacy", 1, Clock(), book)
    assert legacy.after_failure(0, 429, 7, 1.0) == 64 * S


def test_a_status_that_is_no_passing_fault_is_not_retried():
    assert Standard(Clock(), load_book()).after_failure(0, 404, 1, 0.5) is None


def answered_at_50_per_second(policy, seconds, first_s=0.0):
    for n in range(int(seconds * 50)):
        policy.after_success(round((first_s + n / 50) * S), attempt=1)


def test_the_adaptive_mode_does_not_hold_back_before_the_first_throttle():
    policy = Adaptive(Clock(), load_book())
    answered_at_50_per_second(policy, 5)
    assert policy.before_send(5 * S) is None


def test_the_first_throttle_cuts_the_rate_to_seven_tenths_of_the_measured_one():
    policy = Adaptive(Clock(), load_book())
    answered_at_50_per_second(policy, 5)
    policy.after_failure(5 * S, 429, 1, 0.5)
    assert policy._rate == pytest.approx(0.7 * 50, rel=0.05)


def test_the_rate_climbs_back_along_the_cubic_curve_to_where_the_throttle_struck():
    policy = Adaptive(Clock(), load_book())
    answered_at_50_per_second(policy, 5)
    policy.after_failure(5 * S, 429, 1, 0.5)
    w_max = policy._rate_at_throttle
    recovery_s = (0.3 * w_max / 0.4) ** (1 / 3)
    answered_at_50_per_second(policy, recovery_s + 0.5, first_s=5.0)
    policy.after_success(round((5 + recovery_s) * S), attempt=1)
    assert policy._rate == pytest.approx(w_max, rel=0.01)


def test_the_adaptive_rate_never_falls_below_half_a_request_per_second():
    policy = Adaptive(Clock(), load_book())
    for n in range(50):
        policy.after_failure(n * S, 429, 3, 0.5)
    assert policy._rate == 0.5


def test_those_that_wait_go_one_by_one_as_tokens_come_and_at_once_faster_when_the_rate_rises():
    clock = Clock()
    policy = Adaptive(clock, load_book())
    policy.after_failure(0, 429, 3, 0.5)  # nothing was measured yet: half a request per second
    went = []
    for n in range(4):
        policy.before_send(0).callbacks.append(lambda _turn, n=n: went.append((n, clock.now)))
    clock.run_until(5 * S)
    assert went == [(0, 2 * S), (1, 4 * S)]
    policy._rate = 10.0
    policy._serve(5 * S)
    clock.run_until(6 * S)
    assert [n for n, _ in went] == [0, 1, 2, 3]
    assert went[-1][1] < 5.3 * S
