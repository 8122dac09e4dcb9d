from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from arrival_kinds import MONDAY, times_of

from lambdasim.units import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_S
from lambdasim.workload.distributions import Exponential, Uniform
from lambdasim.workload.schedules import Schedule


def due(expression, days, *, start=MONDAY, timezone="UTC"):
    times = times_of(Schedule(expression, timezone), days * US_PER_DAY, start=start)
    return [f"{start + timedelta(microseconds=int(time)):%d %H:%M}" for time in times]


@pytest.mark.parametrize(
    ("expression", "every_us"),
    [("rate(1 minute)", US_PER_MINUTE), ("rate(5 minutes)", 5 * US_PER_MINUTE), ("rate(1 day)", US_PER_DAY)],
)
def test_a_rate_is_due_at_the_start_and_then_evenly(expression, every_us):
    assert np.array_equal(times_of(Schedule(expression), 3 * US_PER_DAY), np.arange(0, 3 * US_PER_DAY, every_us))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 7 ? * MON-FRI *)", ["05 07:00", "06 07:00", "07 07:00", "08 07:00", "09 07:00"]),
        ("cron(30 12 ? * 1 *)", ["11 12:30"]),  # AWS counts Sunday as 1
        ("cron(0 0 ? * MON#1 *)", ["05 00:00"]),
        ("cron(0/20 8 6 1 ? 2026)", ["06 08:00", "06 08:20", "06 08:40"]),
        ("cron(0 0 ? * L *)", ["10 00:00"]),  # L: the week's last day, Saturday
        ("cron(0  9  7W  *  ?  *)", ["07 09:00"]),
        ("cron(0 9 1 1 ? 2020)", []),
    ],
)
def test_cron_speaks_the_aws_dialect(expression, expected):
    assert due(expression, 7) == expected


def test_a_cron_time_at_the_start_itself_is_due_and_one_just_before_is_not():
    assert due("cron(0 0 * * ? *)", 2) == ["05 00:00", "06 00:00"]
    assert due("cron(0 0 * * ? *)", 1, start=MONDAY + timedelta(seconds=30)) == ["06 00:00"]


def test_every_minute_of_a_month_is_due_once():
    assert np.array_equal(
        times_of(Schedule("cron(* * * * ? *)"), 30 * US_PER_DAY), np.arange(0, 30 * US_PER_DAY, US_PER_MINUTE)
    )


def test_a_time_zone_moves_the_due_time_with_daylight_saving():
    start = datetime(2026, 3, 28, tzinfo=UTC)
    assert due("cron(0 7 * * ? *)", 3, start=start, timezone="Europe/London") == ["28 07:00", "29 06:00", "30 06:00"]


def test_a_time_that_the_clocks_skip_does_not_run():
    start = datetime(2026, 3, 7, 12, tzinfo=UTC)  # New York: 8 March, 02:00 becomes 03:00
    assert due("cron(30 2 * * ? *)", 3, start=start, timezone="America/New_York") == ["09 06:30", "10 06:30"]
    hourly = due("cron(30 * * * ? *)", 1, start=start, timezone="America/New_York")
    assert hourly[18:21] == ["08 06:30", "08 07:30", "08 08:30"]


def test_a_time_that_the_clocks_repeat_runs_once():
    start = datetime(2026, 10, 31, 12, tzinfo=UTC)  # New York: 1 November, 02:00 becomes 01:00
    found = due("cron(30 1 * * ? *)", 3, start=start, timezone="America/New_York")
    assert found == ["01 05:30", "02 06:30", "03 06:30"]


def test_a_start_inside_the_repeated_hour_does_not_run_it_again():
    start = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)  # 01:10 in New York, for the second time
    assert due("cron(30 1 * * ? *)", 1, start=start, timezone="America/New_York") == []


def test_a_start_given_in_another_zone_is_the_same_instant():
    elsewhere = MONDAY.astimezone(ZoneInfo("Asia/Tokyo"))
    one = times_of(Schedule("cron(0 7 * * ? *)"), 3 * US_PER_DAY, start=elsewhere)
    assert np.array_equal(one, times_of(Schedule("cron(0 7 * * ? *)"), 3 * US_PER_DAY))


def test_jitter_delays_each_event_and_keeps_their_order():
    late = times_of(Schedule("rate(1 hour)", jitter=Uniform(0, 60e6)), 30 * US_PER_DAY)
    delay = late - np.arange(0, 30 * US_PER_DAY, US_PER_HOUR)
    assert delay.min() >= 0
    assert delay.max() < 60 * US_PER_S
    assert abs(delay.mean() - 30e6) < 4 * 60e6 / np.sqrt(12 * delay.size)


