"""What a planner finds out about Kinesis and DynamoDB streams (scenarios/, one a question)."""

import numpy as np

from lambdasim.codes import Fate, Outcome
from tests.findings.worlds import run, summary

DAY_S = 86_400


def iterator_age_s(result, trigger):
    log = result.invocation_columns
    rows = log["trigger"] == trigger
    return log["invoked_us"][rows] / 1e6, (log["invoked_us"][rows] - log["arrived_us"][rows]) / 1e6


def test_a_poison_record_with_default_settings_blocks_its_shard_until_it_expires():
    result = run("kinesis_poison_pill")
    events = result.event_columns
    [poison] = np.flatnonzero((events["trigger"] == 0) & (events["event"] == 600))
    assert events["fate"][poison] == Fate.EXPIRED
    age_s = (events["ended_us"][poison] - events["arrived_us"][poison]) / 1e6
    assert DAY_S <= age_s < DAY_S + 80  # the longest back-off is a minute, and a fifth


def test_while_it_blocks_iterator_age_grows_a_second_each_second():
    invoked_s, age_s = iterator_age_s(run("kinesis_poison_pill"), 0)
    blocked = (invoked_s > 3600) & (invoked_s < 20 * 3600)
    slope = np.polyfit(invoked_s[blocked], age_s[blocked], 1)[0]
    assert abs(slope - 1) < 1e-3


def test_good_records_expire_with_it_and_the_rest_is_caught_up():
    result = run("kinesis_poison_pill")
    defaults = result.summary()["triggers"]["defaults"]
    assert defaults["final_failures"]["expired"] > 1  # its batch mates, and those behind that were as old
    assert defaults["in_flight"] == 0
    _, age_s = iterator_age_s(result, 0)
    assert age_s[-1] < 120


def test_bisecting_with_two_retries_and_a_destination_loses_one_record_and_seconds():
    guarded = summary("kinesis_poison_pill")["triggers"]["with-a-way-out"]
    assert guarded["final_failures"]["total"] == guarded["dead_lettered"] == 1
    assert guarded["iterator_age_ms"]["max"] < 120_000


def test_a_stream_throttled_by_a_neighbour_ages_without_an_error():
    found = summary("kinesis_starved")
    assert found["functions"]["consumer"]["errors"] == 0
    assert found["functions"]["consumer"]["throttles"]["total"] > 0
    assert found["triggers"]["clicks"]["iterator_age_ms"]["max"] > 60_000


def test_reserved_concurrency_of_its_lanes_keeps_the_stream_young():
    found = summary("kinesis_starved", functions__consumer__reserved_concurrent_executions="8")
    assert found["functions"]["consumer"]["throttles"]["total"] == 0
    assert found["triggers"]["clicks"]["iterator_age_ms"]["max"] < 10_000


def test_too_few_lanes_let_iterator_age_climb_through_a_peak_and_a_factor_of_two_does_not():
    slow = summary("dynamodb_changes")["triggers"]["table"]
    quick = summary("dynamodb_changes", triggers__table__parallelization_factor="2")["triggers"]["table"]
    assert slow["iterator_age_ms"]["max"] > 15 * 60_000
    assert quick["iterator_age_ms"]["p99"] < 10_000


def test_order_per_lane_holds_through_errors_and_partial_responses():
    events = run("dynamodb_changes").event_columns
    done = events["fate"] == Fate.SUCCESS
    for lane in np.unique(events["lane"]):
        mine = done & (events["lane"] == lane)
        order = np.argsort(events["event"][mine], kind="stable")
        assert (np.diff(events["ended_us"][mine][order]) >= 0).all()


def test_batches_of_one_lane_never_overlap():
    result = run("dynamodb_changes")
    log = result.invocation_columns
    assert result.summary()["functions"]["indexer"]["concurrency"]["max"] == 1
    assert (log["outcome"] < Outcome.THROTTLED).all()
