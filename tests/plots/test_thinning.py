"""Thinned curves: what they pass through, and how far they may be from the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.plots.thinning import LEVELS, PER_DECADE, body_ranks, tail_ranks

counts = st.integers(1, 3_000_000)


@pytest.mark.parametrize("ranks_of", [body_ranks, tail_ranks])
@given(count=counts)
def test_both_ends_are_kept_and_ranks_ascend(ranks_of, count):
    ranks = ranks_of(count)
    assert ranks[0] == 1
    assert ranks[-1] == count
    assert (np.diff(ranks) > 0).all()


@given(count=counts)
def test_in_the_body_no_step_is_larger_than_the_bound(count):
    steps = np.diff(body_ranks(count))
    assert steps.size == 0 or steps.max() <= np.ceil(count / LEVELS)


@given(count=counts)
def test_in_the_tail_no_step_leaves_out_more_than_some_per_cent_of_what_is_beyond(count):
    beyond = (count + 1 - tail_ranks(count))[::-1]
    factor = 10 ** (1 / PER_DECADE)
    assert (np.diff(beyond) <= 1 + (beyond[:-1] + 0.5) * (factor - 1) + 1e-9).all()


@pytest.mark.parametrize("ranks_of", [body_ranks, tail_ranks])
def test_few_points_are_left_of_millions(ranks_of):
    assert ranks_of(3_000_000).size < 300


def test_the_slowest_of_a_tail_are_all_kept():
    assert set(range(999_991, 1_000_001)) <= set(tail_ranks(1_000_000).tolist())