def test_jitter_longer_than_the_period_mixes_the_events_and_loses_only_the_last():
    times = times_of(Schedule("rate(1 minute)", jitter=Exponential(3e8)), 10 * US_PER_DAY)
    assert (np.diff(times) >= 0).all()
    assert 14_400 - 40 < times.size < 14_400  # about 5 are still delayed at the end


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("rate(5 minute)", "AWS wants rate(5 minutes)"),
        ("rate(1 hours)", "AWS wants rate(1 hour)"),
        ("rate(0 minutes)", "is not a schedule"),
        ("rate(5 seconds)", "is not a schedule"),
        ("rate(999999999999 days)", "longer than the clock"),
        ("5 minutes", "is not a schedule; write rate(5 minutes), or cron("),
        ("cron(0 7 * * *)", "6 required, 5 provided"),
        ("cron(0 7 * * MON *)", "One must be a question mark"),
        ("cron(61 7 * * ? *)", "Invalid minute value '61'"),
        ("cron(0/0 7 * * ? *)", "step must be positive"),
        ("cron(0 7 LW * ? *)", "is not a schedule AWS takes"),
        ("", "is not a schedule"),
    ],
)
def test_a_wrong_expression_is_refused_with_a_right_one(expression, words):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 (the words are compared below)
        Schedule(expression)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "fields",
    [
        "0 7 * * * *",  # a day of the month and one of the week: one of them must be ?
        "0 7 ? * ? *",
        "0 7 1 * MON *",
        "* * * * *",  # five fields, as in Unix
        "0 0 12 * * ? *",  # seven, as in Quartz
        "60 0 * * ? *",
        "0 24 * * ? *",
        "0 0 0 * ? *",
        "0 0 32 * ? *",
        "0 0 1 13 ? *",
        "0 0 ? * 0 *",  # Sunday is 1, Saturday 7
        "0 0 ? * 8 *",
        "0 0 * * ? 1969",
        "0 0 * * ? 2200",
        "? 0 * * ? *",
        "0 ? * * ? *",
        "0 0 ? * MONDAY *",
        "0 0 ? JANUARY * *",
        "0 0 ? * MON#6 *",
        "0 0 ? * 3#1,6#3 *",  # one # alone
        "0 0 1W,15W * ? *",
        "0 0 W * ? *",
        "0 0 32W * ? *",
        "0 0 L,1 * ? *",
        "0/60 0 * * ? *",
        "5/ 0 * * ? *",
        ", 0 * * ? *",
        "1.5 0 * * ? *",
        "-1 0 * * ? *",
        "@daily",
    ],
)
def test_fields_that_aws_refuses_are_refused(fields):
    with pytest.raises(ValueError, match=r"is not a schedule AWS takes.*write rate\(5 minutes\), or cron\("):
        Schedule(f"cron({fields})")


@pytest.mark.parametrize("fields", ["0 8 * * *", "0 8 1 * MON *", "61 25 * * ? *"])
def test_what_is_wrong_and_the_remedy_are_parted_by_a_semicolon(fields):
    with pytest.raises(ValueError, match=r"AWS takes: .*[^.\s]; write rate\("):
        Schedule(f"cron({fields})")


@pytest.mark.parametrize("expression", ["cron(0 0 31 2 ? *)", "cron(0 0 30 FEB ? 2026)", "cron(0 0 1 1 ? 1970)"])
def test_a_day_that_never_comes_is_never_due(expression):
    assert due(expression, 400) == []


@pytest.mark.parametrize(
    ("expression", "timezone", "expected"),
    [
        ("at(2026-01-06T07:30:00)", "UTC", ["06 07:30"]),
        ("at(2026-01-06T07:30:00)", "America/New_York", ["06 12:30"]),
        ("at(2026-01-04T23:59:59)", "UTC", []),  # before the start
        ("at(2027-01-06T07:30:00)", "UTC", []),
    ],
)
def test_a_one_time_schedule_is_due_once_on_its_wall_clock(expression, timezone, expected):
    assert due(expression, 30, timezone=timezone) == expected


@pytest.mark.parametrize("expression", ["at(2026-02-30T00:00:00)", "at(2026-01-06)", "at()"])
def test_a_date_that_is_none_is_refused(expression):
    with pytest.raises(ValueError, match=r"is not a schedule.*or at\(2026"):
        Schedule(expression)


@pytest.mark.parametrize("name", ["Europe/Lodnon", "../etc/passwd", "America", ""])
def test_an_unknown_time_zone_is_refused(name):
    with pytest.raises(ValueError, match="not an IANA time zone"):
        Schedule("rate(1 day)", name)
    if name == "Europe/Lodnon":
        with pytest.raises(ValueError, match="did you mean Europe/London"):
            Schedule("rate(1 day)", name)
