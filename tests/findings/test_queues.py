"""What a planner finds out about SQS (scenarios/, one a question)."""

import numpy as np

from lambdasim.codes import Fate, Outcome
from tests.findings.worlds import run, summary

CURED = {"triggers__jobs__scaling_config": "{maximum_concurrency: 2}"}


def test_small_reserved_concurrency_behind_sqs_sends_messages_to_the_dead_letter_queue_that_never_ran():
    jobs = summary("sqs_small_reserved")["triggers"]["jobs"]
    assert jobs["never_ran"] > 10
    assert jobs["dead_lettered"] >= jobs["never_ran"]
    events = run("sqs_small_reserved").event_columns
    lost = (events["fate"] == Fate.RECEIVES_EXCEEDED) & (events["runs"] == 0)
    assert set(events["attempts"][lost]) == {3}  # received as often as allowed, and refused each time


def test_maximum_concurrency_at_the_reserved_concurrency_cures_it():
    found = summary("sqs_small_reserved", **CURED)
    assert found["triggers"]["jobs"]["never_ran"] == 0
    assert found["functions"]["worker"]["throttles"]["total"] == 0
    assert found["functions"]["worker"]["successes"] == found["functions"]["worker"]["events"]


def test_more_receives_and_a_longer_visibility_timeout_let_refused_messages_run_in_the_end():
    cure = {"triggers__jobs__queue__visibility_timeout": "180 s", "triggers__jobs__queue__max_receive_count": "20"}
    assert summary("sqs_small_reserved", **cure)["triggers"]["jobs"]["dead_lettered"] == 0


def test_without_partial_responses_a_poison_message_makes_its_whole_batch_run_again():
    found = summary("sqs_errors")
    whole, partial = found["triggers"]["batches"], found["triggers"]["messages"]
    events = run("sqs_errors").event_columns
    good = (events["fate"] == Fate.SUCCESS) & (events["runs"] > 1)  # good messages that ran more than once
    assert good[events["trigger"] == 0].sum() > 5 * whole["dead_lettered"]
    assert good[events["trigger"] == 1].sum() == 0
    assert partial["dead_lettered"] > 0


def test_a_poison_message_runs_as_often_as_it_may_be_received():
    events = run("sqs_errors").event_columns
    dead = events["fate"] == Fate.RECEIVES_EXCEEDED
    assert dead.sum() > 100
    assert set(events["runs"][dead & (events["trigger"] == 1)]) == {5}


def test_failed_batches_take_pollers_away_and_partial_failures_do_not():
    triggers = summary("sqs_errors")["triggers"]
    assert triggers["batches"]["pollers_mean"] < triggers["messages"]["pollers_mean"]


def test_a_visibility_timeout_that_the_run_outlasts_makes_duplicate_runs():
    assert summary("sqs_visibility_race")["triggers"]["jobs"]["duplicate_runs"] > 0


def test_six_times_the_timeout_and_the_window_end_the_duplicates():
    found = summary("sqs_visibility_race", triggers__jobs__queue__visibility_timeout="200 s")
    assert found["triggers"]["jobs"]["duplicate_runs"] == 0


def drain_s(backlog, ramp_per_s, start=5, batch=10, ceiling=1250):
    """When the integral of the ramp reaches the backlog: batches of 1 s, ``start`` at first and ``ramp_per_s`` more."""
    served, seconds = 0.0, 0
    while served < backlog:
        served += min(start + ramp_per_s * seconds, ceiling) * batch
        seconds += 1
    return seconds


def test_a_backlog_drains_as_the_integral_of_the_ramp_says():
    found = summary("sqs_backlog", triggers__jobs__queue__backlog="200000")
    expected_s = drain_s(200_000, 5)
    assert abs(found["triggers"]["jobs"]["drained_s"] - expected_s) < 0.05 * expected_s


def test_the_rule_before_november_2023_took_more_than_twice_as_long():
    found = summary(
        "sqs_backlog",
        **{"triggers__jobs__queue__backlog": "200000", "parameters__triggers/sqs/pollers/ramp_per_minute": "60"},
    )
    expected_s = drain_s(200_000, 1)
    assert abs(found["triggers"]["jobs"]["drained_s"] - expected_s) < 0.05 * expected_s
    assert expected_s > 2 * drain_s(200_000, 5)


def test_a_hot_group_runs_one_batch_at_a_time_and_waits_while_the_others_do_not():
    result = run("fifo_hot_group")
    events, log = result.event_columns, result.invocation_columns
    hot = events["trigger"] == 0
    groups, sizes = np.unique(events["lane"][hot], return_counts=True)
    hottest = groups[np.argmax(sizes)]
    batches = np.unique(events["batch"][hot & (events["lane"] == hottest)])
    ran = (log["trigger"] == 0) & np.isin(log["event"], batches) & (log["outcome"] < Outcome.THROTTLED)
    order = np.argsort(log["started_us"][ran])
    starts, ends = log["started_us"][ran][order], log["ended_us"][ran][order]
    assert (starts[1:] >= ends[:-1]).all()
    latency_us = events["ended_us"] - events["arrived_us"]
    assert np.median(latency_us[hot & (events["lane"] == hottest)]) > 60_000_000
    assert np.median(latency_us[hot & (events["lane"] != hottest)]) < 5_000_000


def test_the_same_load_over_even_groups_makes_no_queue():
    triggers = summary("fifo_hot_group")["triggers"]
    assert triggers["even"]["latency_ms"]["p99"] < 10_000 < triggers["hot"]["latency_ms"]["p50"] * 10


def test_a_filter_lowers_runs_and_not_polls():
    found = summary("filters")
    everything, tenth = found["triggers"]["unfiltered"], found["triggers"]["a-tenth"]
    runs = {name: function["invocations"] for name, function in found["functions"].items()}
    assert abs(tenth["filtered"] / (tenth["filtered"] + tenth["events"]) - 0.9) < 0.02
    assert runs["filtered"] < 0.3 * runs["everything"]
    assert tenth["receive_requests"] > 0.7 * everything["receive_requests"]
