"""The environment timeline: lanes never overlap, and show what the logs have."""

import numpy as np
import pytest

import lambdasim
from lambdasim.errors import FigureError
from lambdasim.plots.buckets import shown_us
from lambdasim.plots.environments import MOST_LANES, environments_drawing
from lambdasim.plots.lanes import (
    MOST_RUNS,
    Beginning,
    busy_bars,
    environments_of,
    init_bars,
    life_bars,
    telling_window,
    window_between,
)
from lambdasim.plots.saving import svg
from lambdasim.plots.style import SERIES, WARM
from lambdasim.units import US_PER_MINUTE, US_PER_S
from tests.worlds import at, environments, load, run, world

SURGE = world(
    duration="30m",
    account={"concurrent_executions": 110},
    handler={"duration": {"lognormal": {"median": "400 ms", "p99": "3 s"}}, "crash_rate": "5%"},
    function={"provisioned_concurrent_executions": 6},
    trigger={
        "target": "f:live",
        "arrivals": {"piecewise": {"points": [["0s", "2/s"], ["9m", "2/s"], ["10m", "250/s"], ["11m", "2/s"]]}},
    },
    lifecycle={"idle_timeout": "4m", "surplus_idle_timeout": "1m"},
)


@pytest.fixture(scope="module")
def surge():
    return run(SURGE)


@pytest.fixture(scope="module")
def lives(surge):
    return environments_of(surge, None, shown_us(surge))


def windows(lives):
    yield telling_window(lives, MOST_LANES)
    for from_s, to_s, most in ((0, 1800, 60), (599, 603, 5), (650, 660, 200)):
        yield window_between(lives, from_s * US_PER_S, to_s * US_PER_S, most)


def test_bars_of_a_lane_never_overlap_and_stay_within_the_window(lives):
    for window in windows(lives):
        for bars in (busy_bars, init_bars, life_bars):
            lane, begins, ends = bars(lives, window)
            same = lane[1:] == lane[:-1]
            assert (begins[1:][same] >= ends[:-1][same]).all()
            assert (begins < ends).all()
            assert (lane >= 0).all()
            assert (lane < window.shown.size).all()
            assert begins.min() >= window.from_us
            assert ends.max() <= window.to_us
            assert lane.size <= MOST_RUNS


def test_lanes_are_sorted_by_creation_and_each_existed_in_the_window(lives):
    for window in windows(lives):
        created_us, ended_us = lives.created_us[window.shown], lives.ended_us[window.shown]
        assert (np.diff(created_us) >= 0).all()
        assert ((created_us < window.to_us) & (ended_us > window.from_us)).all()


def test_the_telling_window_lies_where_the_traffic_rises(lives):
    window = telling_window(lives, MOST_LANES)
    assert window.chosen
    assert 9 * US_PER_MINUTE <= window.from_us < window.to_us <= 11 * US_PER_MINUTE
    assert window.shown.size <= MOST_LANES < window.there
    begun = (lives.created_us >= window.from_us) & (lives.created_us < window.to_us)
    assert 0 < begun.sum() <= MOST_LANES


def test_what_fits_is_shown_whole():
    result = run(world(duration="1m", trigger={"arrivals": at("0s", "5s", "5s")}))
    drawing = environments_drawing(result)
    assert drawing.title == "Environments of f, over the whole run"
    assert [row[:2] for row in drawing.table.rows] == [("0", "f"), ("1", "f")]
    assert "2 environments of f existed; 2 started then (2 started for a request)" in drawing.words


def test_bars_are_exact_where_there_is_room():
    result = run(world(duration="10s", trigger={"arrivals": at("0s", "5s")}))
    found = environments_of(result, None, shown_us(result))
    window = telling_window(found, 5)
    assert [bar.tolist() for bar in init_bars(found, window)] == [[0], [0], [100_000]]
    assert [bar.tolist() for bar in busy_bars(found, window)] == [[0, 0], [100_000, 5_000_000], [1_100_000, 6_000_000]]
    assert [bar.tolist() for bar in life_bars(found, window)] == [[0], [100_000], [10_000_000]]


def test_start_runs_and_idle_time_are_drawn_each_in_its_way():
    axes = environments_drawing(run(world(duration="10s", trigger={"arrivals": at("0s", "5s")}))).figure().axes[0]
    [start] = axes.patches
    assert start.get_path().vertices[:, 0].tolist() == pytest.approx([0, 0.1, 0.1, 0, 0])
    assert start.get_hatch()
    life, busy = (line for line in axes.lines if line.get_color() in (SERIES[4].color, WARM.color))
    np.testing.assert_allclose(life.get_xdata(), [0.1, 10, np.nan])
    np.testing.assert_allclose(busy.get_xdata(), [0.1, 1.1, np.nan, 5, 6, np.nan])
    assert life.get_linewidth() < busy.get_linewidth() / 5


