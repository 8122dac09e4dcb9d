"""One rule for what a measure may name, whoever asks for it: what no summary has is refused before anything runs."""

from __future__ import annotations

import pytest

import lambdasim
from lambdasim.analysis import observations
from lambdasim.errors import InputError
from tests.worlds import load, world

WRONG = "t.iterator_age.max"
SAYS = "the summary has no 'iterator_age' under t; did you mean 'iterator_age_ms'?"
MEMORY = {"functions.f.memory_size": [1769, 3538]}
ASKED = {
    "replicate": lambda world: lambdasim.replicate(world, measures=[WRONG]),
    "compare": lambda world: lambdasim.compare(world, MEMORY, measures=[WRONG]),
    "sweep": lambda world: lambdasim.sweep(world, MEMORY, measures=[WRONG]),
    "size": lambda world: lambdasim.size(world, MEMORY, objectives=[f"{WRONG} < 60000"]),
    "size --minimize": lambda world: lambdasim.size(world, MEMORY, objectives=["t.events > 0"], minimize=WRONG),
    "trade_off": lambda world: lambdasim.trade_off(world, MEMORY, objectives=[f"{WRONG} < 60000"]),
    "check": lambda world: lambdasim.check(world, thresholds=[f"{WRONG} < 60000"]),
    "sensitivity": lambda world: lambdasim.sensitivity(world, measures=[WRONG]),
}


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a simulation was run")

    monkeypatch.setattr(observations, "simulate", refuse)


@pytest.fixture
def stream():
    trigger = {"type": "kinesis", "target": "f", "arrivals": {"poisson": {"rate": "1/s"}}}
    return load(world() | {"triggers": {"t": trigger}})


@pytest.mark.parametrize("verb", ASKED)
def test_a_misspelt_number_of_a_trigger_is_refused_with_the_nearest_name_and_nothing_runs(stream, verb):
    with pytest.raises(InputError) as caught:
        ASKED[verb](stream)
    [problem] = caught.value.problems
    assert SAYS in str(problem)


def test_a_threshold_of_a_scenario_is_refused_where_it_stands():
    text = """\
name: stream
duration: 1h
functions: {f: {runtime: python3.13, handler: {duration: 1 s}}}
triggers:
  t: {type: kinesis, target: f, arrivals: {poisson: {rate: 1/s}}}
thresholds:
  - t.iterator_age.max < 60000
"""
    with pytest.raises(InputError) as caught:
        lambdasim.parse_scenario(text, file="stream.yaml")
    assert list(map(str, caught.value.problems)) == [f"stream.yaml:7:5: thresholds[0]: {SAYS}"]
