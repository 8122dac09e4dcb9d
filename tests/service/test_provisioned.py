"""Environments that are kept ready: how they come, serve and go, and what is set aside for them."""

from __future__ import annotations

import numpy as np
import pytest

from lambdasim.codes import Capacity, Change, EndCause, InitializationType, Outcome, StartCause, StartType
from lambdasim.metrics.recorder import Recorder
from tests.worlds import EXACT_LIFE, at, environments, rows, run, world

MS, S, MINUTE = 1_000, 1_000_000, 60_000_000
KEPT = {"provisioned/preparation": "60 s"}


def provisioned(n, **changes):
    """A world whose function keeps ``n`` environments ready."""
    function = {"provisioned_concurrent_executions": n, **changes.pop("function", {})}
    return world(**changes, function=function)


def scaled(first, *actions, most=10_000, **changes):
    """A world whose alias ``live`` begins with ``first`` and is changed at (minute, how many)."""
    scheduled = [
        {
            "schedule": f"at(2026-01-05T00:{minute // 1:02.0f}:{minute % 1 * 60:02.0f})",
            "min_capacity": n,
            "max_capacity": n,
        }
        for minute, n in actions
    ]
    autoscaling = {"min_capacity": 0, "max_capacity": most, "scheduled_actions": scheduled}
    alias = {"function_version": "1", "provisioned_concurrent_executions": first, "autoscaling": autoscaling}
    function = {"aliases": {"live": alias}, **changes.pop("function", {})}
    trigger = {"target": "f:live", **changes.pop("trigger", {})}
    parameters = {**KEPT, **changes.pop("parameters", {})}
    return world(**changes, function=function, trigger=trigger, parameters=parameters)


def capacities(result):
    return [Capacity(row["capacity"]) for row in rows(result)]


def kept(result):
    ready = InitializationType.PROVISIONED_CONCURRENCY
    return [e for e in environments(result) if e["initialization"] == ready]


def test_what_finds_a_kept_environment_waits_for_nothing_and_the_rest_spills_over():
    result = run(provisioned(2, trigger={"arrivals": at("0s", "0s", "0s", "10s")}))
    first, second, third, later = rows(result)
    for row in (first, second, later):
        assert (row["start_type"], row["capacity"], row["wait_us"]) == (StartType.PROVISIONED, Capacity.PROVISIONED, 0)
        assert row["start_cause"] is StartCause.NONE
    assert (third["start_type"], third["capacity"]) == (StartType.COLD, Capacity.SPILLOVER)
    assert third["wait_us"] == third["init_us"] == 100 * MS


def test_the_init_of_a_kept_environment_stands_in_no_report_but_its_first_call_takes_longer():
    parameters = {"cold_starts/first_invocation/dotnet8": {128: 800, 256: 400, 512: 200, 1024: 100}}
    document = provisioned(
        1,
        function={"runtime": "dotnet8", "memory_size": 512},
        parameters=parameters,
        trigger={"arrivals": at("0s", "60s")},
    )
    first, second = rows(run(document))
    assert first["init_us"] == second["init_us"] == 0
    assert first["duration_us"] - second["duration_us"] == 200 * MS


def test_after_a_reset_the_next_call_pays_an_init_and_then_the_environment_serves_as_before():
    arrivals = at("0s", "60s", "120s")
    document = provisioned(1, handler={"crash_rate": "100%"}, trigger={"arrivals": arrivals})
    first, second, _ = rows(run(document))
    assert (first["outcome"], first["start_type"]) == (Outcome.CRASH, StartType.PROVISIONED)
    assert (second["start_type"], second["start_cause"]) == (StartType.COLD, StartCause.RESET)
    assert (second["capacity"], second["environment"]) == (Capacity.PROVISIONED, first["environment"])
    assert second["suppressed_init_us"] == 100 * MS
    assert second["init_us"] == 0


def test_a_kept_environment_outlives_every_idle_timeout_of_those_on_demand():
    life = {"idle_timeout": "10 s", "surplus_idle_timeout": "10 s"}
    result = run(provisioned(3, lifecycle=life, trigger={"arrivals": at("0s", "3000s", "3000s", "3000s")}))
    assert capacities(result) == [Capacity.PROVISIONED] * 4
    assert [e["end_cause"] for e in kept(result)] == [EndCause.ALIVE] * 3


