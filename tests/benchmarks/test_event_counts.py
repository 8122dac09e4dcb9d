"""What makes the SimPy engine quick and small, in numbers that no other load on the machine can change."""

import gc
import tracemalloc

import pytest

import lambdasim
from lambdasim import simulation
from lambdasim.service.clock import Clock
from tests.benchmarks.workloads import LASTING, function, one_api, scenario

SERVICE = {"lognormal": {"median": "80 ms", "p99": "400 ms"}}


@pytest.fixture
def clocks(monkeypatch):
    """The clocks of the runs that a test makes, in their order."""
    made = []

    class Counted(Clock):
        def __init__(self):
            super().__init__()
            made.append(self)

    monkeypatch.setattr(simulation, "Clock", Counted)
    return made


def events(clock):
    """How many events went through the clock: it numbers each."""
    return next(clock._eid)


def test_a_warm_invocation_takes_at_most_four_events(clocks):
    counts = []
    for duration_s in (10, 60):  # the difference leaves out what a run costs once, cold starts among it
        world = one_api(200, SERVICE, duration_s, lifecycle=LASTING)
        summary = lambdasim.simulate(world, engine="simpy").summary()["functions"]["f"]
        counts.append((events(clocks[-1]), summary["invocations"], summary["cold_starts"]))
    (short, few, _), (long, many, cold) = counts
    assert long - short <= 4 * (many - few)
    assert cold < 100


def test_an_idle_spell_takes_no_event_however_many_environments_idle_and_expire(clocks):
    # 500 environments idle for a day between two bulks, and expire; or stay for ever. The same events either way.
    bulk = {"sum": [{"at_once": {"events": 500, "at": at, "over": "0 s"}} for at in ("0 s", "1 d", "2 d")]}
    triggers = {"calls": {"type": "direct", "target": "f", "arrivals": bulk, "client": {"retries": "none"}}}
    for lifecycle in ({}, LASTING):
        world = scenario({"f": function("1 s")}, triggers, 3 * 86_400, lifecycle=lifecycle)
        result = lambdasim.simulate(world, engine="simpy")
        runs = result.summary()["functions"]["f"]
        assert runs["invocations"] == 1500
        assert events(clocks[-1]) <= 4 * runs["invocations"] + runs["cold_starts"]
    assert runs["environments"]["created"] < 1500


def kept_bytes(log, duration_s):
    """Memory that a result holds, in bytes, and its invocations."""
    world = one_api(500, SERVICE, duration_s)
    gc.collect()
    tracemalloc.start()
    result = lambdasim.simulate(world, log=log, engine="simpy")
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held, result.document["total"]["invocations"]


@pytest.mark.parametrize(("log", "limit"), [("full", 120), ("none", 4)])
def test_the_full_log_takes_at_most_120_bytes_an_invocation_and_no_log_next_to_none(log, limit):
    kept_bytes(log, 1)  # what is loaded and cached once
    (short, few), (long, many) = kept_bytes(log, 20), kept_bytes(log, 80)
    assert (long - short) / (many - few) <= limit
