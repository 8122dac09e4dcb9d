"""Handlers and what they call while an incident is under way: slower, failing, refused; afterwards as before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lambdasim.codes import Outcome, StartCause, StartType
from tests.theory.laws import LIMIT, z_of_mean
from tests.theory.worlds import direct, function, log_of
from tests.theory.worlds import world as bare
from tests.worlds import at, environments, rows, run, world

S = 1_000_000
BEGINS, ENDS = "600 s", "1200 s"


def incident(**what: Any) -> dict[str, Any]:
    """Something from 600 s to 1,200 s."""
    return {"at": "600 s", "for": "600 s", **what}


def poisson(duration: Any, *incidents: dict[str, Any], rate: int = 20, **keys: Any) -> Any:
    """A function ``f`` called at random for 1,800 s, with no limit near."""
    return bare(
        {"f": function(duration, **keys)},
        {"calls": direct("f", {"poisson": {"rate": f"{rate}/s"}})},
        duration="1800 s",
        incidents=list(incidents),
        downstream={"db": {}},
    )


def thirds(log: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Which runs began before, during and after the incident."""
    began = np.searchsorted([600 * S, 1200 * S], log["started_us"], side="right")
    return [{name: values[began == third] for name, values in log.items()} for third in range(3)]


def test_the_number_in_service_is_rate_times_mean_service_before_during_and_after_a_slowdown():
    log = log_of(poisson({"exponential": {"mean": "1 s"}}, incident(function="f", handler={"duration": "x5"})))
    came, went = np.sort(log["invoked_us"]), np.sort(log["ended_us"])
    for begin_s, end_s, load in ((20, 600, 20.0), (660, 1200, 100.0), (1260, 1800, 20.0)):
        apart_s = 12 * load / 20  # samples so far from each other are as good as independent
        at_us = (np.arange(begin_s, end_s, apart_s) * S).astype(np.int64)
        count = np.searchsorted(came, at_us, side="right") - np.searchsorted(went, at_us, side="right")
        assert abs(z_of_mean(count, load)) < LIMIT


def test_each_run_takes_the_stated_multiple_of_what_it_would_have_taken_on_the_same_luck():
    scenario = poisson({"lognormal": {"median": "100 ms", "p99": "1 s"}})
    slowed = poisson(
        {"lognormal": {"median": "100 ms", "p99": "1 s"}}, incident(function="f", handler={"duration": "x2.5"})
    )
    calm, slow = log_of(scenario), log_of(slowed)
    during = (slow["started_us"] >= 600 * S) & (slow["started_us"] < 1200 * S)
    duration_us, usual_us = slow["ended_us"] - slow["started_us"], calm["ended_us"] - calm["started_us"]
    assert np.array_equal(duration_us[~during], usual_us[~during])
    assert np.all(np.abs(duration_us[during] - 2.5 * usual_us[during]) <= 1)  # rounded to a microsecond, first calls


def test_a_slow_downstream_multiplies_only_what_waits_for_it():
    # 40 % is CPU time, 60 % waits: a quarter of that for the database. x9 adds 8 * 15 % of the whole.
    connections = [{"to": "db", "waiting": "25%"}, {"to": "cache"}]
    document = world(
        function={"connections": connections},
        handler={"cpu_fraction": "40%"},
        trigger={"arrivals": at("0s", "700s", "1300s")},
        downstream={"db": {}, "cache": {}},
        incidents=[incident(downstream="db", latency="x9")],
    )
    assert [row["duration_us"] for row in rows(run(document))] == [1 * S, 2.2 * S, 1 * S]
    equally = [{"to": "db"}, {"to": "cache"}]
    document["functions"]["f"]["connections"] = equally
    assert rows(run(document))[1]["duration_us"] == pytest.approx((1 + 8 * 0.3) * S)
    document["functions"]["f"]["connections"] = {"to": "db"}
    assert rows(run(document))[1]["duration_us"] == pytest.approx((1 + 8 * 0.6) * S)


