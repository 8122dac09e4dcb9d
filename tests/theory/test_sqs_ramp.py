"""How fast a backlog drains is arithmetic: five pollers at first, 300 more a minute, each with a batch at a time."""

import numpy as np
import pytest

import lambdasim
from tests.theory.worlds import function, world

OLD_RULE = {"triggers/sqs/pollers/ramp_per_minute": 60}


def drain(backlog, *, service="1 s", batch=10, duration="5m", parameters=None, **trigger):
    """Run a queue with a backlog."""
    trigger = {
        "type": "sqs",
        "target": "f",
        "queue": {"visibility_timeout": "12h", "backlog": backlog},
        "batch_size": batch,
        **trigger,
    }
    parameters = {"scaling/per_function/burst": 100_000, **(parameters or {})}
    scenario = world({"f": function(service)}, {"q": trigger}, duration=duration, drain="0s", parameters=parameters)
    return lambdasim.simulate(scenario, seed=1)


def first_at_s(result, concurrency):
    """When that many runs were in progress for the first time, in seconds; runs are longer than the ramp."""
    started_us = np.sort(result.invocation_columns["invoked_us"])
    return started_us[concurrency - 1] / 1e6


def seconds_to_drain(backlog, batch, per_second, start=5, ceiling=1250):
    """Runs of one second: when as many batches have ended as the backlog has."""
    second, left = 0, backlog
    while left > 0:
        left -= batch * min(start + per_second * second, ceiling)
        second += 1
    return second


def test_the_ramp_from_5_to_1250_takes_4_15_minutes():
    result = drain(2000, service="10m", batch=1)
    assert first_at_s(result, 1250) == pytest.approx(4.15 * 60)
    assert first_at_s(result, 1000) == 199  # 3.3 minutes
    assert len(result.invocation_columns["event"]) == 1250


def test_under_the_old_rule_it_took_20_75_minutes():
    result = drain(20_000, service="1m", batch=1, duration="22m", parameters=OLD_RULE)
    log = result.invocation_columns
    started_us, ended_us = np.sort(log["invoked_us"]), np.sort(log["ended_us"][log["ended_us"] >= 0])
    at_us = np.arange(22 * 60) * 1_000_000
    running = np.searchsorted(started_us, at_us, side="right") - np.searchsorted(ended_us, at_us, side="right")
    assert np.argmax(running == 1250) == pytest.approx(20.75 * 60)
    assert running.max() == 1250  # the ceiling was the same


@pytest.mark.parametrize(("backlog", "batch"), [(1_000_000, 10), (150_000, 7), (3_000, 1)])
def test_a_backlog_drains_as_the_sum_of_the_ramp_says(backlog, batch):
    result = drain(backlog, batch=batch)
    found = result.summary()["triggers"]["q"]
    assert found["drained_s"] == seconds_to_drain(backlog, batch, 5)
    assert found["successes"] == backlog


def test_the_ramp_alone_absorbs_more_than_a_million_and_a_half_messages():
    # Its integral: (5 + 1250) / 2 pollers on average, 249 s, ten messages a second each.
    integral = (5 + 1250) / 2 * 249 * 10
    absorbed = sum(10 * (5 + 5 * second) for second in range(249))
    assert absorbed == pytest.approx(integral, rel=0.01)
    assert seconds_to_drain(absorbed, 10, 5) == 249


def test_the_same_backlog_took_twice_as_long_before_november_2023():
    found = drain(200_000, parameters=OLD_RULE).summary()["triggers"]["q"]
    assert found["drained_s"] == seconds_to_drain(200_000, 10, 1)
    assert found["drained_s"] > 2 * seconds_to_drain(200_000, 10, 5)


def test_throughput_at_the_ceiling_is_pollers_times_batch_over_duration():
    limited = {"scaling_config": {"maximum_concurrency": 40}}
    result = drain(1_000_000, service="2 s", duration="5m", **limited)
    by_minute = result.trigger_timeline["NumberOfMessagesDeleted"].to_numpy()
    assert by_minute[2] == 40 * 10 / 2 * 60


def test_provisioned_pollers_ramp_from_20_to_20_000_batches_in_20_minutes():
    pollers = {"provisioned_poller_config": {"minimum_pollers": 2, "maximum_pollers": 2000}}
    result = drain(40_000, service="15m", batch=1, duration="14m", **pollers)
    # A hundred pollers a minute are 1,000 concurrent batches a minute; a poller more is ten batches more.
    for minute in (1, 5, 13):
        assert first_at_s(result, 20 + 1000 * minute) == pytest.approx(60 * minute, abs=1)
    assert round((20_000 - 20) / 1000) == 20  # minutes, then
