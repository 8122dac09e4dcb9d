"""ProvisionedConcurrencyUtilization, as the invocations of a run show it."""

import numpy as np
import pytest

from tests.worlds import at, run, world

AVERAGE, MAXIMUM = "ProvisionedConcurrencyUtilization_Average", "ProvisionedConcurrencyUtilization_Maximum"


def minutes(name, **changes):
    """A metric of the function by minute, of runs of 10 s on four environments."""
    document = world(function={"provisioned_concurrent_executions": 4}, handler={"duration": "10 s"}, **changes)
    timeline = run(document | {"duration": "5m"}).timeline
    return timeline[timeline["function"] == "f"][name].to_numpy()


def test_each_invocation_shows_how_many_are_busy_with_itself_of_those_allocated():
    arrivals = at("0s", "1s", "2s", "130s")
    assert minutes(AVERAGE, trigger={"arrivals": arrivals}) == pytest.approx(
        [(0.25 + 0.5 + 0.75) / 3, np.nan, 0.25, np.nan, np.nan], nan_ok=True
    )
    assert minutes(MAXIMUM, trigger={"arrivals": arrivals})[0] == 0.75


def test_what_spills_over_shows_all_that_are_busy_and_never_more():
    assert minutes(AVERAGE, trigger={"arrivals": at("0s", events=6)})[0] == pytest.approx((0.25 + 0.5 + 0.75 + 3) / 6)
    assert minutes(MAXIMUM, trigger={"arrivals": at("0s", events=6)})[0] == 1.0


def test_a_run_that_lasts_into_a_quiet_minute_shows_nothing_there_but_that_it_is_busy():
    executions = minutes("ProvisionedConcurrentExecutions", trigger={"arrivals": at("55s")})
    assert executions == pytest.approx([1, 1, np.nan, np.nan, np.nan], nan_ok=True)
    assert np.isnan(minutes(AVERAGE, trigger={"arrivals": at("55s")})[1])


def test_of_fewer_than_are_busy_still_all_are_busy_and_no_more():
    alias = {"function_version": "1", "provisioned_concurrent_executions": 4}
    fewer = {"schedule": "at(2026-01-05T00:01:00)", "max_capacity": 2}
    alias["autoscaling"] = {"min_capacity": 1, "max_capacity": 4, "scheduled_actions": [fewer]}
    result = run(
        world(
            function={"aliases": {"live": alias}},
            handler={"duration": "10 s"},
            trigger={"target": "f:live", "arrivals": at("55s", "55s", "55s", "55s", "62s")},
        )
        | {"duration": "65s"}
    )
    timeline = result.timeline
    assert timeline[timeline["function"] == "f"][MAXIMUM].to_numpy()[:2] == pytest.approx([1, 1])
    mean = result.summary()["functions"]["f"]["provisioned_concurrency"]["utilization"]["mean"]
    assert mean == pytest.approx(4 * 10 / (4 * 65))
