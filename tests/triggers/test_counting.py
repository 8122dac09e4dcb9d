"""Counters and gauges: CloudWatch's minutes, and the measured span."""

import numpy as np

from lambdasim.triggers.counting import Counter, Gauge
from lambdasim.units import US_PER_MINUTE, US_PER_S

MEASURED = (US_PER_MINUTE, 3 * US_PER_MINUTE)


def test_a_counter_sums_by_minute_and_totals_the_measured_span():
    counter = Counter(MEASURED)
    for at_s, amount in ((0, 5), (59.999999, 1), (60, 2), (179, 3), (180, 10)):
        counter.add(round(at_s * US_PER_S), amount)
    assert counter.series().tolist() == [6, 2, 3, 10]
    assert counter.total == 5


def test_a_gauge_is_read_at_the_end_of_its_minute():
    gauge = Gauge(MEASURED)
    for minute, value in ((1, 7.0), (2, 1.0), (3, 2.0), (4, 50.0)):
        gauge.read(minute * US_PER_MINUTE, value)
    assert gauge.series().tolist() == [7, 1, 2, 50]
    assert gauge.highest == 2  # the reading at 1 minute is of the warm-up, that at 4 of the drain
    assert gauge.mean == 1.5


def test_a_minute_without_a_reading_has_none():
    gauge = Gauge(MEASURED)
    gauge.read(3 * US_PER_MINUTE, 4.0)
    assert np.isnan(gauge.series()).tolist() == [True, True, False]
    assert Gauge(MEASURED).mean == 0
