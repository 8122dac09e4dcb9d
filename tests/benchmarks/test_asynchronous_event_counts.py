"""What makes asynchronous events quick: few events of the clock, whatever their source."""

import pytest

import lambdasim
from lambdasim import simulation
from lambdasim.service.clock import Clock
from tests.benchmarks.workloads import LASTING, function, scenario

SERVICE = {"lognormal": {"median": "80 ms", "p99": "400 ms"}}


def clock_events(monkeypatch, duration_s, **trigger):
    """The clock's events in a run of that length, its invocations, and its cold starts."""
    made = []

    class Counted(Clock):
        def __init__(self):
            super().__init__()
            made.append(self)

    monkeypatch.setattr(simulation, "Clock", Counted)
    trigger = {"target": "f", "arrivals": {"poisson": {"rate": "200/s"}}, **trigger}
    world = scenario({"f": function(SERVICE)}, {"t": trigger}, duration_s, lifecycle=LASTING)
    found = lambdasim.simulate(world, engine="simpy").summary()["functions"]["f"]
    return next(made[-1]._eid), found["invocations"]


@pytest.mark.parametrize(
    "trigger",
    [
        {"type": "direct_async"},
        {"type": "s3"},
        {"type": "sns"},
        {"type": "eventbridge"},
        {"type": "schedule", "arrivals": {"schedule": {"expression": "rate(1 minute)"}}},
    ],
    ids=lambda trigger: trigger["type"],
)
def test_an_asynchronous_event_takes_three_events_of_the_clock(monkeypatch, trigger):
    # It arrives, it is ready, its run ends. The difference leaves out what a run costs once, cold starts among it.
    lengths_s = (40_000, 240_000) if trigger["type"] == "schedule" else (20, 60)
    (short, few), (long, many) = (clock_events(monkeypatch, length_s, **trigger) for length_s in lengths_s)
    assert many > few + 3000
    assert long - short <= 3 * (many - few) + 60
