"""The cold-start rate over time: its intervals, its buckets, and that it is the summary's."""

import numpy as np
import pytest
from scipy.stats import binomtest

import lambdasim
from lambdasim.display.numbers import share
from lambdasim.errors import FigureError
from lambdasim.plots.cold_start_rate import cold_start_rate_drawing, wilson
from tests.worlds import run, world


@pytest.mark.parametrize(("cold", "runs"), [(0, 1), (1, 1), (0, 40), (3, 40), (40, 40), (7, 2_000)])
def test_the_interval_is_wilsons_as_scipy_has_it(cold, runs):
    expected = binomtest(cold, runs).proportion_ci(0.95, method="wilson")
    low, high = wilson(np.array([cold]), np.array([runs]))
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-7)


def test_where_nothing_ran_there_is_no_interval():
    low, high = wilson(np.array([0]), np.array([0]))
    assert np.isnan([low[0], high[0]]).all()


def burst(**changes):
    points = [["0s", "2/s"], ["5m", "2/s"], ["5m", "40/s"], ["6m", "40/s"], ["6m", "2/s"]]
    return world(
        duration="12m",
        warm_up="2m",
        handler={"duration": {"lognormal": {"median": "300 ms", "p99": "2 s"}}},
        trigger={"arrivals": {"piecewise": {"points": points, "interpolate": "step"}}},
        **changes,
    )


@pytest.fixture(scope="module")
def result():
    return run(burst())


def cells(drawing, column):
    place = drawing.table.columns.index(column)
    return [int(row[place].replace(",", "")) for row in drawing.table.rows]


def test_words_have_the_summarys_counts_and_name_the_burst(result):
    words = cold_start_rate_drawing(result).words
    function = result.summary()["functions"]["f"]
    assert words.startswith(f"{function['cold_starts']:,} of {function['invocations']:,} runs of f started cold")
    assert "By the low ends of the intervals it was highest in the 30 s from 5m on: " in words


def test_the_warm_up_is_drawn_but_neither_in_the_line_nor_in_words(result):
    drawing = cold_start_rate_drawing(result)
    top, below = (axes.get_legend_handles_labels()[1] for axes in drawing.figure().axes)
    function = result.summary()["functions"]["f"]
    assert f"of all runs after the warm-up: {share(function['cold_start_rate'])}" in top
    drawn = int((result.invocations["start_type"] == "cold").sum())
    assert drawn > function["cold_starts"]
    assert f"cold: {drawn}" in below
    assert " The warm-up is left out." in drawing.words


@pytest.mark.parametrize("log", ["full", "none"])
def test_the_table_has_every_run_once(log):
    result = run(burst(), log=log)
    timeline = result.timeline[result.timeline["function"] == "f"]
    drawing = cold_start_rate_drawing(result)
    drawing.figure()
    assert sum(cells(drawing, "runs")) == timeline["Invocations"].sum()
    assert sum(cells(drawing, "cold")) == timeline["cold_starts"].sum() > 10


def test_points_lie_in_their_intervals_which_are_within_the_range_where_runs_are_enough(result):
    axes = cold_start_rate_drawing(result).figure().axes[0]
    points = next(line for line in axes.lines if line.get_marker() == "s")
    segments = axes.collections[0].get_segments()
    assert len(points.get_ydata()) == len(segments)
    for rate, segment in zip(points.get_ydata(), segments, strict=True):
        (_, low), (_, high) = segment
        assert low - 1e-12 <= rate <= high + 1e-12
        assert rate <= axes.get_ylim()[1]


def test_few_runs_make_wide_buckets_and_many_make_narrow_ones():
    rare = run(world(duration="4h", trigger={"arrivals": {"constant": {"rate": "1/min"}}}))
    often = run(world(duration="4h", trigger={"arrivals": {"constant": {"rate": "20/min"}}}))
    rows = [len(cold_start_rate_drawing(result).table.rows) for result in (rare, often)]
    assert rows[0] <= 8
    assert rows[1] > 30


def test_a_single_run_is_drawn():
    figure = lambdasim.figures.cold_start_rate(run(world(duration="5s")))
    assert "of all runs: 100 %" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_a_run_of_nothing_has_no_rate():
    with pytest.raises(FigureError, match="nothing of f ran"):
        cold_start_rate_drawing(run(world(trigger={"arrivals": "none"})))
    with pytest.raises(FigureError, match="no function is named 'x'"):
        cold_start_rate_drawing(run(world(duration="5s")), function="x")