def test_waiting_is_a_larger_share_at_a_memory_size_where_the_cpu_is_faster():
    # Measured at a quarter of a vCPU: half CPU, half waiting, 1 s. At a whole one the CPU's half takes an eighth of it.
    document = world(
        function={"memory_size": 1769, "connections": {"to": "db"}},
        handler={"cpu_fraction": "50%", "measured_at": 1769 // 4},
        trigger={"arrivals": at("0s", "700s")},
        downstream={"db": {}},
        incidents=[incident(downstream="db", latency="x3")],
    )
    before, during = (row["duration_us"] for row in rows(run(document)))
    assert during - before == pytest.approx(2 * 0.5 * S, abs=2)


def test_a_slow_downstream_makes_runs_time_out_where_they_take_too_long():
    document = world(
        function={"timeout": 3, "connections": {"to": "db"}},
        handler={"cpu_fraction": "0%"},
        trigger={"arrivals": at("0s", "700s", "1300s")},
        downstream={"db": {}},
        incidents=[incident(downstream="db", latency="x10")],
    )
    table = rows(run(document))
    assert [row["outcome"] for row in table] == [Outcome.SUCCESS, Outcome.TIMEOUT, Outcome.SUCCESS]
    assert table[1]["duration_us"] == 3 * S


@pytest.mark.parametrize(
    ("what", "shares"),
    [
        ([{"function": "f", "handler": {"error_rate": "20%"}}], {Outcome.ERROR: 1 - 0.9 * 0.8}),
        ([{"downstream": "db", "error_rate": "20%"}], {Outcome.ERROR: 1 - 0.9 * 0.8}),
        (
            [{"downstream": "db", "error_rate": "20%"}, {"function": "f", "handler": {"error_rate": "50%"}}],
            {Outcome.ERROR: 1 - 0.9 * 0.8 * 0.5},
        ),
        (
            [{"function": "f", "handler": {"error_rate": "20%", "crash_rate": "30%"}}],
            {Outcome.CRASH: 0.3, Outcome.ERROR: 1 - 0.9 * 0.5 - 0.3},
        ),
    ],
)
def test_added_failures_strike_independently_of_the_handlers_own_and_only_during_the_incident(what, shares):
    scenario = poisson(
        "10 ms",
        *(incident(**each) for each in what),
        handler={"error_rate": "10%"},
        connections={"to": "db"},
    )
    before, during, after = thirds(log_of(scenario))
    for third, expected in ((before, {Outcome.ERROR: 0.1}), (during, shares), (after, {Outcome.ERROR: 0.1})):
        for outcome in (Outcome.ERROR, Outcome.CRASH):
            share = expected.get(outcome, 0.0)
            failed, n = np.sum(third["outcome"] == outcome), third["outcome"].size
            assert abs(failed - n * share) <= LIMIT * np.sqrt(n * share * (1 - share))


def test_a_throttled_downstream_takes_its_rate_and_one_seconds_worth_at_once_and_fails_the_other_runs():
    # 100 a second come, 30 a second are taken, and 30 more from the bucket.
    scenario = poisson("10 ms", incident(downstream="db", throttle="30/s"), rate=100, connections={"to": "db"})
    before, during, after = thirds(log_of(scenario))
    assert np.all(before["outcome"] == Outcome.SUCCESS)
    assert np.all(after["outcome"] == Outcome.SUCCESS)
    assert set(during["outcome"]) == {Outcome.SUCCESS, Outcome.ERROR}
    taken = np.sum(during["outcome"] == Outcome.SUCCESS)
    assert 0 <= 30 * 600 + 30 - taken <= 2  # what gathers while the bucket is full, and after the last call, is lost
    assert np.all(during["ended_us"] - during["started_us"] == 10_000)  # refused or not


def test_functions_share_what_a_throttled_downstream_takes_and_who_does_not_connect_is_left_alone():
    document = world(init={"duration": "0 s"}, handler={"duration": "10 ms"}, function={"connections": {"to": "db"}})
    document["functions"]["g"] = document["functions"]["f"]
    document["functions"]["h"] = {k: v for k, v in document["functions"]["f"].items() if k != "connections"}
    called = {"type": "direct", "client": {"retries": "none"}, "arrivals": at("700s", events=5)}
    document["triggers"] = {name: {**called, "target": name} for name in ("f", "g", "h")}
    document |= {"downstream": {"db": {}}, "incidents": [incident(downstream="db", throttle="6/s")]}
    table = rows(run(document))
    succeeded = [sum(r["outcome"] is Outcome.SUCCESS for r in table if r["function"] == f) for f in range(3)]
    assert (succeeded[0] + succeeded[1], succeeded[2]) == (6, 5)


def test_a_downstream_that_takes_nothing_fails_every_run():
    document = world(
        function={"connections": {"to": "db"}},
        trigger={"arrivals": at("0s", "700s", "1300s")},
        downstream={"db": {}},
        incidents=[incident(downstream="db", throttle="0/s")],
    )
    assert [row["outcome"] for row in rows(run(document))] == [Outcome.SUCCESS, Outcome.ERROR, Outcome.SUCCESS]


def test_an_incident_changes_every_version_of_its_function_and_no_other_function():
    document = world(
        function={"versions": {"2": {"handler": {"duration": "2 s"}}}},
        incidents=[incident(function="f", handler={"duration": "x3"})],
    )
    document["functions"]["g"] = {k: v for k, v in document["functions"]["f"].items() if k != "versions"}
    called = {"type": "direct", "client": {"retries": "none"}, "arrivals": at("700s")}
    document["triggers"] = {f"t{n}": {**called, "target": target} for n, target in enumerate(("f", "f:2", "g"))}
    assert [row["duration_us"] for row in rows(run(document))] == [3 * S, 6 * S, 1 * S]


def test_incidents_that_overlap_multiply_and_each_ends_for_itself():
    document = world(
        trigger={"arrivals": at("50s", "150s", "250s", "350s", "450s")},
        incidents=[
            {"at": "100s", "for": "200s", "function": "f", "handler": {"duration": "x2"}},
            {"at": "200s", "for": "200s", "function": "f", "handler": {"duration": "x3"}},
        ],
    )
    assert [row["duration_us"] / S for row in rows(run(document))] == [1, 2, 6, 3, 1]


def test_an_incident_without_an_end_lasts_until_the_run_is_over():
    document = world(
        trigger={"arrivals": at("0s", "3599s")},
        incidents=[{"at": "0s", "function": "f", "handler": {"duration": "x2"}}],
    )
    assert [row["duration_us"] for row in rows(run(document))] == [2 * S, 2 * S]  # what arrives at its instant has it


def test_a_run_that_is_under_way_when_an_incident_begins_or_ends_goes_on_as_it_began():
    document = world(
        trigger={"arrivals": at("599500ms", "1199500ms")},
        incidents=[incident(function="f", handler={"duration": "x10"})],
    )
    assert [row["duration_us"] for row in rows(run(document))] == [1 * S, 10 * S]


def test_new_code_ends_every_environment_of_the_function_and_the_next_starts_are_cold_for_it():
    document = world(
        trigger={"arrivals": {"sum": [at("0s", events=3), at("99500ms", events=2), at("101s", events=4)]}},
        incidents=[{"at": "100s", "function": "f", "update_function_code": True, "handler": {"duration": "x0.5"}}],
    )
    result = run(document)
    table, lives = rows(result), environments(result)
    assert [life["created_us"] / S for life in lives] == [0, 0, 0, 101, 101, 101, 101]
    # One was idle and ends at once, two were busy and end with their runs, at 100.5 s.
    assert sorted(life["ended_us"] for life in lives[:3]) == [100 * S, 100.5 * S, 100.5 * S]
    after = [row for row in table if row["invoked_us"] == 101 * S]
    assert [row["start_type"] for row in after] == [StartType.COLD] * 4
    assert sorted(row["start_cause"] for row in after) == [StartCause.SCALE_OUT] + [StartCause.DEPLOYMENT] * 3
    assert [row["duration_us"] for row in table[:5]] == [1 * S] * 5
    assert [row["duration_us"] for row in after] == [0.5 * S] * 4
    assert result.summary()["functions"]["f"]["cold_start_causes"]["deployment"] == 3


def test_a_deployment_for_a_while_is_taken_back_and_starts_cold_twice():
    document = world(
        trigger={"arrivals": at("0s", "101s", "201s")},
        incidents=[
            {"at": "100s", "for": "100s", "function": "f", "update_function_code": True, "handler": {"duration": "x2"}}
        ],
    )
    table = rows(run(document))
    assert [row["start_cause"] for row in table] == [StartCause.SCALE_OUT, *[StartCause.DEPLOYMENT] * 2]
    assert [row["duration_us"] for row in table] == [1 * S, 2 * S, 1 * S]


def test_new_code_leaves_published_versions_alone():
    document = world(
        function={"versions": {"2": {}}},
        incidents=[{"at": "100s", "function": "f", "update_function_code": True}],
    )
    called = {"type": "direct", "client": {"retries": "none"}, "arrivals": at("0s", "101s")}
    document["triggers"] = {f"t{n}": {**called, "target": target} for n, target in enumerate(("f", "f:2"))}
    table = rows(run(document))
    after = {row["version"]: row["start_type"] for row in table if row["invoked_us"] == 101 * S}
    assert after == {0: StartType.COLD, 2: StartType.WARM}


def test_only_a_run_with_a_throttled_downstream_rests_on_how_much_it_takes_at_once():
    document = world(function={"connections": {"to": "db"}}, downstream={"db": {}})
    for change, asked in (({"error_rate": "10%"}, False), ({"throttle": "5/s"}, True)):
        result = run(document | {"incidents": [incident(downstream="db", **change)]})
        paths = {entry["path"] for entry in result.summary()["assumptions"]}
        assert ("downstream/throttle_burst_s" in paths) == asked
