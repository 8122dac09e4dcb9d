"""The stream itself: keys to shards and lanes, what a shard takes and gives."""

import math
from itertools import pairwise

import numpy as np
import pytest

from lambdasim.parameters.book import load_book
from lambdasim.triggers.pace import Pace
from lambdasim.triggers.streams.settings import shards_of
from lambdasim.triggers.streams.shards import Lanes, ReadLimits, Shard, WriteLimit
from tests.stream_worlds import S, events, outcome, stream
from tests.theory.laws import LIMIT
from tests.worlds import load, run


def lanes(count, *, seed=1, keys=None, zipf=1.0):
    return Lanes(seed, "t", count, keys, zipf)


def z_of_count(count, trials, probability):
    """Standard errors between a count of independent trials and its mean."""
    return (count - trials * probability) / math.sqrt(trials * probability * (1 - probability))


def test_records_without_keys_spread_evenly_over_the_lanes():
    of = lanes(7).of
    counts = np.bincount([of(event) for event in range(20_000)], minlength=7)
    assert all(abs(z_of_count(count, 20_000, 1 / 7)) < LIMIT for count in counts)


def test_a_key_always_goes_to_one_lane_and_the_backlog_has_the_keys_one_after_the_other():
    of = lanes(16, keys=5).of_backlog
    assert [of(event) for event in range(5)] * 20 == [of(event) for event in range(100)]


def test_twice_the_shards_split_each_shard_and_move_no_key_elsewhere():
    few, many = lanes(8), lanes(16)
    keyed_few, keyed_many = lanes(8, keys=1000), lanes(16, keys=1000)
    for event in range(1000):
        assert few.of(event) == many.of(event) // 2
        assert keyed_few.of(event) == keyed_many.of(event) // 2


def test_keys_are_as_frequent_as_zipfs_law_says():
    # As many lanes as make collisions of 10 keys unlikely: the key can be told by the lane.
    drawn = lanes(10**6, keys=10, zipf=1.2)
    of_key = [drawn.of_backlog(key) for key in range(10)]
    assert len(set(of_key)) == 10
    found = [drawn.of(event) for event in range(50_000)]
    weights = [rank**-1.2 for rank in range(1, 11)]
    for rank, lane in enumerate(of_key):
        assert abs(z_of_count(found.count(lane), 50_000, weights[rank] / sum(weights))) < LIMIT


def test_the_share_of_a_key_falls_with_its_rank_by_an_exponent_of_one_unless_told_otherwise():
    trigger = {"arrivals": {"constant": {"rate": "500/s"}}, "shards": 1000, "partition_keys": {"count": 20}}
    _, table, _ = outcome(stream(trigger, duration="60s", handler={"duration": "1 ms"}))
    of_key = [Lanes(0, "t", 1000, 20, 1.0).of_backlog(key) for key in range(20)]
    assert len(set(of_key)) == 20  # each key has a shard for itself
    found = np.bincount([row["lane"] for row in table], minlength=1000)[of_key]
    assert found.sum() == len(table) == 30_000
    shares = 1 / np.arange(1, 21)
    shares /= shares.sum()
    assert np.abs((found - 30_000 * shares) / np.sqrt(30_000 * shares * (1 - shares))).max() < LIMIT
    slope = np.polyfit(np.log(np.arange(1, 21)), np.log(found), 1, w=np.sqrt(found))[0]
    assert slope == pytest.approx(-1, abs=0.03)


def test_an_exponent_of_zero_makes_all_keys_alike():
    drawn = lanes(10**6, keys=4, zipf=0.0)
    found = [drawn.of(event) for event in range(20_000)]
    assert all(abs(z_of_count(found.count(drawn.of_backlog(key)), 20_000, 0.25)) < LIMIT for key in range(4))


def test_a_token_bucket_and_a_timetable_let_the_same_through():
    # 1,000 a second and a bucket of 1,000: 2,000 offered a second for 5 s, of which 1,000 + 5,000 fit (less the last).
    pace = Pace(1_000_000_000 - 1_000_000)
    taken = 0
    for at_us in range(0, 5 * S, 500):
        if pace.earliest_us(at_us) == at_us:
            pace.take(at_us, 1_000_000)
            taken += 1
    assert abs(taken - 6000) <= 1


@pytest.mark.parametrize(("record_kb", "per_second"), [(1, 1000), (0.1, 1000), (10, 102.4), (100, 10.24)])
def test_a_shard_takes_1000_records_or_1_mb_a_second_whichever_is_less(record_kb, per_second):
    writes = WriteLimit(1000, 1, burst_s=1, record_mb=record_kb / 1024)
    at_us = 0
    for _ in range(3000):
        at_us = writes.earliest_us(at_us)
        writes.take(at_us)
    assert at_us / S == pytest.approx((3000 - per_second) / per_second, rel=1e-3)  # a second's worth at once


def test_a_shard_of_kinesis_has_the_limits_that_aws_documents():
    document = stream({"arrivals": "none", "backlog": 1, "payload_size": "100 KB"}, as_measured=True)
    [shard] = shards_of(load(document).triggers["t"], load_book())
    for _ in range(5):
        assert shard.reads.earliest_us(0) == 0
        shard.reads.take(0, 0)
    assert shard.reads.earliest_us(0) == S // 5
    shard.reads.take(S, 10)
    assert shard.reads.earliest_us(S) == 6 * S  # 10 MB at 2 MB/s
    at_us = 0
    for _ in range(100):
        at_us = shard.writes.earliest_us(at_us)
        shard.writes.take(at_us)
    assert at_us / S == pytest.approx((100 - 10.24) / 10.24, rel=1e-3)  # 1 MB/s, a second's worth of it at once


