"""What synchronous callers see: status codes, limits of front doors, and calls that take too long."""

from __future__ import annotations

import pytest

from lambdasim.codes import Final, Outcome
from lambdasim.service.token_bucket import TokenBucket
from lambdasim.triggers.front_door import FrontDoor
from tests.worlds import at, rows, run, world

S = 1_000_000
THROTTLED = {"function": {"reserved_concurrent_executions": 0}}
FAILING = {"handler": {"error_rate": "100%"}}
TIMING_OUT = {"function": {"timeout": 1}, "handler": {"duration": "5 s"}}

REST = {"type": "api_gateway", "api": "rest"}
HTTP = {"type": "api_gateway", "api": "http"}
URL = {"type": "function_url"}
ALB = {"type": "alb"}
DIRECT = {"type": "direct", "client": {"retries": "none"}}


def through(door, **changes):
    """A world whose trigger is ``door``."""
    document = world(**changes)
    arrivals = document["triggers"]["t"]["arrivals"]
    document["triggers"]["t"] = {"target": "f", "arrivals": arrivals, **door}
    return document


DOORS = {"rest": REST, "http": HTTP, "url": URL, "alb": ALB, "direct": DIRECT}
STATUSES = {  # facts of each front door: success, Lambda's throttle, a function error, the function's own timeout
    "rest": (200, 500, 502, 502),
    "http": (200, 500, 502, 502),
    "url": (200, 429, 502, 502),
    "alb": (200, 502, 502, 502),
    "direct": (200, 429, 200, 200),
}
CASES = [
    pytest.param(DOORS[door], changes, status, id=f"{door}-{status}-{n}")
    for door, statuses in STATUSES.items()
    for n, (changes, status) in enumerate(zip(({}, THROTTLED, FAILING, TIMING_OUT), statuses, strict=True))
]


@pytest.mark.parametrize(("door", "changes", "status"), CASES)
def test_each_front_door_answers_with_its_own_status(door, changes, status):
    row = rows(run(through(door, **changes)))[0]
    assert row["status"] == status
    assert row["final"] == (Final.SUCCESS if row["outcome"] is Outcome.SUCCESS else Final.FAILURE)


@pytest.mark.parametrize(("door", "patience_s", "status"), [(REST, 29, 504), (HTTP, 30, 503)])
def test_when_the_integration_times_out_the_client_is_gone_but_the_function_runs_on_and_is_billed(
    door, patience_s, status
):
    result = run(through(door, function={"timeout": 60}, handler={"duration": "40 s"}))
    row = rows(result)[0]
    assert (row["status"], row["outcome"], row["final"]) == (status, Outcome.SUCCESS, Final.FAILURE)
    assert row["answered_us"] - row["invoked_us"] == patience_s * S
    assert row["duration_us"] == 40 * S
    summary = result.summary()
    assert summary["functions"]["f"]["billed_duration_ms"]["max"] == 40_100  # 40 s and 100 ms of init
    assert summary["triggers"]["t"]["client_gone"] == 1
    assert summary["functions"]["f"]["latency_ms"]["max"] is None


def test_an_answer_at_the_very_end_of_the_patience_still_counts():
    row = rows(run(through({**REST, "integration_timeout": "1100 ms"})))[0]
    assert row["status"] == 200


def test_api_gateway_rejects_above_its_rate_and_lambda_never_sees_those_calls():
    # 20/s for 10 s against 5/s and a bucket of 10: 10 + 5 per second, less what arrives before the last refill.
    door = {**HTTP, "rate": "5/s", "burst": 10}
    result = run(through(door, handler={"duration": "10 ms"}, duration="10s",
                         trigger={"arrivals": {"constant": {"rate": "20/s"}}}))  # fmt: skip
    statuses = [row["status"] for row in rows(result)]
    assert statuses.count(200) == 10 + 5 * 10 - 1
    rejected = [row for row in rows(result) if row["status"] == 429]
    assert {row["outcome"] for row in rejected} == {Outcome.REJECTED}
    assert result.summary()["functions"]["f"]["throttles"]["total"] == 0


def test_all_apis_of_an_account_share_one_bucket():
    document = world(
        handler={"duration": "1 ms"},
        duration="1s",
        parameters={"quotas/account/api_gateway_rate": 10, "quotas/account/api_gateway_burst": 10},
    )
    burst = at("0s", events=8)
    document["triggers"] = {name: {**HTTP, "target": "f", "arrivals": burst} for name in ("one", "two")}
    statuses = [row["status"] for row in rows(run(document))]
    assert (statuses.count(200), statuses.count(429)) == (10, 6)


def retrying(mode, *, clients=1, read_timeout="60 s", **changes):
    return world(trigger={"client": {"retries": mode, "clients": clients, "read_timeout": read_timeout},
                          **changes.pop("trigger", {})}, **changes)  # fmt: skip


@pytest.mark.parametrize(("mode", "attempts"), [("none", 1), ("legacy", 5), ("standard", 3), ("adaptive", 3)])
def test_an_sdk_retries_throttles_as_often_as_its_mode_says(mode, attempts):
    table = rows(run(retrying(mode, **THROTTLED)))
    assert [row["attempt"] for row in table] == list(range(1, attempts + 1))
    assert [row["final"] for row in table] == [Final.NO] * (attempts - 1) + [Final.FAILURE]
    assert {row["arrived_us"] for row in table} == {0}


def test_an_sdk_never_retries_a_function_error_because_the_call_itself_succeeded():
    assert len(rows(run(retrying("legacy", **FAILING)))) == 1


