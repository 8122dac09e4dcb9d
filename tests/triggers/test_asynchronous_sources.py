"""Sources of asynchronous events: how long each keeps an event, to whom it delivers it, and what it is paid for."""

import numpy as np
import pytest
from asynchronous_worlds import (
    BOOK,
    EXACT,
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

from lambdasim.codes import Fate, Outcome
from tests.theory.laws import LIMIT
from tests.worlds import rows

TWO = {"f": function(), "g": function("2 s")}
INSTANT = function("1 ms")


def measured(*paths):
    """The worlds' exact values, but with the book's own at these paths."""
    return {path: value for path, value in EXACT.items() if path not in {f"{BOOK}/{path}" for path in paths}}


def sampled(kind, *paths, events_=20_000, **keys):
    """The event log of many events, with the book's own delays at these paths."""
    keys.setdefault("arrivals", {"at_once": {"events": events_, "over": "2000 s"}})
    document = asynchronous(kind, f=INSTANT, world={"account": {"concurrent_executions": 100_000}}, **keys)
    document["parameters"] = measured(*paths)
    result = run(document)
    return {name: values.astype(np.int64) for name, values in result.event_columns.items()}, result


def assert_quantile(values, share, expected):
    """A sample's quantile: its rank is binomial around the share."""
    below = np.count_nonzero(values < expected)
    assert abs(below - share * values.size) < LIMIT * np.sqrt(values.size * share * (1 - share))


# -- delays


@pytest.mark.parametrize(("kind", "p50_ms", "p99_ms"), [("sns", 73, 225), ("eventbridge", 148, 387)])
def test_from_source_to_start_it_takes_as_long_as_was_measured_with_the_hop_in_it(kind, p50_ms, p99_ms):
    log, result = sampled(kind, f"{kind}/delay", "event_queue/hop")
    started = {row["event"]: row["started_us"] for row in rows(result) if row["outcome"] is Outcome.SUCCESS}
    delay_us = np.array([started[event] for event in log["event"].tolist()]) - log["arrived_us"]
    assert_quantile(delay_us, 0.50, p50_ms * 1000)
    assert_quantile(delay_us, 0.99, p99_ms * 1000)


@pytest.mark.parametrize("kind", ["sns", "eventbridge"])
def test_of_a_measured_delay_the_last_part_is_the_hop(kind):
    log, result = sampled(kind, f"{kind}/delay", "event_queue/hop")
    invoked = {row["event"]: row["invoked_us"] for row in rows(result)}
    hop_us = np.array([invoked[event] for event in log["event"].tolist()]) - log["queued_us"]
    at_source_us = log["queued_us"] - log["arrived_us"]
    assert at_source_us.min() == 0  # a hop longer than the whole takes all of it
    whole_hops = hop_us[at_source_us > 0]
    assert whole_hops.size > 0.5 * hop_us.size
    assert 35_000 < np.median(whole_hops) < 41_000  # of those that fit, a little below the hop's own 40 ms


def test_a_direct_call_takes_one_hop():
    log, result = sampled("direct_async", "event_queue/hop")
    assert np.array_equal(log["queued_us"], log["arrived_us"])
    hop_us = np.array([row["invoked_us"] - row["arrived_us"] for row in rows(result)])
    assert_quantile(hop_us, 0.50, 40_000)
    assert_quantile(hop_us, 0.99, 100_000)


def test_s3_tells_of_an_object_after_about_a_second_and_of_one_in_a_thousand_after_a_minute_or_two():
    log, _ = sampled("s3", "s3/delay")
    delay_us = log["queued_us"] - log["arrived_us"]
    late = delay_us[delay_us > 59e6]
    n = delay_us.size
    assert abs(late.size - 0.001 * n) < LIMIT * np.sqrt(0.001 * n)
    assert late.max() < 120e6
    assert_quantile(delay_us[delay_us < 59e6], 0.50, 1e6)
    assert_quantile(delay_us[delay_us < 59e6], 0.99, 10e6)


def test_after_s3_has_told_lambda_the_hop_comes_on_top():
    parameters = {f"{BOOK}/s3/delay": "3 s", f"{BOOK}/event_queue/hop": "40 ms"}
    result = run(asynchronous("s3", parameters=parameters))
    assert tries_s(result) == [3.04]
    assert only(result)["queued_us"] == 3_000_000


def test_an_event_that_is_quicker_than_its_hop_was_taken_when_it_arrived():
    parameters = {f"{BOOK}/sns/delay": "30 ms", f"{BOOK}/event_queue/hop": "40 ms"}
    result = run(asynchronous("sns", parameters=parameters, arrivals=at("1 s")))
    assert tries_s(result) == [1.03]
    assert only(result)["queued_us"] == only(result)["arrived_us"] == 1_000_000


def test_events_overtake_each_other_and_keep_their_numbers():
    log, result = sampled("s3", "s3/delay", events_=5000)
    assert np.array_equal(np.sort(log["event"]), np.arange(5000))
    by_event = np.argsort(log["event"])
    assert (np.diff(log["arrived_us"][by_event]) >= 0).all()
    assert (np.diff(log["queued_us"][by_event]) < 0).any()
    assert counts(result)["in_flight"] == 0


# -- fan-out


def test_a_topic_delivers_to_each_subscription_at_the_same_instant():
    result = run(asynchronous("sns", functions=TWO, targets=["f", "g"], arrivals=at("0 s", "7 s")))
    log = events(result)
    assert [(event["event"], event["function"], event["arrived_us"]) for event in log] == [
        (0, 0, 0),
        (0, 1, 0),
        (1, 0, 7_000_000),
        (1, 1, 7_000_000),
    ]
    assert [event["ended_us"] for event in log] == [1_000_000, 2_000_000, 8_000_000, 9_000_000]
    found = result.summary()
    assert found["triggers"]["t"]["events"] == 4
    assert [found["functions"][name]["events"] for name in "fg"] == [2, 2]


@pytest.mark.parametrize("kind", ["sns", "eventbridge"])
def test_each_subscription_has_a_delay_of_its_own(kind):
    functions = {"f": INSTANT, "g": INSTANT}
    log, _ = sampled(kind, f"{kind}/delay", events_=5000, functions=functions, targets=["f", "g"])
    order = np.lexsort((log["function"], log["event"]))
    ended_us = (log["ended_us"] - log["arrived_us"])[order].reshape(-1, 2)
    correlation = np.corrcoef(np.log(ended_us).T)[0, 1]
    assert abs(correlation) < LIMIT / np.sqrt(len(ended_us))


def test_one_subscriber_that_fails_is_no_matter_to_the_other():
    functions = {"f": function(handler={"error_rate": "100%"}), "g": function("2 s")}
    log = events(run(asynchronous("sns", functions=functions, targets=["f", "g"])))
    assert [event["fate"] for event in log] == [Fate.RETRIES_EXHAUSTED, Fate.SUCCESS]
    assert [event["runs"] for event in log] == [3, 1]


def test_fed_events_and_own_ones_are_numbered_together_as_they_come():
    functions = {"g": function("5 s", handler={"emits": [{"to": "t", "events": 2}]})}
    feeder = {"feeder": {"type": "direct_async", "target": "g", "arrivals": at("0 s")}}
    result = run(asynchronous("sns", functions=functions, triggers=feeder, arrivals=at("1 s", "9 s")))
    assert [(e["event"], e["arrived_us"] // 1_000_000, e["origin_trigger"], e["depth"]) for e in events(result)] == [
        (0, 1, 0, 0),
        (1, 5, 1, 1),
        (2, 5, 1, 1),
        (3, 9, 0, 0),
    ]


# -- schedules


def scheduled(expression, *, timezone="UTC", start="2026-01-05T00:00:00Z", duration="1h", parameters=None, **trigger):
    arrivals = {"schedule": {"expression": expression, "timezone": timezone}}
    world = {"start": start, "duration": duration, "warm_up": "0 s"}
    document = asynchronous("schedule", f=INSTANT, arrivals=arrivals, world=world, **trigger)
    document["parameters"] |= parameters or {}
    return document


def test_scheduler_fires_somewhere_within_the_minute():
    document = scheduled("rate(1 minute)", duration="3d")
    document["parameters"] = measured("schedule/scheduler/precision")
    log = events(run(document))
    assert [event["arrived_us"] for event in log] == list(range(0, 3 * 86_400_000_000, 60_000_000))
    late_s = np.array([event["queued_us"] - event["arrived_us"] for event in log]) / 1e6
    assert 0 <= late_s.min() < 0.1
    assert 59.9 < late_s.max() <= 60
    assert abs(late_s.mean() - 30) < LIMIT * 60 / np.sqrt(12 * late_s.size)


def test_a_scheduled_rule_fires_within_seconds():
    document = scheduled("rate(1 minute)", duration="1d", service="rule")
    document["parameters"] = measured("schedule/rule/precision")
    late_s = np.array([event["queued_us"] - event["arrived_us"] for event in events(run(document))]) / 1e6
    assert 4.9 < late_s.max() <= 5
    assert abs(late_s.mean() - 2.5) < LIMIT * 5 / np.sqrt(12 * late_s.size)


def test_a_flexible_window_spreads_the_events_over_it_instead():
    document = scheduled("rate(1 hour)", duration="60d", flexible_time_window="15m")
    document["parameters"] = measured("schedule/scheduler/precision")
    late_s = np.array([event["queued_us"] - event["arrived_us"] for event in events(run(document))]) / 1e6
    assert late_s.size == 1440
    assert 880 < late_s.max() <= 900
    assert abs(late_s.mean() - 450) < LIMIT * 900 / np.sqrt(12 * late_s.size)


def test_without_spread_a_herd_of_schedules_meets_at_one_instant():
    functions = dict.fromkeys("fghi", INSTANT)
    herd = {
        name: {"type": "schedule", "target": name, "arrivals": {"schedule": {"expression": "cron(0 * * * ? *)"}}}
        for name in "ghi"
    }
    document = scheduled("cron(0 * * * ? *)", functions=functions, triggers=herd, duration="90m")
    result = run(document)
    for hour_us in (0, 3_600_000_000):
        assert [row["invoked_us"] for row in rows(result)].count(hour_us) == 4


def test_a_schedule_follows_the_clocks_of_its_time_zone_when_they_change():
    # New York, 8 March 2026: at 02:00 it becomes 03:00, so 02:30 does not come; 09:00 comes an hour sooner.
    times = {"start": "2026-03-07T00:00:00-05:00", "duration": "3d", "timezone": "America/New_York"}
    hour_us = 3_600_000_000
    skipped = events(run(scheduled("cron(30 2 * * ? *)", **times)))
    assert [event["arrived_us"] / hour_us for event in skipped] == [2.5, 49.5]
    morning = events(run(scheduled("cron(0 9 * * ? *)", **times)))
    assert [event["arrived_us"] / hour_us for event in morning] == [9, 32, 56]


def test_a_time_that_the_clocks_repeat_fires_once():
    times = {"start": "2026-10-31T00:00:00-04:00", "duration": "3d", "timezone": "America/New_York"}
    repeated = events(run(scheduled("cron(30 1 * * ? *)", **times)))
    assert [event["arrived_us"] / 3_600_000_000 for event in repeated] == [1.5, 25.5, 50.5]


# -- what is paid for


@pytest.mark.parametrize(("size", "chunks"), [("1 KB", 1), ("64 KB", 1), ("65 KB", 2), ("256 KB", 4)])
def test_sns_is_paid_for_each_publish_by_64_kb_however_many_subscribe(size, chunks):
    result = run(asynchronous("sns", functions=TWO, targets=["f", "g"], arrivals=at("0 s", "1 s"), payload_size=size))
    found = counts(result)
    assert (found["publishes"], found["billed_publishes"]) == (2, 2 * chunks)
    assert found["cost_usd"]["total"] == pytest.approx(2 * chunks * 0.50 / 1e6)


@pytest.mark.parametrize(
    ("size", "chunks", "extra"), [("64 KB", 1, 0), ("256 KB", 4, 0), ("257 KB", 5, 1), ("1 MB", 16, 12)]
)
def test_eventbridge_and_lambda_are_paid_for_large_events_by_64_kb(size, chunks, extra):
    found = counts(run(asynchronous("eventbridge", payload_size=size, arrivals=at("0 s", "1 s", "2 s"))))
    assert (found["billed_events"], found["extra_requests"]) == (3 * chunks, 3 * extra)
    assert found["cost_usd"]["total"] == pytest.approx(3 * chunks * 1.00 / 1e6 + 3 * extra * 0.20 / 1e6)


def test_each_run_of_a_large_event_is_paid_for_and_a_throttled_try_is_not():
    failing = function("1 s", handler={"error_rate": "100%"}, reserved_concurrent_executions=1)
    found = counts(run(asynchronous(f=failing, payload_size="320 KB", arrivals=at("0 s", events=2))))
    assert found["attempts"] > found["invocations"] == 6
    assert found["extra_requests"] == 6


def test_scheduler_is_paid_for_its_invocations_and_a_scheduled_rule_is_free():
    paid = counts(run(scheduled("rate(10 minutes)")))
    assert paid["scheduled"] == 6
    assert paid["cost_usd"]["total"] == pytest.approx(6 * 1.00 / 1e6)
    assert counts(run(scheduled("rate(10 minutes)", service="rule")))["cost_usd"]["total"] == 0


@pytest.mark.parametrize("kind", ["direct_async", "s3"])
def test_direct_calls_and_object_notifications_cost_nothing_beside_lambda(kind):
    assert counts(run(asynchronous(kind)))["cost_usd"]["total"] == 0


def test_only_the_measured_span_is_paid_for():
    world = {"warm_up": "10 s", "duration": "20 s"}
    found = counts(run(asynchronous("sns", arrivals=at("0 s", "9 s", "10 s", "19 s"), world=world)))
    assert found["publishes"] == 2


def test_when_all_subscribers_are_throttled_each_delivery_waits_and_ages_by_itself():
    ages_s = {"f": 60, "g": 120, "h": 21600}
    functions = {
        name: function(event_invoke_config={"maximum_event_age_in_seconds": age}) for name, age in ages_s.items()
    }
    document = asynchronous(
        "sns", functions.pop("f"), functions=functions, targets=list(ages_s), parameters=NO_ENVIRONMENT_EVER
    )
    ended = {row["function"]: (row["fate"], row["runs"], row["ended_us"] / 1e6) for row in events(run(document))}
    # tried at 0, 1, 3, 7, 15, 31, 63, 127 s: the first try beyond the limit finds it too old
    assert ended == {0: (Fate.EXPIRED, 0, 63), 1: (Fate.EXPIRED, 0, 127)}  # the third is young still: in flight