def test_five_calls_a_second_are_let_in_and_a_call_of_10_mb_bars_the_next_for_5_s():
    calls = ReadLimits(5, 2)
    for _ in range(5):
        assert calls.earliest_us(S) == S
        calls.take(S, 0)
    assert calls.earliest_us(S) == S + S // 5
    calls = ReadLimits(5, 2)
    calls.take(S, 10)
    assert calls.earliest_us(S) == 6 * S


def test_each_reader_of_a_shard_has_a_position_of_its_own_and_what_all_have_read_is_forgotten():
    shard = Shard(None, ReadLimits(None, None), readers=2)
    for event in range(20_000):
        shard.append((event // 2, event, 0, 0, None))
    assert [record[1] for record in shard.take(0, until_us=2, most=100)] == [0, 1, 2, 3, 4, 5]
    assert [record[1] for record in shard.take(0, until_us=10**9, most=3)] == [6, 7, 8]
    assert shard.next_us(0) == 9 // 2
    for _ in range(3):
        shard.take(0, until_us=10**9, most=7000)
    assert shard.next_us(0) is None
    assert len(shard._records) == 20_000
    read = [record[1] for _ in range(4) for record in shard.take(1, until_us=10**9, most=4500)]
    assert read == list(range(18_000))
    assert len(shard._records) <= 20_000 - 18_000 + 4500
    assert [record[1] for record in shard.unread(1)] == list(range(18_000, 20_000))
    shard.append((10**9, 20_000, 0, 0, None))
    assert [record[1] for record in shard.take(0, until_us=10**9, most=7000)] == [20_000]


def test_producers_are_throttled_at_1000_records_a_second_per_shard_and_try_again_until_the_shard_takes_them():
    arrivals = {"constant": {"rate": "2000/s"}}
    result = run(stream({"arrivals": arrivals, "batch_size": 10_000}, duration="10s", handler={"duration": "1 ms"}))
    table = events(result)
    assert len(table) == 20_000
    late = [row for row in table if row["queued_us"] > row["arrived_us"]]
    assert result.summary()["triggers"]["t"]["write_throttles"] == len(late)
    # One second's worth at once, then 1,000 a second: the n-th record is written n / 1,000 - 1 s after the start.
    for row in late:
        assert row["queued_us"] == pytest.approx((row["event"] + 1) * 1000 - S, abs=2)
    assert all(row["queued_us"] <= follower["queued_us"] for row, follower in pairwise(table))


def test_two_shards_take_twice_as_much():
    trigger = {"arrivals": {"constant": {"rate": "2000/s"}}, "shards": 2, "batch_size": 10_000}
    _, table, summary = outcome(stream(trigger, duration="10s", handler={"duration": "1 ms"}))
    assert max(row["queued_us"] - row["arrived_us"] for row in table) < S
    assert summary["hottest_shard_share"] == pytest.approx(0.5, abs=0.02)


def test_a_producer_that_does_not_try_again_loses_what_its_shard_refuses():
    trigger = {"arrivals": {"constant": {"rate": "2000/s"}}, "on_write_throttle": "drop", "batch_size": 10_000}
    _, table, summary = outcome(stream(trigger, duration="10s", handler={"duration": "1 ms"}))
    refused = [row for row in table if row["fate"].name == "WRITE_THROTTLED"]
    assert abs(len(refused) - (20_000 - 1000 - 10_000)) <= 1
    assert summary["write_throttles"] == len(refused) == summary["events"] - summary["successes"]
    assert all(row["queued_us"] == -1 and row["ended_us"] == row["arrived_us"] for row in refused)
    assert summary["put_units"] == summary["successes"]


def test_a_frequent_key_makes_a_hot_shard_that_throttles_while_the_others_have_room():
    keys = {"count": 100, "zipf": 1.2}
    trigger = {"arrivals": {"poisson": {"rate": "3000/s"}}, "shards": 8, "partition_keys": keys}
    document = stream({**trigger, "batch_size": 10_000}, duration="10s", handler={"duration": "1 ms"}, seed=3)
    _, table, summary = outcome(document)
    shares = np.arange(1, 101) ** -1.2
    of_key = [Lanes(3, "t", 8, 100, 1.2).of_backlog(key) for key in range(100)]
    expected = np.bincount(of_key, weights=shares / shares.sum(), minlength=8)
    found = np.bincount([row["lane"] for row in table], minlength=8)
    for shard, probability in enumerate(expected):
        assert abs(z_of_count(found[shard], len(table), probability)) < LIMIT
    assert expected.max() * 3000 > 1100  # more than a shard takes, even with its burst
    hottest = int(expected.argmax())
    throttled = {row["lane"] for row in table if row["queued_us"] > row["arrived_us"]}
    assert throttled == {hottest}
    # Written within the span are a second's worth and 10 s of the limit there, all elsewhere.
    written = len(table) - found[hottest] + 11_000
    assert summary["hottest_shard_share"] == pytest.approx(11_000 / written, rel=0.01)


def test_all_targets_of_a_stream_get_each_record_and_writes_count_once():
    document = stream({"targets": ["f", "g"], "arrivals": {"constant": {"rate": "10/s"}}}, duration="1m")
    document["functions"]["g"] = document["functions"]["f"]
    del document["triggers"]["t"]["target"]
    result = run(document)
    by_function = [[row["event"] for row in events(result) if row["function"] == function] for function in (0, 1)]
    assert by_function == [list(range(600))] * 2
    summary = result.summary()
    assert summary["triggers"]["t"]["events"] == 1200
    assert [summary["functions"][name]["events"] for name in "fg"] == [600, 600]
    assert summary["triggers"]["t"]["put_units"] == 600
