"""What a planner finds out about deployments (scenarios/, one a question)."""

import pytest

from tests.findings.worlds import run, summary

CANARY = "functions__api__aliases__live__deployment__type"
SHIFT = "functions__shop__aliases__live__deployment__type"


def texts(found):
    return [change["text"] for change in found["changes"]]


def test_a_canary_that_fails_twice_as_often_is_rolled_back_and_costs_a_few_dozen_errors():
    rolled_back, sound = (
        summary("canary_rollback"),
        summary("canary_rollback", functions__api__versions__2__handler__error_rate="1%"),
    )
    assert texts(rolled_back) == ["10 % of requests go to version 2", "rolled back to version 1"]
    assert texts(sound) == ["10 % of requests go to version 2", "100 % of requests go to version 2"]
    [_, back] = rolled_back["changes"]
    assert back["at_s"] <= 10 * 60
    extra = rolled_back["functions"]["api"]["errors"] - sound["functions"]["api"]["errors"]
    mean = 0.01 * 10 * (back["at_s"] - 300)  # a hundredth of ten requests a second
    assert extra == pytest.approx(mean, abs=4 * mean**0.5)


def test_all_at_once_leaves_no_time_to_notice():
    found = summary("canary_rollback", **{CANARY: "AllAtOnce"})
    assert texts(found) == ["100 % of requests go to version 2"]
    assert "alarm_too_late" in {warning["code"] for warning in found["warnings"]}
    extra = found["functions"]["api"]["errors"] - summary("canary_rollback")["functions"]["api"]["errors"]
    assert extra > 500


def test_with_half_the_time_the_same_alarm_misses_some_canaries():
    found = summary("canary_rollback", **{CANARY: "Canary10Percent5Minutes", "seed": "5"})
    assert texts(found)[-1] == "100 % of requests go to version 2"
    assert texts(summary("canary_rollback", seed="5"))[-1] == "rolled back to version 1"


def test_a_deployment_all_at_once_starts_ten_times_what_it_needs_and_a_canary_a_fraction_of_that():
    at_once, canary = (
        summary("deployment_starts_cold"),
        summary("deployment_starts_cold", **{SHIFT: "Canary10Percent5Minutes"}),
    )
    cold = [found["functions"]["shop"]["cold_start_causes"]["deployment"] for found in (at_once, canary)]
    busy = at_once["functions"]["shop"]["environments"]["mean_busy"]
    assert cold[0] > 10 * busy
    assert cold[1] < cold[0] / 4
    p999 = [found["functions"]["shop"]["latency_ms"]["p99.9"] for found in (at_once, canary)]
    assert p999[0] > 1.2 * p999[1]


def test_after_a_deployment_the_old_versions_environments_are_gone_before_long():
    log = run("deployment_starts_cold").environments
    old = log[log["version"] == "shop:1"]
    assert len(old) > 100
    assert (old["end_cause"] != "alive").all()
