"""Cost questions against closed forms: months that scale, break-evens where both bills agree, and what they rest on."""

import math

import pytest

import lambdasim
from lambdasim.analysis.cost import cost
from lambdasim.analysis.costs.provisioned import break_even
from lambdasim.analysis.observations import Design
from lambdasim.analysis.runner import Workers
from lambdasim.errors import InputError
from lambdasim.parameters.book import load_book
from lambdasim.report.cost import cost_document
from lambdasim.scenario.load import override
from tests.worlds import load, run, world

TWO = Design(replications=2)
X86_USD, ARM_USD, REQUEST_USD = 0.0000166667, 0.0000133334, 0.2e-6


def constant(rate="2/s", **changes):
    """Events evenly spaced, no init: a bill without luck."""
    settings = {"duration": "10m", "init": {"duration": "0 ms"}, "trigger": {"arrivals": {"constant": {"rate": rate}}}}
    return world(**settings | changes)


def poisson(rate, **changes):
    return constant(**{"trigger": {"arrivals": {"poisson": {"rate": rate}}}, "duration": "20m", **changes})


def test_without_tiers_and_limits_the_month_grows_as_the_traffic_does():
    answer = cost(load(constant()), questions=["traffic"], traffic=[2, 5, 10], design=TWO).traffic
    assert [row.factor for row in answer.rows] == [1, 2, 5, 10]
    for row in answer.rows:
        assert row.growth.value == pytest.approx(row.factor)
        assert row.usd_per_million_events.value == pytest.approx(1e6 * (REQUEST_USD + 1769 / 1024 * X86_USD))
        assert not row.is_limited
        assert row.quota is None


def test_the_free_tier_makes_more_traffic_cost_more_than_in_proportion():
    world_ = constant(account={"free_tier": True})
    two = cost(load(world_), questions=["traffic"], traffic=[2], design=TWO).traffic.rows[1]
    requests, gb_s = (each * 730 * 3600 for each in (2, 2 * 1769 / 1024))
    once, twice = (max(0, k * requests - 1e6) * REQUEST_USD + max(0, k * gb_s - 400_000) * X86_USD for k in (1, 2))
    assert two.growth.value == pytest.approx(twice / once)
    assert two.growth.value > 2.04


def test_where_the_quota_throttles_the_traffic_the_quota_that_it_needs_is_told():
    small = constant(rate="5/s", account={"concurrent_executions": 20})
    one, ten = cost(load(small), questions=["traffic"], traffic=[10], design=TWO).traffic.rows
    assert not one.is_limited
    assert ten.is_limited
    assert ten.growth.value == pytest.approx(20 / 5, rel=0.02)  # 20 environments, busy for a second each
    assert ten.throttled_share.value == pytest.approx(1 - 20 / 50, abs=0.02)
    assert ten.quota.value == ten.quota_most == 50  # Little's law: 50/s for one second


def test_traffic_counts_from_what_the_scenario_itself_says():
    scenario = load(constant(traffic=3))
    rows = cost(scenario, questions=["traffic"], traffic=[2], design=TWO).traffic.rows
    assert rows[0].month_usd.value == pytest.approx(run(constant(rate="6/s")).summary()["total"]["cost_usd_per_month"])
    assert rows[1].growth.value == pytest.approx(2)


def test_billed_inits_are_the_difference_between_the_bills_of_the_same_runs():
    answer = cost(load(poisson("1/min", init={"duration": "300 ms"}, duration="6h")), questions=["init_billing"],
                     design=TWO).init_billing  # fmt: skip
    assert answer.difference_usd.value == pytest.approx(answer.billed_usd.value - answer.unbilled_usd.value)
    assert answer.difference_usd.value > 0
    assert answer.functions["f"].value == pytest.approx(answer.difference_usd.value)
    assert answer.share.value == pytest.approx(answer.difference_usd.value / answer.billed_usd.value, rel=0.05)
    assert answer.always_paid == ()


def test_a_scenario_that_frees_inits_is_still_compared_with_billed_ones():
    told = constant(trigger={"arrivals": {"poisson": {"rate": "1/min"}}}, init={"duration": "300 ms"}, duration="2h")
    free = told | {"parameters": told["parameters"] | {"billing/init_billed": False}}
    ours, theirs = (cost(load(each), questions=["init_billing"], design=TWO).init_billing for each in (told, free))
    assert ours.difference_usd == theirs.difference_usd


def modern(document):
    """On a runtime that arm64 has too; its first calls take no longer than others."""
    document["functions"]["f"]["runtime"] = "python3.13"
    document["parameters"]["cold_starts/first_invocation/python3.13"] = dict.fromkeys((128, 256, 512, 1024), 0.0)
    return document


