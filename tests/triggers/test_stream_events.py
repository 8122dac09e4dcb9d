"""What comes to a stream and what leaves it: filters, chains, emits, counts and series."""

import numpy as np
import pytest

from lambdasim.codes import Fate, Outcome
from lambdasim.records import NEVER
from tests.stream_worlds import S, backlog, events, outcome, stream
from tests.worlds import at, rows, run

EMITS = {"duration": "10 ms", "emits": [{"to": "next"}]}


def two_streams(trigger, *, handler, **changes):
    """The stream ``t`` of ``f``, whose successes feed the stream ``next`` of ``g``."""
    document = stream(trigger, handler=handler, **changes)
    document["functions"]["g"] = {**document["functions"]["f"], "handler": {"duration": "1 ms"}}
    document["triggers"]["next"] = {"type": "kinesis", "target": "g"}
    return document


def test_a_filter_drops_records_before_any_invocation_and_they_were_read_all_the_same():
    trigger = {"arrivals": {"constant": {"rate": "100/s"}}, "filter": {"pass": "20%"}, "batch_size": 10}
    document = stream(trigger, duration="1m", handler={"duration": "1 ms"})
    result = run(document)
    ended, summary = events(result), result.summary()["triggers"]["t"]
    missed = [row for row in ended if row["fate"] is Fate.FILTERED]
    assert abs(len(missed) - 4800) < 4 * (6000 * 0.2 * 0.8) ** 0.5
    assert {(row["attempts"], row["runs"], row["batch"]) for row in missed} == {(0, 0, -1)}
    assert sum(row["records"] for row in rows(result)) == 6000 - len(missed)
    assert summary["filtered"] == len(missed)
    everything = stream({**trigger, "filter": {"pass": "100%"}}, duration="1m", handler={"duration": "1 ms"})
    assert outcome(everything)[2]["reads"] == summary["reads"]


def test_a_filter_that_lets_nothing_pass_moves_the_iterator_on_without_an_invocation():
    table, ended, summary = outcome(stream({"arrivals": at("1s", events=50), "filter": {"pass": "0%"}}, duration="1m"))
    assert not table
    assert {row["fate"] for row in ended} == {Fate.FILTERED}
    assert summary["in_flight"] == summary["waiting_end"] == 0


def test_the_same_records_match_for_every_target_of_a_stream():
    document = stream(
        {"targets": ["f", "g"], "arrivals": at("1s", events=100), "filter": {"pass": "50%"}}, duration="1m"
    )
    document["functions"]["g"] = document["functions"]["f"]
    del document["triggers"]["t"]["target"]
    table = events(run(document))
    passing = [{row["event"] for row in table if row["function"] == n and row["fate"] is Fate.SUCCESS} for n in (0, 1)]
    assert passing[0] == passing[1]
    assert 0 < len(passing[0]) < 100


def test_each_processed_record_emits_what_its_function_emits():
    document = two_streams(backlog(250), handler=EMITS, duration="1m")
    result = run(document)
    fed = events(result, 1)
    ended = {row["event"]: row["ended_us"] for row in events(result, 0)}
    assert [row["origin_event"] for row in fed] == list(range(250))
    assert {(row["origin_trigger"], row["origin_us"]) for row in fed} == {(0, 0)}
    assert all(row["arrived_us"] == ended[row["origin_event"]] for row in fed)


def test_lambda_does_not_see_a_loop_that_goes_through_a_stream():
    # f feeds itself, 19 times in 20, and nobody stops it at 16 runs; the chain keeps its origin and counts its links.
    handler = {"duration": "10 ms", "emits": [{"to": "t", "probability": "95%"}]}
    document = stream({"arrivals": at("0s", events=100)}, handler=handler, duration="1m")
    _, ended, summary = outcome(document)
    assert {row["fate"] for row in ended} == {Fate.SUCCESS}
    assert {(row["origin_trigger"], row["origin_us"]) for row in ended} == {(0, 0)}
    chains = [[row["depth"] for row in ended if row["origin_event"] == first] for first in range(100)]
    assert all(depths == list(range(len(depths))) for depths in chains)
    assert max(map(len, chains)) > 17
    assert summary["events"] == len(ended) == sum(map(len, chains))


def test_past_a_stream_lambda_has_lost_sight_of_the_functions_that_ran_before():
    # f and g feed each other nine times in ten, and each may run once in a chain. Lambda follows it all the way round,
    # or, if a stream is part of the way, never that far.
    for kind, seen in (("direct_async", True), ("kinesis", False)):
        document = stream({"arrivals": at("0s", events=20)}, duration="5m", parameters={"triggers/recursion/limit": 1})
        function = document["functions"]["f"]
        for name, to in (("f", "there"), ("g", "back")):
            emits = {"duration": "1 ms", "emits": [{"to": to, "probability": "90%"}]}
            document["functions"][name] = {**function, "handler": emits}
        document["triggers"] |= {
            "there": {"type": kind, "target": "g"},
            "back": {"type": "direct_async", "target": "f"},
        }
        ended = events(run(document), list(document["triggers"]).index("back"))
        assert any(row["fate"] is Fate.RECURSIVE for row in ended) is seen
        assert (max(row["depth"] for row in ended) > 4) is not seen


