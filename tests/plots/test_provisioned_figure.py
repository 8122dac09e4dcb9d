"""Provisioned concurrency against demand: what is drawn is what the summary and the timeline have."""

import numpy as np
import pytest

import lambdasim
from lambdasim.errors import FigureError
from lambdasim.plots.provisioned import provisioned_drawing
from tests.worlds import run, world

SPILLING = world(
    duration="10m",
    handler={"duration": {"lognormal": {"median": "2 s", "p99": "8 s"}}},
    function={"provisioned_concurrent_executions": 8},
    trigger={"target": "f:live", "arrivals": {"poisson": {"rate": "3/s"}}},
)
SPILLING["functions"]["plain"] = world()["functions"]["f"]
SPILLING["functions"]["enough"] = {**world()["functions"]["f"], "provisioned_concurrent_executions": 4}
SPILLING["triggers"]["e"] = {**world()["triggers"]["t"], "target": "enough:live"}


@pytest.fixture(scope="module")
def result():
    return run(SPILLING)


def cells(drawing, column):
    place = drawing.table.columns.index(column)
    return [int(row[place].replace(",", "")) for row in drawing.table.rows]


@pytest.mark.parametrize("log", ["full", "none"])
def test_what_spilled_over_is_counted_as_in_the_summary(log):
    result = run(SPILLING, log=log)
    drawing = provisioned_drawing(result, function="f")
    drawing.figure()
    summary = result.summary()["functions"]["f"]["provisioned_concurrency"]
    assert sum(cells(drawing, "f: spilled over")) == summary["spillover_invocations"] > 100
    assert f"{summary['spillover_invocations']:,} of " in drawing.words
    assert set(cells(drawing, "f: configured")) == set(cells(drawing, "f: allocated")) == {8}


def test_demand_is_the_concurrency_of_the_function_and_what_is_above_is_hatched(result):
    demand, spilled = provisioned_drawing(result, function="f").figure().axes
    line = next(line for line in demand.lines if line.get_label() == "concurrency")
    timeline = result.timeline[result.timeline["function"] == "f"]
    assert max(line.get_ydata()) == timeline["ConcurrentExecutions"].max()
    above = next(patch for patch in demand.patches if patch.get_label() == "demand above it")
    assert above.get_hatch()
    tops, _, bottoms = above.get_data()
    np.testing.assert_array_equal(bottoms, np.minimum(tops, 8))
    assert spilled.get_ylabel().startswith("f\nruns per")


def test_all_functions_that_have_any_are_drawn_and_no_other(result):
    drawing = provisioned_drawing(result)
    assert drawing.title == "Provisioned concurrency and the demand for it: f, enough"
    assert len(drawing.figure().axes) == 3  # nothing of the other spilled over: it has no panel for that


@pytest.mark.parametrize(
    ("function", "message"),
    [("plain", "plain has no provisioned concurrency"), ("nobody", "no function is named 'nobody'")],
)
def test_a_function_without_any_says_so(result, function, message):
    with pytest.raises(FigureError, match=message):
        lambdasim.figures.provisioned(result, function=function)


def test_words_say_that_the_picture_counts_the_warm_up_and_they_do_not(result):
    assert "warm-up" not in provisioned_drawing(result).words
    assert provisioned_drawing(run({**SPILLING, "warm_up": "5m"})).words.endswith(" The warm-up is left out.")


def test_a_run_without_any_says_so():
    with pytest.raises(FigureError, match="no function has provisioned concurrency"):
        provisioned_drawing(run(world(duration="5s")))