def test_at_the_break_even_slowdown_arm64_costs_what_x86_64_does():
    scenario = load(modern(constant(handler={"duration": "800 ms"})))
    both = cost(scenario, questions=["architecture"], design=TWO).architecture.functions["f"]
    assert both.slower.value == pytest.approx(X86_USD / ARM_USD, rel=1e-9)
    assert both.saved_usd.value == pytest.approx(both.x86_usd.value - both.arm_usd.value)
    slow = {"functions.f.architecture": "arm64", "functions.f.handler.duration": f"{800 * both.slower.value:.6f} ms"}
    slowed = lambdasim.simulate(override(scenario, slow)).summary()["total"]["cost_usd_per_month"]
    assert slowed == pytest.approx(both.x86_usd.value, rel=1e-3)  # each run is rounded up to a millisecond


@pytest.mark.parametrize("billed", [True, False])
def test_where_most_of_the_bill_is_inits_both_agree_at_the_break_even_too(billed):
    cold = {"lifecycle": {"idle_timeout": "10 s"}, "init": {"duration": "400 ms"}, "duration": "1h"}
    told = constant("1/min", handler={"duration": "100 ms"}, parameters={"billing/init_billed": billed}, **cold)
    scenario = load(modern(told))
    both = cost(scenario, questions=["architecture"], design=TWO).architecture.functions["f"]
    price = X86_USD / ARM_USD  # init as long on both: 500 of x86_64's milliseconds buy 400 and s times 100
    assert both.slower.value == pytest.approx((500 * price - 400) / 100 if billed else price, rel=1e-6)
    slow = {"functions.f.architecture": "arm64", "functions.f.handler.duration": f"{100 * both.slower.value:.6f} ms"}
    slowed = lambdasim.simulate(override(scenario, slow)).summary()["total"]["cost_usd_per_month"]
    assert slowed == pytest.approx(both.x86_usd.value, rel=1e-2)  # each run is rounded up to a millisecond


def test_what_arm64_saves_is_a_fifth_of_what_is_paid_by_time():
    both = cost(load(modern(constant())), questions=["architecture"], design=TWO).architecture.total
    share = 1769 / 1024 * X86_USD / (REQUEST_USD + 1769 / 1024 * X86_USD)
    assert both.saved_share.value == pytest.approx(share * (1 - ARM_USD / X86_USD), rel=1e-3)


def test_a_runtime_that_is_not_offered_on_arm64_stays():
    answer = cost(load(constant()), questions=["architecture"], design=TWO).architecture  # python3.6
    assert answer.functions == {}
    assert "python3.6 runs on x86_64 only" in answer.stay["f"]


def test_a_function_on_arm64_is_compared_with_x86_64_too():
    document = modern(constant())
    ours = cost(load(document), questions=["architecture"], design=TWO).architecture
    document["functions"]["f"]["architecture"] = "arm64"
    assert cost(load(document), questions=["architecture"], design=TWO).architecture == ours


def test_simulated_at_the_crossing_lambda_and_fargate_cost_the_same():
    work = {"handler": {"duration": {"exponential": {"mean": "200 ms"}}, "cpu_fraction": 0.2, "max_memory_used": 100}}
    scenario = load(poisson("10/s", **work))
    found = cost(scenario, questions=["fargate"], design=Design(replications=4)).fargate.functions["f"]
    assert found.check is not None
    assert not found.check.difference_usd.excludes_zero
    assert found.check.lambda_usd.value == pytest.approx(found.check.fargate_usd.value, rel=0.05)
    lambda_per_run = found.lambda_usd.value / (10 * 730 * 3600)
    task = found.crossing.task
    assert found.crossing.rate.value == pytest.approx(2 * task.usd_per_hour / (3600 * lambda_per_run), rel=0.05)
    assert found.difference_usd.high < 0  # at ten a second Fargate is cheaper already ...
    assert found.crossing.traffic < 1  # ... so that the crossing lies below


def test_provisioned_concurrency_is_no_cost_of_a_run_and_may_exceed_the_tasks_by_itself():
    kept = constant(function={"provisioned_concurrent_executions": 50}, handler={"duration": "100 ms"})
    found = cost(load(kept), questions=["fargate"], design=TWO).fargate.functions["f"]
    assert found.crossing.rate.value == 0
    assert "none above no traffic" in found.unchecked


def test_where_fargate_is_first_cheaper_and_where_for_good_may_be_two_rates_and_both_are_told():
    busy = load(poisson("1/s", handler={"duration": "1 s", "max_memory_used": 100}))  # a vCPU-second in each run
    answers = cost(busy, questions=["fargate"], design=TWO)
    found = answers.fargate.functions["f"]
    task, run_usd = found.crossing.task, 1769 / 1024 * X86_USD + REQUEST_USD
    pays, serves = task.usd_per_hour / (3600 * run_usd), found.following.runs_per_s  # runs/s for each task
    assert (task, task.vcpu) == (found.following.task, 0.25)
    assert found.crossing.rate.value == pytest.approx(2 * pays, rel=1e-6)
    assert 3 * pays > 2 * serves  # a third task is needed before it is paid for, and a fourth is not
    assert 4 * pays < 3 * serves
    assert found.crossing.lasting.value == pytest.approx(3 * pays, rel=1e-6)
    assert not found.crossing.is_lasting
    [sentence] = cost_document(answers)["answers"]
    assert "; Fargate costs less first at 0.2" in sentence
    assert ", for good from 0.3" in sentence
    assert cost_document(answers)["fargate"]["functions"]["f"]["crossing"]["lasting"]["n"] == 2


