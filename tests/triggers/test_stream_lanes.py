"""A lane: when a batch is sent, and what follows when it fails."""

from itertools import pairwise

import numpy as np
import pytest

from lambdasim.codes import Fate, Kept, Outcome
from tests.stream_worlds import DAY, S, backlog, events, outcome, stream
from tests.worlds import at, rows, run

FAILING = {"handler": {"error_rate": "100%"}}
QUICK = {"handler": {"duration": "0.001 ms"}}


def fates(table):
    return [row["fate"] for row in table]


# GATHER


def test_without_a_window_a_batch_goes_as_soon_as_the_function_is_free_with_what_is_there():
    # The first record goes alone, each further batch has what came within the second that the one before took; what
    # comes just as that one ends comes too late.
    trigger = {"arrivals": {"constant": {"rate": "5/s"}}, "batch_size": 10}
    table, _, _ = outcome(stream(trigger, duration="4s", drain="500ms"))
    assert [row["records"] for row in table] == [1, 4, 5, 5, 5]
    assert [row["invoked_us"] for row in table] == [0, S, 2 * S, 3 * S, 4 * S]


def test_a_window_waits_for_a_full_batch_but_no_longer():
    trigger = {"arrivals": {"constant": {"rate": "2/s"}}, "maximum_batching_window_in_seconds": 10}
    table, _, _ = outcome(stream({**trigger, "batch_size": 8}, duration="20s"))
    assert {row["records"] for row in table} == {8}
    assert [row["invoked_us"] for row in table][:2] == [3_500_000, 7_500_000]
    table, _, _ = outcome(stream({**trigger, "batch_size": 100}, duration="20s"))
    # The window begins with the first record, then when the invocation before has ended.
    assert [(row["invoked_us"] / S, row["records"]) for row in table] == [(10, 20), (21, 20)]


def test_a_window_begins_with_the_first_record_if_there_was_none_when_the_invocation_before_ended():
    trigger = {"arrivals": at("0s", "100s", "103s"), "maximum_batching_window_in_seconds": 5}
    table, _, _ = outcome(stream(trigger, duration="200s"))
    assert [(row["invoked_us"] / S, row["records"]) for row in table] == [(5, 1), (105, 2)]


def test_a_batch_carries_at_most_6_mb():
    table, _, _ = outcome(stream(backlog(25, payload_size="1 MB", batch_size=10_000), duration="1m"))
    assert [row["records"] for row in table] == [6, 6, 6, 6, 1]


def test_the_handler_takes_longer_for_each_record():
    handler = {"duration": "100 ms", "per_record": "10 ms"}
    table, _, _ = outcome(stream(backlog(50, batch_size=20), handler=handler, duration="1m"))
    assert [row["duration_us"] for row in table] == [300_000, 300_000, 200_000]


def test_the_iterator_age_is_that_of_the_last_record():
    trigger = {"arrivals": {"constant": {"rate": "1/s"}}, "maximum_batching_window_in_seconds": 7}
    table, _, _ = outcome(stream(trigger, duration="8s"))
    # Sent at 7 s with the records of 0 to 6 s; that of 7 s comes too late and waits for the next window, from 8 s on.
    assert [(row["records"], row["invoked_us"] - row["arrived_us"]) for row in table] == [(7, S), (1, 8 * S)]


# INVOKE, and the end of a record


def test_each_record_ends_in_the_event_log_with_its_batch_and_its_lane():
    trigger = backlog(250, shards=2, parallelization_factor=3, batch_size=100)
    table, ended, _ = outcome(stream(trigger, duration="1m"))
    assert [row["event"] for row in ended] == list(range(250))
    assert set(fates(ended)) == {Fate.SUCCESS}
    assert {row["lane"] for row in ended} == set(range(6))
    runs = {row["event"]: row for row in table}
    for row in ended:
        assert (row["attempts"], row["runs"], row["kept"], row["depth"]) == (1, 1, Kept.NOWHERE, 0)
        assert (row["origin_trigger"], row["origin_event"], row["origin_us"]) == (0, row["event"], row["arrived_us"])
        assert row["ended_us"] == runs[row["batch"]]["ended_us"] == runs[row["batch"]]["answered_us"]
    for number, row in runs.items():
        assert row["records"] == sum(record["batch"] == number for record in ended)


