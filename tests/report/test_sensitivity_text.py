"""The tornado in words: what is shown has a bar and a change, what is not says so."""

from __future__ import annotations

from dataclasses import replace

import lambdasim
from lambdasim import Design, Sensitivity
from lambdasim.analysis.intervals import ORDER_STATISTICS, Estimate
from lambdasim.analysis.observations import measure_of
from lambdasim.analysis.tornado import Effect, End, Tornado
from lambdasim.analysis.uncertainty import Assumption
from lambdasim.report.sensitivity import sensitivity_text
from lambdasim.scenario.load import override

SHOP = lambdasim.parse_scenario("""\
name: shop
duration: 1h
functions:
  api: {runtime: python3.13, handler: {duration: 80 ms}}
triggers:
  web: {type: direct, target: api, arrivals: {poisson: {rate: 2/s}}}
""")
IDLE = Assumption("lifecycles/default/idle_timeout", "300 s", "1 h", value="10 min", confidence="A", source="a guess")
MEDIAN = Estimate(309, 300, 320, 10, ORDER_STATISTICS)
SHOWN, LUCK, NONE = (
    Estimate(2700, 2500, 2900, 10, "t"),
    Estimate(-40, -90, 10, 10, "t"),
    Estimate(0, 0, 0, 10, "all equal"),
)


def end(value, at, change):
    return End(value, replace(MEDIAN, value=at, low=at - 9, high=at + 9), change)


def told(low, high, measure="api.latency_ms.p99", base=MEDIAN, scenario=SHOP):
    tornado = Tornado(measure_of(scenario, measure), base, (Effect(IDLE, low, high),))
    return sensitivity_text(Sensitivity(scenario, Design(), (tornado,), (), (), comparisons=2, runs=30))


def rows(text):
    """The lines of the tornado."""
    return [line for line in text.split("\n") if line.startswith(("lifecycles/", "  idle_timeout"))]


def test_an_end_that_is_not_shown_to_move_the_measure_has_no_bar_and_says_so():
    first, second = rows(told(end("300 s", 3_027, SHOWN), end("1 h", 270, LUCK)))
    assert first.split("  ")[-1].strip("+") == ""
    assert "+2,700 [+2,500, +2,900]" in first
    assert second.rstrip().endswith("no difference shown")
    assert rows(told(end("300 s", 3_027, SHOWN), end("1 h", 309, NONE)))[1].rstrip().endswith("no difference")


def test_the_answer_tells_units_and_what_is_not_shown():
    text = told(end("300 s", 3_027, SHOWN), end("1 h", 270, LUCK))
    assert text.startswith("api.latency_ms.p99 = 309 ms [300, 320] depends most on the idle timeout (lifecycles/")
    assert ": 3,027 ms [" in text
    assert "] at 300 s, no difference shown at 1 h; " in text


def test_what_an_estimate_and_a_change_are_is_said_where_they_are_not_the_same_kind():
    note = "An estimate of a percentile is the median over replications; a difference is the mean of paired ones."
    assert note in told(end("300 s", 3_027, SHOWN), end("1 h", 270, LUCK)).replace("\n", " ")
    mean = replace(MEDIAN, method="t")
    low = End("300 s", mean, SHOWN)
    assert note not in told(low, None, "api.latency_ms.mean", mean).replace("\n", " ")


def test_the_swing_is_that_of_what_is_shown():
    assert Effect(IDLE, end("300 s", 3_027, SHOWN), end("1 h", 270, LUCK)).swing == 2700
    assert Effect(IDLE, end("300 s", 309, LUCK), None).swing == 0


def test_a_month_of_a_short_run_is_told_to_be_made_of_such():
    mean = Estimate(20, 19, 21, 10, "t")
    ends = End("300 s", replace(mean, value=30), Estimate(10, 9, 11, 10, "t")), None
    said = "A month is made of such 20 s."
    assert said in told(*ends, "total.cost_usd_per_month", mean, override(SHOP, {"duration": "20s"}))
    assert "made of such" not in told(*ends, "total.cost_usd_per_month", mean)
