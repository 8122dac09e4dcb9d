"""How shards are read: polls, pushes, what a read can take, and what consumers share."""

import numpy as np
import pytest

from lambdasim.errors import InputError
from lambdasim.parameters.book import load_book
from lambdasim.service.clock import Clock
from lambdasim.triggers.streams.readers import Reading
from tests.stream_worlds import S, backlog, events, outcome, stream
from tests.worlds import at, rows, run

QUICK = {"handler": {"duration": "0.001 ms"}}  # a microsecond: what is left of a latency is the way to the function
READ_IN_10_MS = {"triggers/streams/dynamodb_streams/propagation": "10 ms"}
# https://bitesizedserverless.com/bite/serverless-messaging-latency-compared/: ms, p10 p50 p90 p99
MEASURED = {
    "kinesis": ({"type": "kinesis"}, (267, 627, 965, 1580)),
    "enhanced fan-out": ({"type": "kinesis", "enhanced_fan_out": True}, (29, 49, 68, 109)),
    "dynamodb": ({"type": "dynamodb_streams", "shards": 1}, (118, 213, 341, 552)),
}


def idle_latencies_ms(trigger, *, seed=1):
    """From write to the function's start, of records so rare that none meets another; 40 streams of one shard each."""
    document = stream({}, as_measured=True, duration="50m", seed=seed, **QUICK)
    one = {**trigger, "target": "f", "arrivals": {"poisson": {"rate": "0.02/s"}}}
    document["triggers"] = {f"t{n}": one for n in range(40)}
    started = {}
    result = run(document)
    for row in rows(result):
        started[row["trigger"], row["event"]] = row["started_us"]
    return np.array([
        (started[trigger, row["batch"]] - row["arrived_us"]) / 1000
        for trigger in range(40) for row in events(result, trigger)
    ])  # fmt: skip


@pytest.mark.parametrize(("name", "p50", "p90", "p99"), [
    ("kinesis", 0.05, 0.12, 0.15), ("enhanced fan-out", 0.05, 0.08, 0.15), ("dynamodb", 0.05, 0.06, 0.15),
])  # fmt: skip
def test_the_way_from_the_stream_to_the_function_takes_as_long_as_was_measured(name, p50, p90, p99):
    # The fits' own errors (see the parameter book) are 7 % at Kinesis' p90 and 2 % at DynamoDB's; the rest is sampling.
    trigger, (_, *measured) = MEASURED[name]
    latencies = idle_latencies_ms(trigger)
    assert latencies.size > 2000
    found = np.percentile(latencies, [50, 90, 99])
    for value, expected, tolerance in zip(found, measured, (p50, p90, p99), strict=True):
        assert value == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize(("name", "entry", "interval_ms"), [
    ("kinesis", "kinesis", 1000), ("dynamodb", "dynamodb_streams", 250),
])  # fmt: skip
def test_the_propagation_is_what_a_uniform_wait_for_the_next_poll_leaves_of_the_measured_latency(
    name, entry, interval_ms
):
    from lambdasim.scenario.distributions import distribution_from  # noqa: PLC0415

    propagation = distribution_from(load_book().value(f"triggers/streams/{entry}/propagation"))
    generator = np.random.Generator(np.random.PCG64(5))
    sums = generator.random(400_000) * interval_ms + propagation.sample(generator, 400_000) / 1000
    p10, p50, p90, p99 = np.percentile(sums, [10, 50, 90, 99]) / MEASURED[name][1]
    assert (p50, p99) == (pytest.approx(1, abs=0.01), pytest.approx(1, abs=0.02))
    assert 1 < p90 < 1.09
    assert 0.7 < p10 < 1


def test_enhanced_fan_out_is_ten_times_as_fast_as_polling():
    polled, pushed = (np.median(idle_latencies_ms(MEASURED[name][0])) for name in ("kinesis", "enhanced fan-out"))
    assert polled > 10 * pushed


def test_a_shard_is_polled_once_a_second_and_one_of_dynamodb_four_times_whether_or_not_there_is_anything():
    for trigger, calls in (({}, 1), ({"shards": 3}, 3), ({"type": "dynamodb_streams", "shards": 1}, 4)):
        document = stream({**trigger, "arrivals": at("10s", "40s")}, as_measured=True, duration="1h", warm_up="10m")
        assert outcome(document)[2]["reads"] == calls * 3000


def test_polls_are_counted_wherever_the_measured_span_begins_and_ends():
    reading = Reading(10, 1, 1.0, (25, 75))
    for after in range(-1, 100):
        for before in range(after, 100):
            ticks = [tick for tick in range(3, 100, 10) if after < tick < before and 25 <= tick < 75]
            assert reading.polls(3, after, before) == len(ticks)


def test_an_idle_stream_costs_no_event_of_the_clock_for_its_polls(monkeypatch):
    asked = []
    arrive = Clock.arrive
    monkeypatch.setattr(
        Clock, "arrive", lambda clock, at_us, action: (asked.append(at_us), arrive(clock, at_us, action))
    )
    document = stream({"shards": 50, "arrivals": at("1h", "20h")}, as_measured=True, duration="24h")
    _, table, summary = outcome(document)
    assert len(table) == 2
    assert summary["reads"] == pytest.approx(50 * 24 * 3600, abs=2)  # a tick passes unused if a read takes longer
    assert len(asked) < 20