def test_no_more_batches_run_at_once_than_there_are_lanes():
    trigger = backlog(3000, shards=3, parallelization_factor=4, batch_size=10)
    result = run(stream(trigger, duration="5m"))
    assert result.summary()["functions"]["f"]["concurrency"]["max"] == 12


# BACKOFF


def test_a_batch_that_fails_is_tried_again_with_the_same_records_after_waits_that_double():
    table, ended, _ = outcome(stream(backlog(5), duration="3m", drain="0s", **FAILING))
    assert not ended
    assert {(row["event"], row["records"]) for row in table} == {(0, 5)}
    assert [row["attempt"] for row in table] == list(range(1, len(table) + 1))
    waits = [(row["invoked_us"] - before["ended_us"]) / S for before, row in pairwise(table)]
    assert waits == [1, 2, 4, 8, 16, 32, 60][: len(waits)]


def test_nothing_of_the_lane_overtakes_a_batch_that_fails_and_other_lanes_go_on():
    trigger = {"arrivals": {"constant": {"rate": "10/s"}}, "shards": 2, "poison": {"records": [100]}, "batch_size": 10}
    _, ended, _ = outcome(stream(trigger, duration="1m", drain="0s", handler={"duration": "10 ms"}))
    stuck = {row["event"] for row in ended if row["arrived_us"] > 11 * S}
    lanes = {row["lane"] for row in ended if row["event"] in stuck}
    assert len(lanes) == 1
    assert max(row["event"] for row in ended if row["lane"] not in lanes) <= 100


def test_a_throttled_batch_waits_as_well_but_spends_no_retry():
    # Another call has the only environment for the first 50 s. Then the batch fails twice: its run, and its one retry.
    document = stream(
        {"arrivals": at("1s", events=5), "maximum_retry_attempts": 1, "poison": {"records": [2]}},
        function={"reserved_concurrent_executions": 1, "timeout": 100},
        handler={"duration": "50 s"},
        duration="5m",
    )
    document["triggers"]["other"] = {
        "type": "direct", "target": "f", "arrivals": at("0s"), "client": {"retries": "none"},
    }  # fmt: skip
    table, ended, _ = outcome(document)
    assert [row["invoked_us"] / S for row in table] == [1, 2, 4, 8, 16, 32, 64, 115]
    assert [row["outcome"] for row in table] == [Outcome.THROTTLED] * 6 + [Outcome.ERROR] * 2
    assert [row["attempt"] for row in table] == list(range(1, 9))
    assert {(row["fate"], row["attempts"], row["runs"]) for row in ended} == {(Fate.RETRIES_EXHAUSTED, 8, 2)}


def test_after_a_run_the_waits_of_a_throttled_batch_begin_anew():
    document = stream(
        {"arrivals": at("1s"), "poison": {"records": [0]}},
        function={"reserved_concurrent_executions": 1, "timeout": 100},
        handler={"duration": "6 s"},
        duration="1m",
        drain="0s",
    )
    document["triggers"]["other"] = {
        "type": "direct", "target": "f", "arrivals": at("0s", "14500ms"), "client": {"retries": "none"},
    }  # fmt: skip
    table, _, _ = outcome(document)
    # Throttled at 1, 2 and 4 s; runs at 8 s, fails at 14 s; throttled at 15, 16 and 18 s, for 1, 2 and 4 s again.
    assert [row["invoked_us"] / S for row in table][:8] == [1, 2, 4, 8, 15, 16, 18, 22]


# DISCARD


@pytest.mark.parametrize("retries", [0, 1, 2, 5])
def test_a_batch_is_given_up_after_its_retries_and_the_next_goes_on(retries):
    trigger = backlog(8, batch_size=5, maximum_retry_attempts=retries, poison={"records": [2]})
    table, ended, summary = outcome(stream(trigger, duration="5m"))
    assert [row["records"] for row in table] == [5] * (1 + retries) + [3]
    assert fates(ended) == [Fate.RETRIES_EXHAUSTED] * 5 + [Fate.SUCCESS] * 3
    assert {(row["attempts"], row["runs"], row["kept"]) for row in ended[:5]} == {(1 + retries,) * 2 + (Kept.NOWHERE,)}
    assert summary["discarded_batches"] == 1


