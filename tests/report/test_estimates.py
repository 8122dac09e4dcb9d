"""Estimates in words: each with the unit that its measure has, whoever tells it."""

from __future__ import annotations

import math

import pytest

from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.telling import amount, change
from lambdasim.display.numbers import month_of
from lambdasim.scenario.measures import Names, read_measure

NAMES = Names(("api",), {"jobs": "sqs", "clicks": "kinesis"})


def estimate(value, low, high):
    return Estimate(value, low, high, 10, "t")


@pytest.mark.parametrize(
    ("measure", "ends", "told"),
    [
        ("api.latency_ms.p99", (281, 270.2, 292), "281 ms [270, 292]"),
        ("api.latency_ms.p99", (9_999, 9_000, 11_000), "9,999 ms [9,000, 11,000]"),
        ("clicks.iterator_age_ms.max", (61_234, 9_800, 123_456), "61.2 s [9.8, 123]"),
        ("clicks.iterator_age_ms.max", (5_000_000, 4_900_000, 5_100_000), "83.3 min [81.7, 85]"),
        ("jobs.latency_ms.mean", (300_000_000, 299e6, 301e6), "3.47 d [3.46, 3.48]"),
        ("jobs.drained_s", (200.3, 199.06, 201.5), "200.3 s [199.1, 201.5]"),
        ("jobs.drained_s", (36_000, 35_000, 37_000), "10 h [9.72, 10.3]"),
        ("jobs.oldest_message_s_max", (12.5, 12, 13), "12.5 s [12, 13]"),
        ("jobs.events", (12.5, 12, 13), "12.5 [12, 13]"),
        ("api.cold_start_rate", (0.0123, 0.01, 0.02), "1.23 % [1 %, 2 %]"),
        ("api.cost_usd.total", (1.5, 1.25, 1.75), "$1.50 [$1.25, $1.75]"),
        ("total.cost_usd_per_month", (1.5, 1.25, 1.75), "$1.50 [$1.25, $1.75] a month"),
        ("api.latency_ms.p99", (281, math.nan, math.nan), "281 ms [-, -]"),
        ("api.latency_ms.p99", (math.nan, math.nan, math.nan), "no value"),
    ],
)
def test_an_amount_has_its_unit_and_long_times_are_told_as_people_read_them(measure, ends, told):
    assert amount(read_measure(measure, NAMES), estimate(*ends)) == told


@pytest.mark.parametrize(
    ("measure", "ends", "told"),
    [
        ("api.latency_ms.p99", (12, -3, 27), "+12 [-3, +27]"),
        ("api.cold_start_rate", (0.003, 0.001, 0.0125), "+0.3 points [+0.1, +1.25]"),
        ("api.cold_start_rate", (-0.25, -0.3, 0), "-25 points [-30, 0]"),
        ("api.provisioned_concurrency.utilization.mean", (0.01, 0.01, 0.01), "+1 points"),
        ("total.cost_usd_per_month", (0.00002, -0.00003, 0.0012), "$0.00 [$0.00, +$0.0012]"),
        ("total.cost_usd_per_month", (-2.5, -3, -2), "-$2.50 [-$3.00, -$2.00]"),
        ("api.latency_ms.p99", (math.nan, math.nan, math.nan), "-"),
    ],
)
def test_a_difference_of_shares_is_in_points_and_one_below_a_hundredth_of_a_cent_is_none(measure, ends, told):
    assert change(read_measure(measure, NAMES), estimate(*ends)) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(20, "made of such 20 s"), (3599.9, "made of such 60 min"), (3600, "like this"), (86_400, "like this")],
)
def test_a_month_of_a_short_span_says_what_it_is_made_of(seconds, told):
    assert month_of(seconds) == told
