"""Lambda's event queue: when an event is sent, how it ends, and who keeps it then."""

import numpy as np
import pytest
from asynchronous_worlds import (
    BOOK,
    NO_ENVIRONMENT_EVER,
    asynchronous,
    at,
    counts,
    events,
    function,
    only,
    run,
    tries_s,
)

from lambdasim.codes import NO_STATUS, Fate, Final, Kept, Outcome, ThrottleReason
from lambdasim.parameters.book import load_book
from lambdasim.records import NEVER
from lambdasim.triggers.events.event_queue import ThrottleBackoff
from tests.worlds import rows

FAILING = {"handler": {"error_rate": "100%"}}
G = {"g": function("10 ms")}


def sink(kind="direct_async", target="g"):
    return {"sink": {"type": kind, "target": target}}


# -- success


def test_an_event_that_succeeds_is_sent_once_and_has_one_row():
    result = run(asynchronous(arrivals=at("5 s")))
    assert tries_s(result) == [5]
    event = only(result)
    assert (event["fate"], event["kept"]) == (Fate.SUCCESS, Kept.NOWHERE)
    assert (event["arrived_us"], event["queued_us"], event["ended_us"]) == (5_000_000, 5_000_000, 6_000_000)
    assert (event["attempts"], event["runs"], event["batch"], event["depth"]) == (1, 1, 0, 0)


def test_nobody_waits_for_the_answer_of_an_asynchronous_invocation():
    (row,) = rows(run(asynchronous()))
    assert (row["status"], row["final"]) == (NO_STATUS, Final.NO)
    assert row["answered_us"] == row["ended_us"]


def test_an_event_is_sent_a_hop_after_lambda_has_taken_it_and_its_age_counts_from_then():
    result = run(asynchronous(arrivals=at("5 s"), parameters={f"{BOOK}/event_queue/hop": "40 ms"}))
    (row,) = rows(result)
    assert (row["arrived_us"], row["invoked_us"]) == (5_000_000, 5_040_000)
    assert only(result)["queued_us"] == 5_000_000


def test_an_event_that_is_ready_as_a_run_ends_finds_its_environment_free():
    result = run(asynchronous(f=function(reserved_concurrent_executions=1), arrivals=at("0 s", "1 s", "2 s")))
    assert [row["outcome"] for row in rows(result)] == [Outcome.SUCCESS] * 3


# -- function errors


@pytest.mark.parametrize(
    ("broken", "run_s", "outcome"),
    [
        (function(**FAILING), 1, Outcome.ERROR),
        (function(handler={"crash_rate": "100%"}), 1, Outcome.CRASH),
        (function("5 s", timeout=2), 2, Outcome.TIMEOUT),
        (function(handler={"max_memory_used": 2000}), 1, Outcome.OUT_OF_MEMORY),
    ],
)
def test_a_function_error_of_any_kind_is_retried_after_one_minute_and_again_after_two(broken, run_s, outcome):
    result = run(asynchronous(f=broken))
    assert tries_s(result) == [0, run_s + 60, 2 * run_s + 180]
    assert {row["outcome"] for row in rows(result)} == {outcome}
    event = only(result)
    assert (event["fate"], event["kept"]) == (Fate.RETRIES_EXHAUSTED, Kept.NOWHERE)
    assert (event["attempts"], event["runs"], event["ended_us"]) == (3, 3, (3 * run_s + 180) * 1_000_000)


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_function_errors_are_retried_as_often_as_the_function_says(retries):
    f = function(**FAILING, event_invoke_config={"maximum_retry_attempts": retries})
    result = run(asynchronous(f=f))
    assert tries_s(result) == [0, 61, 182][: retries + 1]
    assert only(result)["fate"] is Fate.RETRIES_EXHAUSTED


def test_each_event_is_retried_until_it_succeeds_and_no_longer():
    result = run(asynchronous(f=function(handler={"error_rate": "50%"}), arrivals=at("0 s", events=200)))
    log, seen = result.invocation_columns, set()
    for event in events(result):
        mine = log["event"] == event["event"]
        outcomes = log["outcome"][mine][np.argsort(log["attempt"][mine])].tolist()
        assert outcomes[:-1] == [Outcome.ERROR] * (len(outcomes) - 1)
        succeeded = outcomes[-1] == Outcome.SUCCESS
        assert succeeded or len(outcomes) == 3
        assert event["fate"] == (Fate.SUCCESS if succeeded else Fate.RETRIES_EXHAUSTED)
        assert event["runs"] == len(outcomes)
        seen.add((len(outcomes), succeeded))
    assert seen == {(1, True), (2, True), (3, True), (3, False)}


