import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_logs import header, invocations, offered_of, random_log
from worlds import made

from lambdasim.codes import NO_STATUS, Final, Outcome, StartType, ThrottleReason
from lambdasim.metrics.events import FAILED
from lambdasim.randomness import stream
from lambdasim.records import NEVER, ConcurrencyPeaks
from lambdasim.result.plain import plain
from lambdasim.scenario.summary_keys import FUNCTION_KEYS, TOTAL_KEYS
from lambdasim.units import US_PER_MINUTE

TOP = [
    "schema_version",
    "scenario",
    "seed",
    "engine",
    "simulated_s",
    "warm_up_s",
    "wall_s",
    "invocations_per_wall_s",
    "functions",
    "triggers",
    "account",
    "total",
    "theory",
    "warnings",
]
FUNCTION = [
    "events",
    "invocations",
    "successes",
    "errors",
    "timeouts",
    "throttles",
    "retries",
    "dropped",
    "dead_lettered",
    "in_flight",
    "cold_starts",
    "cold_start_rate",
    "start_types",
    "cold_start_causes",
    "environments",
    "concurrency",
    "latency_ms",
    "duration_ms",
    "billed_duration_ms",
    "init_duration_ms",
    "restore_duration_ms",
    "cold_start_ms",
    "provisioned_concurrency",
    "versions",
    "cost_usd",
]
FATES = [fate.name.lower() for fate in FAILED]
SPREAD = ["mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"]
MINUTE = US_PER_MINUTE


@pytest.fixture(scope="module")
def summary():
    return made().summary()


def test_the_keys_that_stand_are_there(summary):
    assert set(TOP) <= set(summary)
    for function in summary["functions"].values():
        assert set(FUNCTION) <= set(function)
        for name in FUNCTION:
            if name.endswith("_ms"):
                assert list(function[name]) == SPREAD
        assert list(function["throttles"]) == ["total", "by_reason"]
        assert list(function["start_types"]) == ["warm", "cold", "pre_initialized", "provisioned", "restored"]
        causes = ["scale_out", "idle_expired", "lifetime", "recycled", "reset", "deployment", "zone_lost"]
        assert list(function["cold_start_causes"]) == causes
        assert list(function["environments"]) == ["created", "mean", "max", "mean_busy", "mean_idle"]
        assert list(function["concurrency"]) == ["mean", "max"]
        assert list(function["cost_usd"]) == ["total", "per_million_invocations", "lines"]
        assert all(list(line) == ["item", "quantity", "unit", "usd"] for line in function["cost_usd"]["lines"])
    assert list(summary["account"]) == [
        "concurrency",
        "throttles",
        "claimed_max",
        "network_interfaces_max",
        "cost_usd",
    ]
    counts = ["events", "successes", "dropped", "dead_lettered", "invocations"]
    assert list(summary["total"]) == ["cost_usd", "cost_usd_per_month", *counts, "cold_start_rate"]
    assert list(summary["functions"]) == ["api", "007"]
    assert list(summary["triggers"]) == ["door", "users"]


def test_a_threshold_can_be_put_on_every_final_failure_and_on_every_total_and_on_nothing_that_is_not_there(summary):
    assert TOTAL_KEYS.keys() == summary["total"].keys()
    for function in summary["functions"].values():
        assert FUNCTION_KEYS["final_failures"].keys() == function["final_failures"].keys()
        assert FUNCTION_KEYS.keys() - {"network"} == function.keys() - {"triggers"}  # it is in no VPC


def test_where_it_comes_from_stands_first(summary):
    assert summary["schema_version"] == 1
    assert summary["scenario"] == {"name": "synthetic", "sha256": "ab" * 32}
    assert (summary["seed"], summary["engine"]) == (7, "simpy")
    assert (summary["simulated_s"], summary["warm_up_s"], summary["wall_s"]) == (600, 60, 2.0)
    assert summary["invocations_per_wall_s"] == summary["total"]["invocations"] / 2


def only_plain(value):
    if isinstance(value, dict):
        return all(type(key) is str and only_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(only_plain(item) for item in value)
    return value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value))


