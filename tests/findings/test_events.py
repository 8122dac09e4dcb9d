"""What a planner finds out about asynchronous events (scenarios/, one a question)."""

import numpy as np

from lambdasim.codes import Fate
from tests.findings.worlds import run, summary

MINUTE_US = 60_000_000
STORM_ENDS_US = 15 * MINUTE_US


def test_a_throttle_storm_loses_nothing_and_its_last_event_comes_up_to_five_minutes_after_it():
    result = run("async_throttle_storm")
    uploads = result.summary()["triggers"]["uploads"]
    assert uploads["final_failures"]["total"] == 0
    assert uploads["in_flight"] == 0
    events = result.event_columns
    caught = (events["arrived_us"] > 5 * MINUTE_US) & (events["arrived_us"] < STORM_ENDS_US - MINUTE_US)
    late_us = events["ended_us"][caught].max() - STORM_ENDS_US
    assert 2 * MINUTE_US < late_us < 7 * MINUTE_US


def test_a_short_event_age_loses_most_of_the_storm():
    age = {"functions__thumbnail__event_invoke_config": "{maximum_event_age_in_seconds: 60}"}
    uploads = summary("async_throttle_storm", **age)["triggers"]["uploads"]
    in_the_storm = 5 * 600
    assert uploads["dropped"] > 0.7 * in_the_storm
    assert uploads["final_failures"]["expired"] == uploads["dropped"]


