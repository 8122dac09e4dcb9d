import math
import tracemalloc

import numpy as np
import pytest
from arrival_kinds import MONDAY, times_of
from scipy import stats

from lambdasim.randomness import stream
from lambdasim.units import US_PER_HOUR, US_PER_MINUTE, US_PER_S
from lambdasim.workload.traces import CountTrace, Trace

INSTANTS = np.array([0, 10, 10, 25, 30])


def test_recorded_instants_come_back_as_they_are():
    assert np.array_equal(times_of(Trace(INSTANTS), 1000), INSTANTS)
    assert np.array_equal(times_of(Trace(INSTANTS), 25), [0, 10, 10])


def test_the_time_scale_multiplies_the_gaps():
    assert times_of(Trace(INSTANTS, 0.5), 1000).tolist() == [0, 5, 5, 12, 15]
    assert times_of(Trace(INSTANTS, 3.0), 1000).tolist() == [0, 30, 30, 75, 90]


def test_a_repeated_trace_starts_again_after_its_last_instant_and_the_mean_gap():
    # last instant 30, mean gap 7.5: the second round begins at 37.5
    expected = [*INSTANTS, *(37 + INSTANTS), 75]
    assert times_of(Trace(INSTANTS, repeat=True), 76).tolist()[:11] == pytest.approx(expected, abs=1)
    hour = times_of(Trace(INSTANTS, repeat=True), US_PER_S)
    assert hour.size / US_PER_S == pytest.approx(5 / 37.5, rel=1e-3)


def test_a_repeated_trace_that_begins_late_keeps_its_pause():
    assert times_of(Trace(np.array([100, 110]), repeat=True), 350).tolist() == [100, 110, 220, 230, 340]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Trace(np.array([], dtype=np.int64)), "at least one instant"),
        (lambda: Trace(np.array([5, 4])), "must rise"),
        (lambda: Trace(np.array([-5, 4])), "must rise from 0"),
        (lambda: Trace(INSTANTS, 0.0), "time_scale is 0; it must be greater than 0"),
        (lambda: Trace(INSTANTS, 1e15), "longer than the clock"),
        (lambda: Trace(np.array([7, 7]), repeat=True), "no length to repeat by"),
        (lambda: CountTrace(np.array([], dtype=np.int64), 1), "at least one interval"),
        (lambda: CountTrace(np.array([1, -1]), 1), "must be 0 or more"),
        (lambda: CountTrace(np.array([10**12]), 1), "at most 10,000,000,000"),
        (lambda: CountTrace(np.array([1]), 0), "interval is 0"),
        (lambda: CountTrace(np.array([0, 0]), 1, repeat=True), "without arrivals can't be repeated"),
    ],
)
def test_what_is_no_trace_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_each_interval_gets_its_count_spread_uniformly():
    counts = np.array([5, 0, 100_000, 17, 40_000, 40_000])  # some too full to be drawn at once
    times = times_of(CountTrace(counts, US_PER_MINUTE), US_PER_HOUR)
    minutes, within = np.divmod(times, US_PER_MINUTE)
    assert np.array_equal(np.bincount(minutes), counts)
    assert stats.kstest(within[minutes == 2] / US_PER_MINUTE, "uniform").pvalue > 1e-4
    assert stats.kstest(within[minutes == 5] / US_PER_MINUTE, "uniform").pvalue > 1e-4


def test_two_events_of_one_interval_are_independent():
    first = [times_of(CountTrace(np.array([2]), US_PER_S), US_PER_S, seed=seed) for seed in range(2000)]
    gaps = np.diff(first, axis=1) / US_PER_S  # of two uniforms: mean 1/3, variance 1/18
    assert abs(gaps.mean() - 1 / 3) < 4 * math.sqrt(1 / 18 / 2000)


def test_counts_scale_and_repeat_by_whole_intervals():
    times = times_of(CountTrace(np.array([3, 0, 7]), US_PER_MINUTE, 0.5, repeat=True), 6 * US_PER_MINUTE)
    assert np.bincount(times // (US_PER_MINUTE // 2)).tolist() == [3, 0, 7] * 4


def test_a_huge_count_streams_in_flat_memory():
    blocks = CountTrace(np.array([10**9]), US_PER_MINUTE).times_us(stream(1), US_PER_HOUR, MONDAY)
    tracemalloc.start()
    taken = sum(next(blocks).size for _ in range(100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken > 1_000_000
    assert peak < 16 * 2**20
