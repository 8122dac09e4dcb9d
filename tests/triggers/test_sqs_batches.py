"""How messages come together in batches, and what becomes of a batch of which a part fails."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sqs_worlds import at, batches, counts, messages, run, series, sqs, sqs_world

from lambdasim.codes import Fate, Kept, Outcome
from tests.theory.worlds import function

S = 1_000_000
REPORTING = {"function_response_types": ["ReportBatchItemFailures"]}


def sent(result):
    return [(row["invoked_us"] / S, row["records"]) for row in batches(result)]


def test_a_backlog_comes_in_full_batches_and_a_quiet_queue_in_small_ones():
    result = run(sqs_world("1 s", queue={"backlog": 25}, trigger={"batch_size": 10, "arrivals": at("100s", "200s")}))
    assert sent(result) == [(0, 10), (0, 10), (0, 5), (100, 1), (200, 1)]


def test_messages_that_are_sent_at_one_instant_are_received_by_one_poll_after_the_other():
    result = run(sqs_world("1 s", trigger={"batch_size": 10, "arrivals": at("3s", events=12)}))
    assert sent(result) == [(3, 10), (3, 2)]


def test_the_time_of_a_batch_grows_with_its_records():
    result = run(sqs_world("1 s", handler={"per_record": "100 ms"}, queue={"backlog": 7}))
    [batch] = batches(result)
    assert batch["ended_us"] - batch["started_us"] == 1_700_000


def test_a_batch_is_as_old_as_the_last_of_its_messages():
    trigger = {"scaling_config": {"maximum_concurrency": 2}, "arrivals": at("0s", "0s", "3s", "5s"), "batch_size": 10}
    result = run(sqs_world("10 s", trigger={**trigger, "batch_size": 2}))
    assert [(row["arrived_us"] // S, row["records"]) for row in batches(result)] == [(0, 2), (3, 1), (5, 1)]


def windowed(arrivals, window=5, **trigger):
    keys = {"maximum_batching_window_in_seconds": window, "arrivals": arrivals, "batch_size": 10, **trigger}
    return run(sqs_world("1 s", trigger=keys))


def test_a_window_on_a_quiet_queue_waits_for_the_long_poll_to_end():
    assert sent(windowed(at("100s"))) == [(120, 1)]
    assert sent(windowed(at("100s"), window=20)) == [(120, 1)]
    assert sent(windowed(at("100s"), window=90)) == [(190, 1)]


def test_pollers_take_turns_at_a_window_s_messages():
    # Five pollers, a message a second: each has every fifth one, and its window of 5 s ends with the second.
    result = windowed({"constant": {"rate": "1/s"}})
    assert sent(result)[:5] == [(5, 2), (6, 2), (7, 2), (8, 2), (9, 2)]


def test_a_window_ends_early_when_the_batch_is_full():
    result = windowed(at("10s", events=50), window=300)
    assert sent(result) == [(10, 10)] * 5


def test_a_window_ends_on_time_once_a_second_message_has_come():
    # Two pollers: one gets the messages of 10 and 12 s, the other that of 11 s, and then nothing for 20 s.
    result = windowed(at("10s", "11s", "12s"), window=5, scaling_config={"maximum_concurrency": 2})
    assert sent(result) == [(15, 2), (31, 1)]


def test_large_batches_take_ten_messages_a_receive():
    result = run(
        sqs_world("1 s", queue={"backlog": 1000}, trigger={"batch_size": 500, "maximum_batching_window_in_seconds": 1})
    )
    assert sent(result) == [(0, 500), (0, 500)]
    found = counts(result)
    assert found["receive_requests"] - found["empty_receives"] == 100
    assert found["delete_requests"] == 100


def test_batches_are_cut_at_the_6_mb_of_an_invocation():
    # Six messages of 1,023.2 KB, each with 0.8 KB of metadata, are 6 MB; of 1 MB only five go with it.
    for size, most in (("1023.2 KB", 6), ("1 MB", 5), ("99.2 KB", 61), ("0.1 KB", 6826)):
        trigger = {"batch_size": 10_000, "maximum_batching_window_in_seconds": 300, "payload_size": size}
        result = run(sqs_world("1 s", queue={"backlog": 2 * most}, trigger=trigger, length="1m"))
        assert {row["records"] for row in batches(result)} == {most}, size


def test_an_idle_queue_is_picked_up_after_the_measured_latency_and_a_backlog_at_once():
    latency = {"triggers/sqs/mapping/pick_up_latency/standard": {"lognormal": {"median": "16 ms", "p99": "105 ms"}}}
    result = run(
        sqs_world("10 ms", trigger={"arrivals": {"constant": {"rate": "1/s"}}, "batch_size": 1}, length="2000s",
                  parameters=latency)
    )  # fmt: skip
    waits_ms = np.array([row["invoked_us"] - row["arrived_us"] for row in batches(result)]) / 1000
    assert np.median(waits_ms) == pytest.approx(16, rel=0.08)
    assert np.quantile(waits_ms, 0.99) == pytest.approx(105, rel=0.25)
    backlog = run(sqs_world("1 s", queue={"backlog": 100}, trigger={"batch_size": 1}, parameters=latency))
    assert all(row["invoked_us"] % S == 0 for row in batches(backlog))


def poisoned(rate, **trigger):
    trigger = {"poison": {"rate": rate}, "batch_size": 10, "arrivals": {"poisson": {"rate": "20/s"}}, **trigger}
    queue = {"visibility_timeout": "60 s", "max_receive_count": 3}
    return run(sqs_world("1 s", timeout=30, queue=queue, trigger=trigger, length="5m", drain="1h"))


def test_a_poison_message_runs_as_often_as_it_may_be_received_and_takes_others_along():
    result = poisoned("1%", maximum_batching_window_in_seconds=1)
    rows = messages(result)
    dead = [row for row in rows if row["fate"] is Fate.RECEIVES_EXCEEDED]
    assert len(dead) > 30
    assert {(row["runs"], row["kept"]) for row in dead} == {(3, Kept.DEAD_LETTER_QUEUE)}
    innocent = [row for row in rows if row["fate"] is Fate.SUCCESS and row["runs"] > 1]
    assert len(innocent) > 2 * len(dead)
    assert sum(row["runs"] for row in rows) == sum(row["records"] for row in batches(result))


def test_one_poison_message_multiplies_the_work_of_its_batch_by_the_receives_it_is_allowed():
    # Ten messages in one batch of which one is poison: with seed and rate such that exactly one is.
    for seed in range(1, 200):
        result = run(
            sqs_world("1 s", timeout=30, queue={"backlog": 10, "visibility_timeout": "60 s", "max_receive_count": 4},
                      trigger={"poison": {"rate": "10%"}}, length="1h"),
            seed=seed,
        )  # fmt: skip
        rows = messages(result)
        if sum(row["runs"] == 4 and row["fate"] is Fate.RECEIVES_EXCEEDED for row in rows) >= 1:
            break
    assert sum(row["runs"] for row in rows) == 10 * 4
    assert {row["outcome"] for row in batches(result)} == {Outcome.ERROR}
    assert counts(result)["dead_lettered"] == 10  # the innocent ones were received as often


def test_with_partial_responses_only_the_poison_message_comes_back():
    result = poisoned("5%", **REPORTING)
    rows = messages(result)
    assert {row["runs"] for row in rows if row["fate"] is Fate.SUCCESS} == {1}
    assert {row["runs"] for row in rows if row["fate"] is Fate.RECEIVES_EXCEEDED} == {3}
    share = sum(row["fate"] is Fate.RECEIVES_EXCEEDED for row in rows) / len(rows)
    assert abs(share - 0.05) < 4 * (0.05 * 0.95 / len(rows)) ** 0.5
    assert {row["outcome"] for row in batches(result)} == {Outcome.SUCCESS}  # the function returned


def test_an_invocation_that_fails_as_a_whole_fails_all_its_messages_with_partial_responses_too():
    result = run(
        sqs_world("1 s", timeout=30, handler={"error_rate": 1}, length="1h", trigger=REPORTING,
                  queue={"backlog": 10, "visibility_timeout": "60 s", "max_receive_count": 2})
    )  # fmt: skip
    assert {(row["fate"], row["runs"]) for row in messages(result)} == {(Fate.RECEIVES_EXCEEDED, 2)}


def test_a_message_may_fail_by_chance_and_succeed_at_another_receive():
    result = run(
        sqs_world("1 s", timeout=30, handler={"record_error_rate": 0.3}, length="2h", trigger=REPORTING,
                  queue={"backlog": 5000, "visibility_timeout": "60 s"})
    )  # fmt: skip
    runs = np.array([row["runs"] for row in messages(result)])
    assert counts(result)["successes"] == 5000
    for n in (1, 2, 3):  # geometric: each run fails with probability 0.3, whatever happened before
        share = 0.3 ** (n - 1) * 0.7
        assert abs((runs == n).mean() - share) < 4 * (share * (1 - share) / 5000) ** 0.5


def test_a_filter_deletes_what_does_not_match_and_lowers_runs_but_not_polls():
    def world(**keys):
        trigger = {"arrivals": {"poisson": {"rate": "5/s"}}, "batch_size": 1, **keys}
        return run(sqs_world("100 ms", trigger=trigger, length="10m", drain="1m"))

    everything, fifth = world(), world(filter={"pass": "20%"})
    rows = messages(fifth)
    dropped = [row for row in rows if row["fate"] is Fate.FILTERED]
    assert {(row["runs"], row["attempts"], row["batch"]) for row in dropped} == {(0, 1, -1)}
    assert abs(len(dropped) / len(rows) - 0.8) < 4 * (0.16 / len(rows)) ** 0.5
    assert len(batches(fifth)) == len(rows) - len(dropped) < 0.3 * len(batches(everything))
    assert counts(fifth)["receive_requests"] == pytest.approx(counts(everything)["receive_requests"], rel=0.02)
    assert counts(fifth)["received"] == counts(everything)["received"] == len(rows)
    assert counts(fifth)["deleted"] == pytest.approx(len(rows), abs=2)  # the last ones in the drain
    assert sum(series(fifth, "FilteredOutEventCount")[:10]) == counts(fifth)["filtered"]
    found = counts(fifth)
    assert found["events"] == found["successes"] == len(batches(fifth))  # what was filtered was not offered


def test_without_a_window_a_batch_is_what_one_receive_found_less_what_the_filter_dropped():
    trigger = {"filter": {"pass": "50%"}, "batch_size": 10}
    result = run(sqs_world("1 s", queue={"backlog": 1000}, length="1m", trigger=trigger))
    sizes = np.array([row["records"] for row in batches(result)])
    assert abs(sizes.mean() - 5) < 4 * (10 * 0.25 / len(sizes)) ** 0.5
    assert len(sizes) == 100


def test_what_a_filter_drops_leaves_room_in_a_window():
    result = run(
        sqs_world("1 s", queue={"backlog": 1000}, length="1m",
                  trigger={"filter": {"pass": "50%"}, "batch_size": 100, "maximum_batching_window_in_seconds": 60})
    )  # fmt: skip
    sizes = [row["records"] for row in batches(result)]
    assert sizes[:4] == [100] * 4


@pytest.mark.parametrize("size", [1, 7])
def test_fifo_messages_of_one_group_run_one_batch_at_a_time_and_in_order(size):
    result = run(
        sqs_world("1 s", queue={"fifo": True, "message_groups": 1, "backlog": 40}, trigger={"batch_size": size})
    )
    rows = batches(result)
    assert all(later["started_us"] >= earlier["ended_us"] for earlier, later in pairwise(rows))
    assert [row["event"] for row in sorted(messages(result), key=lambda row: (row["ended_us"], row["event"]))] == list(
        range(40)
    )
    assert counts(result)["drained_s"] == -(-40 // size)


def test_fifo_groups_run_side_by_side_at_once_without_a_ramp():
    trigger = {"batch_size": 1}
    result = run(
        sqs_world("10 s", queue={"fifo": True, "message_groups": 200, "backlog": 5000}, trigger=trigger, length="5s")
    )
    first = [row for row in batches(result) if row["invoked_us"] == 0]
    assert len(first) == 200
    ramping = {"triggers/sqs/pollers/fifo_has_no_ramp": False}
    queue = {"fifo": True, "message_groups": 200, "backlog": 5000}
    result = run(sqs_world("10 s", queue=queue, trigger=trigger, length="5s", parameters=ramping))
    assert [row["invoked_us"] // S for row in batches(result)] == [n // 5 for n in range(30)]
    limited = {**trigger, "scaling_config": {"maximum_concurrency": 30}}
    result = run(
        sqs_world("10 s", queue={"fifo": True, "message_groups": 200, "backlog": 5000}, trigger=limited, length="5s")
    )
    assert len([row for row in batches(result) if row["invoked_us"] == 0]) == 30


def test_groups_that_become_free_together_go_on_side_by_side():
    # All nine groups come in one batch; when it has run, each has ten messages more, and a batch takes one group.
    arrivals = {"sum": [at("0s", events=9), at("1s", events=400)]}
    result = run(
        sqs_world("1500 ms", queue={"fifo": True, "message_groups": 2}, trigger={"arrivals": arrivals}, length="1m")
    )
    assert [(row["invoked_us"], row["records"]) for row in batches(result)[:3]] == [
        (0, 9),
        (1_500_000, 10),
        (1_500_000, 10),
    ]


def test_a_failing_fifo_message_blocks_its_group_until_it_is_given_up_and_no_other():
    world = sqs_world(
        "1 s",
        timeout=20,
        queue={"fifo": True, "message_groups": 2, "backlog": 40, "visibility_timeout": "20 s", "max_receive_count": 3},
        trigger={"batch_size": 1, "poison": {"rate": "3%"}},
        length="1h",
    )
    for seed in range(1, 100):
        result = run(world, seed=seed)
        poison = [row for row in messages(result) if row["fate"] is Fate.RECEIVES_EXCEEDED]
        if len(poison) == 1:
            break
    [bad] = poison
    group = [row for row in messages(result) if row["lane"] == bad["lane"]]
    others = [row for row in messages(result) if row["lane"] != bad["lane"]]
    before = [row["ended_us"] for row in group if row["event"] < bad["event"]]
    after = [row["ended_us"] for row in group if row["event"] > bad["event"]]
    began_us = max(before, default=0)
    assert bad["ended_us"] == began_us + 60 * S  # three visibility timeouts
    assert min(after) == bad["ended_us"] + 1 * S
    assert max(row["ended_us"] for row in others) == len(others) * S  # never waited


def test_a_partial_response_on_a_fifo_queue_keeps_the_order_of_the_group():
    result = run(
        sqs_world("1 s", timeout=20, handler={"record_error_rate": 0.1}, length="2h", trigger=REPORTING,
                  queue={"fifo": True, "message_groups": 5, "backlog": 500, "visibility_timeout": "20 s"})
    )  # fmt: skip
    for group in range(5):
        rows = [row for row in messages(result) if row["lane"] == group]
        ends = [row["ended_us"] for row in rows]
        assert ends == sorted(ends)
        assert [row["event"] for row in rows] == sorted(row["event"] for row in rows)
    assert counts(result)["successes"] == 500


def test_zipf_gives_the_first_groups_more_messages():
    groups = {"count": 50, "zipf": 1.2}
    result = run(
        sqs_world("1 ms", queue={"fifo": True, "message_groups": groups, "backlog": 20_000}, trigger={"batch_size": 10})
    )
    lanes = np.bincount([row["lane"] for row in messages(result)], minlength=50)
    weights = np.arange(1, 51) ** -1.2
    shares = weights / weights.sum()
    errors = (lanes / 20_000 - shares) / np.sqrt(shares * (1 - shares) / 20_000)
    assert np.abs(errors).max() < 4


def test_mappings_that_share_a_fifo_queue_keep_its_order_too():
    world = sqs_world(
        functions={"f": function("1 s"), "g": function("2 s")},
        triggers={
            "a": sqs("f", {"fifo": True, "message_groups": 3, "backlog": 200}, batch_size=4),
            "b": sqs("g", {"shared_with": "a"}, batch_size=4),
        },
    )
    result = run(world)
    rows = messages(result, 0) + messages(result, 1)
    assert len(rows) == 200
    assert len(messages(result, 1)) > 20
    for group in range(3):
        mine = sorted((row for row in rows if row["lane"] == group), key=lambda row: row["event"])
        ends = [row["ended_us"] for row in mine]
        assert ends == sorted(ends)
