"""Whatever the stream: no record is lost or ends twice, lanes keep their order, and no more runs than lanes."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.codes import Fate, Kept, Outcome
from lambdasim.records import NEVER
from lambdasim.triggers.streams.shards import Lanes
from tests.properties.strategies import EXAMPLES, parsed, run, share

S = 1_000_000
ROUND = st.sampled_from(["1 ms", "500 ms", "1 s", "5 s"])
ARRIVALS = st.sampled_from(
    [
        {"constant": {"rate": "4/s"}},
        {"poisson": {"rate": "20/s"}},
        {"at_once": {"events": 150, "at": "0 s", "over": "0 s"}},
        {"batch": {"rate": "0.5/s", "size": 30, "spacing": "0 s"}},
    ]
)


def options() -> st.SearchStrategy[dict]:
    """The keys that both kinds of stream have."""
    return st.fixed_dictionaries(
        {"shards": st.sampled_from([1, 2, 3]), "batch_size": st.sampled_from([1, 4, 10, 100])},
        optional={
            "parallelization_factor": st.sampled_from([1, 2, 5]),
            "partition_keys": st.sampled_from([{"count": 1}, {"count": 7, "zipf": 1.0}]),
            "maximum_batching_window_in_seconds": st.sampled_from([0, 1, 7]),
            "maximum_retry_attempts": st.sampled_from([0, 1, 3]),
            "maximum_record_age_in_seconds": st.sampled_from([-1, 60]),
            "bisect_batch_on_function_error": st.booleans(),
            "tumbling_window_in_seconds": st.sampled_from([0, 5]),
            "function_response_types": st.just(["ReportBatchItemFailures"]),
            "filter": st.just({"pass": "60%"}),
            "poison": st.sampled_from([{"rate": "5%"}, {"records": [0, 3, 40]}]),
            "starting_position": st.just("TRIM_HORIZON"),
            "backlog": st.sampled_from([0, 70]),
            "payload_size": st.sampled_from(["1 KB", "500 KB"]),
            "on_failure": st.just("discard-counted"),
        },
    )


@st.composite
def stream_worlds(draw, **fixed):
    """One or two streams of one function or two, which may feed each other."""
    names = ("f", "g")[: draw(st.integers(1, 2))]
    triggers = {}
    for number in range(draw(st.integers(1, 2))):
        trigger = {"type": draw(st.sampled_from(["kinesis", "dynamodb_streams"])), "arrivals": draw(ARRIVALS)}
        trigger |= draw(options())
        if trigger["type"] == "kinesis":
            trigger |= draw(st.sampled_from([{}, {"enhanced_fan_out": True}, {"on_write_throttle": "drop"}]))
        triggers[f"t{number}"] = trigger | draw(st.sampled_from([{"target": names[0]}, {"targets": list(names)}]))
    functions = {}
    for name in names:
        handler = {
            "duration": draw(ROUND),
            "error_rate": draw(share(0, 0, 30)),
            "crash_rate": draw(share(0, 0, 10)),
            "record_error_rate": draw(share(0, 0, 5)),
            "per_record": draw(st.sampled_from(["0 ms", "10 ms"])),
        }
        if draw(st.booleans()):
            handler["emits"] = [{"to": draw(st.sampled_from(list(triggers))), "probability": draw(share(10, 40))}]
        functions[name] = {"runtime": "python3.13", "timeout": 30, "handler": handler}
        if draw(st.integers(0, 3)) == 0:
            functions[name]["reserved_concurrent_executions"] = draw(st.sampled_from([0, 1, 2]))
    world = {
        "name": "streams",
        "seed": draw(st.integers(0, 1000)),
        "duration": draw(st.sampled_from(["10 s", "70 s"])),
        "warm_up": draw(st.sampled_from(["0 s", "0 s", "5 s"])),
        "drain": draw(st.sampled_from(["0 s", "5 s", "3h"])),
        "parameters": {"quotas/account/unreserved_minimum": 0,
                       "triggers/streams/mapping/lane_buffer_batches": draw(st.sampled_from([1, 10]))},
        "functions": functions,
        "triggers": triggers,
    }  # fmt: skip
    return {**world, **fixed}


def event_log(outcome):
    return {name: values.astype(np.int64) for name, values in outcome.result.event_columns.items()}


def targets(world, trigger):
    """The indices of a trigger's functions."""
    names = trigger.get("targets", [trigger.get("target")])
    return [list(world["functions"]).index(name) for name in names]


def mappings(world):
    """(trigger's index, its settings, function's index) of each mapping."""
    for index, trigger in enumerate(world["triggers"].values()):
        for function in targets(world, trigger):
            yield index, trigger, function


@EXAMPLES
@given(stream_worlds())
def test_each_record_of_a_stream_ends_once_for_each_function_or_is_in_flight(world):
    outcome = run(world)
    log = event_log(outcome)
    keys = list(zip(log["trigger"], log["function"], log["event"], strict=True))
    assert len(set(keys)) == len(keys)
    summary = outcome.result.summary()
    warm_up_us = parsed(world).warm_up_us
    for index, (name, trigger) in enumerate(world["triggers"].items()):
        rows = (log["trigger"] == index) & (log["arrived_us"] >= warm_up_us)
        entry = summary["triggers"][name]
        assert entry["in_flight"] >= 0
        ended = int(np.sum(rows & (log["fate"] != Fate.FILTERED)))
        assert entry["successes"] + entry["final_failures"]["total"] == ended
        assert entry["successes"] == int(np.sum(rows & (log["fate"] == Fate.SUCCESS)))
        everyone = [log["event"][rows & (log["function"] == function)] for function in targets(world, trigger)]
        if entry["in_flight"] == 0:
            assert all(np.array_equal(np.sort(events), np.sort(everyone[0])) for events in everyone)


