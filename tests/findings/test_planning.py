"""What a planner finds out before a launch (scenarios/, one a question): how much of what, and what it costs."""

import math

import numpy as np
import pytest

import lambdasim
from tests.findings.worlds import SCENARIOS, run, summary

SEEDS = ("1", "2", "3")
PROVISIONED = "functions__api__provisioned_concurrent_executions"
RESERVED = "functions__worker__reserved_concurrent_executions"
QUOTA = "account__concurrent_executions"
TICKETS = 200 * 0.094  # a second, times their mean duration in seconds: the offered load while tickets are sold
UPLOADS = 14 * (18 + 50) + 80 * 0.172  # thumbnails and captions of each upload, and the site's pages
BATCHES_S = 1200 * 10.6  # 12,000 messages in batches of ten


def mean_over_seeds(name, read, **overrides):
    return float(np.mean([read(summary(name, seed=seed, **overrides)) for seed in SEEDS]))


def tickets_p99_ms(environments):
    return mean_over_seeds(
        "size_provisioned", lambda found: found["functions"]["api"]["latency_ms"]["p99"], **{PROVISIONED: environments}
    )


def test_provisioned_concurrency_of_the_offered_load_and_its_square_root_keeps_p99_under_300_ms():
    assert tickets_p99_ms(str(math.ceil(TICKETS + math.sqrt(TICKETS)))) < 300


def test_provisioned_concurrency_of_the_offered_load_less_its_square_root_does_not():
    assert tickets_p99_ms(str(math.floor(TICKETS - math.sqrt(TICKETS)))) > 300


def test_nearly_all_of_what_provisioned_concurrency_for_a_minute_an_hour_costs_is_for_waiting():
    found = summary("size_provisioned", **{PROVISIONED: "24"})["functions"]["api"]
    assert found["provisioned_concurrency"]["utilization"]["mean"] < 0.05


def successes_a_second(log, from_s, to_s):
    ended_s = log["ended_us"] / 1e6
    return ((log["outcome"] == "success") & ended_s.between(from_s, to_s)).sum() / (to_s - from_s)


def test_a_burst_of_5000_a_second_is_cut_to_what_a_quota_of_1000_serves_for_as_long_as_it_lasts():
    log = run("burst_to_5000").invocations
    assert abs(successes_a_second(log, 10, 20) - 1000 / 0.3) < 0.02 * 1000 / 0.3


def test_the_burst_needs_the_quota_that_littles_law_gives_and_from_there_on_a_larger_one_changes_nothing():
    enough, plenty = run("burst_to_5000", **{QUOTA: "2000"}), run("burst_to_5000", **{QUOTA: "5000"})
    log = enough.invocations
    assert log["latency_ms"].equals(plenty.invocations["latency_ms"])
    at_15_s = ((log["invoked_us"] <= 15_000_000) & (log["ended_us"] > 15_000_000) & (log["outcome"] == "success")).sum()
    assert abs(at_15_s - 5000 * 0.3) < 4 * math.sqrt(5000 * 0.3)


def test_what_is_refused_of_the_burst_under_a_large_quota_is_the_scaling_rates_doing_and_over_in_seconds():
    found = summary("burst_to_5000", **{QUOTA: "5000"})["functions"]["landing"]
    assert list(found["throttles"]["by_reason"]) == ["FunctionInvocationRateLimitExceeded"]
    log = run("burst_to_5000", **{QUOTA: "5000"}).invocations
    assert log.loc[log["outcome"] == "throttled", "invoked_us"].max() < 10_000_000


def test_a_launch_that_fits_the_quota_by_the_mean_does_not_fit_by_its_maximum():
    assert UPLOADS < 1000
    found = summary("launch_quota")
    assert found["account"]["concurrency"]["max"] == 1000
    assert found["functions"]["player"]["final_failures"]["total"] > 500  # the visitors; uploads wait in their queues
    assert found["functions"]["captions"]["final_failures"]["total"] == 0


def test_a_quota_of_the_mean_and_some_square_roots_is_enough_for_the_launch():
    quota = math.ceil(UPLOADS + 4.5 * math.sqrt(UPLOADS))
    for seed in SEEDS[:2]:
        assert summary("launch_quota", seed=seed, **{QUOTA: str(quota)})["account"]["throttles"] == 0


