"""What a planner finds out about synchronous callers (scenarios/, one a question)."""

import math

import numpy as np

from tests.findings.worlds import run, summary


def normal_tail(z):
    return math.erfc(z / math.sqrt(2)) / 2


def test_concurrency_stops_an_api_of_200_ms_long_before_its_rate_limit_and_the_callers_see_500_not_429():
    found = summary("api_rate_or_concurrency", seed="2")
    codes = found["triggers"]["web"]["status_codes"]
    assert set(codes) == {"200", "500"}
    throttles = found["functions"]["quote"]["throttles"]
    assert throttles["by_reason"] == {"ConcurrentInvocationLimitExceeded": codes["500"]}
    assert codes["500"] > 0.05 * found["functions"]["quote"]["events"]


def test_halving_the_duration_serves_the_same_rate_without_an_error():
    found = summary("api_rate_or_concurrency", functions__quote__handler__duration="100 ms")
    assert set(found["triggers"]["web"]["status_codes"]) == {"200"}


def test_what_a_saturated_quota_serves_is_its_concurrency_over_the_duration():
    log = run("api_rate_or_concurrency", functions__quote__handler__duration="200 ms").invocations
    last = log[(log["outcome"] == "success") & (log["ended_us"].between(25_000_000, 30_000_000))]
    assert abs(len(last) / 5 - 1000 / 0.2) < 0.02 * 5000


def test_legacy_retries_multiply_the_attempts_of_an_overloaded_service_and_save_few_of_its_events():
    found = summary("client_retries")
    attempts = {name: trigger["attempts"] / trigger["events"] for name, trigger in found["triggers"].items()}
    assert attempts["with-none"] == 1
    assert 2 < attempts["with-legacy"] <= 5
    served = {name: f["successes"] / f["events"] for name, f in found["functions"].items()}
    assert served["legacy"] - served["none"] < 0.1


def test_a_budget_of_retries_and_an_adaptive_client_damp_the_retry_storm():
    triggers = summary("client_retries")["triggers"]
    attempts = {name: trigger["attempts"] / trigger["events"] for name, trigger in triggers.items()}
    assert attempts["with-standard"] < 1 + (attempts["with-legacy"] - 1) / 3
    assert attempts["with-adaptive"] < 1.1


def test_work_longer_than_an_api_waits_fails_for_every_client_and_is_billed_in_full():
    found = summary("long_work_behind_an_api")
    assert set(found["triggers"]["web"]["status_codes"]) == {"503"}
    report = found["functions"]["report"]
    assert report["successes"] == 0
    assert report["errors"] == 0  # Lambda saw nothing wrong
    assert report["billed_duration_ms"]["mean"] > 34_900


def test_an_sdk_that_stops_reading_after_60_s_runs_a_function_of_90_s_five_times_for_one_call():
    found = summary("sdk_read_timeout")
    impatient, patient = found["functions"]["settle"], found["functions"]["settle-patiently"]
    assert impatient["invocations"] == 5 * impatient["events"]
    assert impatient["successes"] == 0
    assert patient["invocations"] == patient["events"] == patient["successes"]
    log = run("sdk_read_timeout").invocations
    first = log[(log["function"] == "settle") & (log["event"] == 0)].sort_values("attempt")
    assert (first["invoked_us"].to_numpy()[1:] < first["ended_us"].to_numpy()[:-1]).all()  # they overlap


def test_timeouts_that_reset_environments_cause_twice_as_many_more():
    found = summary("timeout_spiral")
    sigma = math.log(3 / 1.2) / 2.3263478740408408
    lost, lost_after_reset = normal_tail(math.log(3 / 1.2) / sigma), normal_tail(math.log(1 / 1.2) / sigma)
    expected = lost / (1 - lost_after_reset + lost)  # stationary share of a chain of two states: warm, and reset
    for name, share in (("heavy", expected), ("light", lost)):
        function = found["functions"][name]
        n = function["invocations"]
        # Timeouts come in runs of mean length 1 / (1 - q), which widens the error of their share.
        error = math.sqrt(share * (1 - share) / n * (1 + lost_after_reset) / (1 - lost_after_reset))
        assert abs(function["timeouts"] / n - share) < 4 * error + 0.002, name  # 0.002: light pays 50 ms of init, too
    assert np.isclose(expected / lost, 3, atol=0.2)


def test_two_more_seconds_of_timeout_end_the_spiral():
    assert summary("timeout_spiral", functions__heavy__timeout="5")["functions"]["heavy"]["timeouts"] < 100
