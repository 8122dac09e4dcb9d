"""A feed hands over arrivals as they become due."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.triggers.feed import Feed
from lambdasim.units import MAXIMUM_US


def feed(*blocks):
    return Feed(np.array(block, dtype=np.int64) for block in blocks)


def test_what_is_due_is_taken_once_and_the_next_is_known():
    arrivals = feed([0, 0, 5], [5, 9])
    assert arrivals.next_us == 0
    assert arrivals.take(0) == [0, 0]
    assert arrivals.next_us == 5
    assert arrivals.take(4) == []
    assert arrivals.take(5) == [5, 5]
    assert arrivals.take(100) == [9]
    assert arrivals.next_us == MAXIMUM_US


def test_a_feed_of_nothing_never_has_anything_due():
    assert feed().next_us == MAXIMUM_US
    assert feed().take(10**15) == []


@given(
    times=st.lists(st.integers(0, 50)).map(sorted),
    looks=st.lists(st.integers(0, 60)).map(sorted),
    size=st.integers(1, 5),
)
def test_looks_at_any_times_take_every_arrival_in_order(times, looks, size):
    arrivals = feed(*(times[first : first + size] for first in range(0, len(times), size)))
    taken = []
    for look_us in looks:
        taken += arrivals.take(look_us)
        assert taken == [time for time in times if time <= look_us]
    assert taken + arrivals.take(100) == times