@pytest.mark.parametrize("keep_log", [True, False])
@pytest.mark.parametrize("columns", [None, invocations()])
def test_a_summary_is_strict_json_even_of_nothing(keep_log, columns):
    found = made(columns, keep_log=keep_log).summary()
    assert only_plain(found)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_of_nothing_there_are_no_percentiles_and_no_rates():
    function = made(invocations(), peaks=ConcurrencyPeaks()).summary()["functions"]["api"]
    assert function["cold_start_rate"] is None
    assert function["cost_usd"] == {"total": 0.0, "per_million_invocations": None, "lines": []}
    assert set(function["latency_ms"].values()) == {None}
    assert function["concurrency"] == {"mean": 0.0, "max": 0}


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(0, 200), st.integers(0, 20))
def test_every_event_succeeds_fails_or_is_in_flight(seed, rows, unfinished):
    log = random_log(stream(seed, "conserved"), rows)
    head = header()
    offered = offered_of(log, head)
    offered[0, 0] = offered.get((0, 0), 0) + unfinished
    found = made(log, offered=offered).summary()
    for function in found["functions"].values():
        failures = function["final_failures"]
        assert function["events"] == function["successes"] + failures["total"] + function["in_flight"]
        assert failures["total"] == sum(count for kind, count in failures.items() if kind != "total")
        assert sum(function["start_types"].values()) == function["invocations"]
        assert sum(function["cold_start_causes"].values()) == function["cold_starts"]
        assert sum(function["throttles"]["by_reason"].values()) == function["throttles"]["total"]
        environments = function["environments"]
        assert environments["mean_busy"] + environments["mean_idle"] == pytest.approx(environments["mean"])
    assert found["functions"]["api"]["in_flight"] == unfinished
    for name in ("events", "retries"):
        of_triggers = sum(trigger[name] for trigger in found["triggers"].values())
        assert of_triggers == sum(function[name] for function in found["functions"].values())
    for index, trigger in enumerate(found["triggers"].values()):
        measured = (log["trigger"] == index) & (log["arrived_us"] >= head.warm_up_us)
        without_answer = int((measured & (log["status"] == NO_STATUS)).sum())
        assert sum(trigger["status_codes"].values()) == trigger["attempts"] - without_answer


def test_final_failures_are_told_by_kind_and_a_caller_that_left_saw_a_failure_whatever_came_of_the_run():
    start = 2 * MINUTE
    gone = {"answered_us": start + 50, "status": 504, "final": Final.FAILURE}
    never = {"started_us": NEVER, "ended_us": NEVER, "start_type": StartType.NONE, "answered_us": start}
    throttled = {**never, "outcome": Outcome.THROTTLED, "throttle_reason": ThrottleReason.CallerRateLimitExceeded}
    found = made(
        invocations(
            {},
            gone,
            {**gone, "outcome": Outcome.TIMEOUT},
            {**gone, "final": Final.NO},
            {"outcome": Outcome.ERROR, "final": Final.FAILURE},
            {"outcome": Outcome.OUT_OF_MEMORY, "final": Final.FAILURE},
            {**throttled, "final": Final.NO},
            {**throttled, "final": Final.FAILURE, "attempt": 2, "status": 429},
            {**never, "outcome": Outcome.REJECTED, "final": Final.FAILURE, "status": 429},
        )
    ).summary()
    function = found["functions"]["api"]
    kinds = {"error": 1, "timeout": 0, "crash": 0, "out_of_memory": 1, "throttled": 1, "rejected": 1, "client_gone": 2}
    kinds |= {"start_failed": 0}
    assert function["final_failures"] == {"total": 6, **kinds, **dict.fromkeys(FATES, 0)}
    assert (function["invocations"], function["successes"], function["errors"], function["timeouts"]) == (6, 1, 3, 1)
    assert function["throttles"] == {"total": 2, "by_reason": {"CallerRateLimitExceeded": 2}}
    assert function["retries"] == 1
    door = found["triggers"]["door"]
    assert (door["type"], door["attempts"], door["client_gone"]) == ("api_gateway", 9, 3)
    assert door["status_codes"] == {"200": 4, "429": 2, "504": 3}


