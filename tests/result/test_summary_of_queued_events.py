import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_logs import (
    CLICKS,
    ORDERS,
    attempts,
    events,
    invocations,
    offered_of,
    queued_header,
    random_attempts,
    random_events,
)
from worlds import made, made_queued

from lambdasim.codes import Fate, Final, Kept, Outcome
from lambdasim.metrics.events import FAILED
from lambdasim.randomness import stream
from lambdasim.records import NEVER, Tally
from lambdasim.units import US_PER_MINUTE

START = 2 * US_PER_MINUTE
COMMON = [
    "type",
    "events",
    "successes",
    "final_failures",
    "in_flight",
    "invocations",
    "attempts",
    "retries",
    "cost_usd",
]
LOST = {fate.name.lower(): fate for fate in FAILED}
BOTH, DLQ = Kept.DEAD_LETTER_QUEUE | Kept.DESTINATION, Kept.DEAD_LETTER_QUEUE
ERRORS = Kept.DEAD_LETTER_ERROR | Kept.DESTINATION_ERROR


def summary_of(waited, sent=None, **changes):
    sent = attempts() if sent is None else sent
    return made(sent, head=queued_header(), event_log=waited, journeys={}, **changes).summary()


@pytest.mark.parametrize("keep_log", [True, False])
def test_each_trigger_tells_what_its_kind_counts(keep_log):
    triggers = made_queued(keep_log=keep_log).summary()["triggers"]
    waiting = [*COMMON, "dropped", "dead_lettered", "never_ran", "latency_ms", "end_to_end_ms"]
    batched = [*waiting, "filtered", "batches", "batch_size"]
    expected = {
        "door": [*COMMON, "status_codes", "client_gone"],
        "users": [*COMMON, "status_codes", "client_gone", "users", "completed", "journey_ms"],
        "uploads": [*waiting, "event_age_ms", "attempts_per_event", "duplicates"],
        "orders": [*batched, "receives_per_message", "empty_receives", "visible_max", "oldest_message_s_max"],
        "clicks": [*batched, "iterator_age_ms", "attempts_per_event"],
    }
    assert {name: set(trigger) for name, trigger in triggers.items()} == {n: set(keys) for n, keys in expected.items()}
    assert triggers["orders"]["visible_max"] == 1200


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(0, 200), st.integers(0, 20), st.booleans())
def test_every_event_of_a_function_and_of_a_trigger_succeeds_fails_or_is_in_flight(seed, rows, waiting, keep_log):
    head = queued_header()
    log, waited = random_attempts(stream(seed, "log"), rows), random_events(stream(seed, "waited"), rows)
    offered = offered_of(log, head, waited)
    offered[ORDERS, 1] = offered.get((ORDERS, 1), 0) + waiting
    found = made(log, head=head, event_log=waited, offered=offered, keep_log=keep_log).summary()
    for entry in (*found["functions"].values(), *found["triggers"].values()):
        failures = entry["final_failures"]
        assert entry["events"] == entry["successes"] + failures["total"] + entry["in_flight"]
        assert failures["total"] == sum(count for cause, count in failures.items() if cause != "total")
        if "dropped" in entry:
            queued = sum(failures.get(cause, 0) for cause in LOST)
            assert entry["dropped"] + entry["dead_lettered"] == queued
    assert found["triggers"]["orders"]["in_flight"] == found["functions"]["007"]["in_flight"] == waiting
    assert found["triggers"]["uploads"]["in_flight"] == found["functions"]["api"]["in_flight"] == 0
    for name in ("events", "successes", "in_flight", "invocations", "retries", "dropped", "dead_lettered"):
        of_functions = sum(function[name] for function in found["functions"].values())
        assert sum(trigger.get(name, 0) for trigger in found["triggers"].values()) == of_functions
        assert found["total"].get(name, of_functions) == of_functions
    for cause in ("error", "client_gone", *LOST):
        of_functions = sum(function["final_failures"][cause] for function in found["functions"].values())
        assert sum(t["final_failures"].get(cause, 0) for t in found["triggers"].values()) == of_functions


def test_an_event_that_failed_is_lost_unless_a_dead_letter_queue_or_a_destination_has_it():
    fates = [
        {"fate": Fate.EXPIRED, "runs": 0},
        {"fate": Fate.RETRIES_EXHAUSTED, "kept": DLQ},
        {"fate": Fate.RECEIVES_EXCEEDED, "kept": BOTH, "runs": 0},
        {"fate": Fate.UNDELIVERED, "kept": ERRORS, "runs": 0},
        {"fate": Fate.RECURSIVE, "kept": Kept.DESTINATION | Kept.DEAD_LETTER_ERROR},
        {"fate": Fate.SUCCESS, "kept": Kept.DESTINATION},  # on-success
    ]
    found = summary_of(events(*fates))
    uploads, api, total = found["triggers"]["uploads"], found["functions"]["api"], found["total"]
    for entry in (uploads, api, total):
        assert (entry["events"], entry["successes"], entry["dropped"], entry["dead_lettered"]) == (6, 1, 2, 3)
    causes = ("retries_exhausted", "expired", "receives_exceeded", "recursive", "undelivered")
    assert uploads["final_failures"] == {"total": 5, **dict.fromkeys(causes, 1)}
    assert {cause: n for cause, n in api["final_failures"].items() if n} == uploads["final_failures"]
    assert uploads["never_ran"] == 3


