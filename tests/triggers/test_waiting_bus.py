"""A custom bus that waits for the function (REQUEST_RESPONSE): what is a failed delivery, and what it does about it."""

import pytest
from asynchronous_worlds import BOOK, asynchronous, at, counts, events, function, only, run, tries_s

from lambdasim.codes import Fate, Kept, Outcome, ThrottleReason
from lambdasim.records import NEVER
from tests.worlds import rows

FAILING = {"handler": {"error_rate": "100%"}}


def waiting(f=None, **keys):
    """A world with a custom bus that waits."""
    return asynchronous("eventbridge", f, bus="custom", invocation_type="REQUEST_RESPONSE", **keys)


def test_what_succeeds_is_delivered_once_and_was_never_in_lambdas_event_queue():
    result = run(waiting(arrivals=at("2 s")))
    event = only(result)
    assert (event["fate"], event["queued_us"], event["ended_us"]) == (Fate.SUCCESS, NEVER, 3_000_000)
    assert (event["attempts"], event["runs"]) == (1, 1)


def test_the_measured_delay_holds_a_hop_that_a_waiting_bus_does_not_take():
    parameters = {f"{BOOK}/eventbridge/delay": "148 ms", f"{BOOK}/event_queue/hop": "40 ms"}
    assert tries_s(run(waiting(parameters=parameters))) == [0.108]


def test_function_errors_are_retried_by_the_bus_not_by_lambda():
    result = run(waiting(function(**FAILING)))
    # Each run takes 1 s; the bus waits 1, 2, 4, 8 and 16 s, and gives up after its fifth retry.
    assert tries_s(result) == [0, 2, 5, 10, 19, 36]
    event = only(result)
    assert (event["fate"], event["ended_us"], event["runs"]) == (Fate.UNDELIVERED, 37_000_000, 6)
    assert counts(result)["delivery_retries"] == 5


def test_throttles_are_failed_deliveries_too():
    f = function("10 s", reserved_concurrent_executions=1)
    result = run(waiting(f, arrivals=at("0 s", events=2)))
    assert tries_s(result, event=1) == [0, 1, 3, 7, 15]
    assert (events(result)[1]["attempts"], events(result)[1]["runs"]) == (5, 1)


def test_with_reserved_concurrency_0_the_bus_tries_in_vain():
    result = run(waiting(function(reserved_concurrent_executions=0)))
    event = only(result)
    assert (event["fate"], event["attempts"], event["runs"]) == (Fate.UNDELIVERED, 6, 0)


def test_after_30_seconds_the_bus_no_longer_waits_and_the_run_goes_on():
    result = run(waiting(function("100 s"), retry_policy={"maximum_retry_attempts": 1}))
    assert tries_s(result) == [0, 31]
    first, second = rows(result)
    assert first["outcome"] is second["outcome"] is Outcome.SUCCESS
    assert (first["answered_us"], first["ended_us"]) == (30_000_000, 100_000_000)
    assert first["environment"] != second["environment"]
    event = only(result)
    assert (event["fate"], event["runs"], event["ended_us"]) == (Fate.UNDELIVERED, 2, 61_000_000)


@pytest.mark.parametrize(("duration", "tries"), [("30 s", [0]), ("30001 ms", [0, 31])])
def test_a_run_may_take_all_of_the_30_seconds(duration, tries):
    assert tries_s(run(waiting(function(duration), retry_policy={"maximum_retry_attempts": 1}))) == tries


def test_work_for_which_the_bus_no_longer_waits_feeds_what_it_feeds():
    f = function("100 s", handler={"emits": [{"to": "next"}]})
    triggers = {"next": {"type": "direct_async", "target": "g"}}
    policy = {"maximum_retry_attempts": 1}
    result = run(waiting(f, functions={"g": function()}, triggers=triggers, retry_policy=policy))
    assert [event["arrived_us"] for event in events(result, 1)] == [100_000_000, 131_000_000]


def test_emitted_events_know_their_chain():
    f = function(handler={"emits": [{"to": "next"}]})
    result = run(waiting(f, functions={"g": function()}, triggers={"next": {"type": "sns", "target": "g"}}))
    following = only(result, 1)
    assert (following["depth"], following["origin_trigger"], following["origin_event"]) == (1, 0, 0)


def test_a_destination_of_the_functions_event_queue_is_not_asked():
    config = {"on_success": "discard-counted", "on_failure": "discard-counted"}
    result = run(waiting(function(event_invoke_config=config), arrivals=at("0 s")))
    assert only(result)["kept"] == Kept.NOWHERE


def test_what_the_bus_gives_up_goes_to_its_dead_letter_queue_and_says_whether_the_function_ran():
    for f, depth in ((function(**FAILING), 1), (function(reserved_concurrent_executions=0), 0)):
        triggers = {"letters": {"type": "sqs", "target": "g", "queue": {"visibility_timeout": "15m"}}}
        letters = {"dead_letter_config": {"target": "letters"}}
        result = run(waiting(f, functions={"g": function("1 ms")}, triggers=triggers, **letters))
        assert only(result)["kept"] == Kept.DEAD_LETTER_QUEUE
        assert only(result, 1)["depth"] == depth


def test_an_endpoint_that_refuses_and_a_function_that_fails_use_up_the_same_retries():
    endpoint = {"outages": [{"at": "0 s", "for": "5 s"}]}
    result = run(waiting(function(**FAILING), endpoint=endpoint))
    assert tries_s(result) == [7, 16, 33]  # refused at 0, 1 and 3 s
    assert (only(result)["attempts"], counts(result)["delivery_retries"]) == (3, 5)


def test_the_limit_on_requests_per_second_is_for_the_bus():
    f = function("1 ms", reserved_concurrent_executions=1)
    log = rows(run(waiting(f, arrivals={"at_once": {"events": 200, "over": "2 s"}})))
    reasons = {row["throttle_reason"] for row in log if row["outcome"] is Outcome.THROTTLED}
    assert ThrottleReason.ReservedFunctionInvocationRateLimitExceeded in reasons


def test_each_retry_runs_with_luck_of_its_own():
    f = function({"lognormal": {"median": "1 s", "p99": "3 s"}}, **FAILING)
    assert len({row["duration_us"] for row in rows(run(waiting(f)))}) == 6


def test_a_run_that_is_cut_short_by_the_end_leaves_its_event_in_flight():
    result = run(waiting(function("20 s"), world={"duration": "1 s", "drain": "5 s"}))
    assert events(result) == []
    assert counts(result)["in_flight"] == 1
    (row,) = rows(result)
    assert (row["outcome"], row["answered_us"]) == (Outcome.UNFINISHED, NEVER)
