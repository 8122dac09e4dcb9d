"""An account that is simulated in parts, side by side, comes to what it comes to as a whole, or is run as a whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import lambdasim
from lambdasim.analysis.apart import simulate_apart
from lambdasim.analysis.runner import Workers
from lambdasim.report.as_json import as_json_text
from tests.analysis.accounts import account, scenario

SEEDS = range(40)
POISSON = {"poisson": {"rate": "2/s"}}
CONSTANT = {"constant": {"rate": "1/s"}}


def told(result):
    """All that a summary says of a run, but for how long it took."""
    return {key: value for key, value in result.summary().items() if not key.endswith("wall_s")}


def together(world):
    return lambdasim.simulate(world, log="none", engine="simpy")


def apart(world, **keys):
    return simulate_apart(world, engine="simpy", **keys)


def function(duration="100 ms", **keys):
    return {"runtime": "python3.13", "memory_size": 256, "handler": {"duration": duration}, **keys}


def called(target, arrivals, kind="direct", **keys):
    return {"type": kind, "target": target, "arrivals": arrivals, **keys}


def pair(arrivals=POISSON, one=None, **keys):
    """Two functions that share nothing, each called directly."""
    triggers = {"a": called("one", arrivals), "b": called("two", arrivals)}
    return scenario({"one": one or function(), "two": function()}, triggers, **keys)


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_come_to_what_the_account_comes_to_as_a_whole(seed):
    whole, parted = together(account(seed)), apart(account(seed))
    assert told(parted.result) == told(whole)
    pd.testing.assert_frame_equal(parted.result.timeline, whole.timeline)
    pd.testing.assert_frame_equal(parted.result.provisioned, whole.provisioned)
    pd.testing.assert_frame_equal(parted.result.changes, whole.changes)


@pytest.mark.parametrize("seed", SEEDS)
def test_environments_are_those_of_the_whole_by_another_number(seed):
    outcome = apart(account(seed))
    logs = [result.environments for result in (together(account(seed)), outcome.result)]
    assert logs[1]["created_us"].is_monotonic_increasing or not outcome.parts
    numbers = [np.sort(log["environment"].to_numpy()) for log in logs]
    np.testing.assert_array_equal(*numbers)
    columns = [column for column in logs[0].columns if column != "environment"]
    whole, parted = (log[columns].sort_values(columns).reset_index(drop=True) for log in logs)
    pd.testing.assert_frame_equal(parted, whole)


@pytest.mark.parametrize("seed", range(8))
def test_the_compiled_engine_can_be_parted_too(seed):
    pytest.importorskip("numba")
    whole = lambdasim.simulate(account(seed), log="none", engine="compiled")
    parted = simulate_apart(account(seed), engine="compiled").result
    assert told(parted) == told(whole)
    pd.testing.assert_frame_equal(parted.timeline, whole.timeline)


def test_most_of_these_accounts_do_run_apart():
    outcomes = [apart(account(seed)) for seed in SEEDS]
    assert sum(outcome.parts > 1 for outcome in outcomes) > len(SEEDS) / 2
    assert all(bool(outcome.parts) != bool(outcome.why_not) for outcome in outcomes)


def test_who_runs_the_parts_changes_no_byte(cluster, tmp_path):
    world = account(5)
    found = []
    for number, workers in enumerate((Workers(1), Workers(2), Workers(1, cluster.address))):
        outcome = apart(world, workers=workers)
        assert outcome.parts > 1
        outcome.result.save(tmp_path / str(number))
        files = {file.name: file.read_bytes() for file in (tmp_path / str(number)).iterdir()}
        del files["manifest.json"]  # which says how long it took
        found.append((as_json_text(told(outcome.result)), files))
    assert found[0] == found[1] == found[2]


def test_runs_that_are_cut_short_are_counted_over_all_parts():
    world = pair(CONSTANT, one=function("2500 ms"), drain="0 s")
    outcome = apart(world)
    assert outcome.parts == 2
    assert any("still under way" in warning["message"] for warning in outcome.result.warnings)
    assert told(outcome.result) == told(together(world))


def test_an_account_whose_quota_would_bind_is_run_as_a_whole():
    world = pair({"constant": {"rate": "10/s"}}, account={"concurrent_executions": 3}, warm_up="0 s")
    outcome = apart(world)
    assert outcome.parts == 0
    assert outcome.why_not == ("up to 6 would run at once on an unreserved concurrency of 3",)  # as all start cold
    assert told(outcome.result) == told(together(world))
    assert outcome.result.summary()["account"]["throttles"] > 0


def test_a_quota_that_one_function_meets_alone_does_not_bind_the_others():
    """What is refused alone would be refused among all; only what is let in alone must be shown."""
    burst = called("one", {"at_once": {"events": 20, "at": "1m"}})
    world = scenario(
        {"one": function(), "two": function()},
        {"a": burst, "b": called("two", {"at_once": {"events": 2, "at": "2m"}})},
        account={"concurrent_executions": 10},
    )
    outcome = apart(world)
    assert outcome.parts == 2
    assert outcome.result.summary()["functions"]["one"]["throttles"]["total"] > 0
    assert told(outcome.result) == told(together(world))


def test_what_is_reserved_for_one_function_is_not_there_for_the_others():
    limits = {"account": {"concurrent_executions": 104}, "one": function(reserved_concurrent_executions=4)}
    arrivals = {"at_once": {"events": 101, "at": "1m"}}
    assert apart(pair({"at_once": {"events": 100, "at": "1m"}}, **limits)).parts == 2
    refused = ("up to 101 would run at once on an unreserved concurrency of 100",)
    assert apart(pair(arrivals, **limits)).why_not == refused
    provisioned = limits | {"one": function(provisioned_concurrent_executions=4)}
    spilling = {"at_once": {"events": 60, "at": "1m"}}
    assert apart(pair(spilling, **provisioned)).why_not == (refused[0].replace("101", "116"),)


def test_requests_per_second_that_may_run_out_are_not_parted():
    world = pair({"constant": {"rate": "8/s"}}, parameters={"quotas/account/requests_per_second_per_concurrency": 0.01})
    outcome = apart(world)
    assert outcome.why_not == ("the account's requests per second may have been too few",)
    assert told(outcome.result) == told(together(world))


def test_apis_whose_common_limit_may_run_out_are_not_parted():
    triggers = {n: called(f, {"constant": {"rate": "8/s"}}, "api_gateway") for n, f in (("a", "one"), ("b", "two"))}
    limits = {"quotas/account/api_gateway_rate": 12, "quotas/account/api_gateway_burst": 20}
    world = scenario({"one": function(), "two": function()}, triggers, parameters=limits)
    outcome = apart(world)
    assert outcome.why_not == ("API Gateway's requests per second may have been too few",)
    assert told(outcome.result) == told(together(world))
    assert outcome.result.summary()["triggers"]["b"]["status_codes"]["429"] > 0


def test_peaks_that_hang_on_the_order_within_an_instant_are_not_parted():
    """Journeys go on among the ends of their instant: whether the other function's run has ended by then, who knows."""
    visits = {"type": "journey", "arrivals": CONSTANT, "flows": [{"steps": [{"wait": "3 s"}, {"invoke": "one"}]}]}
    other = called("two", CONSTANT)
    lasting = {"idle_timeout": "unlimited", "surplus_idle_timeout": "unlimited", "maximum_lifetime": "unlimited"}
    world = scenario(
        {"one": function("2 s", init={"duration": "1 ms"}), "two": function("1 s", init={"duration": "1 ms"})},
        {"visits": visits, "other": other},
        lifecycle={**lasting, "recycle_rate": "0/h"},
    )
    outcome = apart(world)
    assert outcome.why_not == ("several functions did something in one instant, in an order that decides a peak",)
    assert told(outcome.result) == told(together(world))


def test_what_can_t_be_parted_says_why():
    topic = {"type": "sns", "targets": ["one", "two"], "arrivals": POISSON}
    outcome = apart(scenario({"one": function(), "two": function()}, {"topic": topic}))
    assert (outcome.parts, outcome.why_not) == (0, ("there is nothing to part; triggers.topic invokes one, two",))


def test_the_seed_is_the_scenario_s_or_the_one_that_is_given():
    world = pair()
    assert told(apart(world, seed=9).result) == told(lambdasim.simulate(world, seed=9, log="none", engine="simpy"))
    assert apart(world, seed=9).result.header.seed == 9


def test_progress_is_told_part_by_part():
    seen = []
    apart(pair(), progress=seen.append)
    assert seen == [0.5, 1.0]