def test_a_record_that_was_processed_twice_for_the_sake_of_another_emits_twice_and_a_failed_one_never():
    trigger = backlog(10, batch_size=10, maximum_retry_attempts=1, poison={"records": [6]},
                      function_response_types=["ReportBatchItemFailures"])  # fmt: skip
    fed = events(run(two_streams(trigger, handler=EMITS, duration="1m")), 1)
    emitted = [row["origin_event"] for row in fed]
    # 0 to 5 once; 7 to 9 in the first run and in both runs of the rest.
    assert sorted(emitted) == sorted([*range(6), *[7, 8, 9] * 3])


def test_a_batch_whose_handler_raises_emits_nothing():
    trigger = backlog(10, batch_size=10, maximum_retry_attempts=1, poison={"records": [6]})
    assert not events(run(two_streams(trigger, handler=EMITS, duration="1m")), 1)


def test_own_arrivals_and_fed_events_share_one_count_of_numbers_in_the_order_in_which_they_come():
    document = two_streams({"arrivals": {"constant": {"rate": "2/s"}}}, handler=EMITS, duration="1m")
    document["triggers"]["next"]["arrivals"] = {"constant": {"rate": "3/s"}}
    fed = events(run(document), 1)
    assert [row["event"] for row in fed] == list(range(180 + 120))
    assert [row["arrived_us"] for row in fed] == sorted(row["arrived_us"] for row in fed)


def test_latest_does_not_read_what_lay_in_the_stream_before():
    trigger = {"backlog": 100, "arrivals": at("10s", events=3)}
    _, ended, summary = outcome(stream(trigger, duration="1m"))
    assert [row["event"] for row in ended] == [0, 1, 2]
    assert summary["events"] == 3
    _, ended, summary = outcome(stream({**trigger, "starting_position": "TRIM_HORIZON"}, duration="1m"))
    assert [row["event"] for row in ended] == list(range(103))
    assert summary["events"] == 103
    assert summary["put_units"] == 3  # the backlog was paid for before


def test_what_came_before_the_warm_up_ended_is_not_measured():
    arrivals = at("5s", "30s")
    _, ended, summary = outcome(stream(backlog(100, arrivals=arrivals), duration="1m", warm_up="20s"))
    assert len(ended) == 102
    assert (summary["events"], summary["successes"]) == (1, 1)


def test_payload_units_are_counted_by_25_kb_and_shards_by_the_hour_of_the_measured_span():
    trigger = {"arrivals": {"constant": {"rate": "1/s"}}, "payload_size": "60 KB", "shards": 4}
    _, _, summary = outcome(stream(trigger, duration="3h", warm_up="1h", handler={"duration": "1 ms"}))
    assert summary["put_units"] == 3 * 7200
    assert summary["shard_hours"] == 4 * 2
    assert (summary["consumer_shard_hours"], summary["read_gb"]) == (0, 0)


def test_each_consumer_of_enhanced_fan_out_pays_for_its_shards_and_for_what_it_reads():
    trigger = {"targets": ["f", "g"], "arrivals": {"constant": {"rate": "1/s"}}, "payload_size": "1 MB", "shards": 4,
               "enhanced_fan_out": True}  # fmt: skip
    document = stream(trigger, duration="1h", handler={"duration": "1 ms"})
    document["functions"]["g"] = document["functions"]["f"]
    del document["triggers"]["t"]["target"]
    _, _, summary = outcome(document)
    assert summary["consumer_shard_hours"] == 2 * 4
    assert summary["read_gb"] == pytest.approx(2 * 3600 / 1024, rel=1e-3)
    assert summary["reads"] == 0


def waiting(rows_of_events, at_us):
    """How many have come by ``at_us`` and not ended."""
    return sum(row["arrived_us"] <= at_us < row["ended_us"] for row in rows_of_events)


def test_waiting_counts_every_record_from_its_arrival_to_its_end():
    parts = [{"poisson": {"rate": "1/s"}}, *at("60s", "150s", "280s", events=300)["sum"]]
    document = stream({"arrivals": {"sum": parts}, "batch_size": 10}, duration="5m", warm_up="90s")
    result = run(document)
    ended, summary = events(result), result.summary()["triggers"]["t"]
    instants = {row["arrived_us"] for row in ended if 90 * S <= row["arrived_us"] < 300 * S} | {90 * S}
    assert summary["waiting_max"] == max(waiting(ended, at_us) for at_us in instants)
    assert summary["waiting_end"] == waiting(ended, 300 * S)
    assert summary["waiting_max"] > summary["waiting_end"] > 0


