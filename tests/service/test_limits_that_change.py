"""Reserved concurrency and the account's quota as they change during a run: who is refused, why, from when."""

from __future__ import annotations

from typing import Any

import pytest

from lambdasim.codes import Fate, Outcome, ThrottleReason
from tests.worlds import at, rows, run, world

S = 1_000_000
POOL = ThrottleReason.ConcurrentInvocationLimitExceeded
RESERVED = ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
FEW_KEPT = {"quotas/account/unreserved_minimum": 0}


def reserve(at_s: int, reserved: int | str, function: str = "f", **keys: Any) -> dict[str, Any]:
    return {"at": f"{at_s}s", "function": function, "reserved_concurrent_executions": reserved, **keys}


def quota(at_s: int, executions: int, **keys: Any) -> dict[str, Any]:
    return {"at": f"{at_s}s", "account": {"concurrent_executions": executions}, **keys}


def crowd(*incidents: dict[str, Any], arrivals: Any, concurrency: int = 1000, **keys: Any) -> dict[str, Any]:
    """Calls of 10 s that start at once, on an account with a quota."""
    document = world(
        init={"duration": "0 s"}, handler={"duration": "10 s"}, trigger={"arrivals": arrivals}, parameters=FEW_KEPT
    )
    document |= {"account": {"concurrent_executions": concurrency}, "incidents": list(incidents), **keys}
    return document


def refused_by(table: list[dict[str, Any]], at_s: float, function: int = 0) -> list[ThrottleReason]:
    """Why calls of that instant were refused."""
    here = [row for row in table if row["invoked_us"] == at_s * S and row["function"] == function]
    return [ThrottleReason(row["throttle_reason"]) for row in here if row["outcome"] is Outcome.THROTTLED]


def with_second(document: dict[str, Any], arrivals: Any) -> dict[str, Any]:
    """A second function ``g`` like ``f``, with calls of its own and nothing reserved."""
    first = document["functions"]["f"]
    document["functions"]["g"] = {key: first[key] for key in first if key != "reserved_concurrent_executions"}
    document["triggers"]["u"] = {**document["triggers"]["t"], "target": "g", "arrivals": arrivals}
    return document


def test_reserved_concurrency_lowered_below_what_runs_ends_no_run_and_refuses_new_ones_until_there_is_room():
    arrivals = {"sum": [at("0s", events=8), at("3s", "9999ms", "10s", "11s", events=2)]}
    document = crowd(reserve(2, 2), arrivals=arrivals)
    document["functions"]["f"]["reserved_concurrent_executions"] = 8
    table = rows(run(document))
    first = [row for row in table if row["invoked_us"] == 0]
    assert all(row["outcome"] is Outcome.SUCCESS and row["duration_us"] == 10 * S for row in first)
    assert refused_by(table, 3) == [RESERVED] * 2
    assert refused_by(table, 9.999) == [RESERVED] * 2
    assert refused_by(table, 10) == []  # completions come before arrivals
    assert refused_by(table, 11) == [RESERVED] * 2


def test_a_function_that_gets_a_reservation_takes_its_runs_out_of_the_pool_and_has_the_rest_for_itself():
    # Quota 10: f runs 4 in the pool. At 1 s 6 are reserved for f: 4 of them run. The pool keeps 4 for g.
    document = crowd(reserve(1, 6), arrivals=at("0s", "2s", events=4), concurrency=10)
    table = rows(run(with_second(document, at("3s", events=6))))
    assert refused_by(table, 0) == []
    assert refused_by(table, 2) == [RESERVED] * 2
    assert refused_by(table, 3, function=1) == [POOL] * 2


def test_a_function_that_loses_its_reservation_brings_its_runs_into_the_pool():
    # Quota 10, 6 reserved for f, which runs 5; g runs 3 of the pool's 4. Without the reservation 8 of 10 are taken.
    document = crowd(reserve(1, "none"), arrivals=at("0s", events=5), concurrency=10)
    document["functions"]["f"]["reserved_concurrent_executions"] = 6
    arrivals = {"sum": [at("0s", events=3), at("2s", events=4), at("10s", events=12)]}
    table = rows(run(with_second(document, arrivals)))
    assert refused_by(table, 2, function=1) == [POOL] * 2
    assert refused_by(table, 10, function=1) == [POOL] * 4  # the two of 2 s go on until 12 s


def test_a_reservation_that_comes_and_goes_leaves_the_counts_as_they_were():
    steps = [reserve(1, 3), reserve(2, "none"), reserve(3, 0), reserve(4, 7), reserve(5, "none")]
    arrivals = {"sum": [at("500ms", "1500ms", "2500ms", "3500ms", "4500ms"), at("60s", events=12)]}
    table = rows(run(crowd(*steps, arrivals=arrivals, concurrency=10)))
    assert refused_by(table, 3.5) == [RESERVED]
    assert len(refused_by(table, 60)) == 2  # nothing runs by then: ten of twelve find room


def test_a_reservation_for_a_while_gives_back_what_was_before():
    document = crowd(reserve(10, 1, **{"for": "10s"}), arrivals=at("0s", "12s", "25s", events=4))
    document["functions"]["f"]["reserved_concurrent_executions"] = 3
    table = rows(run(document))
    assert [len(refused_by(table, at_s)) for at_s in (0, 12, 25)] == [1, 3, 1]


