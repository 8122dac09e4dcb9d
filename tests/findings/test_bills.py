"""What a planner finds out about the bill (scenarios/, one a question)."""

import functools

import pytest

import lambdasim
from tests.findings.worlds import SCENARIOS, run, summary


def test_ten_times_the_traffic_costs_less_than_four_times_as_much_where_nat_gateways_are_paid_by_the_hour():
    once, tenfold = summary("ten_times_traffic"), summary("ten_times_traffic", traffic="10")
    assert 3.5 < tenfold["total"]["cost_usd_per_month"] / once["total"]["cost_usd_per_month"] < 4


def test_ten_times_the_traffic_costs_more_than_ten_times_as_much_of_lambda_once_the_free_tier_is_used_up():
    once, tenfold = summary("ten_times_traffic"), summary("ten_times_traffic", traffic="10")
    assert tenfold["functions"]["api"]["cost_usd"]["total"] > 12 * once["functions"]["api"]["cost_usd"]["total"]


def test_a_small_service_is_cheaper_on_lambda_below_some_fifteen_runs_a_second_and_on_fargate_above():
    world = lambdasim.load_scenario(SCENARIOS / "lambda_or_fargate.yaml")
    design = lambdasim.Design(replications=2)
    answer = lambdasim.cost(world, questions=["fargate"], design=design).fargate.functions["quotes"]
    assert answer.difference_usd.low > 0 or answer.difference_usd.high < 0
    assert 10 < answer.crossing.rate.value < 20


def test_of_the_usual_memory_sizes_1024_mb_is_the_smallest_that_keeps_p99_under_a_second_and_a_half():
    p99 = [
        summary("memory_or_latency", functions__thumbnail__memory_size=size)["functions"]["thumbnail"]["latency_ms"][
            "p99"
        ]
        for size in ("512", "1024")
    ]
    assert p99[0] > 1500 > p99[1]


def test_less_memory_is_cheaper_and_slower_up_to_one_vcpu_and_above_it_only_dearer():
    found = [
        summary("memory_or_latency", functions__thumbnail__memory_size=size)["functions"]["thumbnail"]
        for size in ("256", "512", "1024", "1769", "3008")
    ]
    costs = [function["cost_usd"]["per_million_invocations"] for function in found]
    p99s = [function["latency_ms"]["p99"] for function in found]
    assert costs == sorted(costs)
    assert p99s[:4] == sorted(p99s[:4], reverse=True)
    assert p99s[0] > 3 * p99s[3]
    assert p99s[4] == p99s[3]
    assert costs[4] > 1.5 * costs[3]


def init_share(function):
    """The share of billed time that is init."""
    log = run("init_billed").invocations
    runs = log[log["function"] == function]
    return runs["init_us"].sum() / 1000 / runs["billed_ms"].sum()


def test_billed_init_is_next_to_nothing_for_a_busy_function_and_most_of_the_bill_for_a_quiet_one():
    assert init_share("busy") < 0.02
    assert init_share("quiet") > 0.8
    assert init_share("herd") > 0.8


@functools.cache
def architectures():
    return [summary("arm_or_x86", functions__api__architecture=name) for name in ("x86_64", "arm64")]


def test_arm64_saves_a_fifth_of_duration_and_less_of_the_bill_and_calls_take_as_long():
    x86, arm = architectures()
    durations = [
        next(line["usd"] for line in found["functions"]["api"]["cost_usd"]["lines"] if "duration" in line["item"])
        for found in (x86, arm)
    ]
    assert durations[1] / durations[0] == pytest.approx(0.8, abs=0.01)
    assert 0.82 < arm["total"]["cost_usd"] / x86["total"]["cost_usd"] < 0.95
    p50 = [found["functions"]["api"]["latency_ms"]["p50"] for found in (x86, arm)]
    assert p50[1] == pytest.approx(p50[0], rel=0.001)


def broken(**overrides):
    return [
        threshold["text"] for threshold in summary("slo_and_budget", **overrides)["thresholds"] if not threshold["ok"]
    ]


def test_the_objective_and_the_budget_hold_as_shipped_and_each_breaks_for_its_own_reason():
    assert broken() == []
    assert broken(functions__api__memory_size="512") == ["api.latency_ms.p99 < 500"]
    assert broken(functions__api__provisioned_concurrent_executions="10") == ["total.cost_usd_per_month < 60"]