def test_every_run_of_an_event_has_luck_of_its_own_which_throttles_do_not_move():
    lognormal = {"lognormal": {"median": "1 s", "p99": "3 s"}}
    free = run(asynchronous(f=function(lognormal, **FAILING)))
    durations_us = [row["duration_us"] for row in rows(free)]
    assert len(set(durations_us)) == 3
    # The same event, while those of another trigger hold the only environment for most of the time.
    f = function(lognormal, **FAILING, reserved_concurrent_executions=1)
    busy = {"other": {"type": "direct_async", "target": "f", "arrivals": {"constant": {"rate": "5/s"}}}}
    world = {"duration": "60 s", "drain": "3h"}
    result = run(asynchronous(f=f, arrivals=at("10 s"), triggers=busy, world=world))
    mine = [row for row in rows(result) if row["trigger"] == 0]
    assert sum(row["outcome"] is Outcome.THROTTLED for row in mine) > 3
    assert [row["duration_us"] for row in mine if row["outcome"] is Outcome.ERROR] == durations_us


# -- throttles


def blocked(events_of_f=2, duration="800 s", **config):
    """One environment, held by the first event for 800 s; the second comes at the same time."""
    f = function(duration, reserved_concurrent_executions=1, event_invoke_config=config)
    return asynchronous(f=f, arrivals=at("0 s", events=events_of_f))


def test_a_throttled_event_waits_twice_as_long_each_time_up_to_five_minutes_and_is_not_woken():
    result = run(blocked())
    assert tries_s(result, event=1) == [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811]  # there was room from 800 s on
    event = events(result)[1]
    assert (event["fate"], event["attempts"], event["runs"]) == (Fate.SUCCESS, 11, 1)


def test_a_throttled_try_is_no_invocation_and_uses_up_no_retry():
    f = function("800 s", reserved_concurrent_executions=1, **FAILING)
    result = run(asynchronous(f=f, arrivals=at("0 s", events=2), world={"duration": "3h"}))
    second = events(result)[1]
    assert second["runs"] == 3
    assert second["attempts"] > 10
    assert second["fate"] is Fate.RETRIES_EXHAUSTED
    throttled = [row for row in rows(result) if row["outcome"] is Outcome.THROTTLED]
    assert {row["throttle_reason"] for row in throttled} == {
        ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
    }
    assert {row["answered_us"] - row["invoked_us"] for row in throttled} == {0}
    assert result.summary()["functions"]["f"]["invocations"] == 6


def test_once_an_event_has_run_its_backoff_begins_anew():
    f = function("100 s", reserved_concurrent_executions=1, **FAILING)
    result = run(asynchronous(f=f, arrivals=at("0 s", events=2)))
    # It runs at 127 s and again at 414 s; in between the first event's retry is before it.
    assert tries_s(result, event=1)[:16] == [0, 1, 3, 7, 15, 31, 63, 127, 287, 288, 290, 294, 302, 318, 350, 414]


def test_backoff_is_jittered_by_a_tenth_either_way_and_by_each_events_own_luck():
    backoff = ThrottleBackoff(1, "t", "f", load_book())
    for throttles, base_s in ((1, 1), (4, 8), (9, 256), (10, 300), (79, 300)):
        waits = np.array([backoff.wait_us(throttles, event) for event in range(4000)]) / 1e6 / base_s
        assert 0.9 <= waits.min() < 0.901
        assert 1.099 < waits.max() <= 1.1
        assert abs(waits.mean() - 1) < 4 * 0.2 / np.sqrt(12 * waits.size)
    again = ThrottleBackoff(1, "t", "f", load_book())
    assert [again.wait_us(3, event) for event in (70, 3)] == [backoff.wait_us(3, event) for event in (70, 3)]


