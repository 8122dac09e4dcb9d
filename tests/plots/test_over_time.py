"""Buckets of time, and what concurrency, environments and throttles come to in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lambdasim
from lambdasim.errors import FigureError
from lambdasim.metrics.measures import whole
from lambdasim.plots.buckets import WIDTHS_US, Buckets, buckets_of, by_minutes, shown_us
from lambdasim.plots.concurrency import concurrency_drawing
from lambdasim.plots.levels import Levels
from lambdasim.plots.scales import clock
from lambdasim.units import US_PER_HOUR, US_PER_MINUTE, US_PER_S
from tests.plots.seen import curve
from tests.worlds import load, run, world

intervals = st.lists(st.tuples(st.integers(-5, 60), st.integers(0, 30)), max_size=30)


@given(intervals, st.integers(1, 12))
def test_the_highest_overlap_of_a_bucket_is_that_of_its_instants(spans, width):
    buckets = Buckets(width, 5)
    from_us, lasting = (np.array([span[n] for span in spans], dtype=np.int64) for n in (0, 1))
    at_instant = [sum(begin <= at < begin + lasts for begin, lasts in spans) for at in range(5 * width)]
    expected = np.array(at_instant).reshape(5, width).max(axis=1)
    assert buckets.highest(from_us, from_us + lasting).tolist() == expected.tolist()


def test_an_instant_counts_in_the_bucket_that_begins_with_it_and_those_outside_count_nowhere():
    assert Buckets(10, 3).counted(np.array([0, 9, 10, 29, 30, -1])).tolist() == [2, 1, 1]


def test_minutes_are_gathered_by_their_sum_or_their_highest_and_missing_ones_are_none():
    buckets = Buckets(2 * US_PER_MINUTE, 3)
    minutes = np.array([1.0, 4.0, np.nan, 2.0, np.nan])
    assert buckets.gathered(minutes, np.add).tolist() == [5, 2, 0]
    np.testing.assert_array_equal(buckets.gathered(minutes, np.fmax), [4, 2, np.nan])


@given(st.integers(1, 10**15), st.integers(1, 400), st.booleans())
def test_buckets_cover_the_span_are_not_too_many_and_are_whole_minutes_where_asked(span_us, most, minutes):
    buckets = buckets_of(span_us, most=most, minutes=minutes)
    assert span_us <= buckets.count * buckets.width_us < span_us + buckets.width_us
    assert buckets.count <= most
    assert not minutes or buckets.width_us % US_PER_MINUTE == 0


def test_each_width_has_a_name_of_its_own():
    names = [Buckets(width_us, 1).name for width_us in WIDTHS_US]
    assert len(set(names)) == len(names)
    assert {"minute", "2 minutes", "second", "10 s", "500 ms", "hour", "day"} <= set(names)


# -- against the metrics of a run that meets limits of all kinds

BUSY = world(
    duration="10m",
    warm_up="1m",
    account={"concurrent_executions": 150},
    handler={"duration": {"lognormal": {"median": "700 ms", "p99": "9 s"}}},
    trigger={"arrivals": {"piecewise": {"points": [["0s", "1/s"], ["3m", "60/s"], ["6m", "5/s"], ["10m", "5/s"]]}}},
)
BUSY["functions"]["g"] = {**BUSY["functions"]["f"], "reserved_concurrent_executions": 10}
BUSY["functions"]["h"] = {**BUSY["functions"]["f"], "provisioned_concurrent_executions": 5}
BUSY["functions"]["unused"] = BUSY["functions"]["f"]
for name in "gh":
    BUSY["triggers"][name] = {**BUSY["triggers"]["t"], "target": name}
BUSY["triggers"]["h"]["target"] = "h:live"


@pytest.fixture(scope="module")
def busy():
    return run(BUSY)


def test_in_minutes_the_log_gives_what_the_timeline_has(busy):
    timeline = busy.timeline_columns()
    minutes = whole(timeline, "minute").max() + 1
    levels = Levels(busy, Buckets(US_PER_MINUTE, int(minutes)))
    for scope in (0, 1, 2, 3, None):
        rows = whole(timeline, "scope") == (4 if scope is None else scope)
        concurrency = timeline["ConcurrentExecutions"][rows]
        measured = 10  # after the end of the arrivals CloudWatch's series is not kept on
        assert levels.concurrency(scope)[:measured].tolist() == concurrency[:measured].tolist()
        assert levels.throttles(scope).tolist() == timeline["Throttles"][rows].tolist()
    assert levels.throttles().sum() > 100
    assert levels.concurrency(0).max() > 30


def test_without_the_log_the_same_is_read_from_the_timeline(busy):
    unlogged = run(BUSY, log="none")
    assert shown_us(unlogged) == busy.header.duration_us < shown_us(busy)
    assert by_minutes(unlogged, 1) is True
    assert by_minutes(busy, 1) is False
    buckets = Buckets(2 * US_PER_MINUTE, 5)
    for scope in (0, 1, 2, None):
        for kind in ("concurrency", "throttles", "environments"):
            values = getattr(Levels(unlogged, buckets), kind)(scope)
            assert values.tolist() == getattr(Levels(busy, buckets), kind)(scope).tolist()
    assert "throttled" in concurrency_drawing(unlogged, function="g").words


def test_most_environments_are_as_many_as_the_summary_has(busy):
    seconds = Levels(busy, Buckets(US_PER_S, 600))
    for index, name in enumerate("fgh"):
        most = busy.summary()["functions"][name]["environments"]["max"]
        assert seconds.environments(index)[60:].max() == most


def test_words_and_table_have_the_peak_the_throttles_and_the_limits(busy):
    drawing = concurrency_drawing(busy, function="g")
    throttles = int(Levels(busy, Buckets(US_PER_HOUR, 1)).throttles(1)[0])
    peak = int(Levels(busy, Buckets(5 * US_PER_S, 200)).concurrency(1).argmax())
    assert f"was at most 10, in the 5 s from {clock(5 * peak)} on, with at most " in drawing.words
    assert drawing.words.endswith(" The warm-up and drain are included.")
    assert f"{throttles:,} attempts were throttled" in drawing.words
    assert "reserved 10; account's quota 150" in drawing.words
    by_column = dict(zip(drawing.table.columns, zip(*drawing.table.rows, strict=True), strict=True))
    assert sum(int(cell.replace(",", "")) for cell in by_column["throttles"]) == throttles
    assert max(map(int, by_column["concurrency"])) == 10
    assert set(by_column["reserved"]) == {"10"}
    assert len(drawing.table.rows) <= 24


def test_environments_of_a_function_are_drawn_beside_its_concurrency(busy):
    top = concurrency_drawing(busy, function="g").figure().axes[0]
    levels = Levels(busy, Buckets(5 * US_PER_S, len(curve(top, "concurrency")[0]) - 1))
    assert curve(top, "concurrency")[1][:-1] == levels.concurrency(1).tolist()
    assert curve(top, "environments")[1][:-1] == levels.environments(1).tolist()


def test_all_functions_together_have_those_apart_that_are_busiest(busy):
    figure = concurrency_drawing(busy).figure()
    top = figure.axes[0]
    labels = [text.get_text() for text in top.get_legend().get_texts()]
    highest = Levels(busy, Buckets(US_PER_HOUR, 1))
    ranked = sorted("fgh", key=lambda name: -highest.concurrency("fgh".index(name))[0])
    assert labels == ["all", *ranked, "reserved for g 10", "account's quota 150"]
    assert [axes.get_ylabel().split()[0].strip(",") for axes in figure.axes] == [
        "concurrency",
        "environments",
        "throttles",
    ]
    whole_run = top.lines[0].get_ydata()
    assert max(whole_run) == highest.concurrency()[0]


def test_the_function_that_is_throttled_most_is_apart_however_few_of_it_run():
    document = world(duration="20s", handler={"duration": "2 s"}, trigger={"arrivals": {"constant": {"rate": "5/s"}}})
    for number in range(6):
        document["functions"][f"f{number}"] = {
            **document["functions"]["f"],
            "reserved_concurrent_executions": 9 - number,
        }
        document["triggers"][f"t{number}"] = {**document["triggers"]["t"], "target": f"f{number}"}
    document["functions"]["f3"] |= {"reserved_concurrent_executions": 1}
    top, _, below = concurrency_drawing(run(document)).figure().axes
    assert [label for label in top.get_legend_handles_labels()[1] if "f" in label][-1] == "f3"
    assert any(label.startswith("f3: ") for label in below.get_legend_handles_labels()[1])


def test_a_limit_in_sight_is_drawn_and_one_far_above_is_told(busy):
    figure = concurrency_drawing(busy, function="g").figure()
    top = figure.axes[0]
    assert [10, 10] in [list(line.get_ydata()) for line in top.lines]
    assert top.get_ylim()[1] < 20
    assert "account's quota 150 (above)" in [text.get_text() for text in top.get_legend().get_texts()]


def test_warm_up_and_drain_are_shaded_in_every_panel(busy):
    figure = concurrency_drawing(busy).figure()
    spans = [
        [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches if hasattr(patch, "get_x")]
        for axes in figure.axes
    ]
    assert all(found[0] == (0, 60) for found in spans)
    assert all(found[1][0] == 600 for found in spans)
    assert "warm-up and drain" in figure.axes[-1].get_xlabel()


def test_without_throttles_there_is_no_panel_of_them_and_a_name_that_legends_leave_out_is_there():
    document = world(duration="30s")
    document["functions"]["_g"] = document["functions"]["f"]
    document["triggers"]["g"] = {**document["triggers"]["t"], "target": "_g"}
    figure = concurrency_drawing(run(document)).figure()
    assert len(figure.axes) == 2
    assert " _g" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


@pytest.mark.parametrize(
    ("document", "options", "message"),
    [
        (world(trigger={"arrivals": "none"}), {}, "no function was called"),
        (world(duration="10s"), {"function": "fn"}, "no function is named 'fn'; did you mean 'f'"),
    ],
)
def test_what_has_nothing_to_show_says_so(document, options, message):
    with pytest.raises(FigureError, match=message):
        lambdasim.figures.concurrency(run(document), **options)


def test_thirty_functions_over_a_day_stay_small():
    document = world(duration="24h", trigger={"arrivals": {"constant": {"rate": "6/h"}}})
    for number in range(30):
        document["functions"][f"f{number}"] = document["functions"]["f"]
        document["triggers"][f"t{number}"] = {**document["triggers"]["t"], "target": f"f{number}"}
    result = lambdasim.simulate(load(document))
    figure = concurrency_drawing(result).figure()
    assert len(figure.axes[0].lines) < 10
    assert "Mon 5 Jan 2026 00:00 UTC" in figure.axes[-1].get_xlabel()
