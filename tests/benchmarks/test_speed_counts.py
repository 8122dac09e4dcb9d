"""What makes the compiled engine quick and small, in numbers that no other load on the machine can change."""

import gc
import sys
import tracemalloc

import numpy as np
import pytest

import lambdasim
from tests.benchmarks.beside_simfaas import requests_of
from tests.benchmarks.engine import SERVICE
from tests.benchmarks.heap_loop import bare_heap
from tests.benchmarks.speed_page import page
from tests.benchmarks.workloads import one_api, one_event_source, one_replayable_function


def run(world, log, duration_s):
    """The invocations of a run of that length in the compiled engine."""
    scenario = world(500, SERVICE, duration_s)
    return lambdasim.simulate(scenario, log=log, engine="compiled").summary()["total"]["invocations"]


def calls_of(world, log, duration_s):
    """How many functions Python calls in such a run, and its invocations."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        invocations = run(world, log, duration_s)
    finally:
        sys.setprofile(None)
    return calls, invocations


@pytest.mark.parametrize("log", ["full", "none"])
@pytest.mark.parametrize(("world", "invocations"), [(one_api, 30), (one_event_source, 4)])
def test_python_calls_one_function_for_many_invocations(world, invocations, log):
    run(world, log, 40)  # what is compiled and loaded once
    (few_calls, few), (many_calls, many) = (calls_of(world, log, duration_s) for duration_s in (40, 400))
    assert many > few + 150_000
    assert many_calls - few_calls < (many - few) / invocations


def test_without_a_log_memory_does_not_grow_with_the_invocations():
    def peak(duration_s):
        gc.collect()
        tracemalloc.start()
        invocations = run(one_api, "none", duration_s)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest, invocations

    peak(400)  # what is made once
    (low, few), (high, many) = peak(400), peak(2000)
    assert (high - low) / (many - few) < 4


def test_the_bare_heap_loop_knows_how_many_are_under_way():
    rng = np.random.Generator(np.random.PCG64(1))
    arrivals_us = np.cumsum(rng.integers(0, 20, 3000))  # with ties
    ends_us = arrivals_us + rng.integers(1, 500, 3000)
    most = max(int((ends_us[: n + 1] > now).sum()) for n, now in enumerate(arrivals_us))
    assert bare_heap(arrivals_us, ends_us - arrivals_us) == most


def test_simfaas_is_given_the_arrivals_and_holding_times_of_the_log():
    log = lambdasim.simulate(one_replayable_function(50, SERVICE, 20)).invocation_columns
    requests = requests_of(log)
    assert np.cumsum(requests["gaps_us"]).tolist() == sorted(log["arrived_us"].tolist())
    assert sorted(requests["held_us"]) == sorted((log["ended_us"] - log["invoked_us"]).tolist())
    assert sum(requests["held_us"]) > (log["ended_us"] - log["started_us"]).sum()  # some began cold


def test_the_page_has_ratios_first_and_says_which_targets_are_missed():
    one = dict.fromkeys(("bare simpy", "bare heap", "bare heap, draws"), 100.0)
    one |= {"compiled, none": 150.0, "simpy, none": 6000.0, "compiled, full": 400.0, "simpy, full": 8000.0}
    text = page(
        machine="a machine",
        share=1,
        memory=(1e8, 601, 20),
        starts=(30, 0.5, 0.01),
        one_function=one,
        environments=(200, 100),
        paths={"a path": (100, 1000)},
        grids=[(4, 5), (6, 7)],
        simfaas=None,
    )
    assert "one API function, log not kept | 40.0 | >= 30.0 | yes" in text
    assert "one API function, full log | 20.0 | >= 30.0 | no" in text
    assert "log not kept | 150 | 6.67 | >= 5.00 | yes" in text
    assert "full log | 400 | 2.50 | >= 3.00 | no" in text
    assert "601 MB | <= 600 MB | no" in text
    assert text.index("## Ratios") < min(text.index(head) for head in ("## One API", "## Memory", "## SimFaaS"))
    assert "Shortened" not in text