def test_the_on_failure_destination_is_told_once_of_each_batch_that_is_given_up():
    trigger = backlog(30, batch_size=5, maximum_retry_attempts=1, poison={"records": [2, 13]}, on_failure="failures")
    document = stream(trigger, duration="5m")
    document["functions"]["g"] = {**document["functions"]["f"], "handler": {"duration": "1 ms"}}
    document["triggers"] = {"failures": {"type": "sns", "target": "g"}, **document["triggers"]}
    result = run(document)
    ended, told = events(result, 1), events(result, 0)
    given_up = [row for row in ended if row["fate"] is Fate.RETRIES_EXHAUSTED]
    assert [row["event"] for row in given_up] == [*range(5), *range(10, 15)]
    assert {row["kept"] for row in given_up} == {Kept.DESTINATION}
    assert [(row["origin_trigger"], row["origin_event"]) for row in told] == [(1, 0), (1, 10)]
    assert [row["arrived_us"] for row in told] == [given_up[0]["ended_us"], given_up[5]["ended_us"]]
    counted = stream({**trigger, "on_failure": "discard-counted"}, duration="5m")
    _, ended, summary = outcome(counted)
    assert sum(row["kept"] is Kept.DESTINATION for row in ended) == 10
    assert summary["discarded_batches"] == 2


def test_records_above_the_maximum_age_are_given_up_and_those_behind_them_go_on():
    trigger = {"arrivals": {"constant": {"rate": "1/s"}}, "maximum_record_age_in_seconds": 60, "batch_size": 5,
               "poison": {"records": [0]}, "on_failure": "discard-counted"}  # fmt: skip
    table, ended, _ = outcome(stream(trigger, duration="10m", handler={"duration": "10 ms"}))
    old = [row for row in ended if row["fate"] is Fate.EXPIRED]
    # The poison fails at 0, 1, 3, 7, 15, 31 and 63 s: then it is older than a minute, as are those before 3 s.
    assert [row["event"] for row in old] == [0, 1, 2, 3]
    assert {row["kept"] for row in old} == {Kept.DESTINATION}
    assert all(row["ended_us"] - row["queued_us"] > 60 * S for row in old)
    assert set(fates(ended[4:])) == {Fate.SUCCESS}
    sent = [row for row in table if row["records"]]
    assert all(row["invoked_us"] - row["arrived_us"] <= 60 * S for row in sent)


def test_a_batch_that_is_too_old_when_it_fails_is_given_up_then_and_not_after_a_wait():
    trigger = {"arrivals": at("0s"), "maximum_record_age_in_seconds": 60, "on_failure": "discard-counted"}
    document = stream(trigger, function={"timeout": 100}, duration="10m")
    document["functions"]["f"]["handler"] = {"duration": "70 s", "error_rate": "100%"}
    table, ended, _ = outcome(document)
    assert [row["attempt"] for row in table] == [1]
    assert [(row["fate"], row["ended_us"], row["kept"]) for row in ended] == [(Fate.EXPIRED, 70 * S, Kept.DESTINATION)]


def test_a_backlog_older_than_the_maximum_age_is_skipped_without_an_invocation():
    document = stream(
        {"arrivals": at("0s", events=500), "maximum_record_age_in_seconds": 60, "batch_size": 10},
        handler={"duration": "20 s"}, duration="10m",
    )  # fmt: skip
    table, ended, summary = outcome(document)
    assert len(table) == 4  # at 0, 20, 40 and 60 s
    assert fates(ended).count(Fate.SUCCESS) == 40
    assert fates(ended).count(Fate.EXPIRED) == 460
    assert {row["attempts"] for row in ended if row["fate"] is Fate.EXPIRED} == {0}
    assert summary["discarded_batches"] == 46  # no batch has more than ten records, given up or not


# BISECT


