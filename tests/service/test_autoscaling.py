"""Application Auto Scaling: alarms, steps, cooldowns and schedules of provisioned concurrency."""

from __future__ import annotations

import pytest

from lambdasim.codes import Change
from lambdasim.parameters.book import load_book
from lambdasim.scenario.autoscaling import Autoscaling
from lambdasim.service.autoscaling import TargetTracking, policy_of
from tests.worlds import run, world

S, MINUTE = 1_000_000, 60_000_000
TRACKING = policy_of(Autoscaling(min_capacity=1, max_capacity=100, target_value=0.7), 0.7, load_book())


def wanted(points, capacity=10, least=1, most=100):
    return TRACKING.wanted(points, capacity, least, most)


def test_a_target_of_70_percent_has_alarms_at_70_and_at_63_percent():
    assert (TRACKING.target, TRACKING.low) == (0.7, 0.63)
    assert wanted([0.7] * 15) == 10
    assert wanted([0.71] * 3) == 11
    assert wanted([0.63] * 15) == 10
    assert wanted([0.62] * 15) == 9


def test_three_points_scale_out_and_fifteen_scale_in():
    assert wanted([0.9] * 2) == 10
    assert wanted([0.5, 0.9, 0.9]) == 10
    assert wanted([0.9, 0.9, 0.5]) == 10
    assert wanted([0.9] * 3) == 13
    assert wanted([0.1] * 14) == 10
    assert wanted([0.65, *[0.1] * 14]) == 10
    assert wanted([0.1] * 15) == 9


def test_a_minute_without_traffic_has_no_datapoint_and_stops_both_alarms():
    for point in (0.9, 0.1):
        assert wanted([*[point] * 14, None]) == 10
        assert wanted([*[point] * 13, None, point]) == 10
    assert wanted([None] * 15) == 10
    assert wanted([]) == 10


@pytest.mark.parametrize(("utilization", "expected"), [(0.71, 102), (0.8, 115), (1.0, 143)])
def test_out_goes_in_proportion_to_utilization_over_target_rounded_up(utilization, expected):
    assert wanted([utilization] * 3, capacity=100, most=1000) == expected


def test_out_is_bounded_by_the_most_and_in_by_the_least():
    assert wanted([1.0] * 3, capacity=10, most=12) == 12
    assert wanted([1.0] * 3, capacity=20, most=12) == 20  # it is above already: nothing to do
    assert wanted([0.1] * 15, capacity=10, least=10) == 10
    assert wanted([0.1] * 15, capacity=5, least=10) == 5


