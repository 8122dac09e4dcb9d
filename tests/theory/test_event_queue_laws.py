"""Lambda's event queue against closed forms: retries, displaced arrivals, and the end of a throttle storm."""

import math

import numpy as np
import pytest

import lambdasim
from lambdasim.codes import Fate, Outcome
from tests.theory.laws import LIMIT, z_of_mean
from tests.theory.worlds import function, world

BOOK = "triggers/asynchronous"
STORM_S = 600


def source(kind, arrivals, target="f", **keys):
    return {"type": kind, "target": target, "arrivals": arrivals, **keys}


@pytest.mark.parametrize(("error", "retries"), [(0.3, 2), (0.5, 1), (0.2, 0)])
def test_an_event_runs_a_truncated_geometric_number_of_times(error, retries):
    # P(lost) = e^(r+1); runs: mean (1 - e^(r+1)) / (1 - e)
    f = function(
        "1 ms",
        handler={"error_rate": f"{error:.0%}"},
        event_invoke_config={"maximum_retry_attempts": retries},
    )
    scenario = world({"f": f}, {"t": source("direct_async", {"constant": {"rate": "10/s"}})}, duration="2000 s")
    events = lambdasim.simulate(scenario, seed=1).event_columns
    n, lost = events["event"].size, error ** (retries + 1)
    assert n == 20_000
    failures = int((events["fate"] == Fate.RETRIES_EXHAUSTED).sum())
    assert abs(failures - n * lost) < LIMIT * math.sqrt(n * lost * (1 - lost))
    runs = events["runs"].astype(float)
    if retries:
        assert abs(z_of_mean(runs, (1 - lost) / (1 - error))) < LIMIT
    else:
        assert set(runs) == {1}


@pytest.mark.parametrize("kind", ["s3", "sns", "eventbridge"])
def test_delays_of_their_own_leave_poisson_arrivals_poisson(kind):
    # The displacement theorem: the number in service is Poisson still, with mean and variance rate x service.
    load = 20.0
    scenario = world(
        {"f": function({"exponential": {"mean": "2 s"}})},
        {"t": source(kind, {"poisson": {"rate": f"{load / 2}/s"}})},
        duration="10000 s",
    )
    log = lambdasim.simulate(scenario, seed=1).invocation_columns
    at_us = np.arange(200e6, 10_000e6, 20e6)  # every 10 mean service times
    came, gone = (np.searchsorted(np.sort(log[name]), at_us, side="right") for name in ("invoked_us", "ended_us"))
    count = came - gone
    assert abs(z_of_mean(count, load)) < LIMIT
    error = math.sqrt((load + 2 * load**2) / len(count))
    assert abs(count.var(ddof=1) - load) / error < LIMIT


def storm(**parameters):
    """Ten long runs hold all of the account's concurrency for ten minutes, while an event comes each second."""
    arrivals = {"at_once": {"events": 590, "at": "5 s", "over": "590 s"}}
    long_runs = {"at_once": {"events": 10, "at": "0 s"}}
    scenario = world(
        {"f": function("1 ms"), "long": function(f"{STORM_S} s")},
        {
            "t": source("direct_async", arrivals),
            "holds": {"type": "direct", "target": "long", "arrivals": long_runs, "client": {"retries": "none"}},
        },
        duration="10m",
        account={"concurrent_executions": 10},
        parameters={f"{BOOK}/event_queue/hop": "0 s", **parameters},
    )
    result = lambdasim.simulate(scenario, seed=1)
    events = result.event_columns
    assert set(events["fate"].tolist()) == {Fate.SUCCESS}
    log = result.invocation_columns
    assert (log["outcome"] == Outcome.THROTTLED).sum() > 3000
    order = np.argsort(events["event"])
    return (events["arrived_us"][order] / 1e6, (events["ended_us"][order] - 1000) / 1e6)


def test_after_a_throttle_storm_each_event_starts_when_its_own_backoff_is_over():
    arrived_s, started_s = storm(**{f"{BOOK}/event_queue/throttle_backoff/jitter": "0%"})
    tries_s = np.array([2**k - 1 for k in range(10)] + [511 + 300 * k for k in range(1, 3)])
    due_s = arrived_s[:, None] + tries_s
    expected_s = np.where(due_s >= STORM_S, due_s, np.inf).min(axis=1)
    assert np.allclose(started_s, expected_s, atol=1e-6)


def test_after_a_throttle_storm_the_last_event_is_up_to_five_minutes_late_and_a_tenth():
    _, started_s = storm()
    assert started_s.min() >= STORM_S
    late_s = started_s - STORM_S
    assert 240 < late_s.max() <= 330
    assert (late_s > 60).mean() > 0.3  # nobody was woken when the room came