def test_the_limit_on_requests_per_second_is_not_for_the_event_queue():
    # Reserved concurrency of 1 allows 10 requests per second; 50 come, each for a millisecond.
    f = function("1 ms", reserved_concurrent_executions=1)
    arrivals = {"at_once": {"events": 500, "over": "10 s"}}
    assert {row["outcome"] for row in rows(run(asynchronous(f=f, arrivals=arrivals)))} == {Outcome.SUCCESS}
    synchronous = asynchronous(f=f, kind="direct", arrivals=arrivals, client={"retries": "none"})
    reasons = [row["throttle_reason"] for row in rows(run(synchronous)) if row["outcome"] is Outcome.THROTTLED]
    assert set(reasons) == {ThrottleReason.ReservedFunctionInvocationRateLimitExceeded}
    assert len(reasons) > 300


# -- age


@pytest.mark.parametrize(("age_s", "tries"), [(60, [0, 1, 3, 7, 15, 31]), (63, [0, 1, 3, 7, 15, 31, 63])])
def test_an_event_that_is_too_old_when_its_backoff_ends_is_dropped(age_s, tries):
    result = run(blocked(maximum_event_age_in_seconds=age_s))
    assert tries_s(result, event=1) == tries
    event = events(result)[1]
    next_s = 2 * tries[-1] + 1
    assert (event["fate"], event["runs"], event["attempts"]) == (Fate.EXPIRED, 0, len(tries))
    assert event["ended_us"] == next_s * 1_000_000
    assert next_s > age_s >= tries[-1]


def test_a_function_that_never_has_room_is_tried_80_times_in_six_hours():
    result = run(asynchronous(parameters=NO_ENVIRONMENT_EVER, world={"drain": "7h"}))
    # 1 + 2 + ... + 256 = 511 s, then every 300 s up to 21,600 s
    assert tries_s(result) == [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, *range(811, 21_601, 300)]
    event = only(result)
    assert (event["attempts"], event["fate"], event["ended_us"]) == (80, Fate.EXPIRED, 21_811_000_000)


def test_the_wait_after_a_function_error_can_make_an_event_too_old():
    f = function(**FAILING, event_invoke_config={"maximum_event_age_in_seconds": 60})
    event = only(run(asynchronous(f=f)))
    assert (event["runs"], event["fate"], event["ended_us"]) == (1, Fate.EXPIRED, 61_000_000)


def test_age_counts_from_when_lambda_took_the_event_not_from_its_arrival():
    f = function(**FAILING, event_invoke_config={"maximum_event_age_in_seconds": 120})
    result = run(asynchronous("s3", f=f, parameters={f"{BOOK}/s3/delay": "100 s"}))
    assert tries_s(result) == [100, 161]
    assert only(result)["fate"] is Fate.EXPIRED


# -- functions that may not run


def test_with_reserved_concurrency_0_an_event_fails_at_once_without_a_try():
    f = function(reserved_concurrent_executions=0, dead_letter_config={"target": "discard-counted"})
    result = run(asynchronous(f=f, arrivals=at("3 s")))
    assert result.invocation_columns["event"].size == 0
    event = only(result)
    assert (event["fate"], event["kept"]) == (Fate.RESERVED_ZERO, Kept.DEAD_LETTER_QUEUE)
    assert (event["attempts"], event["runs"], event["batch"]) == (0, 0, -1)
    assert event["queued_us"] == event["ended_us"] == 3_000_000


def test_age_is_asked_before_reserved_concurrency():
    young = {"event_invoke_config": {"maximum_event_age_in_seconds": 60}}
    stopped, late = {"reserved_concurrent_executions": 0}, {f"{BOOK}/event_queue/hop": "61 s"}
    for config, fate in ((young, Fate.EXPIRED), ({}, Fate.RESERVED_ZERO)):
        event = only(run(asynchronous(f=function(**stopped, **config), parameters=late)))
        assert (event["fate"], event["attempts"], event["ended_us"]) == (fate, 0, 61_000_000)