@pytest.mark.parametrize(("records", "poison"), [(2, 0), (64, 20), (64, 63), (128, 0)])
def test_bisection_finds_one_poison_record_in_twice_the_logarithm_of_runs_and_loses_only_it(records, poison):
    trigger = backlog(records, batch_size=records, bisect_batch_on_function_error=True, maximum_retry_attempts=2,
                      poison={"records": [poison]})  # fmt: skip
    table, ended, summary = outcome(stream(trigger, duration="10m"))
    splits = int(np.log2(records))
    # At each split one half fails and one does not; the record alone has its first run and two more.
    assert len(table) == 1 + 2 * splits + 2
    failed = [row["records"] for row in table if row["outcome"] is Outcome.ERROR]
    assert failed == [records >> n for n in range(splits)] + [1, 1, 1]
    assert [row["event"] for row in ended if row["fate"] is not Fate.SUCCESS] == [poison]
    assert ended[poison]["fate"] is Fate.RETRIES_EXHAUSTED
    assert ended[poison]["runs"] == splits + 3
    assert (summary["bisections"], summary["discarded_batches"]) == (splits, 1)


def test_halves_go_in_order_and_without_a_wait():
    trigger = backlog(8, batch_size=8, bisect_batch_on_function_error=True, maximum_retry_attempts=0,
                      poison={"records": [5]})  # fmt: skip
    table, ended, _ = outcome(stream(trigger, duration="10m"))
    assert [row["records"] for row in table] == [8, 4, 4, 2, 1, 1, 2]
    assert all(row["invoked_us"] == before["ended_us"] for before, row in pairwise(table))
    assert [row["ended_us"] for row in ended] == sorted(row["ended_us"] for row in ended)
    assert len({row["event"] for row in table}) == len(table)  # each half is a batch with a number of its own


# Partial responses

REPORTS = {"function_response_types": ["ReportBatchItemFailures"]}


def test_with_partial_responses_what_is_before_the_first_failure_is_done_and_the_rest_comes_again():
    trigger = backlog(10, batch_size=10, maximum_retry_attempts=1, poison={"records": [6]}, **REPORTS)
    table, ended, _ = outcome(stream(trigger, duration="10m"))
    assert [row["records"] for row in table] == [10, 4, 4]
    assert {row["outcome"] for row in table} == {Outcome.SUCCESS}  # a report of failures is no function error
    assert fates(ended) == [Fate.SUCCESS] * 6 + [Fate.RETRIES_EXHAUSTED] * 4
    assert [row["runs"] for row in ended] == [1] * 6 + [3] * 4
    assert {row["ended_us"] for row in ended[:6]} == {S}


def test_without_them_one_failing_record_makes_the_whole_batch_fail():
    trigger = backlog(10, batch_size=10, maximum_retry_attempts=0, poison={"records": [6]})
    table, ended, _ = outcome(stream(trigger, duration="10m"))
    assert [row["outcome"] for row in table] == [Outcome.ERROR]
    assert set(fates(ended)) == {Fate.RETRIES_EXHAUSTED}


def test_partial_responses_and_bisection_together_lose_only_the_poison():
    trigger = backlog(100, batch_size=100, maximum_retry_attempts=2, poison={"records": [50]}, **REPORTS)
    alone = fates(outcome(stream(trigger, duration="10m"))[1])
    both = fates(outcome(stream({**trigger, "bisect_batch_on_function_error": True}, duration="10m"))[1])
    assert alone.count(Fate.RETRIES_EXHAUSTED) == 50
    assert both.count(Fate.RETRIES_EXHAUSTED) == 1


def test_records_that_fail_now_and_then_are_done_in_the_end_and_cost_more_runs():
    document = stream(backlog(2000, batch_size=20, **REPORTS), handler={"record_error_rate": "5%"}, duration="3h")
    _, ended, _ = outcome(document)
    assert set(fates(ended)) == {Fate.SUCCESS}
    assert sum(row["runs"] for row in ended) > 2000 * 1.05


def test_an_exception_fails_the_whole_batch_with_partial_responses_too():
    trigger = backlog(10, maximum_retry_attempts=0, **REPORTS)
    _, ended, _ = outcome(stream(trigger, duration="1m", **FAILING))
    assert set(fates(ended)) == {Fate.RETRIES_EXHAUSTED}


# Tumbling windows