def test_the_requests_per_second_follow_the_reserved_concurrency():
    # Ten times the reserved concurrency a second, and as many at once. The runs themselves take next to no time.
    document = crowd(reserve(10, 4), arrivals={"constant": {"rate": "200/s"}}, duration="20s")
    document["functions"]["f"] |= {"reserved_concurrent_executions": 1, "handler": {"duration": "1 us"}}
    table = rows(run(document))
    ran_us = [row["invoked_us"] for row in table if row["outcome"] is Outcome.SUCCESS]
    before = sum(t < 10 * S for t in ran_us)
    assert abs(before - (10 + 10 * 10)) <= 1
    assert abs(len(ran_us) - before - (30 + 40 * 10)) <= 2  # what the change adds to the bucket comes full
    reasons = {ThrottleReason(row["throttle_reason"]) for row in table if row["outcome"] is Outcome.THROTTLED}
    assert reasons == {ThrottleReason.ReservedFunctionInvocationRateLimitExceeded}


def test_a_raised_quota_lifts_the_limit_at_its_very_instant():
    arrivals = {"constant": {"rate": "1/s"}}  # of 10 s each: ten at a time are wanted
    table = rows(run(crowd(quota(100, 20), arrivals=arrivals, concurrency=5, duration="200s")))
    refused_us = [row["invoked_us"] for row in table if row["outcome"] is Outcome.THROTTLED]
    assert len([t for t in refused_us if t < 100 * S]) == pytest.approx(
        50, abs=6
    )  # 5 of 10 s carry half a call a second
    assert not [t for t in refused_us if t >= 100 * S]
    assert {ThrottleReason(r["throttle_reason"]) for r in table if r["outcome"] is Outcome.THROTTLED} == {POOL}


def test_a_quota_lowered_below_what_runs_ends_no_run():
    document = crowd(quota(1, 3, **{"for": "20s"}), arrivals=at("0s", "2s", "15s", "30s", events=5))
    table = rows(run(document))
    assert [len(refused_by(table, at_s)) for at_s in (0, 2, 15, 30)] == [0, 5, 2, 0]
    assert all(row["duration_us"] == 10 * S for row in table if row["invoked_us"] == 0)


def test_what_the_quota_gains_goes_to_the_pool_and_not_to_who_has_reserved():
    document = crowd(quota(1, 20), arrivals=at("2s", events=10), concurrency=10)
    document["functions"]["f"]["reserved_concurrent_executions"] = 4
    table = rows(run(with_second(document, at("2s", events=20))))
    assert len(refused_by(table, 2)) == 6
    assert len(refused_by(table, 2, function=1)) == 4  # the pool has 20 - 4


def test_the_requests_per_second_follow_the_quota():
    document = crowd(quota(10, 4), arrivals={"constant": {"rate": "200/s"}}, concurrency=1, duration="20s")
    document["functions"]["f"]["handler"] = {"duration": "1 us"}
    table = rows(run(document))
    ran = sum(row["outcome"] is Outcome.SUCCESS for row in table)
    assert abs(ran - (10 + 10 * 10 + 30 + 40 * 10)) <= 2
    reasons = {ThrottleReason(row["throttle_reason"]) for row in table if row["outcome"] is Outcome.THROTTLED}
    assert reasons == {ThrottleReason.FunctionInvocationRateLimitExceeded}


def test_events_are_given_up_while_the_function_is_stopped_and_run_again_when_it_is_let_go():
    document = crowd(reserve(100, 0, **{"for": "100s"}), arrivals="none")
    document["triggers"] = {"hook": {"type": "direct_async", "target": "f", "arrivals": at("50s", "150s", "250s")}}
    events = run(document).event_columns
    fates = [Fate(fate) for _, fate in sorted(zip(events["arrived_us"], events["fate"], strict=True))]
    assert fates == [Fate.SUCCESS, Fate.RESERVED_ZERO, Fate.SUCCESS]


def test_claimed_concurrency_counts_what_is_reserved_while_it_is():
    # One run of f at a time, in the pool: 1 is claimed. From minute 10 to 20 50 are set aside, used or not.
    document = crowd(reserve(600, 50, **{"for": "600s"}), arrivals={"constant": {"rate": "0.1/s"}}, duration="30m")
    document["functions"]["f"]["handler"] = {"duration": "9 s"}
    result = run(document)
    account = result.timeline[result.timeline["function"] == "*"].set_index("minute")
    assert set(account["ClaimedAccountConcurrency"][:10]) == {1}
    assert set(account["ClaimedAccountConcurrency"][11:20]) == {50}
    assert set(account["ClaimedAccountConcurrency"][21:]) == {1}
    assert set(account["UnreservedConcurrentExecutions"][11:20]) == {0}
    assert set(account["ConcurrentExecutions"]) == {1}


def test_provisioned_concurrency_keeps_its_room_when_its_function_gets_a_reservation_and_loses_it():
    # Five environments are kept ready. With 8 reserved, three more can run on demand; without, the pool has 20 - 5.
    document = crowd(reserve(100, 8, **{"for": "100s"}), arrivals=at("50s", "150s", "250s", events=25), concurrency=20)
    document["functions"]["f"]["provisioned_concurrent_executions"] = 5
    table = rows(run(document))
    assert [len(refused_by(table, at_s)) for at_s in (50, 150, 250)] == [5, 17, 5]