def test_age_is_asked_before_a_loop_is_looked_for():
    # Every other event takes a minute from Lambda's taking it to the first pick, and is too old then.
    hop = {"mixture": [{"weight": 1, "constant": "0 s"}, {"weight": 1, "constant": "61 s"}]}
    f = function(
        handler={"emits": [{"to": "t"}]}, event_invoke_config={"maximum_event_age_in_seconds": 60},
    )  # fmt: skip
    parameters = {f"{BOOK}/event_queue/hop": hop, "triggers/recursion/limit": 1}
    chained = events(run(asynchronous(f=f, parameters=parameters, arrivals=at("0 s", events=60))))
    for event in chained:
        is_old = event["ended_us"] - event["queued_us"] > 60_000_000
        young = Fate.RECURSIVE if event["depth"] else Fate.SUCCESS
        assert event["fate"] is (Fate.EXPIRED if is_old else young)
    assert {event["fate"] for event in chained if event["depth"]} == {Fate.EXPIRED, Fate.RECURSIVE}


def test_a_function_that_feeds_itself_runs_sixteen_times_and_then_lambda_stops_it():
    f = function(handler={"emits": [{"to": "t"}]}, dead_letter_config={"target": "discard-counted"})
    chain = events(run(asynchronous(f=f)))
    assert [event["fate"] for event in chain] == [Fate.SUCCESS] * 16 + [Fate.RECURSIVE]
    assert [event["depth"] for event in chain] == list(range(17))
    assert {event["origin_event"] for event in chain} == {0}
    last = chain[-1]
    assert (last["kept"], last["attempts"], last["arrived_us"]) == (Kept.DEAD_LETTER_QUEUE, 0, 16_000_000)


def test_lambda_lets_a_function_run_on_whose_loops_are_allowed():
    chances = {"handler": {"emits": [{"to": "t", "probability": "90%"}]}}
    limit = {"parameters": {"triggers/recursion/limit": 1}, "arrivals": at("0 s", events=20)}
    stopped, allowed = (
        events(run(asynchronous(f=function(**chances, recursive_loop=loop), **limit)))
        for loop in ("Terminate", "Allow")
    )
    assert max(event["depth"] for event in stopped) == 1
    assert max(event["depth"] for event in allowed) > 10
    assert {event["fate"] for event in allowed} == {Fate.SUCCESS}


def test_two_functions_that_feed_each_other_each_run_sixteen_times():
    functions = {"g": function(handler={"emits": [{"to": "t"}]})}
    f = function(handler={"emits": [{"to": "back"}]})
    result = run(asynchronous(f=f, functions=functions, triggers={"back": {"type": "sns", "target": "g"}}))
    assert [event["fate"] for event in events(result, 0)] == [Fate.SUCCESS] * 16 + [Fate.RECURSIVE]
    assert [event["fate"] for event in events(result, 1)] == [Fate.SUCCESS] * 16


def test_through_eventbridge_lambda_notices_no_loop():
    limit = {"triggers/recursion/limit": 1}
    emits = {"emits": [{"to": "t", "probability": "80%"}]}
    for kind, stopped in (("sns", True), ("eventbridge", False)):
        arrivals = at("0 s", events=20)
        chains = events(run(asynchronous(kind, f=function(handler=emits), parameters=limit, arrivals=arrivals)))
        assert any(event["fate"] is Fate.RECURSIVE for event in chains) is stopped
        assert max(event["depth"] for event in chains) > (0 if stopped else 2)


# -- who keeps it


def test_a_failed_event_goes_to_the_dead_letter_queue_and_its_record_to_the_destination():
    f = function(
        **FAILING,
        dead_letter_config={"target": "letters"},
        event_invoke_config={"maximum_retry_attempts": 0, "on_failure": "records"},
    )
    triggers = {"letters": {"type": "sns", "target": "g"}, "records": {"type": "direct_async", "target": "h"}}
    result = run(asynchronous(f=f, functions={**G, "h": function("20 ms")}, triggers=triggers))
    failed = only(result)
    assert failed["kept"] == Kept.DEAD_LETTER_QUEUE | Kept.DESTINATION
    for trigger in (1, 2):
        handed_on = only(result, trigger)
        assert (handed_on["fate"], handed_on["arrived_us"]) == (Fate.SUCCESS, 1_000_000)
        assert (handed_on["origin_trigger"], handed_on["origin_event"], handed_on["origin_us"]) == (0, 0, 0)
        assert handed_on["depth"] == 1  # the function ran, and failed