def test_the_backoff_doubles_and_is_jittered_over_its_whole_length():
    result = run(retrying("legacy", **THROTTLED, trigger={"arrivals": {"constant": {"rate": "1/min"}}}, duration="20h"))
    sent: dict[int, list[int]] = {}
    for row in rows(result):
        sent.setdefault(row["event"], []).append(row["invoked_us"])
    for n, longest_s in enumerate((1, 2, 4, 8)):
        waits = [(times[n + 1] - times[n]) / S / longest_s for times in sent.values()]
        assert 0 <= min(waits) < 0.01
        assert 0.99 < max(waits) <= 1
        assert abs(sum(waits) / len(waits) - 0.5) < 4 * (1 / 12 / len(waits)) ** 0.5


def test_the_standard_modes_budget_stops_retries_in_a_long_outage_and_each_client_has_its_own():
    storm = {"arrivals": {"constant": {"rate": "10/s"}}}
    one = rows(run(retrying("standard", **THROTTLED, trigger=storm, duration="1m")))
    retries = [row for row in one if row["attempt"] > 1]
    assert len(retries) == 500 / 5  # 500 tokens, 5 for each retry, none comes back without a success
    three = rows(run(retrying("standard", clients=3, **THROTTLED, trigger=storm, duration="1m")))
    assert len([row for row in three if row["attempt"] > 1]) == 3 * 500 / 5


def test_the_legacy_mode_multiplies_the_load_of_an_outage_by_five():
    storm = {"arrivals": {"constant": {"rate": "10/s"}}}
    result = run(retrying("legacy", **THROTTLED, trigger=storm, duration="1m"))
    assert len(rows(result)) == 5 * 600
    assert result.summary()["functions"]["f"]["events"] == 600


def test_the_adaptive_mode_slows_a_throttled_client_down_to_what_is_served():
    # One environment at 100 ms serves 10/s; 50/s are wanted.
    limited = {"function": {"reserved_concurrent_executions": 1}, "handler": {"duration": "100 ms"},
               "init": {"duration": "0 s"},
               "trigger": {"arrivals": {"constant": {"rate": "50/s"}}}, "duration": "2m", "drain": "0s"}  # fmt: skip
    sent = {}
    for mode in ("standard", "adaptive"):
        table = [row for row in rows(run(retrying(mode, **limited))) if row["invoked_us"] > 60 * S]
        sent[mode] = len(table) / 60
        throttled = sum(row["outcome"] is Outcome.THROTTLED for row in table) / len(table)
        if mode == "standard":
            assert throttled > 0.75
    assert sent["adaptive"] < sent["standard"] / 2


def test_the_adaptive_mode_serves_nearly_what_the_function_can_take_and_loses_no_call_for_ever():
    # 50/s for a minute against 10/s: all 3,000 need 300 s at least; the client probes, is throttled, backs off.
    document = retrying("adaptive", function={"reserved_concurrent_executions": 1}, handler={"duration": "100 ms"},
                        init={"duration": "0 s"}, trigger={"arrivals": {"constant": {"rate": "50/s"}}},
                        duration="1m", drain="20m")  # fmt: skip
    table = rows(run(document))
    served = sorted(row["ended_us"] for row in table if row["outcome"] is Outcome.SUCCESS)
    assert 300 * S < served[-1] < 600 * S
    middle = [at_us for at_us in served if 60 * S < at_us <= 240 * S]
    assert len(middle) / 180 > 7
    sends = [row["event"] for row in table if row["attempt"] == 1]
    assert sends == sorted(sends)


def test_a_read_timeout_makes_an_sdk_run_the_same_request_again_while_the_first_run_goes_on():
    result = run(retrying("standard", read_timeout="2 s", function={"timeout": 60}, handler={"duration": "30 s"}))
    table = rows(result)
    assert [row["status"] for row in table] == [0, 0, 0]
    assert {row["outcome"] for row in table} == {Outcome.SUCCESS}
    assert len({row["environment"] for row in table}) == 3  # they overlap
    assert table[1]["invoked_us"] < table[0]["ended_us"]
    assert result.summary()["functions"]["f"]["final_failures"]["total"] == 1


def test_a_retry_that_succeeds_makes_the_event_a_success_and_its_latency_counts_from_the_first_attempt():
    arrivals = at("0s", "0s")
    result = run(
        retrying(
            "legacy",
            function={"reserved_concurrent_executions": 1},
            handler={"duration": "500 ms"},
            trigger={"arrivals": arrivals},
        )
    )
    last = [row for row in rows(result) if row["final"] == Final.SUCCESS]
    assert len(last) == 2
    retried = max(last, key=lambda row: row["attempt"])
    assert retried["attempt"] > 1
    latency_ms = (retried["answered_us"] - retried["arrived_us"]) / 1000
    assert result.summary()["functions"]["f"]["latency_ms"]["max"] == pytest.approx(latency_ms)
    assert result.summary()["functions"]["f"]["retries"] == retried["attempt"] - 1


def test_a_client_that_would_retry_takes_an_answer_that_comes_as_its_patience_ends():
    table = rows(run(retrying("standard", read_timeout="1100 ms")))
    assert [row["status"] for row in table] == [200]


def test_each_attempt_has_luck_of_its_own():
    document = retrying("standard", read_timeout="2 s", function={"timeout": 60},
                        handler={"duration": {"uniform": {"low": "20 s", "high": "30 s"}}})  # fmt: skip
    assert len({row["duration_us"] for row in rows(run(document))}) == 3


def test_a_call_that_one_bucket_rejects_costs_the_others_nothing():
    stage, account = TokenBucket(5, 0), TokenBucket(2, 0)
    door = FrontDoor(statuses=(200,), buckets=(stage, account))
    assert [door.opens(0) for _ in range(4)] == [True, True, False, False]
    assert stage.tokens == 3
