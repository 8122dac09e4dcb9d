"""CloudWatch's alarms: what a datapoint is taken of, and when an alarm goes off."""

import pytest

from lambdasim.codes import Outcome
from lambdasim.records import INVOCATION_COLUMNS
from lambdasim.scenario.deployments import Alarm
from lambdasim.service.alarms import Watch
from lambdasim.units import US_PER_MINUTE


def row(outcome, minute=0, duration_us=1000):
    """A row of the invocation log, of a request that was invoked a second after a minute began."""
    values = dict.fromkeys((column.name for column in INVOCATION_COLUMNS), 0)
    invoked_us = minute * US_PER_MINUTE + 1_000_000
    values |= {
        "outcome": outcome,
        "invoked_us": invoked_us,
        "started_us": invoked_us,
        "ended_us": invoked_us + duration_us,
    }
    return tuple(values.values())


def watch(since_us=0, **keys):
    return Watch(Alarm.model_validate(keys), since_us)


def seen(rows, **keys):
    one = watch(**keys)
    for seen_row in rows:
        one.note(seen_row)
    return one


FAILURES = (Outcome.ERROR, Outcome.TIMEOUT, Outcome.CRASH, Outcome.OUT_OF_MEMORY)


def test_errors_are_the_function_errors():
    every = [row(outcome) for outcome in Outcome]
    assert not seen(every, metric_name="Errors", threshold=len(FAILURES)).is_on(0)
    assert seen(every, metric_name="Errors", threshold=len(FAILURES) - 1).is_on(0)


def test_throttles_are_what_lambda_refused():
    every = [row(outcome) for outcome in Outcome]
    assert not seen(every, metric_name="Throttles", threshold=1).is_on(0)
    assert seen(every, metric_name="Throttles", threshold=0).is_on(0)


def test_the_error_rate_is_of_the_runs_without_what_was_throttled_or_rejected_or_has_not_ended():
    every = [row(Outcome.SUCCESS)] * 4 + [row(outcome) for outcome in Outcome if outcome is not Outcome.SUCCESS]
    assert not seen(every, metric_name="ErrorRate", threshold="50%").is_on(0)  # 4 of 8
    assert seen(every, metric_name="ErrorRate", threshold="49%").is_on(0)


@pytest.mark.parametrize(
    ("statistic", "value_ms"),
    [(None, 25), ("Average", 25), ("Maximum", 70), ("p50", 10), ("p67", 10), ("p76", 70), ("p0", 10)],
)
def test_an_alarm_on_durations_takes_its_statistic(statistic, value_ms):
    runs = [row(Outcome.SUCCESS, duration_us=ms * 1000) for ms in (10, 70, 10, 10)]
    keys = {"metric_name": "Duration", "statistic": statistic} if statistic else {"metric_name": "Duration"}
    assert seen(runs, threshold=f"{value_ms - 0.001} ms", **keys).is_on(0)
    assert not seen(runs, threshold=f"{value_ms} ms", **keys).is_on(0)


def test_at_its_threshold_an_alarm_goes_off_only_if_it_says_so():
    at_it = [row(Outcome.ERROR)] * 3
    assert not seen(at_it, metric_name="Errors", threshold=3).is_on(0)
    keys = {"metric_name": "Errors", "threshold": 3, "comparison_operator": "GreaterThanOrEqualToThreshold"}
    assert seen(at_it, **keys).is_on(0)
    assert not seen(at_it[:2], **keys).is_on(0)


def test_a_datapoint_is_taken_for_each_period_by_when_requests_were_invoked():
    errors = [row(Outcome.ERROR, minute) for minute in (3, 5)]
    apart = seen(errors, metric_name="Errors", threshold=1)
    assert not any(apart.is_on(period) for period in range(10))
    together = seen(errors, metric_name="Errors", threshold=1, period=180)
    assert [period for period in range(10) if together.is_on(period)] == [1]
    late = seen([row(Outcome.ERROR, 3, duration_us=5 * US_PER_MINUTE)] * 2, metric_name="Errors", threshold=1)
    assert [period for period in range(10) if late.is_on(period)] == [3]


@pytest.mark.parametrize(
    ("failed", "of", "enough", "on"),
    [
        ((3,), 3, None, []),
        ((3, 4, 5), 3, None, [5]),
        ((3, 4, 5, 6), 3, None, [5, 6]),
        ((3, 5), 3, None, []),
        ((3, 5), 3, 2, [5]),
        ((3, 4), 3, 2, [4, 5]),
        ((3, 6), 3, 2, []),
        ((3,), 3, 1, [3, 4, 5]),
    ],
)
def test_so_many_of_the_last_datapoints_must_break_the_threshold(failed, of, enough, on):
    keys = {"metric_name": "Errors", "threshold": 0, "evaluation_periods": of}
    keys |= {"datapoints_to_alarm": enough} if enough else {}
    one = seen([row(Outcome.ERROR, minute) for minute in failed], **keys)
    assert [period for period in range(10) if one.is_on(period)] == on


@pytest.mark.parametrize("metric", ["Errors", "ErrorRate", "Throttles", "Duration"])
def test_a_period_without_data_breaks_no_threshold(metric):
    threshold = "1 ms" if metric == "Duration" else 0
    keys = {"metric_name": metric, "threshold": threshold, "comparison_operator": "GreaterThanOrEqualToThreshold"}
    assert not watch(**keys).is_on(0)
    if metric != "Throttles":
        assert not seen([row(Outcome.THROTTLED)], **keys).is_on(0)


def test_what_was_invoked_before_the_deployment_began_is_not_its_doing():
    one = watch(since_us=2_000_000, metric_name="Errors", threshold=0)
    one.note(row(Outcome.ERROR))
    assert not one.is_on(0)