@pytest.mark.parametrize("keep_alive", ["renewed", "not_renewed"])
def test_whatever_renews_the_keep_alive_of_environments_on_demand_kept_ones_have_none(keep_alive):
    life = {"idle_timeout": "10 s", "keep_alive": keep_alive}
    result = run(provisioned(1, lifecycle=life, trigger={"arrivals": at("0s", "3000s")}))
    assert [e["end_cause"] for e in kept(result)] == [EndCause.ALIVE]


def test_an_environment_that_ends_for_its_age_has_a_successor_that_is_ready_when_it_goes():
    result = run(
        provisioned(2, lifecycle={"maximum_lifetime": "1000 s"}, trigger={"arrivals": {"constant": {"rate": "1/min"}}})
    )
    assert set(capacities(result)) == {Capacity.PROVISIONED}
    assert {row["wait_us"] for row in rows(result)} == {0}
    lives = kept(result)
    ended = [e for e in lives if e["end_cause"] == EndCause.LIFETIME]
    assert len(ended) == 8  # an hour and the drain: at 1,000 s, 2,000 s, 3,000 s and 4,000 s, two each
    for old, new in zip(ended, lives[2:], strict=True):
        assert new["ready_us"] == old["ended_us"]
        assert new["ready_us"] - new["created_us"] == 100 * MS
        assert new["start_cause"] == StartCause.LIFETIME


def test_one_that_is_busy_when_its_time_comes_is_replaced_when_its_run_ends():
    document = provisioned(
        1,
        lifecycle={"maximum_lifetime": "1000 s"},
        function={"timeout": 900},
        handler={"duration": "600 s"},
        trigger={"arrivals": at("700s", "1200s", "1301s")},
    )
    result = run(document)
    assert capacities(result) == [Capacity.PROVISIONED, Capacity.SPILLOVER, Capacity.PROVISIONED]
    assert [e["ready_us"] for e in kept(result)][:2] == [0, 1300 * S]


def test_ten_of_them_take_a_hundred_requests_a_second_and_no_more():
    # AWS's example: 10 spill over at 10 concurrent requests or at 100 requests per second.
    fast = {"duration": "1 ms"}
    calls = {"arrivals": {"constant": {"rate": "200/s"}}}
    result = run(provisioned(10, duration="60s", handler=fast, trigger=calls))
    by_capacity = np.bincount(result.invocation_columns["capacity"], minlength=3)
    assert by_capacity[Capacity.PROVISIONED] == pytest.approx(100 * 60 + 100, abs=2)  # and the burst of one second
    assert by_capacity[Capacity.SPILLOVER] == 200 * 60 - by_capacity[Capacity.PROVISIONED]
    below = run(provisioned(10, duration="60s", handler=fast, trigger={"arrivals": {"constant": {"rate": "100/s"}}}))
    assert set(capacities(below)) == {Capacity.PROVISIONED}


def test_ten_of_them_take_ten_requests_at_once_and_no_more():
    result = run(provisioned(10, trigger={"arrivals": at("0s", events=11)}))
    assert capacities(result).count(Capacity.SPILLOVER) == 1


def test_requests_per_second_do_not_limit_what_lambdas_event_queue_sends():
    document = provisioned(10, duration="60s", handler={"duration": "1 ms"})
    document["triggers"]["t"] = {"type": "direct_async", "target": "f", "arrivals": {"constant": {"rate": "200/s"}}}
    by_capacity = np.bincount(run(document).invocation_columns["capacity"], minlength=3)
    assert by_capacity[Capacity.PROVISIONED] > 0.95 * by_capacity.sum()


# -- how many there are


def test_none_of_a_raise_is_usable_until_the_last_of_them_is_ready():
    # At 10 min from 10 to 30: a minute to prepare, then one each 10 ms: the last starts 190 ms later and takes 100 ms.
    usable_ms = 660_000 + 190 + 100
    for moment_ms, spilled in ((usable_ms - 1, 20), (usable_ms, 0)):
        result = run(scaled(10, (10, 30), trigger={"arrivals": at(f"{moment_ms}ms", events=30)}))
        assert capacities(result).count(Capacity.SPILLOVER) == spilled
    new = kept(result)[10:]
    assert [e["created_us"] for e in new] == [660 * S + n * 10 * MS for n in range(20)]
    assert {e["ready_us"] - e["created_us"] for e in new} == {100 * MS}


def test_five_thousand_environments_start_at_six_thousand_a_minute():
    document = scaled(
        1, (10, 5001), account={"concurrent_executions": 6000}, trigger={"arrivals": at("0s")}, duration="15m"
    )
    result = run(document)
    created_us = np.array([e["created_us"] for e in kept(result)[1:]])
    assert len(created_us) == 5000
    assert created_us.min() == 11 * MINUTE
    assert created_us.max() == 11 * MINUTE + 49_990 * MS
    for minute in range(60):
        window = (created_us >= minute * MINUTE) & (created_us < (minute + 1) * MINUTE)
        assert window.sum() <= 6000


