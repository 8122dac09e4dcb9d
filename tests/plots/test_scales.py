"""Axes: ticks are where people look for them, few enough to be read, and within what is shown."""

from __future__ import annotations

import pytest

from lambdasim.plots import scales
from lambdasim.plots.drawing import new_figure
from lambdasim.plots.style import look


@pytest.fixture
def axis():
    with look():
        yield new_figure(7, 4).subplots().xaxis


def texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


@pytest.mark.parametrize(
    ("to_s", "expected"),
    [
        (86_400, ["0", "3h", "6h", "9h", "12h", "15h", "18h", "21h", "1d"]),
        (3600, ["0", "10m", "20m", "30m", "40m", "50m", "1h"]),
        (60, ["0", "10s", "20s", "30s", "40s", "50s", "1m"]),
        (2.5, ["0", "0.5s", "1s", "1.5s", "2s", "2.5s"]),
        (7 * 86_400, ["0", "1d", "2d", "3d", "4d", "5d", "6d", "7d"]),
    ],
)
def test_a_clock_has_ticks_at_round_times(axis, to_s, expected):
    scales.clock_axis(axis, 0, to_s)
    assert texts(axis) == expected


@pytest.mark.parametrize("seconds", [0.003, 0.2, 1, 7, 59, 61, 500, 3599, 50_000, 3_000_000])
@pytest.mark.parametrize("start_s", [0, 0.7, 12_345])
def test_a_clock_of_any_span_has_some_ticks_all_different_and_in_view(axis, start_s, seconds):
    scales.clock_axis(axis, start_s, start_s + seconds)
    places = axis.get_ticklocs()
    assert 2 <= len(places) <= 9
    assert len(set(texts(axis))) == len(places)
    assert places[0] >= start_s
    assert places[-1] <= start_s + seconds + 1e-6


def test_a_logarithmic_axis_of_durations_has_decades_up_to_seconds_then_minutes_and_hours(axis):
    scales.log_duration_axis(axis, 1, 7_200_000)
    assert texts(axis) == ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "1 min", "10 min", "1 h"]


def test_a_short_logarithmic_axis_has_more_ticks_between(axis):
    scales.log_duration_axis(axis, 40, 900)
    assert texts(axis) == ["50 ms", "100 ms", "200 ms", "500 ms"]


@pytest.mark.parametrize(("low", "high"), [(100, 100), (0, 0), (101, 108), (0.001, 3e9)])
def test_a_logarithmic_axis_of_any_durations_shows_them_all_and_has_ticks(axis, low, high):
    scales.log_duration_axis(axis, low, high)
    left, right = axis.get_view_interval()
    assert left < max(low, 1e-3) < right
    assert left < high < right or high == 0
    assert (1 if high == 0 else 2) <= len(axis.get_ticklocs()) <= 12


def test_a_lone_duration_stands_in_the_middle_of_a_logarithmic_axis(axis):
    scales.log_duration_axis(axis, 207, 207)
    left, right = axis.get_view_interval()
    assert left * right == pytest.approx(207**2)


def test_the_tail_axis_spreads_out_the_nines(axis):
    scales.tail_axis(axis, 4.2)
    assert texts(axis) == ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"]
    assert axis.get_ticklocs()[2:].tolist() == [1, 2, 3, 4]


def test_a_logarithmic_axis_of_shares_ends_above_what_there_is(axis):
    scales.log_share_axis(axis, 0.0007)
    assert axis.get_scale() == "log"
    assert texts(axis) == ["100 %", "10 %", "1 %", "0.1 %"]
