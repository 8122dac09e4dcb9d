"""Limits that hold for every function of an account, whether or not it has concurrency of its own."""

from __future__ import annotations

from typing import Any

from lambdasim.codes import Outcome, StartType, ThrottleReason
from tests.worlds import at, rows, run, world

ACCOUNTS_RATE = ThrottleReason.FunctionInvocationRateLimitExceeded


def called(target: str, arrivals: dict[str, Any]) -> dict[str, Any]:
    return {"type": "direct", "target": target, "client": {"retries": "none"}, "arrivals": arrivals}


def test_reserved_concurrency_does_not_exempt_from_the_requests_per_second_of_the_account():
    # Quota 200: a bucket of 2,000 requests that gains 2,000/s. Each function stays below its own limits (1,000/s for
    # the reserved one), but together they send 950 + 1,870 a second for 4 s.
    document = world(init={"duration": "0 s"}, handler={"duration": "1 us"}, account={"concurrent_executions": 200})
    document["duration"] = "4s"
    document["functions"]["kept"] = document["functions"]["f"] | {"reserved_concurrent_executions": 100}
    document["triggers"] = {
        "to-kept": called("kept", {"constant": {"rate": "950/s"}}),
        "to-f": called("f", {"constant": {"rate": "1870/s"}}),
    }
    table = rows(run(document))
    refused = [row for row in table if row["outcome"] is Outcome.THROTTLED]
    assert {row["throttle_reason"] for row in refused} == {ACCOUNTS_RATE}
    assert {row["function"] for row in refused} == {0, 1}
    last_s = max(row["invoked_us"] for row in table) / 1e6
    assert abs(len(table) - len(refused) - (2000 + 2000 * last_s)) < 2  # a gap while it is full gains nothing


def test_reserved_concurrency_does_not_exempt_from_the_rate_at_which_environments_are_added():
    # 1,000 environments at once, then 100 more for each second: though 1,500 are reserved.
    function = {"reserved_concurrent_executions": 1500}
    arrivals = {"sum": [at("0s", events=1200), at("2s", events=250)]}
    result = run(world(function=function, handler={"duration": "20 s"}, account={"concurrent_executions": 2000},
                       trigger={"arrivals": arrivals}))  # fmt: skip
    for at_us, started, refused in ((0, 1000, 200), (2_000_000, 200, 50)):
        batch = [row for row in rows(result) if row["invoked_us"] == at_us]
        assert sum(row["start_type"] is StartType.COLD for row in batch) == started
        reasons = [row["throttle_reason"] for row in batch if row["outcome"] is Outcome.THROTTLED]
        assert reasons == [ACCOUNTS_RATE] * refused


def web(arrivals: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"type": "api_gateway", "target": "f", "arrivals": arrivals, **keys}


def statuses_by_api(apis: dict[str, Any]) -> list[list[int]]:
    """The statuses of each API's calls, in an account whose APIs have a bucket of 10 requests and 1/s together."""
    bucket = {"quotas/account/api_gateway_rate": 1, "quotas/account/api_gateway_burst": 10}
    table = rows(run(world(parameters=bucket) | {"triggers": apis}))
    return [[row["status"] for row in table if row["trigger"] == index] for index in range(len(apis))]


def test_a_stage_that_allows_more_than_the_account_gets_what_the_account_allows():
    (statuses,) = statuses_by_api({"stage": web(at("0s", events=25), rate="1000/s", burst=1000)})
    assert (statuses.count(200), statuses.count(429)) == (10, 15)


def test_what_a_stage_rejects_costs_the_account_nothing():
    apis = {"stage": web(at("0s", events=25), rate="1/s", burst=3), "other": web(at("0s", events=25))}
    stage, other = statuses_by_api(apis)
    assert (stage.count(200), stage.count(429)) == (3, 22)
    assert (other.count(200), other.count(429)) == (7, 18)
