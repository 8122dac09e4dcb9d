"""Limits on concurrency over time: as the scenario's incidents change them, and as provisioned concurrency does."""

import json

import pytest

import lambdasim
from lambdasim.header import THE_ACCOUNT, LimitFacts
from lambdasim.metrics.recorder import Recorder
from lambdasim.plots.concurrency import concurrency_drawing
from lambdasim.plots.panels import Steps
from lambdasim.plots.set_aside import configured_steps, summed, unreserved_steps
from lambdasim.result.result import Result
from lambdasim.scenario.facts import header_of
from lambdasim.simulation import SimulatedAccount
from lambdasim.units import US_PER_MINUTE, US_PER_S
from tests.worlds import load, run, world

M = US_PER_MINUTE


def limits(document):
    return [(facts.scope, facts.from_us // M, facts.limit) for facts in header_of(load(document), 1).limits]


def test_a_raised_quota_holds_from_its_incident_on():
    scenario = lambdasim.load_scenario("scenarios/quota_raised.yaml")
    assert header_of(scenario, 1).limits == (LimitFacts(THE_ACCOUNT, 0, 100), LimitFacts(THE_ACCOUNT, 8 * M, 1000))


def test_a_kill_switch_is_a_reserved_concurrency_of_nought():
    scenario = lambdasim.load_scenario("scenarios/kill_switch.yaml")
    assert header_of(scenario, 1).limits == (LimitFacts(THE_ACCOUNT, 0, 1000), LimitFacts("stopped", 0, 0))


def test_what_incidents_change_for_a_while_comes_back():
    incidents = [
        {"at": "2m", "for": "4m", "function": "f", "reserved_concurrent_executions": 3},
        {"at": "4m", "for": "4m", "function": "f", "reserved_concurrent_executions": 7},
        {"at": "5m", "for": "1m", "function": "f", "handler": {"duration": "x2"}},
        {"at": "9m", "function": "f", "reserved_concurrent_executions": "none"},
        {"at": "3m", "for": "2m", "account": {"concurrent_executions": 500}},
    ]
    document = world(incidents=incidents, function={"reserved_concurrent_executions": 5})
    account = [(THE_ACCOUNT, 0, 1000), (THE_ACCOUNT, 3, 500), (THE_ACCOUNT, 5, 1000)]
    assert limits(document) == [*account, ("f", 0, 5), ("f", 2, 3), ("f", 4, 7), ("f", 8, 5), ("f", 9, None)]


def test_a_function_without_reserved_concurrency_has_no_limit_of_its_own():
    assert limits(world()) == [(THE_ACCOUNT, 0, 1000)]
    late = world(incidents=[{"at": "3m", "function": "f", "reserved_concurrent_executions": 3}])
    assert limits(late) == [(THE_ACCOUNT, 0, 1000), ("f", 3, 3)]


def test_steps_hold_until_the_next_and_are_told_in_words():
    steps = Steps("quota", [0, 480 * US_PER_S], [100, 1000])
    assert [steps.at(second * US_PER_S) for second in (0, 479, 480, 5000)] == [100, 100, 1000, 1000]
    assert steps.text == "quota 100, from 8m on 1,000"
    assert steps.before(480 * US_PER_S).text == "quota 100"
    assert Steps("reserved", [60 * US_PER_S], [3]).at(0) is None
    assert Steps("x", [0, 1, 2], [5, None, 9]).text == "x 5 to 9, 2 changes"


def test_periods_add_up_to_what_there_is_at_each_instant():
    assert summed([(0, 10, 2), (10, 20, 2), (5, 20, 3)]) == ([0, 5, 20], [2, 5, 0])
    assert summed([(7, 9, 4)]) == ([0, 7, 9], [0, 4, 0])
    assert summed([]) == ([0], [0])


PROVISIONED = world(
    duration="20m",
    drain="5m",
    handler={"duration": "30 s"},
    trigger={"target": "f:live", "arrivals": {"constant": {"rate": "1/s"}}},
    incidents=[
        {"at": "4m", "for": "6m", "account": {"concurrent_executions": 800}},
        {"at": "6m", "for": "9m", "function": "g", "reserved_concurrent_executions": 90},
    ],
    function={
        "aliases": {
            "live": {
                "function_version": "1",
                "provisioned_concurrent_executions": 40,
                "autoscaling": {
                    "min_capacity": 5,
                    "max_capacity": 60,
                    "target_value": 0.7,
                    "scheduled_actions": [
                        {"schedule": "cron(3 0 * * ? *)", "min_capacity": 60, "max_capacity": 60},
                        {"schedule": "cron(12 0 * * ? *)", "min_capacity": 5, "max_capacity": 5},
                    ],
                },
            }
        }
    },
)
PROVISIONED["functions"]["g"] = {**world()["functions"]["f"]}


@pytest.fixture(scope="module")
def provisioned():
    return run(PROVISIONED)


def test_what_is_left_unreserved_is_what_the_engine_lets_in(provisioned):
    """The limit of the engine's own unreserved pool, looked up between the changes."""
    steps = unreserved_steps(provisioned)
    scenario = load(PROVISIONED)
    header = header_of(scenario, scenario.seed)
    account = SimulatedAccount(scenario, scenario.seed, header, Recorder(header, keep_log=True))
    found = []
    for second in range(7, 20 * 60, 13):
        between_us = second * US_PER_S + US_PER_S // 2
        account.clock.run_until(between_us)
        found.append(account.limits.unreserved.limit)
        assert steps.at(between_us) == found[-1], second
    assert len(set(found)) > 6


def test_the_mean_of_what_is_configured_is_the_summarys(provisioned):
    steps = configured_steps(provisioned, [0]).before(20 * M)
    ends_us = [*steps.at_us[1:], 20 * M]
    area = sum((to - at) * value for at, to, value in zip(steps.at_us, ends_us, steps.values, strict=True))
    configured = provisioned.summary()["functions"]["f"]["provisioned_concurrency"]["configured"]
    assert area / (20 * M) == pytest.approx(configured["mean"], rel=1e-12)
    assert max(steps.values) == configured["max"] == 60
    assert configured_steps(provisioned, [1]) is None


def test_a_function_shows_the_limits_that_it_meets(provisioned):
    words = concurrency_drawing(provisioned, function="f").words
    assert "provisioned 5 to 60" in words
    assert "unreserved" in words
    assert "account's quota 800 to 1,000, 2 changes" in words


def test_where_all_is_unreserved_that_is_no_limit_beside_the_quota():
    assert unreserved_steps(run(world(duration="10s"))) is None


def test_limits_and_provisioned_periods_are_kept_and_folders_of_before_are_read_without(provisioned, tmp_path):
    provisioned.save(tmp_path)
    loaded = Result.load(tmp_path)
    assert loaded.header == provisioned.header
    assert loaded.provisioned.equals(provisioned.provisioned)
    assert len(loaded.provisioned) > 3
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    del manifest["header"]["limits"]
    for trigger in manifest["header"]["triggers"]:
        del trigger["keeps_us"], trigger["hides_us"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "provisioned.csv").unlink()
    older = Result.load(tmp_path)
    assert older.header.limits == ()
    assert len(older.provisioned) == 0
    assert "Limits" not in concurrency_drawing(older, function="f").words
