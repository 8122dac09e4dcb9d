"""What makes a queue quick and small, in numbers that no other load on the machine can change."""

import gc
import tracemalloc

import pytest

import lambdasim
from lambdasim import simulation
from lambdasim.service.clock import Clock
from tests.benchmarks.workloads import LASTING, function, scenario


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


def queue(duration_s, service="1 s", **keys):
    """A queue with a function of its own."""
    settings = {"visibility_timeout": "10m", **keys.pop("queue", {})}
    trigger = {"type": "sqs", "target": "f", "queue": settings, **keys}
    return scenario({"f": function(service)}, {"q": trigger}, duration_s, drain="30m", lifecycle=LASTING)


def test_a_message_that_joins_a_busy_queue_takes_no_event(clocks):
    limited = {"scaling_config": {"maximum_concurrency": 2}}
    for rate in (100, 1000):
        world = queue(100, "10 s", arrivals={"constant": {"rate": f"{rate}/s"}}, **limited)
        lambdasim.simulate(world)
    few, many = map(events, clocks)
    assert abs(many - few) < 20


def test_a_full_batch_takes_one_event_and_its_visibility_timeout_none(clocks):
    runs = []
    for backlog in (10_000, 50_000):
        summary = lambdasim.simulate(queue(60, queue={"backlog": backlog})).summary()
        runs.append((events(clocks[-1]), summary["functions"]["f"]["invocations"]))
    (short, few), (long, many) = runs
    cold_starts = 3 * 230  # each environment's start takes some events, once
    assert many - few == 4000
    assert long - short < 1.1 * (many - few) + cold_starts


def test_an_idle_queue_takes_an_event_a_minute_for_its_metrics_and_few_for_its_pollers(clocks):
    lambdasim.simulate(queue(86_400))
    assert events(clocks[-1]) < 24 * 60 + 30 + 50  # the drain, and what a run costs once


def test_a_message_that_waits_in_a_backlog_takes_a_number_s_room():
    def peak(backlog):
        limited = {"scaling_config": {"maximum_concurrency": 2}}
        world = queue(1, "50 s", queue={"backlog": backlog}, **limited)
        gc.collect()
        tracemalloc.start()
        lambdasim.simulate(world)
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    peak(1000)  # what is made once
    assert (peak(300_000) - peak(100_000)) / 200_000 < 20