def test_time_averages_cover_the_span_after_the_warm_up():
    start = 2 * MINUTE
    found = made(invocations({"invoked_us": start, "ended_us": start + 3 * MINUTE})).summary()
    function = found["functions"]["api"]
    assert function["concurrency"] == {"mean": 3 / 9, "max": 7}  # the peak of 90 was in the warm-up
    assert function["environments"] == {
        "created": 1,
        "mean": pytest.approx((9 + 2) / 9),
        "max": 2,
        "mean_busy": 3 / 9,
        "mean_idle": pytest.approx(8 / 9),
    }
    account = {name: found["account"][name] for name in ("concurrency", "throttles", "claimed_max")}
    assert account == {"concurrency": {"mean": 3 / 9, "max": 9}, "throttles": 0, "claimed_max": 7 + 5}


def test_latencies_are_in_milliseconds():
    start = 2 * MINUTE
    rows = [{"answered_us": start + us, "ended_us": start + us} for us in (1_500, 2_500, 4_000)]
    latency_ms = made(invocations(*rows)).summary()["functions"]["api"]["latency_ms"]
    assert latency_ms == {"mean": 8 / 3, "p50": 2.5} | dict.fromkeys(SPREAD[2:], 4.0)


def test_journeys_are_those_of_users_who_came_after_the_warm_up():
    users = made().summary()["triggers"]["users"]
    assert (users["users"], users["completed"]) == (3, 1)
    assert users["journey_ms"] == dict.fromkeys(SPREAD, 30_000.0)
    assert "users" not in made().summary()["triggers"]["door"]


def test_costs_of_functions_add_up_to_the_total_and_to_the_bill():
    result = made()
    found = result.summary()
    functions = found["functions"].values()
    assert math.fsum(function["cost_usd"]["total"] for function in functions) == pytest.approx(result.bill.total_usd)
    assert found["total"]["cost_usd"] == result.bill.total_usd
    for function in functions:
        cost = function["cost_usd"]
        assert cost["per_million_invocations"] * function["invocations"] / 1e6 == pytest.approx(cost["total"])


def test_what_was_assumed_unsourced_or_set_by_the_user_is_listed(summary):
    assert summary["assumptions"] == [
        {
            "path": "prices/us-east-1/requests",
            "value": {"price": 0.40, "per": 1_000_000},
            "unit": "USD per so many requests",
            "source": "scenario",
            "confidence": "user",
        }
    ]


def test_warnings_and_thresholds_are_part_of_it(summary):
    assert summary["warnings"][0]["code"] == "deprecated-runtime"
    assert summary["thresholds"] == [
        {"text": "api.latency_ms.p99 < 300", "value": 311.5, "ok": False},
        {"text": "x", "value": None, "ok": True},
    ]


def test_with_and_without_the_log_the_summary_differs_by_half_a_percent_in_percentiles_only(summary):
    def flat(value, path=()):
        if isinstance(value, dict):
            return {k: v for name, item in value.items() for k, v in flat(item, (*path, name)).items()}
        return {path: value}

    kept, sketched = flat(summary), flat(made(keep_log=False).summary())
    assert list(kept) == list(sketched)
    for path, value in kept.items():
        if path[-1].startswith("p") and path[-2].endswith("_ms"):
            assert sketched[path] == (value if value is None else pytest.approx(value, rel=0.005 + 1e-9))
        else:
            assert sketched[path] == value


def test_plain_leaves_nothing_that_json_does_not_know():
    odd = {1: np.float64(2.5), "n": np.int32(3), "t": (1, np.bool_(1)), "nan": math.nan, "inf": [math.inf], "p": 3 + 4j}
    assert plain(odd) == {"1": 2.5, "n": 3, "t": [1, True], "nan": None, "inf": [None], "p": "(3+4j)"}
    assert only_plain(plain(odd))