def drained_s(reserved):
    return mean_over_seeds("drain_in_five_minutes", lambda found: found["triggers"]["jobs"]["drained_s"],
                           **{RESERVED: str(reserved)})  # fmt: skip


def test_a_worker_that_drains_in_five_minutes_needs_more_than_work_over_time_and_less_than_a_third_more():
    by_arithmetic = BATCHES_S / 300
    assert drained_s(math.ceil(by_arithmetic)) > 315
    assert drained_s(math.ceil(1.33 * by_arithmetic)) < 300


def cold_calls(function, **overrides):
    """Of the calls of each visit, how many started cold."""
    log = run("keep_warm_ping", **overrides).invocations
    calls = log[log["trigger"] == f"to-{function}"]
    return (calls["start_type"] == "cold").groupby(calls["arrived_us"]).sum()


def test_a_keep_warm_ping_spares_one_call_of_a_page_its_cold_start_and_not_the_calls_beside_it():
    alone, pinged = cold_calls("alone"), cold_calls("pinged")
    assert (alone == 4).mean() > 0.6
    assert (pinged == 4).mean() < 0.02
    assert (pinged > 0).mean() > 0.6  # nearly as many pages wait for a cold start as without the ping


def test_a_ping_does_for_a_page_of_one_call_what_it_does_not_for_one_of_four():
    single = {f"triggers__to-{name}__arrivals__batch__size": "1" for name in ("alone", "pinged", "provisioned")}
    assert cold_calls("alone", **single).mean() > 0.6
    assert cold_calls("pinged", **single).mean() < 0.02


def test_provisioned_concurrency_ends_the_cold_starts_that_a_ping_leaves_for_a_thousand_times_the_money():
    found = summary("keep_warm_ping")["functions"]
    assert found["provisioned"]["cold_starts"] == 0
    ratio = found["provisioned"]["cost_usd"]["total"] / found["pinged"]["cost_usd"]["total"]
    assert 500 < ratio < 2000


def oldest_s(shards, factor):
    lanes = {"triggers__clicks__shards": str(shards), "triggers__clicks__parallelization_factor": str(factor)}
    return summary("shards_and_lanes", **lanes)["triggers"]["clicks"]["iterator_age_ms"]["max"] / 1000


def test_iterator_age_grows_by_what_the_lanes_leave_of_the_records():
    lanes, rate, batch_s = 2, 200, 0.15 + 100 * 0.018
    left = 1 - lanes * 100 / batch_s / rate  # of each second's records, the share that waits for another second
    # Still read within the drain: what came until the records that were processed by then had come.
    expected_s = left * (600 + 60)
    assert abs(oldest_s(1, 2) - expected_s) < 0.05 * expected_s


@pytest.mark.parametrize(("shards", "factor"), [(1, 8), (2, 4), (4, 2)])
def test_shards_times_factor_is_what_counts_and_eight_lanes_are_comfortable(shards, factor):
    assert oldest_s(shards, factor) < 15


@pytest.mark.parametrize(("shards", "factor"), [(1, 3), (3, 1)])
def test_three_lanes_do_not_keep_iterator_age_under_a_minute_however_they_are_made(shards, factor):
    assert oldest_s(shards, factor) > 60


def test_an_idle_timeout_that_aws_does_not_publish_decides_whether_p99_is_a_cold_start():
    p99 = [
        mean_over_seeds(
            "how_sure", lambda found: found["functions"]["api"]["latency_ms"]["p99"], lifecycle__idle_timeout=timeout
        )
        for timeout in ("300 s", "3600 s")
    ]
    assert p99[0] > 5 * p99[1]


def test_the_question_scenarios_load_without_warnings_but_for_the_one_that_its_comment_explains():
    new = ("size_provisioned", "burst_to_5000", "ten_times_traffic", "memory_or_latency", "lambda_or_fargate",
           "init_billed", "arm_or_x86", "launch_quota", "keep_warm_ping", "shards_and_lanes", "slo_and_budget",
           "how_sure")  # fmt: skip
    for name in new:
        assert lambdasim.load_scenario(SCENARIOS / f"{name}.yaml").warnings == (), name
    codes = [warning.code for warning in lambdasim.load_scenario(SCENARIOS / "drain_in_five_minutes.yaml").warnings]
    assert codes == ["pollers_over_reserved"]
