"""So many times the traffic: what is multiplied, what stays, and that the expected number of events follows."""

import numpy as np
import pytest
from arrival_kinds import KINDS, PER_S, counts_of, times_of
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.units import US_PER_MINUTE, US_PER_S
from lambdasim.workload.arrivals import (
    AtOnce,
    Batch,
    Bursts,
    ConstantRate,
    NoArrivals,
    Piecewise,
    Poisson,
    Renewal,
    Sum,
)
from lambdasim.workload.distributions import Constant
from lambdasim.workload.expected import expected_events
from lambdasim.workload.scaled import is_on_a_clock, scaled
from lambdasim.workload.schedules import Schedule
from lambdasim.workload.traces import CountTrace, Trace

UNTIL_US = 1000 * US_PER_S
SCALABLE = [kind for kind in KINDS if not isinstance(kind, Schedule)]
INSTANTS = np.array([0, 10, 10, 25, 30]) * US_PER_S


@given(process=st.sampled_from(SCALABLE), factor=st.floats(0.01, 100))
def test_so_many_times_the_traffic_is_so_many_times_the_expected_events(process, factor):
    expected = expected_events(process, UNTIL_US) * factor
    rounding = 0.5 if isinstance(process, AtOnce) else 0
    assert expected_events(scaled(process, factor), UNTIL_US) == pytest.approx(expected, rel=1e-9, abs=rounding + 1e-9)


@pytest.mark.parametrize("process", KINDS, ids=lambda process: type(process).__name__)
def test_once_the_traffic_is_the_process_itself(process):
    assert scaled(process, 1) is process
    assert scaled(process, 1.0) is process


def test_rates_are_multiplied_and_everything_else_stays():
    assert scaled(Renewal(2.0, 0.3), 10) == Renewal(20.0, 0.3)
    assert scaled(Batch(1.0, Constant(3.0), Constant(5.0)), 2) == Batch(2.0, Constant(3.0), Constant(5.0))
    assert scaled(Bursts(1.0, 2.0, 5e6, 6e6), 3) == Bursts(3.0, 6.0, 5e6, 6e6)
    assert scaled(Piecewise(((0, 1.0), (5, 2.0)), "step"), 3) == Piecewise(((0, 3.0), (5, 6.0)), "step")
    assert scaled(AtOnce(5, 7, 9), 2.5) == AtOnce(12, 7, 9)
    assert scaled(AtOnce(1), 0.4) == NoArrivals()


def test_a_clock_does_not_go_faster_with_more_users():
    clock = Schedule("rate(1 minute)")
    assert scaled(clock, 10) is clock
    assert scaled(Sum((clock, Poisson(PER_S))), 10) == Sum((clock, Poisson(10 * PER_S)))
    assert is_on_a_clock(Sum((Sum((clock,)), Poisson(PER_S))))
    assert not is_on_a_clock(Sum((Poisson(PER_S), NoArrivals())))


def test_more_traffic_than_can_be_simulated_is_refused():
    with pytest.raises(ValueError, match=r"rate is 1e\+10/s; it must be between"):
        scaled(ConstantRate(1e4), 1e6)
    with pytest.raises(ValueError, match=r"copies is 2e\+06; it must be a number up to"):
        scaled(Trace(INSTANTS), 2e6)
    with pytest.raises(ValueError, match="at most 10,000,000,000"):
        scaled(CountTrace(np.array([10**9]), US_PER_MINUTE), 100)


def test_a_recorded_event_comes_so_often_and_its_copies_before_the_next_one():
    times = times_of(scaled(Trace(INSTANTS), 3), UNTIL_US)
    assert times.size == 3 * INSTANTS.size
    for instant in INSTANTS:
        assert instant in times
    for begin, end, events in ((0, 10, 1), (10, 25, 2), (25, 30, 1), (30, 37.5, 1)):
        within = (times >= begin * US_PER_S) & (times < end * US_PER_S)
        assert np.count_nonzero(within) == 3 * events


def test_of_a_fraction_each_recorded_event_comes_or_does_not_by_a_coin_of_its_own():
    recorded = np.arange(100_000) * 1000
    half = times_of(scaled(Trace(recorded), 0.5), UNTIL_US)
    assert np.isin(half, recorded).all()
    assert abs(half.size - 50_000) < 4 * np.sqrt(25_000)
    more = times_of(scaled(Trace(recorded), 0.7), UNTIL_US)
    assert np.isin(half, more).all()  # the same coins: more traffic only adds


def test_a_recorded_count_is_multiplied_and_rounded_by_a_coin():
    counts = np.array([0, 3, 10, 1])
    twice = times_of(scaled(CountTrace(counts, US_PER_S), 2), UNTIL_US)
    assert np.bincount(twice // US_PER_S, minlength=4).tolist() == [0, 6, 20, 2]
    drawn = counts_of(scaled(CountTrace(counts, US_PER_S), 1.25), UNTIL_US, 400)
    assert set(drawn) <= set(range(int(3.75) + 12 + 1, 4 + 13 + 2 + 1))
    assert drawn.mean() == pytest.approx(1.25 * counts.sum(), abs=4 * drawn.std() / 20)


def test_traces_that_hardly_ever_come_still_end():
    assert times_of(Trace(INSTANTS, repeat=True, copies=1e-9), UNTIL_US).size == 0
    assert times_of(CountTrace(np.array([1]), US_PER_S, repeat=True, copies=1e-9), UNTIL_US).size == 0
