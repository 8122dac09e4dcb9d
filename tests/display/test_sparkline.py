"""Sparklines by their laws."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.display.sparkline import LEVELS, in_steps, sparkline, step_min

VALUES = st.lists(st.floats(0, 1e12) | st.just(math.nan), min_size=1, max_size=80)
BLOCKS = st.booleans()


def level(sign, in_blocks):
    return LEVELS[in_blocks].index(sign)


@given(VALUES, BLOCKS)
def test_each_value_has_a_sign_and_a_gap_has_none(values, in_blocks):
    line = sparkline(values, in_blocks=in_blocks)
    assert len(line) == len(values)
    assert [sign == " " for sign in line] == [math.isnan(value) for value in values]


@given(VALUES, BLOCKS)
def test_what_is_higher_stands_no_lower(values, in_blocks):
    pairs = [pair for pair in zip(values, sparkline(values, in_blocks=in_blocks), strict=True) if pair[1] != " "]
    levels = [level(sign, in_blocks) for _, sign in sorted(pairs)]
    assert levels == sorted(levels)


@given(VALUES, BLOCKS)
def test_the_highest_fills_its_line_and_nothing_alone_has_the_lowest_level(values, in_blocks):
    top = max((value for value in values if not math.isnan(value)), default=0)
    for value, sign in zip(values, sparkline(values, in_blocks=in_blocks), strict=True):
        if not math.isnan(value):
            assert (sign == LEVELS[in_blocks][0]) == (value == 0)
            if value == top > 0:
                assert sign == LEVELS[in_blocks][-1]


def test_nothing_at_all_is_flat():
    assert sparkline([0.0] * 5) == "▁▁▁▁▁"
    assert sparkline([]) == ""


def test_the_upper_levels_are_of_one_height():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == LEVELS[True]
    assert sparkline([1e-9, 7]) == "▂█"


@given(VALUES, st.integers(1, 90))
def test_gauges_keep_their_highest_and_counts_their_sum(values, step):
    known = [value for value in values if not math.isnan(value)]
    highest, sums = in_steps(values, step), in_steps(values, step, added=True)
    assert len(highest) == len(sums) == math.ceil(len(values) / step)
    assert [value for value in highest if not math.isnan(value)] or not known
    if known:
        assert max(value for value in highest if not math.isnan(value)) == max(known)
        assert sum(value for value in sums if not math.isnan(value)) == pytest.approx(sum(known))


@given(st.integers(1, 10**6), st.integers(1, 100))
def test_a_step_is_the_least_handy_one_that_fits(minutes, width):
    step = step_min(minutes, width)
    assert step * width >= minutes
    assert step % 1440 == 0 or 1440 % step == 0
    assert step == 1 or any(smaller * width < minutes for smaller in range(step // 3, step))