def test_a_function_tells_every_cause_of_failure_and_a_trigger_those_that_occurred():
    found = summary_of(events({}))
    called = ["error", "timeout", "crash", "out_of_memory", "throttled", "rejected", "start_failed", "client_gone"]
    assert list(found["functions"]["api"]["final_failures"]) == ["total", *called, *LOST]
    assert found["triggers"]["uploads"]["final_failures"] == {"total": 0}


def test_what_a_filter_dropped_is_no_event_and_no_failure():
    rows = ({}, {"fate": Fate.FILTERED, "runs": 0}, {"fate": Fate.FILTERED, "runs": 0})
    found = summary_of(events(*rows, trigger=CLICKS), offered={(CLICKS, 0): 5})
    clicks = found["triggers"]["clicks"]
    assert (clicks["events"], clicks["filtered"], clicks["successes"], clicks["in_flight"]) == (3, 2, 1, 2)
    assert (clicks["final_failures"]["total"], clicks["dropped"], clicks["never_ran"]) == (0, 0, 0)
    assert found["functions"]["api"]["events"] == found["total"]["events"] == 3


def test_a_functions_latency_is_that_of_called_and_of_queued_successes_together():
    called = invocations({"answered_us": START + 10_000}, {"answered_us": START + 20_000, "final": Final.FAILURE})
    waited = events(
        {"ended_us": START + 30_000},
        {"ended_us": START + 80_000, "origin_us": START - 20_000, "trigger": ORDERS},
        {"ended_us": START + 90_000, "fate": Fate.EXPIRED},
    )
    for keep_log, near in ((True, 1e-15), (False, 0.005)):
        found = summary_of(waited, called, keep_log=keep_log)
        latency_ms = found["functions"]["api"]["latency_ms"]
        assert (latency_ms["mean"], latency_ms["max"]) == (40.0, 80.0)
        assert [latency_ms[p] for p in ("p50", "p75")] == pytest.approx([30, 80], rel=near)
        assert found["triggers"]["orders"]["latency_ms"]["mean"] == 80.0
        assert found["triggers"]["orders"]["end_to_end_ms"]["max"] == 100.0
        assert found["triggers"]["uploads"]["end_to_end_ms"] == found["triggers"]["uploads"]["latency_ms"]
        assert found["triggers"]["clicks"]["latency_ms"]["p99"] is None


def test_attempts_of_queued_events_are_counted_and_nobody_sees_their_status():
    throttled = {"outcome": Outcome.THROTTLED, "started_us": NEVER, "ended_us": NEVER, "attempt": 2}
    rows = ({"records": 10}, {**throttled, "records": 10}, {"records": 4, "outcome": Outcome.ERROR, "attempt": 1})
    waited = events({"attempts": 3, "runs": 2}, {"attempts": 1}, trigger=ORDERS)
    found = summary_of(waited, attempts(*rows, trigger=ORDERS))
    orders, api = found["triggers"]["orders"], found["functions"]["api"]
    assert (orders["attempts"], orders["invocations"], orders["retries"], orders["batches"]) == (3, 2, 1, 2)
    assert orders["batch_size"] == {"mean": 7, "max": 10}
    assert orders["receives_per_message"] == {"mean": 2, "max": 3}
    assert (api["invocations"], api["errors"], api["retries"], api["throttles"]["total"]) == (2, 1, 1, 1)
    assert (api["events"], api["successes"], api["in_flight"]) == (2, 2, 0)
    assert found["triggers"]["door"]["status_codes"] == {}


def test_ages_are_in_milliseconds_of_all_attempts():
    rows = [{"invoked_us": START + age} for age in (40_000, 60_000)]
    found = summary_of(events(), attempts(*rows, {**rows[0], "trigger": CLICKS}))["triggers"]
    assert (found["uploads"]["event_age_ms"]["mean"], found["uploads"]["event_age_ms"]["max"]) == (50.0, 60.0)
    assert found["clicks"]["iterator_age_ms"]["p99"] == 40.0
    assert "event_age_ms" not in found["orders"]


def test_a_number_that_a_trigger_counts_twice_under_one_name_is_refused():
    with pytest.raises(AssertionError):
        summary_of(events(), tallies={ORDERS: Tally(counts={"batches": 1.0})})


def test_a_function_names_the_triggers_that_invoke_it():
    found = summary_of(events(), offered={(ORDERS, 0): 0, (0, 0): 3, (CLICKS, 1): 2})["functions"]
    assert [function["triggers"] for function in found.values()] == [["door", "orders"], ["clicks"]]


def test_costs_of_functions_and_triggers_add_up_to_the_total():
    result = made_queued()
    found = result.summary()
    entries = [*found["functions"].values(), *found["triggers"].values()]
    assert math.fsum(entry["cost_usd"]["total"] for entry in entries) == pytest.approx(found["total"]["cost_usd"])
    assert found["total"]["cost_usd"] == result.bill.total_usd


def test_with_and_without_the_log_queued_events_differ_by_half_a_percent_in_percentiles_only():
    def flat(value, path=()):
        if isinstance(value, dict):
            return {k: v for name, item in value.items() for k, v in flat(item, (*path, name)).items()}
        return {path: value}

    kept, sketched = (flat(made_queued(keep_log=keep_log).summary()) for keep_log in (True, False))
    assert list(kept) == list(sketched)
    for path, value in kept.items():
        if path[-1].startswith("p") and path[-2].endswith("_ms"):
            assert sketched[path] == (value if value is None else pytest.approx(value, rel=0.005 + 1e-9))
        else:
            assert sketched[path] == value, path
