"""What is still under way when a simulation ends, and where statistics begin and end."""

from __future__ import annotations

import gc
import weakref

import pytest

import lambdasim
from lambdasim.codes import Final, Outcome
from tests.worlds import at, load, rows, run, world

S = 1_000_000


def cut(**changes):
    """A call a second for ten minutes, each of 290 s, through a REST API that waits for 29 s; no drain."""
    document = world(function={"timeout": 900}, handler={"duration": "290 s"}, init={"duration": "0 s"},
                     duration="10m", drain="0s", **changes)  # fmt: skip
    arrivals = {"constant": {"rate": "1/s"}}
    document["triggers"]["t"] = {"type": "api_gateway", "api": "rest", "target": "f", "arrivals": arrivals}
    return run(document)


def test_runs_under_way_at_the_end_count_as_concurrency_and_as_invocations():
    result = cut()
    function = result.summary()["functions"]["f"]
    assert function["invocations"] == 600
    # The number in service rises for 290 s and then stays at 290 (each second one begins as another ends).
    expected = (sum(range(1, 291)) + 310 * 290) / 600
    assert function["concurrency"]["mean"] == pytest.approx(expected, rel=0.001)
    assert function["environments"]["mean_busy"] == pytest.approx(expected, rel=0.001)
    assert function["environments"]["mean_idle"] == pytest.approx(0, abs=0.5)


def test_a_caller_that_had_its_answer_before_the_end_is_no_longer_in_flight():
    summary = cut().summary()
    function = summary["functions"]["f"]
    assert function["in_flight"] == 29  # those sent in the last 29 s
    assert function["final_failures"]["client_gone"] == 600 - 29
    assert summary["triggers"]["t"]["status_codes"] == {"504": 600 - 29}


def test_what_was_cut_short_is_in_the_log_has_no_duration_and_is_warned_of():
    result = cut()
    table = rows(result)
    unfinished = [row for row in table if row["outcome"] is Outcome.UNFINISHED]
    assert len(table) == 600
    assert len(unfinished) == 289  # the one that began at 310 s ends at 600 s
    assert {row["ended_us"] for row in unfinished} == {-1}
    assert {row["final"] for row in unfinished} == {Final.NO, Final.FAILURE}
    assert result.summary()["functions"]["f"]["duration_ms"]["max"] == 290_000
    assert [w["path"] for w in result.summary()["warnings"] if w["code"] == "cut_short"] == ["drain"]


def test_a_call_that_waits_for_its_environment_at_the_end_is_unfinished_too():
    result = run(world(init={"duration": "5 s"}, duration="2s", drain="0s"))
    (row,) = rows(result)
    assert (row["outcome"], row["started_us"], row["final"]) == (Outcome.UNFINISHED, -1, Final.NO)
    assert result.summary()["functions"]["f"]["in_flight"] == 1


@pytest.mark.parametrize(("warm_up", "expected"), [("30s", 1), ("0s", 100), ("90s", 1)])
def test_the_highest_concurrency_is_that_of_the_measured_span_wherever_in_a_minute_it_begins(warm_up, expected):
    arrivals = {"sum": [at("1s", events=100), {"constant": {"rate": "1/s"}}]}
    document = world(handler={"duration": "500 ms"}, init={"duration": "0 s"}, duration="5m", warm_up=warm_up,
                     trigger={"arrivals": arrivals})  # fmt: skip
    summary = run(document).summary()
    expected_with_the_stream = expected + (expected == 100)
    assert summary["functions"]["f"]["concurrency"]["max"] == expected_with_the_stream
    assert summary["account"]["concurrency"]["max"] == summary["account"]["claimed_max"] == expected_with_the_stream


def test_the_drain_has_no_part_in_the_highest_concurrency():
    # Retries after the end would make more of it: here a second wave that the first one's clients send later.
    document = world(duration="30s", handler={"duration": "10 s"}, trigger={"arrivals": at("0s", "29s", "29s")})
    assert run(document).summary()["functions"]["f"]["concurrency"]["max"] == 2


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_a_log_ends_with_its_result_and_waits_for_no_collector(engine):
    gc.disable()
    try:
        result = lambdasim.simulate(load(world(duration="10s")), engine=engine)
        column = weakref.ref(result.invocation_columns["event"])
        del result
        assert column() is None
    finally:
        gc.enable()