def test_a_broken_deployment_triples_the_runs_within_three_minutes():
    result = run("async_broken_deploy")
    log = result.invocation_columns
    orders = log["trigger"] == 0
    minutes = np.bincount(log["invoked_us"][orders] // MINUTE_US, minlength=20)
    assert abs(minutes[0] / 600 - 1) < 0.2
    assert abs(minutes[5:15].mean() / 600 - 3) < 0.1


def test_events_of_a_broken_function_end_in_the_queue_that_is_their_destination():
    found = summary("async_broken_deploy")
    orders, repair = found["triggers"]["orders"], found["triggers"]["failed-invoices"]
    assert orders["successes"] == 0
    assert orders["dropped"] == 0
    assert orders["dead_lettered"] == orders["events"] == orders["final_failures"]["retries_exhausted"]
    assert repair["successes"] == orders["events"]


def test_schedules_of_one_minute_starve_an_api_that_shares_their_account_while_their_own_events_only_wait():
    found = summary("cron_herd")
    assert found["triggers"]["web"]["status_codes"].get("500", 0) > 100
    parts = found["triggers"]["parts"]
    assert parts["events"] == 20 * 25
    assert parts["final_failures"]["total"] == parts["in_flight"] == 0
    first_us = run("cron_herd").event_columns
    jobs = first_us["arrived_us"][first_us["trigger"] == 2]
    assert jobs.min() == jobs.max()  # all are due at one instant ...
    queued = first_us["queued_us"][first_us["trigger"] == 2]
    assert np.ptp(queued) > 30_000_000  # ... and fire somewhere within its minute


def test_reserved_concurrency_keeps_the_api_out_of_it():
    found = summary("cron_herd", functions__api__reserved_concurrent_executions="60")
    assert set(found["triggers"]["web"]["status_codes"]) == {"200"}


def test_a_fan_out_asks_for_concurrency_times_its_subscribers_and_the_slow_one_makes_the_quick_ones_wait():
    found = summary("sns_fan_out")
    assert found["triggers"]["orders"]["events"] == sum(f["events"] for f in found["functions"].values())
    assert found["account"]["concurrency"]["max"] == 400
    assert found["functions"]["mail"]["latency_ms"]["p99"] > 10_000
    apart = summary("sns_fan_out", functions__index__reserved_concurrent_executions="100")
    assert apart["functions"]["mail"]["latency_ms"]["p99"] < 2_000


def test_every_subscriber_gets_every_message_at_the_same_instant_of_publishing():
    events = run("sns_fan_out").event_columns
    order = np.lexsort((events["function"], events["event"]))
    arrived = events["arrived_us"][order].reshape(-1, 5)
    assert (arrived == arrived[:, :1]).all()


def test_a_recursive_loop_stops_after_sixteen_runs():
    result = run("recursive_loop")
    found = result.summary()
    uploads = int(((result.event_columns["depth"] == 0) & (result.event_columns["fate"] == Fate.SUCCESS)).sum())
    assert found["functions"]["thumbnail"]["invocations"] == 16 * uploads
    bucket = found["triggers"]["bucket"]
    assert bucket["final_failures"]["recursive"] == bucket["dead_lettered"] == uploads


def test_a_loop_that_doubles_makes_65_535_runs_of_one_upload():
    found = summary(
        "recursive_loop",
        **{
            "functions__thumbnail__handler__emits": "[{to: bucket, events: 2}]",
            "triggers__bucket__arrivals": "{at_once: {events: 1}}",
            "account__concurrent_executions": "100000",
            "parameters__scaling/per_function/burst": "100000",
        },
    )
    assert found["functions"]["thumbnail"]["invocations"] == 2**16 - 1


def test_reserved_concurrency_0_means_something_else_to_each_trigger():
    found = summary("kill_switch")
    triggers = found["triggers"]
    assert found["functions"]["stopped"]["invocations"] == 0
    assert set(triggers["web"]["status_codes"]) == {"500"}
    events = triggers["events"]
    assert events["attempts"] == 0
    assert events["dead_lettered"] == events["events"] == events["final_failures"]["reserved_zero"]
    jobs = triggers["jobs"]
    assert jobs["dead_lettered"] == jobs["never_ran"] == jobs["events"]
    assert triggers["changes"]["in_flight"] == triggers["changes"]["events"]


def test_stream_records_of_a_stopped_function_expire_after_a_day():
    changes = summary("kill_switch", drain="25h")["triggers"]["changes"]
    assert changes["final_failures"]["expired"] == changes["dropped"] == changes["events"]


def test_a_bulk_upload_makes_a_run_of_each_object_and_waits_for_s3_more_than_for_lambda():
    found = summary("s3_bulk_upload")
    assert found["functions"]["resize"]["invocations"] == found["triggers"]["bucket"]["events"]
    events = run("s3_bulk_upload").event_columns
    delivery_us = events["queued_us"] - events["arrived_us"]
    assert np.median(delivery_us) > 0.8e6
    assert delivery_us.max() > 60e6  # now and then a minute or more


def test_an_order_can_be_followed_from_the_click_to_the_mail():
    result = run("order_pipeline")
    mails = result.events[(result.events["trigger"] == "packed") & (result.events["fate"] == "success")]
    assert set(mails["origin_trigger"]) == {"web"}
    assert set(mails["depth"]) == {3}
    one = mails.iloc[100]
    chain = result.chain("web", one["origin_event"])
    assert list(chain["trigger"]) == ["web", "bus", "orders", "packed"]
    end_to_end_ms = result.summary()["triggers"]["packed"]["end_to_end_ms"]
    delivery_ms = 148 + 73  # medians of EventBridge and SNS
    assert end_to_end_ms["p50"] > delivery_ms


def test_no_event_of_the_pipeline_is_lost():
    found = summary("order_pipeline")
    assert found["total"]["dropped"] == 0
    bus, orders = found["triggers"]["bus"], found["triggers"]["orders"]
    assert orders["events"] == bus["successes"]
    assert found["triggers"]["packed"]["events"] == orders["successes"]


def test_the_trigger_mix_has_the_published_shares_of_invocations():
    triggers = summary("trigger_mix")["triggers"]
    total = sum(trigger["events"] for trigger in triggers.values())
    kinds = {
        "http": ["web"],
        "queue": ["jobs"],
        "event": ["events", "rules", "news"],
        "orchestration": ["workflows"],
        "timer": ["clock"],
        "storage": ["uploads", "changes"],
        "others": ["hooks"],
    }
    published = {
        "http": 35.9,
        "queue": 33.5,
        "event": 24.7,
        "orchestration": 2.3,
        "timer": 2.0,
        "storage": 0.7,
        "others": 1.0,
    }
    for kind, names in kinds.items():
        share = sum(triggers[name]["events"] for name in names) / total
        expected = published[kind] / sum(published.values())
        # Counts of renewal processes scatter with cv^2 = 3 (4 for some), those of bulks with some 25.
        spread = 25 if kind == "storage" else 4
        assert abs(share - expected) < 4 * np.sqrt(spread * expected / total), kind
    assert all(trigger["in_flight"] == 0 for trigger in triggers.values())
