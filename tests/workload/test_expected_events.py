import numpy as np
import pytest
from arrival_kinds import KINDS, PER_S, counts_of

from lambdasim.units import US_PER_HOUR, US_PER_S
from lambdasim.workload.arrivals import AtOnce, Batch, Diurnal, Sum
from lambdasim.workload.expected import expected_events
from lambdasim.workload.schedules import Schedule

UNTIL_US = 1000 * US_PER_S
BOUNDED = (Diurnal, Schedule, Batch)  # of these only an upper bound is told


@pytest.mark.parametrize("process", KINDS, ids=lambda process: type(process).__name__)
def test_the_expected_number_of_events_is_the_mean_of_what_comes(process):
    counts = counts_of(process, UNTIL_US, 60)
    expected = expected_events(process, UNTIL_US)
    # Recorded and evenly spaced events may be off by a round, clustered ones by the first gap.
    slack = 4 * counts.std(ddof=1) / np.sqrt(counts.size) + 0.02 * expected + 2
    assert counts.mean() <= expected + slack
    if not isinstance(process, BOUNDED):
        assert counts.mean() >= expected - slack


def test_a_weekend_that_is_busier_than_the_week_counts():
    assert expected_events(Diurnal(PER_S, 1.0, 0.0, 3.0), US_PER_HOUR) == pytest.approx(3 * 3600)


def test_only_the_part_of_a_window_before_the_end_counts():
    late, cut = AtOnce(100, at_us=UNTIL_US), AtOnce(100, at_us=0, over_us=2 * UNTIL_US)
    assert expected_events(Sum((late, cut)), UNTIL_US) == pytest.approx(50)
