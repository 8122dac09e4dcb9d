"""The small M/M/c worlds of coverage.py, and what queueing theory says of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize

from lambdasim.queueing import erlang_b, erlang_c
from lambdasim.scenario.model import Scenario
from tests.theory.worlds import direct, function, world

EXPERIMENTS = 1000
LOSS_SERVERS, LOSS_LOAD, LOSS_S, LOSS_WARM_UP = 3, 2.0, 250.0, 20.0
WAIT_SERVERS, WAIT_LOAD, WAIT_S, WAIT_WARM_UP = 2, 0.8, 1000.0, 40.0
SLOW_SERVERS, SLOW_LOAD, SLOW_SERVICE, SLOW_S = 30, 27.0, 10.0, 600.0


@dataclass(frozen=True)
class Study:
    """Experiments of one kind: ``truth`` of the measure for a warm-up in seconds."""

    name: str
    scenario: Scenario
    measure: str
    truth: Callable[[float], float]
    experiments: int = EXPERIMENTS
    precision: float | None = None
    warm_up: str = "stated"


def loss_world(servers: int, load: float, service_s: float, measured_s: float, warm_up_s: float) -> Scenario:
    """Reserved concurrency without a queue: M/M/c/c."""
    return world(
        {"f": function({"exponential": {"mean": f"{service_s} s"}}, reserved_concurrent_executions=servers)},
        {"calls": direct("f", {"poisson": {"rate": f"{load / service_s}/s"}})},
        duration=f"{measured_s + warm_up_s} s",
        warm_up=f"{warm_up_s} s",
        drain=f"{30 * service_s} s",
    )


def waiting_world() -> Scenario:
    """A queue with a fixed number of pollers, one message a batch: M/M/c."""
    trigger = {
        "type": "sqs",
        "target": "f",
        "queue": {"visibility_timeout": "12h"},
        "batch_size": 1,
        "scaling_config": {"maximum_concurrency": WAIT_SERVERS},
        "arrivals": {"poisson": {"rate": f"{WAIT_LOAD}/s"}},
    }
    at_once = {f"triggers/sqs/mapping/pick_up_latency/{kind}": "0 s" for kind in ("standard", "fifo")}
    return world(
        {"f": function({"exponential": {"mean": "1 s"}})},
        {"q": trigger},
        duration=f"{WAIT_S + WAIT_WARM_UP} s",
        warm_up=f"{WAIT_WARM_UP} s",
        drain="1h",
        parameters={**at_once, "triggers/sqs/pollers/start": WAIT_SERVERS},
    )


def sojourn_p90_ms() -> float:
    """Of M/M/c: wait and service together."""
    lost, spare = erlang_c(WAIT_LOAD, WAIT_SERVERS), WAIT_SERVERS - WAIT_LOAD - 1

    def longer(t: float) -> float:
        return math.exp(-t) * (1 + lost * (1 - math.exp(-spare * t)) / spare)

    return 1000 * float(optimize.brentq(lambda t: longer(t) - 0.1, 0, 50))


def from_empty(load: float, servers: int, states: int, reward: Sequence[float], start: float, length: float) -> float:
    """The mean reward per time over [start, start + length] of a birth-and-death process that begins empty.

    Births at rate ``load``, deaths at rate min(state, servers), in services; ``reward`` has shape (states,).
    """
    rates = np.zeros((states, states))
    for state in range(states - 1):
        rates[state, state + 1] = load
        rates[state + 1, state] = min(state + 1, servers)
    rates -= np.diag(rates.sum(axis=1))
    at_start = linalg.expm(rates * start)[0]
    # The integral of exp(Q t) over the window is a corner of one larger exponential (Van Loan 1978).
    both = np.zeros((2 * states, 2 * states))
    both[:states, :states], both[:states, states:] = rates, np.eye(states)
    spent = at_start @ linalg.expm(both * length)[:states, states:]
    return float(spent @ np.asarray(reward)) / length


def effect_of_the_empty_start() -> float:
    """How far expected values over the measured windows lie from the steady state, as a share of it: the larger."""
    blocked = [0.0] * LOSS_SERVERS + [1.0]
    lost = from_empty(LOSS_LOAD, LOSS_SERVERS, LOSS_SERVERS + 1, blocked, LOSS_WARM_UP, LOSS_S)
    states = 80
    delays = [max(0, state - WAIT_SERVERS + 1) / WAIT_SERVERS for state in range(states)]
    wait = from_empty(WAIT_LOAD, WAIT_SERVERS, states, delays, WAIT_WARM_UP, WAIT_S)
    truth = erlang_c(WAIT_LOAD, WAIT_SERVERS) / (WAIT_SERVERS - WAIT_LOAD)
    return max(abs(lost / erlang_b(LOSS_LOAD, LOSS_SERVERS) - 1), abs(wait - truth) / (1 + truth))


def studies() -> list[Study]:
    """All of them, those that share their runs beside each other."""
    loss = loss_world(LOSS_SERVERS, LOSS_LOAD, 1.0, LOSS_S, LOSS_WARM_UP)
    throttles = LOSS_LOAD * LOSS_S * erlang_b(LOSS_LOAD, LOSS_SERVERS)
    wait = waiting_world()
    sojourn_ms = 1000 * (1 + erlang_c(WAIT_LOAD, WAIT_SERVERS) / (WAIT_SERVERS - WAIT_LOAD))
    p90_ms = sojourn_p90_ms()
    slow = loss_world(SLOW_SERVERS, SLOW_LOAD, SLOW_SERVICE, SLOW_S, 0.0)
    rate = SLOW_LOAD / SLOW_SERVICE * erlang_b(SLOW_LOAD, SLOW_SERVERS)

    def refused(warm_up_s: float) -> float:
        return rate * (SLOW_S - warm_up_s)

    few = EXPERIMENTS // 4
    return [
        Study("loss", loss, "f.throttles.total", lambda _: throttles),
        Study("loss", loss, "f.latency_ms.p90", lambda _: 1000 * math.log(10)),
        Study("loss, to 10 %", loss, "f.throttles.total", lambda _: throttles, precision=0.1),
        Study("wait", wait, "f.latency_ms.mean", lambda _: sojourn_ms),
        Study("wait", wait, "f.latency_ms.p90", lambda _: p90_ms),
        Study("slow, nothing left out", slow, "f.throttles.total", refused, experiments=few),
        Study("slow, MSER-5", slow, "f.throttles.total", refused, experiments=few, warm_up="mser5"),
    ]
