"""REPORT lines that AWS has published, through a whole run."""

from __future__ import annotations

import pytest

from tests.worlds import run, world


@pytest.mark.parametrize(
    ("duration", "init", "billed_ms"), [("133.61 ms", "80 ms", 214), ("3016.78 ms", "84 ms", 3101)]
)
def test_a_cold_call_is_billed_as_in_awss_own_log_lines(duration, init, billed_ms):
    result = run(world(handler={"duration": duration}, init={"duration": init}))
    (line,) = result.invocations.to_dict("records")
    assert line["billed_ms"] == billed_ms
    billed = result.summary()["functions"]["f"]["billed_duration_ms"]
    assert (billed["p50"], billed["max"]) == (billed_ms, billed_ms)


@pytest.mark.parametrize(("duration", "init"), [("133.61 ms", "80.39 ms"), ("133.01 ms", "80.01 ms")])
def test_duration_and_init_are_added_and_then_rounded_up_once(duration, init):
    result = run(world(handler={"duration": duration}, init={"duration": init}))
    assert list(result.invocations["billed_ms"]) == [214]


def test_of_two_calls_only_the_cold_one_is_billed_for_its_init():
    arrivals = {"constant": {"rate": "1/min"}}
    result = run(world(handler={"duration": "133.61 ms"}, init={"duration": "80 ms"}, duration="2m",
                       trigger={"arrivals": arrivals}))  # fmt: skip
    assert list(result.invocations["billed_ms"]) == [214, 134]
