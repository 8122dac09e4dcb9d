"""The key `traffic`: how many times the arrivals of all triggers come."""

import pytest
from small_scenario import SMALL, changed, codes, complaints

from lambdasim.scenario.load import override, parse_scenario
from lambdasim.simulation import simulate
from lambdasim.units import US_PER_S

SHORT = changed("duration: 1h", "duration: 2m")
CLOCK = """\
  nightly: {type: schedule, target: api, arrivals: {schedule: {expression: rate(5 minutes)}}}
  jobs: {type: sqs, target: api, queue: {backlog: 10, visibility_timeout: 30 s}, arrivals: {poisson: {rate: 1/s}}}
  records: {type: kinesis, target: api, shards: 1, backlog: 7, starting_position: TRIM_HORIZON}
"""


@pytest.mark.parametrize("written", ["10", "x10", "10.0"])
def test_it_multiplies_the_arrivals_of_every_trigger(written):
    scenario = parse_scenario(f"{SMALL}traffic: {written}\n")
    assert scenario.traffic == 10
    assert scenario.triggers["web"].arrivals.rate * US_PER_S == pytest.approx(50)


def test_once_the_traffic_leaves_the_result_as_it_was():
    plain, once = (simulate(parse_scenario(text)) for text in (SHORT, f"{SHORT}traffic: 1\n"))
    assert plain.invocations.equals(once.invocations)
    summaries = [result.summary() for result in (plain, once)]
    for summary in summaries:
        summary["scenario"].pop("sha256")
        summary.pop("wall_s"), summary.pop("invocations_per_wall_s")
    assert summaries[0] == summaries[1]


def test_the_summary_says_at_how_many_times_the_traffic_it_was():
    text = SHORT.replace("5/s", "1/s")
    summary = simulate(parse_scenario(f"{text}traffic: 4\n")).summary()
    assert summary["scenario"]["traffic"] == 4
    assert "traffic" not in simulate(parse_scenario(text)).summary()["scenario"]
    assert 4 * 120 - 100 < summary["total"]["events"] < 4 * 120 + 100


def test_it_can_be_laid_over_and_counts_once():
    scenario = override(parse_scenario(f"{SMALL}traffic: 10\n"), {"traffic": "2"})
    assert scenario.triggers["web"].arrivals.rate * US_PER_S == pytest.approx(10)


def test_what_is_not_multiplied_is_told():
    scenario = parse_scenario(f"{SMALL}{CLOCK}traffic: 10\n")
    told = [warning.path for warning in scenario.warnings if warning.code == "traffic_not_scaled"]
    assert told == ["triggers.nightly.arrivals", "triggers.jobs.queue.backlog", "triggers.records.backlog"]
    assert "traffic_not_scaled" not in codes(f"{SMALL}{CLOCK}")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0", "traffic: 0 must be above zero"),
        ("-2", "traffic: -2 is negative; expected a factor such as 10 or 'x10'"),
        ("ten", "traffic: 'ten' is not a factor; write for example 'x10' or 'x0.5'"),
        ("2000000", "traffic: 2000000 is above 1,000,000, the most that can be simulated"),
        ("[10]", "traffic: expected a factor such as 10 or 'x10', found a list"),
    ],
)
def test_what_is_no_factor_is_refused(value, says):
    [line] = complaints(f"{SMALL}traffic: {value}\n")
    assert line.endswith(says)


def test_traffic_that_no_machine_gets_through_is_refused_where_it_arrives():
    [line] = complaints(f"{SMALL}traffic: 1000000\n")
    assert "triggers.web.arrivals: about 1.8e+10 events in 1 h" in line
    assert "lower the traffic, the rate or the duration" in line
    [line] = complaints(SMALL.replace("5/s", "100000/s") + "traffic: 1000000\n")
    assert "triggers.web.arrivals: at 1,000,000 times the traffic: rate is 1e+11/s" in line
