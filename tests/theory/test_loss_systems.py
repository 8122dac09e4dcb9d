"""Reserved concurrency without a queue is Erlang's loss system; so are the first environments of a fleet."""

import numpy as np
import pytest

from lambdasim.codes import ThrottleReason
from lambdasim.queueing import erlang_b
from tests.theory.laws import LIMIT, z_of_batches
from tests.theory.worlds import direct, function, log_of, ran, throttled, world

SERVICES = {
    "exponential": {"exponential": {"mean": "2 s"}},
    "lognormal": {"lognormal": {"mean": "2 s", "cv": 2}},
}
SERVICE_S = 2.0
EVENTS = 100_000


def after_warm_up(log, services=100):
    """Rows of events that came when the empty start is forgotten."""
    return log["arrived_us"] > services * SERVICE_S * 1e6


@pytest.mark.parametrize("law", SERVICES)
@pytest.mark.parametrize(("reserved", "load"), [(5, 2), (5, 5), (5, 10), (10, 6), (10, 15), (50, 40), (50, 55)])
def test_reserved_concurrency_throttles_the_share_of_erlang_b_whatever_the_service_law(reserved, load, law):
    # Requests per second stay below 10 x reserved, and a fleet of `reserved` is started from the first burst.
    rate = load / SERVICE_S
    scenario = world(
        {"f": function(SERVICES[law], reserved_concurrent_executions=reserved)},
        {"calls": direct("f", {"poisson": {"rate": f"{rate}/s"}})},
        duration=f"{EVENTS / rate} s",
        drain="0s",
    )
    log = log_of(scenario)
    lost = throttled(log)
    assert set(log["throttle_reason"][lost]) == {ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded}
    assert abs(z_of_batches(lost[after_warm_up(log)], erlang_b(load, reserved))) < LIMIT


def test_a_thousand_environments_under_twice_their_load_reject_half_as_simfaas_published():
    # SimFaaS, notebook 03: 1,000 requests/s of 2.016 s against 1,000; 0.5039 rejected, 0.504455 by Erlang B.
    scenario = world(
        {"f": function({"exponential": {"mean": "2.016 s"}})},
        {"calls": direct("f", {"poisson": {"rate": "1000/s"}})},
        duration="250 s",
        drain="0s",
        account={"concurrent_executions": 1000},
    )
    log = log_of(scenario)
    lost = throttled(log)
    assert set(log["throttle_reason"][lost]) == {ThrottleReason.ConcurrentInvocationLimitExceeded}
    assert abs(z_of_batches(lost[log["arrived_us"] > 20e6], erlang_b(2016, 1000))) < LIMIT


@pytest.mark.parametrize("law", SERVICES)
def test_what_the_first_m_environments_cannot_take_overflows_at_the_rate_of_erlang_b(law):
    # Oldest first is an ordered hunt: environments 0 .. m-1 are a loss system of m servers, for every m at once.
    load, events = 1.79190, 200_000
    rate = load / SERVICE_S
    scenario = world(
        {"f": function(SERVICES[law])},
        {"calls": direct("f", {"poisson": {"rate": f"{rate}/s"}})},
        duration=f"{events / rate} s",
        drain="1h",
        lifecycle={"placement": "oldest_created"},
    )
    log = log_of(scenario)
    assert ran(log).all()
    environment = log["environment"][after_warm_up(log)]
    for m in range(1, 8):
        overflow = environment >= m
        assert abs(z_of_batches(overflow, erlang_b(load, m))) < LIMIT, m
    assert np.all(np.diff(np.bincount(environment)) < 0)  # and each environment works less than the one before it
