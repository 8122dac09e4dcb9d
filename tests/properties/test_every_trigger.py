"""Whatever the triggers, and whatever they feed: nothing is lost, nothing ends twice, everything has its price."""

import math

import numpy as np
from hypothesis import given

import lambdasim
from lambdasim.codes import Fate, Kept, Outcome
from lambdasim.records import NEVER
from tests.properties.queued_worlds import queued_worlds
from tests.properties.strategies import EXAMPLES, parsed, run


def ints(columns):
    return {name: values.astype(np.int64) for name, values in columns.items()}


@EXAMPLES
@given(queued_worlds())
def test_events_of_every_trigger_and_function_succeed_fail_or_are_in_flight(world):
    summary = lambdasim.simulate(parsed(world)).summary()
    for entry in (*summary["functions"].values(), *summary["triggers"].values()):
        assert entry["in_flight"] >= 0
        failures = entry["final_failures"]
        assert failures["total"] == sum(count for cause, count in failures.items() if cause != "total")
        assert entry["events"] == entry["successes"] + failures["total"] + entry["in_flight"]
        if "latency_ms" in entry and "type" in entry:  # a trigger whose events wait
            assert entry["dropped"] + entry["dead_lettered"] == failures["total"]


@EXAMPLES
@given(queued_worlds())
def test_an_event_ends_once_for_each_function_and_its_times_are_in_order(world):
    outcome = run(world)
    events = ints(outcome.result.event_columns)
    keys = list(zip(events["trigger"], events["function"], events["event"], strict=True))
    assert len(set(keys)) == len(keys)
    assert np.all(events["ended_us"] <= outcome.ended_us)
    queued = events["queued_us"] != NEVER
    assert np.all(events["arrived_us"][queued] <= events["queued_us"][queued])
    assert np.all(events["queued_us"][queued] <= events["ended_us"][queued])
    assert np.all(events["runs"] <= events["attempts"])
    succeeded = events["fate"] == Fate.SUCCESS
    assert np.all(events["runs"][succeeded] > 0)
    assert np.all(events["kept"][succeeded] & Kept.DEAD_LETTER_QUEUE == 0)


@EXAMPLES
@given(queued_worlds(drain="15m"))
def test_what_the_event_log_says_of_runs_stands_in_the_invocation_log(world):
    outcome = run(world)
    events, log = ints(outcome.result.event_columns), outcome.log
    queued = log["status"] == 65_535
    carried = np.zeros(len(world["triggers"]), dtype=np.int64)
    np.add.at(carried, log["trigger"][queued & (log["outcome"] < Outcome.THROTTLED)], 0)
    ran = queued & (log["outcome"] < Outcome.THROTTLED)
    np.add.at(carried, log["trigger"][ran], log["records"][ran])
    counted = np.zeros(len(world["triggers"]), dtype=np.int64)
    np.add.at(counted, events["trigger"], events["runs"])
    assert np.all(counted <= carried)  # a run that began after its event had ended is in no row of the event log
    has_batch = events["attempts"] > 0
    known = set(zip(log["trigger"][queued], log["event"][queued], strict=True))
    runs = has_batch & (events["runs"] > 0)
    assert set(zip(events["trigger"][runs], events["batch"][runs], strict=True)) <= known


@EXAMPLES
@given(queued_worlds())
def test_a_chain_begins_where_it_says_and_each_link_adds_a_function(world):
    result = run(world).result
    events = ints(result.event_columns)
    own = events["depth"] == 0
    began = own & (events["origin_trigger"] == events["trigger"])
    assert np.all(events["origin_event"][began & (events["origin_us"] == events["arrived_us"])] >= 0)
    assert np.all(events["origin_us"] <= events["arrived_us"])
    fed = ~own
    assert np.all(events["origin_event"][fed] >= 0)
    assert np.all(events["depth"] <= 17 * len(world["functions"]) + 40)


@EXAMPLES
@given(queued_worlds(drain="3 s"))
def test_the_same_seed_gives_the_same_logs_and_meters_alone_count_the_same(world):
    scenario = parsed(world)
    once, again = lambdasim.simulate(scenario), lambdasim.simulate(parsed(world))
    for name in ("invocation_columns", "environment_columns", "event_columns"):
        mine, theirs = getattr(once, name), getattr(again, name)
        assert all(np.array_equal(mine[column], theirs[column]) for column in mine), name
    metered = lambdasim.simulate(parsed(world), log="none").summary()
    kept = once.summary()
    for table in ("functions", "triggers"):
        for name, entry in kept[table].items():
            other = metered[table][name]
            for key in ("events", "successes", "final_failures", "in_flight", "retries", "dropped", "dead_lettered"):
                assert other.get(key) == entry.get(key), (name, key)


@EXAMPLES
@given(queued_worlds(drain="0 s"))
def test_the_bill_is_the_sum_of_its_lines(world):
    summary = lambdasim.simulate(parsed(world)).summary()
    lines = [
        line["usd"]
        for entry in (*summary["functions"].values(), *summary["triggers"].values())
        for line in entry["cost_usd"]["lines"]
    ]
    assert math.isclose(summary["total"]["cost_usd"], math.fsum(lines), rel_tol=1e-12, abs_tol=1e-15)