def test_an_api_on_fargate_has_a_load_balancer_and_on_lambda_its_requests():
    api = constant()
    api["triggers"]["t"] = {"type": "api_gateway", "target": "f", "arrivals": {"constant": {"rate": "2/s"}}}
    plain, with_door = (
        cost(load(api), questions=["fargate"], front_door=door, design=TWO).fargate.functions["f"]
        for door in (False, True)
    )
    requests = 2 * 730 * 3600
    assert with_door.lambda_usd.value - plain.lambda_usd.value == pytest.approx(requests * 1e-6)
    added = with_door.following.month_usd.value - plain.following.month_usd.value
    assert added == pytest.approx(730 * (0.0225 + 2 / 25 * 0.008))


def test_a_region_without_fargate_prices_says_so_in_place_of_a_comparison():
    answer = cost(load(constant(region="eu-west-1")), questions=["fargate"], design=TWO).fargate
    assert answer.functions == {}
    assert "prices/eu-west-1/fargate" in answer.unpriced


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_provisioned_concurrency_pays_from_sixty_percent_on(architecture):
    assert break_even(load_book(), "us-east-1", architecture, "none") == pytest.approx(0.60, abs=1e-3)


@pytest.mark.parametrize(("busy_ms", "verdict"), [(540, 1), (660, -1)])
def test_above_its_break_even_provisioned_concurrency_costs_less_and_below_it_more(busy_ms, verdict):
    settings = {"function": {"provisioned_concurrent_executions": 1}, "handler": {"duration": f"{busy_ms} ms"}}
    one = cost(load(constant("1/s", **settings)), questions=["provisioned"], design=TWO).provisioned.functions["f"]
    assert one.utilization.value == pytest.approx(busy_ms / 1000, rel=0.01)
    assert math.copysign(1, one.difference_usd.value) == verdict


def test_at_its_break_even_both_bills_agree():
    at = break_even(load_book(), "us-east-1", "x86_64", "none")
    kept = {"function": {"provisioned_concurrent_executions": 1}, "handler": {"duration": f"{round(at * 1000)} ms"}}
    one = cost(load(constant("1/s", **kept)), questions=["provisioned"], design=TWO).provisioned.functions["f"]
    assert one.level.configured
    assert one.with_usd.value == pytest.approx(one.without_usd.value, rel=2e-3)


def test_a_function_without_any_is_tried_with_as_many_as_it_keeps_busy():
    answer = cost(load(constant("5/s")), questions=["provisioned"], design=TWO).provisioned  # a second each: 5 busy
    one = answer.functions["f"]
    assert (one.level.environments, one.level.configured) == (5, False)
    assert one.utilization.value > 0.9
    assert one.difference_usd.value < 0


def test_a_function_whose_alias_is_invoked_is_left_to_its_alias():
    document = constant()
    document["functions"]["f"]["aliases"] = {"blue": {"function_version": "1"}}
    document["triggers"]["t"]["target"] = "f:blue"
    answer = cost(load(document), questions=["provisioned"], design=TWO).provisioned
    assert answer.functions == {}
    assert "give the alias provisioned concurrency" in answer.left["f"]


def test_two_workers_find_what_one_does():
    scenario = load(poisson("2/s", duration="1m"))
    one, two = (
        cost(scenario, questions=["traffic", "fargate"], traffic=[2], design=Design(2, workers=Workers(workers)))
        for workers in (1, 2)
    )
    assert one.traffic == two.traffic
    assert one.fargate == two.fargate


def test_asking_leaves_the_scenario_as_it_was():
    scenario = load(constant(duration="1m"))
    before = lambdasim.simulate(scenario).summary()["assumptions"]
    cost(scenario, questions=["fargate", "provisioned"], design=TWO)
    assert lambdasim.simulate(scenario).summary()["assumptions"] == before


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"questions": ["fargat"]}, "questions: fargat: is no question; known: traffic, init_billing"),
        ({"questions": []}, "ask at least one of: traffic"),
        ({"traffic": [0]}, "--traffic: 0: must be a number above 0"),
        ({"traffic": [math.nan, -1]}, "--traffic: nan: must be a number above 0"),
        ({"traffic": [1e7]}, "--traffic: traffic: 10000000 is above 1,000,000"),
    ],
)
def test_what_can_not_be_asked_is_refused_before_anything_runs(asked, says):
    with pytest.raises(InputError) as caught:
        cost(load(constant()), design=TWO, **asked)
    assert says in str(caught.value)