def test_no_batch_crosses_the_boundary_of_a_tumbling_window_and_each_window_is_closed_once():
    trigger = {"arrivals": {"at_once": {"events": 95, "at": "0s", "over": "95s"}}, "tumbling_window_in_seconds": 30,
               "batch_size": 100, "maximum_batching_window_in_seconds": 20}  # fmt: skip
    document = stream(trigger, duration="5m", handler={"duration": "100 ms"})
    table, ended, summary = outcome(document)
    batches = {}
    for row in ended:
        batches.setdefault(row["batch"], set()).add(row["queued_us"] // (30 * S))
    assert all(len(windows) == 1 for windows in batches.values())
    closing = [row for row in table if row["records"] == 0]
    assert len(closing) == 4 == summary["final_window_invocations"]
    # The first three are closed once a record of the next one is there, and the batch before has run for 100 ms ...
    assert [row["invoked_us"] / S for row in closing[:3]] == [30.1, 60.1, 90.1]
    # ... and the last two minutes after its end, as none comes.
    assert closing[3]["invoked_us"] == (120 + 120) * S
    assert [row["arrived_us"] for row in closing] == [row["invoked_us"] for row in closing]
    assert set(fates(ended)) == {Fate.SUCCESS}


def test_a_window_without_records_is_not_closed_for_there_is_nothing_to_close():
    trigger = {"arrivals": at("5s", "1005s"), "tumbling_window_in_seconds": 10}
    table, _, _ = outcome(stream(trigger, duration="2000s", **QUICK))
    assert [(row["invoked_us"] / S, row["records"]) for row in table] == [(5, 1), (130, 0), (1005, 1), (1130, 0)]


def test_a_final_invocation_that_fails_is_tried_again_and_given_up_like_a_batch():
    trigger = {"arrivals": at("5s"), "tumbling_window_in_seconds": 10, "maximum_retry_attempts": 1}
    table, ended, summary = outcome(stream(trigger, duration="200s", **FAILING))
    assert fates(ended) == [Fate.RETRIES_EXHAUSTED]
    assert [row["records"] for row in table] == [1, 1, 0, 0]
    assert summary["discarded_batches"] == 2


# Expiry


def test_a_poison_record_blocks_its_shard_until_it_expires_and_takes_good_records_near_expiry_with_it():
    trigger = {"arrivals": {"constant": {"rate": "6/min"}}, "poison": {"records": [10]}}
    document = stream(trigger, duration="25h", drain="15m", handler={"duration": "10 ms"},
                      parameters={"triggers/streams/mapping/backoff/jitter": "20%"})  # fmt: skip
    table, ended, summary = outcome(document)
    poison = ended[10]
    assert poison["queued_us"] == 100 * S
    assert (poison["fate"], poison["ended_us"]) == (Fate.EXPIRED, 100 * S + DAY)
    failed = [row for row in table if row["outcome"] is Outcome.ERROR]
    assert len(failed) == poison["runs"]
    assert 24 * 60 < len(failed) < 24 * 60 + 50  # once a minute, but for the first
    # Meanwhile nothing else runs, and the iterator age grows by a second each second.
    ages = [(row["invoked_us"], row["invoked_us"] - row["arrived_us"]) for row in failed]
    assert all(later - earlier == next_age - age for (earlier, age), (later, next_age) in pairwise(ages))
    assert ages[-1][1] > DAY - 73 * S
    released = next(row for row in table if row["invoked_us"] > failed[-1]["invoked_us"])
    assert not [row for row in ended if poison["arrived_us"] < row["ended_us"] < released["invoked_us"] and
                row["fate"] is Fate.SUCCESS]  # fmt: skip
    # Lost are the poison and the good records that expired before the next try looked.
    lost = {row["event"] for row in ended if row["fate"] is Fate.EXPIRED}
    assert lost == {row["event"] for row in ended[10:] if row["queued_us"] + DAY <= released["invoked_us"]}
    assert 1 < len(lost) < 10
    assert {row["kept"] for row in ended if row["event"] in lost} == {Kept.NOWHERE}
    # Then a day's backlog is caught up within seconds.
    assert set(fates(ended)) == {Fate.SUCCESS, Fate.EXPIRED}
    assert len(ended) == 25 * 360
    assert summary["waiting_max"] == pytest.approx(24 * 360, abs=20)
    caught_up = next(row for row in table if row["invoked_us"] > released["invoked_us"]
                     and row["invoked_us"] - row["arrived_us"] < 10 * S)  # fmt: skip
    assert caught_up["invoked_us"] - released["invoked_us"] < 60 * S


def test_the_retention_can_be_longer():
    trigger = {"arrivals": at("0s"), "retention": "30h"}
    _, ended, _ = outcome(stream(trigger, duration="1h", drain="31h", **FAILING))
    assert ended[0]["ended_us"] == 30 * 3600 * S


def test_with_a_reserved_concurrency_of_zero_records_wait_until_they_expire():
    document = stream({"arrivals": {"constant": {"rate": "1/min"}}, "type": "dynamodb_streams", "shards": 1},
                      function={"reserved_concurrent_executions": 0}, duration="10m", drain="24h")  # fmt: skip
    result = run(document)
    table, ended = rows(result), events(result)
    assert {row["outcome"] for row in table} == {Outcome.THROTTLED}
    assert len(ended) == 10
    assert {(row["fate"], row["runs"]) for row in ended} == {(Fate.EXPIRED, 0)}
    assert all(row["ended_us"] == row["queued_us"] + DAY for row in ended)
    assert result.summary()["functions"]["f"]["invocations"] == 0


def test_what_expires_while_the_run_ends_is_lost_and_what_does_not_is_in_flight():
    document = stream({"arrivals": {"constant": {"rate": "1/min"}}}, duration="10m", drain="23h55m", **FAILING)
    _, ended, summary = outcome(document)
    assert [row["event"] for row in ended] == list(range(6))  # those of 0 to 5 min: the run ends at 24 h 5 min
    assert (summary["events"], summary["in_flight"]) == (10, 4)


@pytest.mark.parametrize("read", [1, 10_000])  # in the shard, or in the lane's buffer
def test_what_expires_between_two_tries_is_lost_wherever_it_waits(read):
    # Tries at 0, 1, 3, 7, 15, 31 and 63 s and then each minute: the run ends a second after a day, before the next.
    document = stream(
        {"arrivals": at("0s", events=5), "batch_size": 1},
        parameters={"triggers/streams/mapping/lane_buffer_batches": 1, "triggers/streams/kinesis/read/records": read},
        handler={"duration": "0.001 ms", "error_rate": "100%"},
        duration="1h",
        drain="82801s",
    )
    _, ended, summary = outcome(document)
    assert [(row["event"], row["fate"], row["ended_us"]) for row in ended] == [(n, Fate.EXPIRED, DAY) for n in range(5)]
    assert [row["runs"] > 0 for row in ended] == [True, False, False, False, False]
    assert summary["in_flight"] == 0


def test_what_is_being_processed_when_the_run_ends_is_not_lost_however_old_it_is():
    document = stream(
        {"arrivals": at("0s")},
        function={"timeout": 900},
        handler={"duration": "900 s", "error_rate": "100%"},
        duration="1h",
        drain="23h7m",
    )
    table, ended, summary = outcome(document)
    assert table[-1]["outcome"] is Outcome.UNFINISHED
    assert table[-1]["invoked_us"] < DAY
    assert not ended
    assert summary["in_flight"] == 1


# Other functions


def test_another_function_that_takes_the_accounts_concurrency_ages_a_healthy_stream():
    document = stream({"arrivals": {"constant": {"rate": "1/s"}}}, duration="10m", handler={"duration": "10 ms"},
                      account={"concurrent_executions": 10})  # fmt: skip
    document["functions"]["greedy"] = {**document["functions"]["f"], "timeout": 300, "handler": {"duration": "200 s"}}
    document["triggers"]["rush"] = {
        "type": "direct", "target": "greedy", "arrivals": at("60500ms", events=10), "client": {"retries": "none"},
    }  # fmt: skip
    table, ended, summary = outcome(document)
    throttled = [row for row in table if row["outcome"] is Outcome.THROTTLED]
    assert set(fates(ended)) == {Fate.SUCCESS}
    assert {row["invoked_us"] // S for row in throttled} <= set(range(60, 260))
    assert max(row["invoked_us"] - row["arrived_us"] for row in table) > 150 * S
    before, after = (
        [row for row in table if low < row["invoked_us"] / S < high] for low, high in ((0, 60), (340, 600))
    )
    for quiet in (before, after):
        assert max(row["invoked_us"] - row["arrived_us"] for row in quiet) < S
    assert summary["write_throttles"] == 0
