"""Nothing is lost and nothing happens twice, whatever the world."""

import numpy as np
from hypothesis import given

from lambdasim.codes import COLD_STARTS, Fate, Final, StartCause
from tests.properties.strategies import EXAMPLES, run, worlds


@EXAMPLES
@given(worlds())
def test_events_are_successes_and_final_failures_and_what_is_in_flight(world):
    outcome = run(world)
    summary, waited = outcome.result.summary(), outcome.result.event_columns
    for axis in ("function", "trigger"):
        for index, entry in enumerate(summary[f"{axis}s"].values()):
            finals = np.bincount(outcome.log["final"][outcome.log[axis] == index], minlength=3)
            fates = np.bincount(waited["fate"][waited[axis] == index], minlength=len(Fate))
            lost = fates.sum() - fates[Fate.SUCCESS] - fates[Fate.FILTERED]
            assert entry["successes"] == finals[Final.SUCCESS] + fates[Fate.SUCCESS]
            assert entry["final_failures"]["total"] == finals[Final.FAILURE] + lost
            assert entry["in_flight"] >= 0
            assert entry["events"] == entry["successes"] + entry["final_failures"]["total"] + entry["in_flight"]
            if world["drain"] == "15m":  # nothing here takes that long
                assert entry["in_flight"] == 0


@EXAMPLES
@given(worlds(drain="15m"))
def test_an_event_has_attempts_from_one_without_gaps_and_ends_once_with_the_last_of_them(world):
    log = run(world).log
    order = np.lexsort((log["attempt"], log["event"], log["trigger"]))
    rows = {name: values[order] for name, values in log.items()}
    follows = (np.diff(rows["event"]) == 0) & (np.diff(rows["trigger"]) == 0)
    follows = np.concatenate([[False], follows])[: order.size]  # the row before is of the same event
    last = np.concatenate([~follows[1:], [True]])[: order.size]
    assert np.array_equal(rows["attempt"], np.where(follows, np.roll(rows["attempt"], 1) + 1, 1))
    assert np.array_equal(rows["final"] != Final.NO, last)
    assert np.all((rows["arrived_us"] == np.roll(rows["arrived_us"], 1))[follows])
    assert np.all((rows["invoked_us"] >= np.roll(rows["answered_us"], 1))[follows])


@EXAMPLES
@given(worlds())
def test_a_run_that_is_cut_short_logs_only_what_was_over_by_then(world):
    outcome = run(world)
    log = outcome.log
    assert len(set(zip(log["trigger"], log["event"], log["attempt"], strict=True))) == log["event"].size
    for name in ("arrived_us", "invoked_us", "ended_us", "answered_us"):
        assert np.all(log[name] <= outcome.ended_us)
    ends = np.bincount(log["trigger"][log["final"] != Final.NO], minlength=len(world["triggers"]))
    for ended, trigger in zip(ends, outcome.result.summary()["triggers"].values(), strict=True):
        assert ended <= trigger["events"]


@EXAMPLES
@given(worlds())
def test_every_part_of_a_latency_is_accounted_for(world):
    outcome = run(world)
    ran, lives = outcome.ran, outcome.lives
    parts = ("platform", "download", "network", "runtime_init", "function_init", "restore")
    phases = sum(lives[f"{part}_us"] for part in parts)
    ahead = lives["pre_initialized"] == 1
    assert np.all((lives["ready_us"] - lives["created_us"])[~ahead] == phases[~ahead])
    waited = ran["started_us"] - ran["invoked_us"]
    first = np.isin(ran["start_type"], COLD_STARTS) & (ran["start_cause"] != StartCause.RESET)
    assert np.array_equal(waited, np.where(first, phases[ran["environment"]], 0))
    patient = ran["answered_us"] >= ran["ended_us"]
    assert np.array_equal(ran["answered_us"][patient], ran["ended_us"][patient])
    assert np.all(ran["suppressed_init_us"] <= ran["ended_us"] - ran["started_us"])
    frame = outcome.result.invocations
    last = (frame["final"] != "no") & frame["wait_ms"].notna() & (outcome.log["answered_us"] == outcome.log["ended_us"])
    held_ms = (frame["invoked_us"] - frame["arrived_us"]) / 1000  # earlier attempts, and the client's own pauses
    parts_ms = held_ms + frame["wait_ms"] + frame["duration_ms"]
    assert np.allclose(frame["latency_ms"][last], parts_ms[last], rtol=0, atol=1e-6)