def test_an_event_that_never_ran_keeps_its_chain_as_it_is():
    f = function(reserved_concurrent_executions=0, dead_letter_config={"target": "sink"})
    result = run(asynchronous(f=f, functions=G, triggers=sink("sns")))
    assert (only(result, 1)["depth"], only(result, 1)["origin_trigger"]) == (0, 0)


@pytest.mark.parametrize("fails", [False, True])
def test_a_record_goes_to_the_destination_of_how_it_ended_and_to_that_alone(fails):
    config = {"maximum_retry_attempts": 0, "on_success": "good", "on_failure": "bad"}
    f = function(**(FAILING if fails else {}), event_invoke_config=config, dead_letter_config={"target": "letters"})
    triggers = {
        "good": {"type": "direct_async", "target": "g"},
        "bad": {"type": "direct_async", "target": "g"},
        "letters": {"type": "sns", "target": "g"},
    }
    result = run(asynchronous(f=f, functions=G, triggers=triggers))
    arrived = [len(events(result, trigger)) for trigger in (1, 2, 3)]
    assert arrived == ([0, 1, 1] if fails else [1, 0, 0])
    both = Kept.DESTINATION | Kept.DEAD_LETTER_QUEUE
    assert only(result)["kept"] == (both if fails else Kept.DESTINATION)
    assert events(result, 2 if fails else 1)[0]["depth"] == 1


def test_a_destination_feeds_the_next_function_and_so_on_down_the_chain():
    functions = {"g": function("2 s", event_invoke_config={"on_success": "third"}), "h": function("3 s")}
    triggers = {"second": {"type": "direct_async", "target": "g"}, "third": {"type": "sns", "target": "h"}}
    f = function(event_invoke_config={"on_success": "second"})
    result = run(asynchronous(f=f, functions=functions, triggers=triggers, arrivals=at("4 s", "20 s")))
    last = events(result, 2)
    assert [event["ended_us"] for event in last] == [10_000_000, 26_000_000]
    assert [(event["origin_trigger"], event["origin_event"], event["depth"]) for event in last] == [
        (0, 0, 2),
        (0, 1, 2),
    ]


def test_without_anyone_who_keeps_it_a_failed_event_is_lost():
    result = run(asynchronous(f=function(**FAILING), functions=G, triggers=sink()))
    assert only(result)["kept"] == Kept.NOWHERE
    assert events(result, 1) == []
    found = counts(result)
    assert (found["dropped"], found["dead_lettered"]) == (1, 0)


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        ("254 KB", Kept.DEAD_LETTER_QUEUE | Kept.DESTINATION),
        ("255.5 KB", Kept.DEAD_LETTER_QUEUE | Kept.DESTINATION_ERROR),  # a record is larger than its event
        ("257 KB", Kept.DEAD_LETTER_ERROR | Kept.DESTINATION_ERROR),
    ],
)
def test_what_is_too_large_for_a_topic_does_not_get_there(size, kept):
    config = {"maximum_retry_attempts": 0, "on_failure": "sink"}
    f = function(**FAILING, event_invoke_config=config, dead_letter_config={"target": "sink"})
    result = run(asynchronous(f=f, functions=G, triggers=sink("sns"), payload_size=size))
    assert only(result)["kept"] == kept
    taken = (Kept.DEAD_LETTER_QUEUE in kept) + (Kept.DESTINATION in kept)
    assert len(events(result, 1)) == taken


def test_the_largest_event_fits_a_dead_letter_queue_but_its_record_fits_no_queue():
    f = function(
        reserved_concurrent_executions=0,
        dead_letter_config={"target": "sink"},
        event_invoke_config={"on_failure": "sink"},
    )
    triggers = {"sink": {"type": "sqs", "target": "g", "queue": {"visibility_timeout": "15m"}}}
    result = run(asynchronous(f=f, functions=G, triggers=triggers, payload_size="1 MB"))
    assert only(result)["kept"] == Kept.DEAD_LETTER_QUEUE | Kept.DESTINATION_ERROR


def test_an_object_in_s3_may_be_larger_than_an_event():
    f = function(reserved_concurrent_executions=0, event_invoke_config={"on_failure": "sink"})
    result = run(asynchronous(f=f, functions=G, triggers=sink("s3"), payload_size="1 MB"))
    assert only(result)["kept"] == Kept.DESTINATION


# -- duplicates


