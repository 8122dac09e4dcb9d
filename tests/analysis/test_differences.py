"""Paired differences: absolute, relative by Fieller's interval, and what common random numbers are worth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdasim.analysis.differences import difference_of, relative_difference, variance_ratio
from lambdasim.analysis.intervals import difference_estimate
from lambdasim.randomness import stream

NUMBERS = st.floats(min_value=1.0, max_value=1000.0).map(lambda value: round(value, 3))
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=12).map(lambda pairs: np.array(pairs).T)


def normal(number, *shape):
    return stream(11, "tests", number).standard_normal(shape)


@settings(deadline=None)
@given(PAIRS)
def test_the_other_way_round_the_signs_are_flipped(pair):
    ours, theirs = pair
    there, back = difference_of(ours, theirs).absolute, difference_of(theirs, ours).absolute
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))


@settings(deadline=None)
@given(PAIRS, st.sampled_from([0.8, 0.95, 0.999]))
def test_the_relative_interval_leaves_out_0_just_when_the_absolute_one_does(pair, confidence):
    difference = difference_of(*pair, confidence)
    if math.isnan(difference.relative.low):
        return  # the mean of theirs may be 0
    edge = min(abs(difference.absolute.low), abs(difference.absolute.high))
    if edge > 1e-6:  # where rounding decides, either may be right
        assert difference.relative.excludes_zero == difference.absolute.excludes_zero


@settings(deadline=None)
@given(PAIRS)
def test_fiellers_interval_ends_where_the_paired_t_test_changes_its_mind(pair):
    ours, theirs = pair
    found = relative_difference(ours, theirs)
    if math.isnan(found.low) or found.high - found.low < 1e-6:
        return
    for end, inside in ((found.low, 1), (found.high, -1)):
        step = inside * (found.high - found.low) * 1e-3
        within, beyond = (difference_estimate(ours, (1 + end + sign * step) * theirs) for sign in (1, -1))
        assert not within.excludes_zero
        assert beyond.excludes_zero


@settings(deadline=None)
@given(PAIRS, st.sampled_from([0.001, 7.0, 1000.0]))
def test_another_unit_changes_neither_shares_nor_ratios(pair, unit):
    one, other = difference_of(*pair), difference_of(*(pair * unit))
    for name in ("relative", "variance_ratio"):
        expected = getattr(one, name)
        ends = (expected.value, expected.low, expected.high)
        found = getattr(other, name)
        assert (found.value, found.low, found.high) == pytest.approx(ends, rel=1e-6, abs=1e-7, nan_ok=True)


def test_what_is_equal_in_every_replication_is_equal():
    difference = difference_of([3.0, 4.0, 5.0], [3.0, 4.0, 5.0])
    assert difference.is_equal
    assert not difference.is_shown
    assert (difference.relative.value, difference.relative.low, difference.relative.high) == (0, 0, 0)
    assert math.isnan(difference.variance_ratio.value)


def test_what_rounding_alone_makes_of_a_sum_is_no_difference():
    assert difference_of([0.1 + 0.2, 1e9 + 1e-7], [0.3, 1e9]).is_equal


def test_one_replication_that_differs_is_no_equality_and_shows_nothing():
    difference = difference_of([3.0, 4.0, 5.5], [3.0, 4.0, 5.0])
    assert not difference.is_equal
    assert not difference.is_shown


def test_a_difference_that_is_the_same_everywhere_is_shown():
    difference = difference_of([5.0, 6.0, 9.0], [3.0, 4.0, 7.0])
    assert difference.is_shown
    assert (difference.absolute.low, difference.absolute.high) == (2, 2)
    assert math.isnan(difference.variance_ratio.value)


def test_a_replication_in_which_one_has_no_value_counts_for_nothing():
    nan = math.nan
    found = difference_of([5.0, nan, 7.0, 9.5], [3.0, 4.0, nan, 7.0])
    assert found == difference_of([5.0, 9.5], [3.0, 7.0])
    assert found.absolute.n == 2


def test_without_two_pairs_there_is_no_interval_and_nothing_is_shown():
    for ours, theirs in (([], []), ([math.nan, 1.0], [1.0, math.nan]), ([2.0], [1.0])):
        difference = difference_of(ours, theirs)
        assert difference.absolute.n < 2
        assert math.isnan(difference.absolute.low)
        assert math.isnan(difference.relative.low)
        assert not difference.is_shown
        assert not difference.is_equal


def test_a_share_of_nothing_is_none():
    assert math.isnan(relative_difference([1.0, 2.0], [0.0, 0.0]).value)
    assert math.isnan(relative_difference([1.0, 2.0, 3.0], [-1.0, 0.5, 1.0]).low)  # a mean that may well be 0


def test_double_is_100_per_cent_more():
    theirs = np.array([3.0, 4.0, 4.5, 6.0])
    found = relative_difference(2 * theirs, theirs)
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_fiellers_interval_holds_the_true_share_as_often_as_it_says():
    luck, own = normal(0, 2000, 10), normal(1, 2, 2000, 10)
    theirs, ours = 100 + 9 * luck + 3 * own[0], 120 + 12 * luck + 3 * own[1]
    held = [(e := relative_difference(y, x)).low <= 0.2 <= e.high for y, x in zip(ours, theirs, strict=True)]
    assert abs(np.mean(held) - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 2000)


def test_the_interval_of_the_variance_ratio_holds_the_true_one_as_often_as_it_says():
    luck, own = normal(2, 2000, 10), normal(3, 2, 2000, 10)
    theirs, ours = 3 * luck + own[0], 3 * luck + 2 * own[1]
    true = (9 + 1 + 9 + 4) / (1 + 4)
    held = [(e := variance_ratio(y, x)).low <= true <= e.high for y, x in zip(ours, theirs, strict=True)]
    assert abs(np.mean(held) - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 2000)


@settings(deadline=None)
@given(PAIRS)
def test_the_variance_ratio_is_that_of_independent_pairs_to_shared_ones(pair):
    ours, theirs = pair
    found = variance_ratio(ours, theirs)
    if not math.isnan(found.value):
        expected = (np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / np.var(ours - theirs, ddof=1)
        assert found.value == pytest.approx(expected, rel=1e-6)
        assert math.isnan(found.low) or found.low <= found.value * (1 + 1e-9) <= found.high * (1 + 2e-9)


def test_luck_that_is_not_shared_is_worth_nothing():
    ours, theirs = normal(4, 2, 4000)
    assert variance_ratio(ours, theirs).value == pytest.approx(1, abs=0.1)