def test_what_a_read_leaves_behind_is_read_without_a_pause():
    # In reads of 10,000, a second apart if there were a pause; so small that 2 MB/s does not bind.
    trigger = backlog(35_000, batch_size=10_000, payload_size="0.01 KB")
    propagation = {"triggers/streams/kinesis/propagation": "100 ms"}
    table, _, summary = outcome(stream(trigger, as_measured=True, parameters=propagation, duration="10s", **QUICK))
    starts = [row["invoked_us"] for row in table]
    assert [row["records"] for row in table] == [10_000, 10_000, 10_000, 5_000]
    assert np.diff(starts).tolist() == [100_000] * 3
    assert summary["reads"] == 3 + 10


def test_a_batch_of_more_than_1000_records_takes_several_reads_of_a_dynamodb_stream():
    trigger = backlog(3000, type="dynamodb_streams", shards=1, batch_size=3000)
    at_once, _, _ = outcome(stream(trigger, parameters=READ_IN_10_MS, duration="1m", **QUICK))
    assert [row["records"] for row in at_once] == [1000] * 3
    trigger["maximum_batching_window_in_seconds"] = 5
    table, _, _ = outcome(stream(trigger, parameters=READ_IN_10_MS, duration="1m", **QUICK))
    assert [row["records"] for row in table] == [3000]
    assert table[0]["invoked_us"] == 30_000  # full before its window is over


def test_a_read_of_dynamodb_takes_1_mb():
    trigger = backlog(100, type="dynamodb_streams", shards=1, batch_size=100, payload_size="100 KB")
    table, _, _ = outcome(stream(trigger, parameters=READ_IN_10_MS, duration="1m", **QUICK))
    assert [row["records"] for row in table] == [10] * 10


LIMITS_OF_READS = [f"triggers/streams/kinesis/read/{name}_per_second" for name in ("mb", "calls")]


def catching_up_s(**trigger):
    """How long it takes to read 20 MB in records of 1 KB from one shard."""
    document = stream(
        backlog(20_480, batch_size=10_000, **trigger),
        parameters={path: load_book().value(path) for path in LIMITS_OF_READS},
        duration="1m",
        **QUICK,
    )
    if "targets" in trigger:
        del document["triggers"]["t"]["target"]
        document["functions"] |= dict.fromkeys(trigger["targets"], document["functions"]["f"])
    return max(row["invoked_us"] for row in outcome(document)[0]) / S


def test_consumers_of_a_shard_share_2_mb_a_second_and_those_of_enhanced_fan_out_do_not():
    # The last read is let in when those before are paid off: 20 MB, of one of them or of each.
    assert catching_up_s() == pytest.approx(10, rel=0.05)
    assert catching_up_s(targets=["f", "g"]) == pytest.approx(2 * 10, rel=0.05)
    # A push brings what a second may, the first one at once.
    for consumers in ({}, {"targets": ["f", "g"]}):
        assert catching_up_s(**consumers, enhanced_fan_out=True) == pytest.approx(10 - 1, rel=0.02)


def test_five_reads_a_second_of_a_shard_are_shared_by_all_who_poll_it():
    # Ten functions poll once a second each, and a shard lets five in: each has its records every other second.
    names = [f"f{n}" for n in range(10)]
    document = stream(
        {"targets": names, "arrivals": {"constant": {"rate": "20/s"}}, "batch_size": 1000},
        as_measured=True,
        parameters={"triggers/streams/kinesis/propagation": "0 s"},
        duration="60s",
        warm_up="10s",
        **QUICK,
    )
    del document["triggers"]["t"]["target"]
    document["functions"] = dict.fromkeys(names, document["functions"]["f"])
    result = run(document)
    reads = result.summary()["triggers"]["t"]["reads"]
    assert 5 * 50 <= reads < 6 * 50  # those that are held back count once, and a few more find nothing
    by_second = np.bincount(result.invocation_columns["invoked_us"] // S)[10:60]
    assert set(by_second) <= {4, 5, 6}
    assert by_second.mean() == pytest.approx(5, abs=0.05)


@pytest.mark.parametrize("entry", ["polls_per_second", "read/calls_per_second", "write/mb_per_second"])
def test_a_limit_set_to_nothing_is_an_error_and_no_endless_wait(entry):
    document = stream({"arrivals": at("1s")}, parameters={f"triggers/streams/kinesis/{entry}": 0}, duration="1m")
    with pytest.raises(InputError, match=rf"{entry}: 0 is below 0\.001 "):
        run(document)


def test_a_stuck_lane_stops_the_reading_of_its_shard_once_its_buffer_is_full():
    # Each lane gets about 5 records/s. Ten batches of 10 are full after some 20 s; then the other gets nothing more.
    trigger = {"arrivals": {"constant": {"rate": "10/s"}}, "parallelization_factor": 2, "batch_size": 10}
    stuck_lane = outcome(stream(trigger, duration="1s"))[1][0]["lane"]
    trigger["poison"] = {"records": [0]}
    _, table, summary = outcome(stream(trigger, duration="10m", handler={"duration": "10 ms"}))
    assert {row["fate"].name for row in table} == {"SUCCESS"}
    assert {row["lane"] for row in table} == {1 - stuck_lane}
    assert 10 * S < max(row["arrived_us"] for row in table) < 40 * S
    assert summary["waiting_end"] == 6000 - len(table)
    endless = {"triggers/streams/mapping/lane_buffer_batches": 10_000}
    _, table, _ = outcome(stream(trigger, duration="10m", handler={"duration": "10 ms"}, parameters=endless))
    assert max(row["arrived_us"] for row in table) > 599 * S