def test_lanes_of_one_function_are_its_own_environments_below_its_own_throttles():
    document = world(duration="20s", trigger={"arrivals": at("0s", "5s", "5s"), "client": {"retries": "none"}})
    document["functions"]["g"] = document["functions"]["f"] | {"reserved_concurrent_executions": 1}
    document["triggers"]["g"] = document["triggers"]["t"] | {"target": "g"}
    result = run(document)
    f, g = (environments_drawing(result, function=name) for name in "fg")
    assert [row[:2] for row in f.table.rows + g.table.rows] == [("0", "f"), ("2", "f"), ("1", "g")]
    assert "no attempt was throttled" in f.words
    assert "1 attempt was throttled" in g.words


def test_an_init_after_a_reset_is_drawn_as_a_start():
    document = world(duration="10s", handler={"crash_rate": "100%"}, trigger={"arrivals": at("0s", "5s")})
    found = environments_of(run(document), None, 10 * US_PER_S)
    lane, begins, ends = init_bars(found, telling_window(found, 5))
    assert lane.tolist() == [0, 0]
    assert begins[1] == 5_000_000 < ends[1]
    assert busy_bars(found, telling_window(found, 5))[1][1] == ends[1]


def test_how_each_was_started_is_told_by_a_marker_of_its_own(surge):
    kinds = environments_of(surge, None, shown_us(surge)).started
    assert {Beginning.PROVISIONED, Beginning.COLD} <= set(kinds.tolist())
    assert (kinds == Beginning.PROVISIONED).sum() == 6
    figure = environments_drawing(surge, from_s=0, to_s=700, most=200).figure()
    handles = figure.axes[0].get_legend().legend_handles
    markers = {handle.get_label(): handle.get_marker() for handle in handles if hasattr(handle, "get_marker")}
    assert markers["provisioned"] != markers["started for a request"]


def test_the_table_has_the_runs_of_each_lane(surge):
    drawing = environments_drawing(surge, from_s=0, to_s=2700, most=500)
    runs = {int(row[0]): int(row[5].replace(",", "")) for row in drawing.table.rows}
    assert runs == {row["environment"]: row["invocations"] for row in environments(surge)}


def test_throttles_stand_on_top_and_are_counted(surge):
    throttles = surge.timeline[surge.timeline["function"] == "f"]["Throttles"].sum()
    assert throttles > 0
    drawing = environments_drawing(surge, from_s=0, to_s=1800)
    assert f"{throttles:,} attempts were throttled" in drawing.words
    texts = [text.get_text() for text in drawing.figure().axes[0].get_legend().get_texts()]
    assert f"throttled ({throttles:,}), on top" in texts


def test_the_picture_stays_small_however_much_ran(surge):
    assert len(svg(environments_drawing(surge, from_s=0, to_s=1800, most=60).figure())) < 250_000


def test_lanes_of_several_functions_are_grouped():
    document = world(duration="1m", trigger={"arrivals": at("0s", "9s")})
    document["functions"]["g"] = document["functions"]["f"]
    document["triggers"]["g"] = {**document["triggers"]["t"], "target": "g", "arrivals": at("3s", events=2)}
    drawing = environments_drawing(lambdasim.simulate(load(document)))
    assert [row[1] for row in drawing.table.rows] == ["f", "g", "g"]
    assert [label.get_text() for label in drawing.figure().axes[0].get_yticklabels()] == ["f", "g"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"from_s": 5, "to_s": 5}, "from 5 s to 5 s is no span of time"),
        ({"from_s": 9999}, "is no span of time"),
        ({"most": 0}, "0 lanes show nothing"),
        ({"function": "x"}, "no function is named 'x'"),
        ({"from_s": -20, "to_s": -10}, "no environment of f existed"),
    ],
)
def test_a_window_in_which_nothing_is_says_so(surge, options, message):
    with pytest.raises(FigureError, match=message):
        lambdasim.figures.environments(surge, **options)


def test_of_one_environment_words_speak_in_the_singular():
    words = environments_drawing(run(world(duration="5s"))).words
    assert "1 environment of f existed; 1 started then (1 started for a request)" in words


def test_a_run_without_environments_or_without_its_log_says_so():
    with pytest.raises(FigureError, match="no environment was ever started"):
        environments_drawing(run(world(duration="5s", trigger={"arrivals": "none"})))
    with pytest.raises(FigureError, match="the invocation log was not kept"):
        environments_drawing(run(world(duration="5s"), log="none"))
