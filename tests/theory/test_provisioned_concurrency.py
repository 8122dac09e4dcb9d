"""Provisioned concurrency without queue or cold starts is a loss system whose overflow runs on demand."""

import itertools

import numpy as np
import pytest

from lambdasim.codes import Capacity, StartType
from lambdasim.queueing import erlang_b, hayward, overflow
from tests.theory.laws import LIMIT, z_of_batches
from tests.theory.worlds import direct, function, log_of, ran, throttled, world

SERVICES = {
    "exponential": {"exponential": {"mean": "2 s"}},
    "lognormal": {"lognormal": {"mean": "2 s", "cv": 2}},
}
SERVICE_S = 2.0
SETTLED_US = 200e6  # the empty start is forgotten


def poisson(load):
    return {"poisson": {"rate": f"{load / SERVICE_S}/s"}}


@pytest.mark.parametrize("law", SERVICES)
@pytest.mark.parametrize(("provisioned", "load"), [(1, 0.5), (5, 5), (20, 30)])
def test_what_spills_over_is_the_share_of_erlang_b_whatever_the_service_law(provisioned, load, law):
    events = 30_000
    scenario = world(
        {"f": function(SERVICES[law], provisioned_concurrent_executions=provisioned)},
        {"calls": direct("f", poisson(load))},
        duration=f"{events * SERVICE_S / load} s",
        drain="0s",
    )
    log = log_of(scenario)
    spilled = (log["capacity"] == Capacity.SPILLOVER)[log["arrived_us"] > SETTLED_US]
    assert abs(z_of_batches(spilled, erlang_b(load, provisioned))) < LIMIT


@pytest.mark.parametrize("law", SERVICES)
def test_of_a_reserved_concurrency_both_parts_together_lose_the_share_of_erlang_b(law):
    provisioned, reserved, load, events = 6, 10, 8, 30_000
    keys = {"provisioned_concurrent_executions": provisioned, "reserved_concurrent_executions": reserved}
    scenario = world(
        {"f": function(SERVICES[law], **keys)},
        {"calls": direct("f", poisson(load))},
        duration=f"{events * SERVICE_S / load} s",
        drain="0s",
    )
    log = log_of(scenario)
    settled = log["arrived_us"] > SETTLED_US
    assert abs(z_of_batches(throttled(log)[settled], erlang_b(load, reserved))) < LIMIT
    not_kept = (log["capacity"] != Capacity.PROVISIONED)[settled]
    assert abs(z_of_batches(not_kept, erlang_b(load, provisioned))) < LIMIT


def share_lost(own, loads, shared):
    """Of what two groups of ``own`` servers can't take, the share that ``shared`` servers can't take either: exact.

    The chain's state is (busy of the first group, of the second, of the shared ones); service takes one unit of time.
    """
    shape = (own[0] + 1, own[1] + 1, shared + 1)
    states = list(itertools.product(*map(range, shape)))
    flow = np.zeros((len(states), len(states)))
    for here, state in enumerate(states):
        moves = [(state[part], part, -1) for part in range(3) if state[part]]
        for group in range(2):
            part = group if state[group] < own[group] else 2
            if part < 2 or state[2] < shared:
                moves.append((loads[group], part, 1))
        for rate, part, step in moves:
            there = np.ravel_multi_index([n + step * (part == index) for index, n in enumerate(state)], shape)
            flow[there, here] += rate
            flow[here, here] -= rate
    flow[0] = 1  # in place of one balance equation: all chances add up to one
    chance = np.linalg.solve(flow, np.eye(len(states))[0])
    offered = np.array([sum(load for load, n, most in zip(loads, s, own, strict=False) if n == most) for s in states])
    full = np.array([state[2] == shared for state in states])
    return float((chance * offered)[full].sum() / (chance * offered).sum())


def test_overflows_that_meet_in_the_unreserved_pool_lose_more_than_poisson_traffic_would():
    # Two functions with 4 and 8 of their own, and 5 more environments on demand for what both spill over.
    own, loads, shared, events = (4, 8), (4.5, 8.0), 5, 120_000
    rate = sum(loads) / SERVICE_S
    scenario = world(
        {
            name: function(SERVICES["exponential"], provisioned_concurrent_executions=n)
            for name, n in zip("fg", own, strict=True)
        },
        {f"to-{name}": direct(name, poisson(load)) for name, load in zip("fg", loads, strict=True)},
        duration=f"{events / rate} s",
        drain="0s",
        account={"concurrent_executions": sum(own) + shared},
        parameters={"quotas/account/unreserved_minimum": 0},
    )
    log = log_of(scenario)
    order = np.argsort(log["arrived_us"], kind="stable")
    offered = order[(log["capacity"] != Capacity.PROVISIONED)[order] & (log["arrived_us"][order] > SETTLED_US)]
    lost, exact = throttled(log)[offered], share_lost(own, loads, shared)
    assert abs(z_of_batches(lost, exact)) < LIMIT
    parts = [overflow(load, n) for load, n in zip(loads, own, strict=True)]
    mean, variance = (sum(part[i] for part in parts) for i in range(2))
    assert exact == pytest.approx(hayward(mean, variance, shared), rel=0.1)  # which knows two moments
    assert exact > 1.2 * erlang_b(mean, shared)


def test_with_as_many_as_are_ever_needed_at_once_nothing_starts_cold_and_with_one_less_something_does():
    def run(n):
        scenario = world(
            {"f": function(SERVICES["lognormal"], provisioned_concurrent_executions=n)},
            {"calls": direct("f", {"poisson": {"rate": "5/s"}})},
            duration="20m",
        )
        return log_of(scenario)

    many = run(200)
    times = np.concatenate([many["ended_us"], many["started_us"]])
    steps = np.repeat([-1, 1], len(many["ended_us"]))
    peak = int(np.cumsum(steps[np.lexsort((steps, times))]).max())
    assert set(run(peak)["start_type"]) == {StartType.PROVISIONED}
    less = run(peak - 1)
    assert ran(less).all()
    assert (less["start_type"] == StartType.COLD).any()
