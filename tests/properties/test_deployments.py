"""Laws of deployments that hold in any world: who may serve what, when, and that nothing is lost."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import lambdasim
from lambdasim.codes import Change
from lambdasim.parameters.book import load_book
from lambdasim.scenario.deployments import traffic_steps
from lambdasim.units import parse_duration_us
from tests.properties.strategies import EXAMPLES, parsed

KINDS = ("Canary10Percent5Minutes", "Linear10PercentEvery1Minute", "Linear10PercentEvery2Minutes", "AllAtOnce")
ALARMS = (
    {"metric_name": "Errors", "threshold": 0},
    {"metric_name": "ErrorRate", "threshold": "30%", "evaluation_periods": 2},
    {"metric_name": "Throttles", "threshold": 2, "dimension": "Resource"},
    {"metric_name": "Duration", "threshold": "1 s", "statistic": "p90", "period": 120},
)


@st.composite
def deployments(draw):
    """One function behind an alias that moves from version 1 to 2, which may be worse."""
    deployment = {
        "type": draw(st.sampled_from(KINDS)),
        "to": "2",
        "at": draw(st.sampled_from(["0s", "1m", "90s", "4m", "1h"])),
        "alarms": draw(st.lists(st.sampled_from(ALARMS), max_size=2)),
    }
    worse = draw(st.sampled_from([{}, {"error_rate": "50%"}, {"duration": "3 s"}, {"crash_rate": "20%"}]))
    function = {
        "runtime": "python3.13",
        "timeout": 5,
        "handler": {
            "duration": draw(st.sampled_from(["20 ms", "1 s"])),
            "error_rate": draw(st.sampled_from(["0%", "1%"])),
        },
        "versions": {"2": {"handler": worse, "memory_size": draw(st.sampled_from([128, 1024]))}},
        "aliases": {"live": {"function_version": "1", "deployment": deployment}},
    }
    if draw(st.booleans()):
        function["reserved_concurrent_executions"] = draw(st.sampled_from([0, 1, 4]))
    kind = draw(st.sampled_from(["direct", "direct_async", "sqs"]))
    return {
        "name": "world",
        "seed": draw(st.integers(0, 3)),
        "duration": "12m",
        "lifecycle": {"idle_timeout": "60 s"},
        "functions": {"f": function},
        "triggers": {"t": {"type": kind, "target": "f:live", "arrivals": {"poisson": {"rate": "1/s"}}}},
    }


@EXAMPLES
@given(deployments())
def test_traffic_is_where_the_change_log_says_and_no_environment_serves_two_versions(world):
    result = lambdasim.simulate(parsed(world))
    deployment = world["functions"]["f"]["aliases"]["live"]["deployment"]
    begins_us = round(parse_duration_us(deployment["at"]))
    steps = [begins_us + after_us for after_us, _ in traffic_steps(load_book(), deployment["type"])]
    changes, columns = result.change_columns, result.invocation_columns
    index = {version.version: number for number, version in enumerate(result.header.versions)}
    shifted = changes["at_us"][changes["change"] == Change.ALIAS_SHIFTED]
    back = changes["at_us"][changes["change"] == Change.ALIAS_ROLLED_BACK]
    assert shifted.tolist() == steps[: len(shifted)]
    assert len(back) <= 1
    invoked_us, second = columns["invoked_us"], columns["version"] == index["2"]
    assert (invoked_us[second] >= begins_us).all()
    if len(back):
        assert back[0] < steps[-1]
        assert len(shifted) < len(steps)
        assert (invoked_us[second] < back[0]).all()
    elif len(shifted) == len(steps):
        assert second[invoked_us >= steps[-1]].all()
    pairs = {
        (number, version)
        for number, version in zip(columns["environment"], columns["version"], strict=True)
        if number >= 0
    }
    assert len({number for number, _ in pairs}) == len(pairs)


@EXAMPLES
@given(deployments())
def test_a_deployment_loses_no_event(world):
    summary = lambdasim.simulate(parsed(world)).summary()
    for entry in (summary["functions"]["f"], summary["triggers"]["t"]):
        assert entry["events"] == entry["successes"] + entry["final_failures"]["total"] + entry["in_flight"]


@EXAMPLES
@given(deployments())
def test_alarms_that_nothing_sets_off_change_nothing(world):
    deployment = world["functions"]["f"]["aliases"]["live"]["deployment"]
    logs = []
    for alarms in ([], [{"metric_name": "Errors", "threshold": 10**9}]):
        deployment["alarms"] = alarms
        logs.append(lambdasim.simulate(parsed(world)).invocation_columns)
    for name, values in logs[0].items():
        assert np.array_equal(values, logs[1][name]), name