def test_two_raises_that_meet_keep_to_the_rate_of_their_function_together():
    # 3,000 are asked for at 10:00 and 3,000 more at 10:06: the second thousands start when the first have.
    quota = {"concurrent_executions": 10_000}
    result = run(scaled(1, (10, 3001), (10.1, 6001), account=quota, trigger={"arrivals": at("0s")}, duration="15m"))
    created_us = np.array([e["created_us"] for e in kept(result)[1:]])
    assert np.array_equal(np.sort(created_us), 660 * S + np.arange(6000) * 10 * MS)


def test_before_2023_11_they_started_at_the_regions_burst_and_then_five_hundred_a_minute():
    # 4,000 more in us-east-1: 3,000 at once, once for all functions, and a thousand in two minutes.
    account = {"concurrent_executions": 10_000, "scaling": "regional_burst"}
    result = run(scaled(1, (10, 4001), account=account, trigger={"arrivals": at("0s")}, duration="20m"))
    created_us = np.sort([e["created_us"] for e in kept(result)[1:]])
    assert np.array_equal(created_us[:3000], np.full(3000, 11 * MINUTE))
    assert np.array_equal(created_us[3000:], 11 * MINUTE + np.arange(1000) * 120 * MS)


def test_preparation_takes_a_minute_or_two():
    document = scaled(1, *((minute, 2 + minute % 4 // 2) for minute in range(2, 58, 2)))
    document["parameters"].pop("provisioned/preparation")
    table = run(document).change_columns
    asked_us, ready_us = (table["at_us"][table["change"] == kind] for kind in (2, 3))
    waited_us = np.array([ready - asked_us[asked_us < ready].max() for ready in ready_us])
    assert len(waited_us) >= 10
    assert waited_us.min() >= 60 * S
    assert waited_us.max() <= 120 * S + 100 * MS
    assert len(set(waited_us)) == len(waited_us)


def test_a_decrease_ends_idle_environments_at_once_and_busy_ones_with_their_runs():
    document = scaled(
        4, (10, 1), function={"timeout": 900}, handler={"duration": "60 s"}, trigger={"arrivals": at("590s", events=2)}
    )
    result = run(document)
    ends = sorted((e["ended_us"], e["end_cause"]) for e in kept(result))
    assert ends == [
        (-1, EndCause.ALIVE),
        (600 * S, EndCause.RELEASED),
        (600 * S, EndCause.RELEASED),
        (650 * S, EndCause.RELEASED),
    ]


def test_a_raise_keeps_those_that_were_to_end_with_their_runs():
    document = scaled(
        3, (10, 1), (11, 3), function={"timeout": 900}, handler={"duration": "300 s"},
        trigger={"arrivals": at("590s", events=3)},
    )  # fmt: skip
    assert [e["end_cause"] for e in kept(run(document))] == [EndCause.ALIVE] * 3


def test_a_decrease_gives_up_what_is_being_allocated_first():
    result = run(scaled(5, (10, 50), (11, 8), trigger={"arrivals": at("750s", events=50)}))
    assert capacities(result).count(Capacity.PROVISIONED) == 8
    assert {e["end_cause"] for e in kept(result)} == {EndCause.ALIVE}
    gone = run(scaled(5, (10, 50), (11, 5), trigger={"arrivals": at("750s", events=50)}))
    assert capacities(gone).count(Capacity.PROVISIONED) == 5


def test_a_second_raise_is_a_batch_of_its_own():
    result = run(
        scaled(1, (10, 11), (11, 21), trigger={"arrivals": {"sum": [at("690s", events=21), at("730s", events=21)]}})
    )
    first = [row for row in rows(result) if row["invoked_us"] == 690 * S]
    second = [row for row in rows(result) if row["invoked_us"] == 730 * S]
    assert sum(row["capacity"] == Capacity.PROVISIONED for row in first) == 11
    assert sum(row["capacity"] == Capacity.PROVISIONED for row in second) == 21


def test_without_any_left_the_function_runs_on_demand_as_if_it_never_had_any():
    result = run(scaled(2, (10, 0), trigger={"arrivals": at("0s", "660s")}))
    assert capacities(result) == [Capacity.PROVISIONED, Capacity.ON_DEMAND]


def test_an_init_longer_than_ten_seconds_is_not_cut_off_for_kept_environments():
    document = provisioned(1, init={"duration": "20 s"}, trigger={"arrivals": at("0s", "0s")})
    first, second = rows(run(document))
    assert (first["wait_us"], first["suppressed_init_us"]) == (0, 0)
    assert (second["wait_us"], second["suppressed_init_us"]) == (10 * S, 20 * S)


def test_the_periods_say_what_was_configured_and_what_of_it_was_usable(monkeypatch):
    seen = []
    finish = Recorder.finish
    monkeypatch.setattr(Recorder, "finish", lambda self, **given: seen.append(given) or finish(self, **given))
    run(scaled(2, (10, 12), (20, 3)))
    periods = [(p.configured, p.allocated, p.from_us, p.to_us) for p in seen[0]["provisioned"]]
    ready_us = 660 * S + 90 * MS + 100 * MS
    assert periods == [
        (2, 2, 0, 600 * S),
        (12, 2, 600 * S, ready_us),
        (12, 12, ready_us, 1200 * S),
        (3, 3, 1200 * S, 4500 * S),
    ]


# -- what is set aside


def beside(document, calls):
    """The world with a second function ``g`` that is called so often at once, for long."""
    g = {"runtime": "python3.6", "timeout": 900, "init": {"duration": "0s"}, "handler": {"duration": "300 s"}}
    document["functions"]["g"] = g
    document["triggers"]["u"] = {
        "type": "direct", "target": "g", "client": {"retries": "none"}, "arrivals": at("10s", events=calls),
    }  # fmt: skip
    return {**document, "duration": "10m"}


def of_the_account(result, name):
    """A metric of the account, by minute."""
    timeline = result.timeline
    return timeline.loc[timeline["function"] == "*", name]


def ran(result, function):
    return sum(row["function"] == function and row["outcome"] is Outcome.SUCCESS for row in rows(result))


def test_of_a_quota_of_1000_with_600_reserved_and_200_provisioned_200_are_left():
    document = beside(provisioned(200), 500)
    document["functions"]["kept"] = {**document["functions"]["g"], "reserved_concurrent_executions": 600}
    document["triggers"]["v"] = {**document["triggers"]["u"], "target": "kept", "arrivals": at("20s", events=1)}
    result = run(document)
    assert ran(result, 1) == 200
    claimed = of_the_account(result, "ClaimedAccountConcurrency")
    assert claimed.min() == 800  # AWS: claimed concurrency never falls below it
    assert claimed.max() == result.summary()["account"]["claimed_max"] == 1000


def test_runs_on_provisioned_concurrency_have_their_room_when_all_else_is_taken():
    document = beside(provisioned(200), 1000)
    document["triggers"]["t"]["arrivals"] = at("20s", events=300)
    result = run(document)
    assert ran(result, 1) == 800
    assert ran(result, 0) == 200
    assert of_the_account(result, "ConcurrentExecutions").max() == 1000
    assert of_the_account(result, "UnreservedConcurrentExecutions").max() == 800
    assert of_the_account(result, "ProvisionedConcurrentExecutions").max() == 200


def test_with_reserved_concurrency_what_is_provisioned_is_a_part_of_it():
    document = beside(provisioned(15, function={"reserved_concurrent_executions": 20}), 1000)
    document["triggers"]["t"]["arrivals"] = at("20s", events=30)
    result = run(document)
    assert ran(result, 1) == 980
    mine = [row for row in rows(result) if row["function"] == 0]
    assert [sum(row["capacity"] == capacity for row in mine) for capacity in (1, 2, 255)] == [15, 5, 10]
    assert {row["throttle_reason"] for row in mine if row["outcome"] is Outcome.THROTTLED} == {2}


def test_if_all_that_is_reserved_is_provisioned_latest_is_throttled():
    document = provisioned(5, function={"reserved_concurrent_executions": 5}, trigger={"arrivals": at("0s", events=6)})
    document["triggers"]["latest"] = {**document["triggers"]["t"], "target": "f:$LATEST", "arrivals": at("60s")}
    result = run(document)
    assert [row["outcome"] for row in rows(result)].count(Outcome.THROTTLED) == 2
    assert ran(result, 0) == 5


def test_a_raise_sets_aside_from_when_it_is_asked_for_and_a_decrease_gives_back():
    document = scaled(100, (5, 800), (8, 50), duration="12m")
    document["functions"]["g"] = {
        "runtime": "python3.6", "init": {"duration": "0s"}, "handler": {"duration": "1 s"}, "timeout": 30,
    }  # fmt: skip
    calls = {"sum": [at(f"{minute * 60 + 10}s", events=1000) for minute in (4, 5, 7, 8)]}
    document["triggers"] = {"u": {"type": "direct", "target": "g", "client": {"retries": "none"}, "arrivals": calls}}
    # The scaling rate allows 1,000 at once, and has refilled a minute later.
    result = run(document)
    by_minute = np.bincount([row["invoked_us"] // MINUTE for row in rows(result) if row["outcome"] is Outcome.SUCCESS])
    assert [by_minute[minute] for minute in (4, 5, 7, 8)] == [900, 200, 200, 950]


def test_what_still_runs_of_a_decrease_is_set_aside_until_it_ends():
    document = scaled(200, (5, 1), account={"concurrent_executions": 300}, function={"timeout": 900}, duration="12m")
    document["functions"]["f"]["handler"] = {"duration": "120 s"}
    document["triggers"]["t"]["arrivals"] = at("290s", events=200)
    document["functions"]["g"] = {
        "runtime": "python3.6", "init": {"duration": "0s"}, "handler": {"duration": "1 s"}, "timeout": 30,
    }  # fmt: skip
    calls = {"sum": [at("310s", events=300), at("420s", events=300)]}
    document["triggers"]["u"] = {"type": "direct", "target": "g", "client": {"retries": "none"}, "arrivals": calls}
    log = [row for row in rows(run(document)) if row["function"] == 1 and row["outcome"] is Outcome.SUCCESS]
    assert [sum(row["invoked_us"] == second * S for row in log) for second in (310, 420)] == [100, 299]


def test_a_raise_that_would_leave_less_than_a_hundred_unreserved_is_refused():
    table = run(scaled(100, (5, 901), (8, 900), duration="12m")).change_columns
    assert table["value"][table["change"] == Change.PROVISIONED_REQUESTED].tolist() == [900]
    assert table["value"][table["change"] == Change.SCALING_REFUSED].tolist() == [901]


def test_starts_of_kept_environments_take_nothing_from_the_scaling_rate():
    slow = {"scaling/per_function/burst": 10, "scaling/per_function/refill_per_second": 0}
    result = run(provisioned(30, parameters=slow, trigger={"arrivals": at("0s", events=50)}))
    assert ran(result, 0) == 40


# -- which version has them


def two_versions(alias, **changes):
    function = {"versions": {"1": {}, "2": {}}, "aliases": {"live": alias}}
    return world(
        function=function, trigger={"target": "f:live", **changes.pop("trigger", {})}, parameters=KEPT, **changes
    )


def test_a_weighted_alias_shares_them_by_its_weights():
    alias = {
        "function_version": "1",
        "routing_config": {"additional_version_weights": {"2": 0.3}},
        "provisioned_concurrent_executions": 10,
    }
    lives = kept(run(two_versions(alias)))
    assert np.bincount([e["version"] for e in lives]).tolist() == [0, 7, 3]


def test_they_move_with_their_alias_and_the_new_version_is_prepared_first():
    alias = {
        "function_version": "1",
        "deployment": {"type": "AllAtOnce", "to": "2", "at": "10m"},
        "provisioned_concurrent_executions": 5,
    }
    arrivals = {"sum": [at("599500ms", events=5), at("601s", events=5), at("661s", events=5)]}
    result = run(two_versions(alias, trigger={"arrivals": arrivals}))
    log = rows(result)
    assert [row["capacity"] for row in log] == [1] * 5 + [2] * 5 + [1] * 5
    assert [row["version"] for row in log] == [1] * 5 + [2] * 10
    old, new = kept(result)[:5], kept(result)[5:]
    assert {e["end_cause"] for e in old} == {EndCause.RELEASED}
    assert {(e["version"], e["start_cause"]) for e in new} == {(2, StartCause.DEPLOYMENT)}
    claimed = of_the_account(result, "ClaimedAccountConcurrency")
    assert claimed.iloc[10] == 10  # five old ones still run and five new ones start; later five spill over
    assert claimed.iloc[12:].max() == 5


def test_a_run_with_kept_environments_is_the_same_twice():
    life = {**EXACT_LIFE, "recycle_rate": "2/h"}
    document = provisioned(5, lifecycle=life, trigger={"arrivals": {"poisson": {"rate": "5/s"}}})
    first, second = run(document), run(document)
    for name, column in first.invocation_columns.items():
        assert np.array_equal(column, second.invocation_columns[name])
    for name, column in first.environment_columns.items():
        assert np.array_equal(column, second.environment_columns[name])
