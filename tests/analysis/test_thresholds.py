"""Thresholds over replications: what an interval says of a bound."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lambdasim
from lambdasim.analysis.intervals import ORDER_STATISTICS, Estimate, estimate_of
from lambdasim.analysis.observations import Design, measure_of
from lambdasim.analysis.thresholds import Check, Verdict, check
from lambdasim.errors import InputError
from lambdasim.scenario.thresholds import Threshold, read_threshold
from tests.worlds import at, load, world

SHORT = Design(replications=3)
numbers = st.floats(-1e6, 1e6)


P99 = measure_of(load(world()), "f.latency_ms.p99")


def a_check(operator, limit, low, value, high, missing=0):
    estimate = Estimate(value, low, high, 10, ORDER_STATISTICS)
    return Check(Threshold(f"f.latency_ms.p99 {operator} {limit}", P99, operator, limit), estimate, missing)


@given(st.sampled_from(["<", "<=", ">", ">="]), numbers, st.lists(numbers, min_size=3, max_size=3).map(sorted))
def test_the_verdict_is_that_of_the_whole_interval_and_the_estimate_counts_in_between(operator, limit, ends):
    found = a_check(operator, limit, *ends)
    inside = [found.threshold.holds(end) for end in ends]
    if all(inside):
        assert (found.verdict, found.ok) == (Verdict.HOLDS, True)
    elif not any(inside):
        assert (found.verdict, found.ok) == (Verdict.FAILS, False)
    else:
        assert (found.verdict, found.ok) == (Verdict.UNDECIDED, inside[1])


@pytest.mark.parametrize(
    ("threshold", "verdict"),
    [
        ("f.throttles.total <= 0", Verdict.FAILS),
        ("f.throttles.total < 0", Verdict.FAILS),
        ("f.throttles.total > 0", Verdict.HOLDS),
        ("f.throttles.total >= 0", Verdict.HOLDS),
        ("f.throttles.total <= 1", Verdict.UNDECIDED),
        ("f.latency_ms.p99 <= 0", Verdict.UNDECIDED),  # of a percentile it is the median, which may be 0
    ],
)
def test_what_is_never_below_0_and_was_above_it_in_a_run_has_a_mean_above_0(threshold, verdict):
    """The interval of a mean is cut at 0, and does not hold 0 itself."""
    read = read_threshold(threshold, load(world()).names)
    values = [0, 0, 0, 0, 0, 0, 0, 9, 60_000, 0] if read.measure.path[-1] == "total" else [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    estimate = estimate_of(read.measure, values)
    assert estimate.low == 0 < estimate.value
    found = Check(read, estimate)
    assert found.verdict is verdict
    assert found.is_settled_above_0 == threshold.endswith(("total <= 0", "total > 0"))


@given(st.sampled_from(["<", ">"]), numbers, numbers)
def test_without_an_interval_it_is_undecided(operator, limit, value):
    found = a_check(operator, limit, math.nan, value, math.nan)
    assert found.verdict is Verdict.UNDECIDED
    assert found.ok == found.threshold.holds(value)


def test_a_run_without_a_value_fails_whatever_the_others_say():
    found = a_check("<", 300, 100, 110, 120, missing=1)
    assert (found.verdict, found.ok) == (Verdict.FAILS, False)


def test_what_is_exact_holds_or_fails():
    checks = check(load(world(thresholds=["f.latency_ms.max < 1101", "f.latency_ms.max < 1100"])), design=SHORT)
    assert [one.verdict for one in checks.checks] == [Verdict.HOLDS, Verdict.FAILS]
    assert [one.estimate.value for one in checks.checks] == [1100, 1100]
    assert not checks.ok
    assert checks.count(Verdict.FAILS) == 1
    assert list(checks.frame["verdict"]) == ["holds", "fails"]


def test_a_measure_that_no_run_has_fails():
    """Nothing succeeds, so that there is no latency."""
    nothing = world(handler={"error_rate": "100%"}, thresholds=["f.latency_ms.max < 9999", "f.errors > 0"])
    latency, errors = check(load(nothing), design=SHORT).checks
    assert (latency.verdict, latency.missing, latency.estimate.n) == (Verdict.FAILS, 3, 0)
    assert errors.verdict is Verdict.HOLDS


def test_replication_r_is_what_simulate_gives_with_the_seed_after_r():
    noisy = load(world(seed=5, handler={"duration": {"exponential": {"mean": "1 s"}}}))
    [one] = check(noisy, thresholds=["f.latency_ms.mean < 1"], design=SHORT).checks
    single = [
        lambdasim.simulate(noisy, seed=seed).summary()["functions"]["f"]["latency_ms"]["mean"] for seed in (5, 6, 7)
    ]
    assert one.estimate.value == pytest.approx(sum(single) / 3)


def test_thresholds_of_the_call_stand_beside_the_scenarios_own_each_once():
    scenario = load(world(trigger={"arrivals": at("0s", "10s")}, thresholds=["f.errors < 1"]))
    checks = check(scenario, thresholds=["f.invocations >= 2", "f.errors < 1"], design=SHORT)
    assert [one.threshold.text for one in checks.checks] == ["f.errors < 1", "f.invocations >= 2"]
    assert checks.ok


def test_no_threshold_at_all_is_an_error_with_the_remedy():
    with pytest.raises(InputError, match="thresholds: there are none to check; name some in the scenario"):
        check(load(world()), design=SHORT)


def test_every_wrong_threshold_is_told():
    with pytest.raises(InputError) as raised:
        check(load(world()), thresholds=["g.errors < 1", "f.errors", "f.errors < 1"], design=SHORT)
    texts = [str(problem) for problem in raised.value.problems]
    assert len(texts) == 2
    assert texts[0].startswith("--threshold: <text>: 'g' is no function or trigger here")
    assert "'f.errors' is not a threshold; write for example" in texts[1]


@given(st.lists(st.one_of(numbers, st.just(math.nan)), min_size=1, max_size=12), numbers)
def test_runs_that_broke_it_those_that_held_and_those_without_a_value_are_all(values, limit):
    threshold = Threshold("t", P99, "<", limit)
    found = Check.of(threshold, np.array(values), 0.95)
    held = sum(value < limit for value in values)
    assert found.broken + held + found.missing == len(values)
    assert found.estimate == estimate_of(P99, values) or math.isnan(found.estimate.half_width)