def doubled(**changes):
    changes["parameters"] = {f"{BOOK}/event_queue/duplicated": "100%", **changes.get("parameters", {})}
    return asynchronous(**changes)


def test_a_duplicate_is_a_run_of_its_own_but_no_event_of_its_own():
    result = run(doubled(arrivals=at("0 s", "10 s", "20 s")))
    assert len(events(result)) == 3
    log = rows(result)
    assert len(log) == 6
    assert len({(row["event"], row["attempt"]) for row in log}) == 6
    found = counts(result)
    assert (found["duplicates"], found["events"], found["successes"], found["in_flight"]) == (3, 3, 3, 0)


def test_the_event_queue_delivers_no_duplicates_unless_told_to():
    result = run(asynchronous(arrivals=at("0 s", events=1000)))
    assert (len(rows(result)), counts(result)["duplicates"]) == (1000, 0)


def test_the_share_of_duplicates_is_as_stated():
    share = {f"{BOOK}/event_queue/duplicated": "10%"}
    found = counts(run(doubled(arrivals={"constant": {"rate": "10/s"}}, f=function("1 ms"), parameters=share)))
    n = found["events"]
    assert n == 36_000
    assert abs(found["duplicates"] - 0.1 * n) < 4 * np.sqrt(n * 0.1 * 0.9)
    assert found["invocations"] == n + found["duplicates"]


def test_a_duplicate_is_retried_as_its_original_is_and_feeds_what_that_feeds():
    f = function(**FAILING, dead_letter_config={"target": "sink"})
    result = run(doubled(f=f, functions=G, triggers=sink("sns")))
    assert tries_s(result) == [0, 0, 61, 61, 182, 182]
    assert len(events(result, 1)) == 2  # two dead letters of one event
    event = only(result)
    assert (event["fate"], event["kept"]) == (Fate.RETRIES_EXHAUSTED, Kept.DEAD_LETTER_QUEUE)
    assert (event["attempts"], event["runs"]) == (6, 5)  # when it ended, its duplicate's last run was under way


def test_a_duplicate_does_not_change_the_luck_of_its_original():
    f = function({"lognormal": {"median": "1 s", "p99": "3 s"}}, **FAILING)
    alone = [row["duration_us"] for row in rows(run(asynchronous(f=f)))]
    both = [row["duration_us"] for row in rows(run(doubled(f=f)))]
    assert len(set(both)) == 6
    assert set(alone) < set(both)


# -- the end of the run


def test_an_event_that_still_waits_or_runs_when_the_simulation_ends_is_in_flight():
    f = function("100 s", reserved_concurrent_executions=1)
    world = {"duration": "10 s", "drain": "20 s"}
    result = run(asynchronous(f=f, arrivals=at("0 s", events=3), world=world))
    assert events(result) == []
    assert (counts(result)["events"], counts(result)["in_flight"]) == (3, 3)
    (running,) = [row for row in rows(result) if row["outcome"] is Outcome.UNFINISHED]
    assert (running["status"], running["answered_us"]) == (NO_STATUS, NEVER)


def test_events_of_the_warm_up_are_not_offered_but_are_in_the_log():
    result = run(asynchronous(arrivals=at("0 s", "5 s", "10 s"), world={"warm_up": "5 s", "duration": "20 s"}))
    assert counts(result)["events"] == 2
    assert len(events(result)) == 3


@pytest.mark.parametrize("key", ["on_failure", "dead_letter"])
def test_a_stopped_event_is_handed_on_once_and_lost_if_that_leads_back(key):
    kept = {"event_invoke_config": {"on_failure": "t", "maximum_retry_attempts": 0}}
    if key == "dead_letter":
        kept = {"event_invoke_config": {"maximum_retry_attempts": 0}, "dead_letter_config": {"target": "t"}}
    document = asynchronous("sns", f=function("10 ms", **FAILING, **kept), parameters={"triggers/recursion/limit": 2})
    table = sorted(events(run(document)), key=lambda row: row["event"])
    lost, dead = Fate.RETRIES_EXHAUSTED, Fate.RECURSIVE
    assert [row["fate"] for row in table] == [lost, lost, dead, dead]
    assert [bool(row["kept"]) for row in table] == [True, True, True, False]
    assert [row["depth"] for row in table] == [0, 1, 2, 2]