def shown(result, minutes=5):
    """The series of the trigger ``t`` by name, of the first minutes."""
    frame = result.trigger_timeline
    frame = frame[(frame["trigger"] == "t") & (frame["minute"] < minutes)]
    return {name: frame[name].tolist() for name in frame.columns}


def test_the_series_are_the_minutes_of_both_logs():
    trigger = {"arrivals": {"constant": {"rate": "20/s"}}, "filter": {"pass": "50%"}, "batch_size": 10, "shards": 2,
               "maximum_retry_attempts": 1, "on_failure": "discard-counted", "poison": {"rate": "1%"}}  # fmt: skip
    document = stream(trigger, duration="5m", handler={"duration": "10 ms", "error_rate": "2%"})
    result = run(document)
    series = shown(result)
    log, ended = result.invocation_columns, result.event_columns

    def by_minute(times_us, weights=None):
        return np.bincount(times_us // (60 * S), weights=weights, minlength=5)[:5].tolist()

    assert series["IncomingRecords"] == [1200] * 5
    assert series["GetRecords.Records"] == series["PolledEventCount"] == [1200] * 5
    missed = ended["fate"] == Fate.FILTERED
    assert series["FilteredOutEventCount"] == by_minute(ended["ended_us"][missed])
    assert series["InvokedEventCount"] == by_minute(log["invoked_us"], log["records"])
    failed = log["outcome"] != Outcome.SUCCESS
    assert series["FailedInvokeEventCount"] == by_minute(log["ended_us"][failed], log["records"][failed])
    gone = ended["fate"] == Fate.RETRIES_EXHAUSTED
    assert sum(gone) > 0
    assert series["OnFailureDestinationDeliveredEventCount"] == by_minute(ended["ended_us"][gone])
    assert series["DroppedEventCount"] == [0] * 5
    assert series["WriteProvisionedThroughputExceeded"] == [0] * 5
    waits = [int(np.sum((ended["arrived_us"] < m * 60 * S) & (ended["ended_us"] > m * 60 * S))) for m in range(1, 6)]
    assert series["waiting"] == pytest.approx(waits, abs=1)  # one may come, or end, at the very minute


def test_each_try_of_a_throttled_batch_counts_as_one_that_failed():
    trigger = {"arrivals": at("1s", events=5)}
    document = stream(trigger, function={"reserved_concurrent_executions": 0}, duration="5m", drain="0s")
    log, series = (result := run(document)).invocation_columns, shown(result)
    assert set(log["outcome"].tolist()) == {Outcome.THROTTLED}
    tries = np.bincount(log["invoked_us"] // (60 * S), minlength=5)[:5]
    assert series["InvokedEventCount"] == series["FailedInvokeEventCount"] == (5 * tries).tolist()


@pytest.mark.parametrize("sink", [{}, {"on_failure": "discard-counted"}])
def test_given_up_records_are_dropped_unless_a_destination_has_them(sink):
    trigger = {"arrivals": at("1s", events=5), "maximum_retry_attempts": 0, **sink}
    series = shown(run(stream(trigger, duration="1m", handler={"error_rate": "100%"})), minutes=1)
    given_up = (series["DroppedEventCount"], series["OnFailureDestinationDeliveredEventCount"])
    assert given_up == (([0], [5]) if sink else ([5], [0]))


def test_what_the_stream_keeps_no_longer_was_not_dropped_by_the_mapping():
    document = stream({"arrivals": at("1s", events=5)}, handler={"error_rate": "100%"}, duration="25h")
    result = run(document)
    assert {row["fate"] for row in events(result)} == {Fate.EXPIRED}
    assert sum(shown(result, minutes=25 * 60)["DroppedEventCount"]) == 0


def test_a_stream_of_dynamodb_has_the_metrics_of_its_own_name_and_no_writes():
    result = run(stream({"type": "dynamodb_streams", "arrivals": at("1s", events=10)}, duration="1m"))
    series = shown(result, minutes=1)
    assert series["ReturnedRecordsCount"] == [10]
    assert "IncomingRecords" not in series
    assert "shard_hours" not in result.summary()["triggers"]["t"]


def test_what_is_written_late_counts_in_the_minute_in_which_the_shard_took_it():
    trigger = {"arrivals": {"at_once": {"events": 7000, "at": "57s", "over": "0s"}}, "batch_size": 10_000}
    series = shown(run(stream(trigger, duration="2m", handler={"duration": "1 ms"})), minutes=2)
    assert series["IncomingRecords"] == pytest.approx([4000, 3000], abs=2)  # a second's worth at once, then 1,000/s
    assert series["WriteProvisionedThroughputExceeded"] == pytest.approx([6000, 0], abs=2)


def test_a_batch_that_was_never_sent_has_no_number_in_the_event_log():
    document = stream({"arrivals": at("0s", "1s")}, handler={"error_rate": "100%"}, duration="1m", drain="25h")
    _, ended, _ = outcome(document)
    assert [row["batch"] == NEVER for row in ended] == [row["attempts"] == 0 for row in ended]