@pytest.mark.parametrize("utilization", [0.05, 0.3, 0.5, 0.6, 0.629])
def test_in_never_leaves_utilization_above_the_target(utilization):
    for capacity in range(1, 200):
        left = wanted([utilization] * 15, capacity=capacity)
        assert left <= capacity
        assert utilization * capacity <= 0.7 * left + 1e-6
        assert capacity - left <= max(1, capacity // 10)  # "in smaller periodic steps"


def test_without_scale_in_target_tracking_only_adds():
    settings = Autoscaling(min_capacity=1, max_capacity=100, target_value=0.7, disable_scale_in=True)
    assert policy_of(settings, 0.7, load_book()).wanted([0.1] * 15, 10, 1, 100) == 10


def test_a_mean_at_the_target_does_not_scale_by_a_rounding_error():
    assert TargetTracking(0.7, 0.63, 1, 1, 0.1, scales_in=True).wanted([0.7], 10, 1, 100) == 10
    assert TargetTracking(0.3, 0.27, 1, 1, 0.1, scales_in=True).wanted([0.3 + 1e-9], 10, 1, 100) == 11


# -- in a run

AT_ONCE = {
    "provisioned/preparation": "0 s",
    "provisioned/autoscaling/metric_delay_s": 0,
    "cold_starts/platform_overhead": "0 s",
}


def scaled(first, rate, *, parameters=None, duration="30m", handler="1 s", **autoscaling):
    """A world with a constant load: ``rate`` calls a second of 1 s each keep as many environments busy.

    They come half a second before the full one, so that minutes begin between two. Init takes no time.
    """
    autoscaling = {"min_capacity": 1, "max_capacity": 100, **autoscaling}
    alias = {"function_version": "1", "provisioned_concurrent_executions": first, "autoscaling": autoscaling}
    arrivals = rate if isinstance(rate, dict) else {"constant": {"rate": f"{rate}/s"}}
    return world(
        function={"aliases": {"live": alias}},
        init={"duration": "0 s"},
        handler={"duration": handler},
        trigger={"target": "f:live", "arrivals": arrivals},
        parameters={**AT_ONCE, **(parameters or {})},
        duration=duration,
        drain="0s",
    )


def scalings(document):
    """(minute, how many it asked for) for each time that Application Auto Scaling acted."""
    table = run(document).change_columns
    mine = table["change"] == Change.AUTOSCALED
    return [
        (at_us / MINUTE, n)
        for at_us, n in zip(table["at_us"][mine].tolist(), table["value"][mine].tolist(), strict=True)
    ]


def test_a_load_above_the_target_scales_out_after_exactly_three_minutes():
    assert scalings(scaled(10, 8, target_value=0.7, duration="10m"))[0] == (3, 12)  # 8 / 10 / 0.7


def test_a_load_below_nine_tenths_of_the_target_scales_in_after_exactly_fifteen():
    assert scalings(scaled(10, 6, target_value=0.7))[0] == (15, 9)


def test_between_nine_tenths_of_the_target_and_the_target_nothing_happens():
    assert scalings(scaled(20, 13, target_value=0.7)) == []


def test_how_many_points_scale_in_takes_is_a_parameter():
    three = {"provisioned/autoscaling/scale_in_points": 3}
    assert scalings(scaled(10, 6, target_value=0.7, parameters=three))[0] == (3, 9)


def test_datapoints_come_to_the_alarms_after_their_delay():
    late = {"provisioned/autoscaling/metric_delay_s": 90}
    assert scalings(scaled(10, 8, target_value=0.7, parameters=late))[0][0] == 4.5


def test_without_traffic_nothing_is_scaled_either_way():
    quiet = {"sum": [{"piecewise": {"points": [["0s", "6/s"], ["10m", "6/s"], ["10m", "0/s"]], "interpolate": "step"}}]}
    assert scalings(scaled(10, quiet, target_value=0.7, duration="2h")) == []


def test_no_policy_acts_while_a_raise_is_being_allocated():
    slow = {"provisioned/preparation": "150 s"}
    minutes = [minute for minute, _ in scalings(scaled(10, 30, target_value=0.7, parameters=slow))]
    assert minutes[:3] == [3, 6, 9]  # ready at 5.5 and 8.5 minutes


def test_a_scale_out_cooldown_counts_from_when_the_raise_is_complete():
    minutes = [
        minute for minute, _ in scalings(scaled(10, 90, target_value=0.7, scale_out_cooldown=300, duration="5m"))
    ]
    assert minutes[0] == 3
    assert minutes[1] == 4  # the next step is larger: 15 x 1.43, and AWS lets a larger one pass
    flat = scaled(50, 55, target_value=0.9, scale_out_cooldown=300, duration="10m")
    first, second = scalings(flat)[:2]
    assert first == (3, 56)  # 50 / 0.9, then 55 / 56 / 0.9 adds no more than that
    assert second[0] == 9


def test_a_scale_in_cooldown_holds_the_next_scale_in():
    minutes = [minute for minute, _ in scalings(scaled(50, 5, target_value=0.7, scale_in_cooldown=300))]
    assert minutes[:3] == [15, 20, 25]
    assert [minute for minute, _ in scalings(scaled(50, 5, target_value=0.7))][:3] == [15, 16, 17]


def test_a_scale_out_does_not_wait_for_the_cooldown_of_a_scale_in_and_ends_it():
    points = [["0s", "5/s"], ["16m", "5/s"], ["16m", "50/s"], ["20m", "50/s"], ["20m", "5/s"], ["40m", "5/s"]]
    surge = {"piecewise": {"points": points, "interpolate": "step"}}
    acts = scalings(scaled(50, surge, target_value=0.7, scale_in_cooldown=3600, duration="40m"))
    assert acts[0] == (15, 45)
    assert acts[1][0] == 19
    assert acts[1][1] > 45
    later = [minute for minute, n in acts if minute > 20]
    assert later == [35]  # after the fifteen minutes from 20 on; then the cooldown holds again


def test_the_maximum_sees_a_burst_that_the_average_does_not():
    bursts = {"sum": [{"constant": {"rate": "4/s"}}, {"batch": {"rate": "3/min", "size": 9, "spacing": "0 s"}}]}
    short = {"handler": "200 ms", "duration": "20m"}
    short["disable_scale_in"] = True
    assert scalings(scaled(10, bursts, target_value=0.7, **short)) == []
    assert scalings(scaled(10, bursts, target_value=0.7, statistic="Maximum", **short))


def test_target_tracking_settles_where_utilization_is_near_its_target():
    load = {"poisson": {"rate": "42/s"}}
    acts = scalings(scaled(30, load, target_value=0.7, duration="30m"))
    assert 60 <= acts[-1][1] <= 68


# -- scheduled actions


def action(schedule, low=None, high=None, **keys):
    bounds = {"min_capacity": low, "max_capacity": high}
    return {"schedule": schedule, **{key: value for key, value in bounds.items() if value is not None}, **keys}


def test_a_scheduled_action_moves_what_lies_outside_its_bounds_and_nothing_else():
    acts = scalings(
        scaled(
            10,
            1,
            duration="3h",
            scheduled_actions=[
                action("at(2026-01-05T00:30:00)", 40, 60),
                action("at(2026-01-05T01:00:00)", 20),
                action("at(2026-01-05T01:30:00)", 1, 15),
                action("at(2026-01-05T02:00:00)", high=100),
            ],
        )
    )
    assert acts == [(30, 40), (90, 15)]


def test_a_scheduled_action_asks_no_cooldown_and_does_not_wait_for_an_allocation():
    slow = {"provisioned/preparation": "10m"}
    acts = scalings(
        scaled(
            10,
            1,
            parameters=slow,
            scheduled_actions=[action("at(2026-01-05T00:05:00)", 20), action("at(2026-01-05T00:06:00)", 30)],
        )
    )
    assert acts == [(5, 20), (6, 30)]


def test_target_tracking_keeps_to_the_bounds_that_a_schedule_has_set():
    acts = scalings(
        scaled(10, 60, target_value=0.7, scheduled_actions=[action("at(2026-01-05T00:01:00)", high=20)], duration="20m")
    )
    assert acts[-1][1] == 20


def test_a_schedule_on_londons_clock_comes_an_hour_earlier_in_summer():
    # The clocks go forward on Sunday 2026-03-29: 07:00 in London is 07:00 UTC before, and 06:00 UTC after.
    document = scaled(
        2,
        {"constant": {"rate": "1/h"}},
        duration="4d",
        scheduled_actions=[
            action("cron(0 7 ? * * *)", 10, 10, timezone="Europe/London"),
            action("cron(0 19 ? * * *)", 2, 2, timezone="Europe/London"),
        ],
    )
    acts = scalings({**document, "start": "2026-03-27T00:00:00Z"})
    hours = [minute / 60 for minute, _ in acts]
    assert hours == [7, 19, 24 + 7, 24 + 19, 48 + 6, 48 + 18, 72 + 6, 72 + 18]
    assert [n for _, n in acts] == [10, 2] * 4


def test_a_scheduled_action_keeps_to_its_start_and_end_time():
    document = scaled(
        2,
        {"constant": {"rate": "1/h"}},
        duration="4d",
        scheduled_actions=[
            action("cron(0 7 ? * * *)", 10, 10, start_time="2026-01-06T00:00:00Z", end_time="2026-01-07T08:00:00Z"),
            action("cron(0 19 ? * * *)", 2, 2),
        ],
    )
    assert [minute / 60 for minute, _ in scalings(document)] == [24 + 7, 24 + 19, 48 + 7, 48 + 19]