@EXAMPLES
@given(stream_worlds())
def test_a_lane_runs_one_batch_at_a_time_and_its_records_end_in_order(world):
    outcome = run(world)
    log, sent = event_log(outcome), outcome.log
    orderly = (log["fate"] == Fate.SUCCESS) | (log["fate"] == Fate.RETRIES_EXHAUSTED)
    lane_of = {}
    for trigger, batch, lane in zip(log["trigger"], log["batch"], log["lane"], strict=True):
        if batch != NEVER:
            assert lane_of.setdefault((trigger, batch), lane) == lane
    for index, trigger, function in mappings(world):
        mine = (log["trigger"] == index) & (log["function"] == function)
        for lane in np.unique(log["lane"][mine]):
            rows = mine & orderly & (log["lane"] == lane)
            order = np.argsort(log["event"][rows], kind="stable")
            assert np.all(np.diff(log["ended_us"][rows][order]) >= 0)
            assert np.all(np.diff(log["queued_us"][rows][order]) >= 0)
        rows = (sent["trigger"] == index) & (sent["function"] == function) & (sent["outcome"] < Outcome.THROTTLED)
        spans = {}
        for batch, begun, ended in zip(*(sent[n][rows] for n in ("event", "invoked_us", "ended_us")), strict=True):
            if (index, batch) in lane_of:
                spans.setdefault(lane_of[index, batch], []).append((begun, ended))
        for lane_spans in spans.values():
            lane_spans.sort()
            assert all(ended <= begun for (_, ended), (begun, _) in pairwise(lane_spans))
        starts, ends = np.sort(sent["invoked_us"][rows]), np.sort(sent["ended_us"][rows])
        at_once = np.arange(1, starts.size + 1) - np.searchsorted(ends, starts, side="right")
        lanes = trigger["shards"] * trigger.get("parallelization_factor", 1)
        assert at_once.max(initial=0) <= lanes


@EXAMPLES
@given(stream_worlds())
def test_a_record_is_in_the_lane_of_its_key(world):
    log = event_log(run(world))
    for index, (name, trigger) in enumerate(world["triggers"].items()):
        keys, factor = trigger.get("partition_keys"), trigger.get("parallelization_factor", 1)
        count, zipf = (None, 0.0) if keys is None else (keys["count"], keys.get("zipf", 1.0))
        lanes = Lanes(world["seed"], name, trigger["shards"] * factor, count, zipf)
        backlog = trigger.get("backlog", 0) if "starting_position" in trigger else 0
        rows = log["trigger"] == index
        for event, lane in zip(log["event"][rows].tolist(), log["lane"][rows].tolist(), strict=True):
            assert lane == (lanes.of_backlog(event) if event < backlog else lanes.of(event))
        if count == 1:
            assert np.unique(log["lane"][rows]).size <= 1


@EXAMPLES
@given(stream_worlds(drain="3h"))
def test_what_the_event_log_says_of_tries_and_runs_is_what_the_invocation_log_has(world):
    outcome = run(world)
    log, sent = event_log(outcome), outcome.log
    for index, (name, _) in enumerate(world["triggers"].items()):
        if outcome.result.summary()["triggers"][name]["in_flight"]:
            continue
        mine, tried = log["trigger"] == index, sent["trigger"] == index
        ran = tried & (sent["outcome"] < Outcome.THROTTLED)
        assert log["attempts"][mine].sum() == sent["records"][tried].sum()
        assert log["runs"][mine].sum() == sent["records"][ran].sum()


@EXAMPLES
@given(stream_worlds())
def test_times_and_fates_of_records_agree_with_each_other_and_with_the_settings(world):
    log = event_log(run(world))
    written = log["queued_us"] != NEVER
    assert np.array_equal(~written, log["fate"] == Fate.WRITE_THROTTLED)
    assert np.all(log["arrived_us"][written] <= log["queued_us"][written])
    assert np.all(log["queued_us"][written] <= log["ended_us"][written])
    assert np.array_equal(log["batch"] == NEVER, log["attempts"] == 0)
    own = (log["origin_trigger"] == log["trigger"]) & (log["origin_event"] == log["event"])
    assert np.array_equal(log["depth"] == 0, own)
    for index, trigger, function in mappings(world):
        mine = (log["trigger"] == index) & (log["function"] == function)
        exhausted, expired = (mine & (log["fate"] == fate) for fate in (Fate.RETRIES_EXHAUSTED, Fate.EXPIRED))
        kept = np.full(mine.sum(), Kept.DESTINATION if "on_failure" in trigger else Kept.NOWHERE)
        given_up = (exhausted | expired)[mine]
        assert np.array_equal(log["kept"][mine], np.where(given_up, kept, Kept.NOWHERE))
        if trigger.get("maximum_retry_attempts") is None:
            assert not exhausted.any()
        if trigger.get("maximum_record_age_in_seconds", -1) < 0:
            assert not expired.any()  # no run lasts for a day
        else:
            assert np.all((log["ended_us"] - log["queued_us"])[expired] > 60 * S)


@EXAMPLES
@given(stream_worlds(duration="10 s", drain="5 s"))
def test_the_same_seed_gives_the_same_logs_of_streams(world):
    once, again = run(world).result, run(world).result
    for name in ("invocation_columns", "event_columns"):
        mine, theirs = getattr(once, name), getattr(again, name)
        assert all(np.array_equal(mine[column], theirs[column]) for column in mine)
    assert once.summary()["triggers"] == again.summary()["triggers"]
