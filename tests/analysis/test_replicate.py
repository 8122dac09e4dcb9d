"""Replications: seeds that follow each other, estimates of what they came to, and a rule for when they are enough."""

import math

import numpy as np
import pytest

import lambdasim
from lambdasim import Design, replicate
from lambdasim.analysis.intervals import estimate_of
from lambdasim.analysis.replicate import estimates_of, sequentially
from lambdasim.analysis.runner import Workers
from lambdasim.errors import InputError
from lambdasim.queueing import erlang_b
from lambdasim.scenario.measures import Measure
from tests.theory.worlds import direct, function, world

P99, THROTTLES = "f.latency_ms.p99", "f.throttles.total"
MEASURE = Measure("f.x", ("functions", "f", "x"))


def loss(**keys):
    """Erlang's loss system: two servers, one erlang."""
    f = function({"exponential": {"mean": "1 s"}}, reserved_concurrent_executions=2)
    return world({"f": f}, {"calls": direct("f", {"poisson": {"rate": "1/s"}})}, **{"duration": "120 s", **keys})


def test_replication_r_is_the_run_on_seed_plus_r():
    found = replicate(loss(), measures=[THROTTLES, P99], design=Design(3, seed=40))
    assert found.seeds == (40, 41, 42)
    for seed, values in zip(found.seeds, found.values, strict=True):
        entry = lambdasim.simulate(loss(), seed=seed).summary()["functions"]["f"]
        assert values.tolist() == [entry["throttles"]["total"], entry["latency_ms"]["p99"]]


def test_without_a_seed_the_scenarios_own_is_the_first():
    assert replicate(loss(seed=7), measures=[P99], design=Design(2)).seeds == (7, 8)


def test_each_measure_has_the_estimate_that_suits_it():
    found = replicate(loss(), measures=[P99, THROTTLES], design=Design(8, confidence=0.9))
    for measure, column, estimate in zip(found.measures, found.values.T, found.estimates, strict=True):
        assert estimate == estimate_of(measure, column, 0.9)
    assert [estimate.method for estimate in found.estimates] == ["order statistics", "t"]
    assert found.confidence == 0.9


def test_without_measures_there_are_those_that_most_questions_need():
    texts = [measure.text for measure in replicate(loss(duration="10 s"), design=Design(2)).measures]
    assert texts == [
        "functions.f.latency_ms.p99",
        "functions.f.cold_start_rate",
        "functions.f.throttles.total",
        "total.cost_usd_per_month",
    ]


def test_a_measure_that_is_named_twice_counts_once():
    found = replicate(loss(duration="10 s"), measures=[P99, "functions.f.latency_ms.p99"], design=Design(2))
    assert [measure.text for measure in found.measures] == [P99]


def test_the_estimate_is_that_of_erlang_b():
    found = replicate(loss(duration="1020 s", warm_up="20 s"), measures=[THROTTLES], design=Design(12))
    [estimate] = found.estimates
    assert abs(estimate.value - 1000 * erlang_b(1.0, 2)) < 4 * estimate.half_width / 2.2  # t at 11 degrees of freedom


def test_the_values_do_not_depend_on_the_number_of_workers():
    alone, two = (
        replicate(
            loss(duration="60 s"), measures=[THROTTLES], design=Design(4, workers=Workers(n)), precision=0.4, most=9
        )
        for n in (1, 2)
    )
    assert two.seeds == alone.seeds
    assert np.array_equal(two.values, alone.values)
    assert two.estimates == alone.estimates


def test_the_frame_has_a_row_for_each_measure_and_runs_one_for_each_seed():
    found = replicate(loss(), measures=[P99, THROTTLES, "f.restore_duration_ms.p99"], design=Design(3, seed=5))
    frame, runs = found.frame, found.runs
    assert list(frame.columns) == ["measure", "value", "low", "high", "n", "method", "more"]
    assert frame["measure"].tolist() == list(runs.columns) == [P99, THROTTLES, "f.restore_duration_ms.p99"]
    assert frame["value"][1] == found.estimates[1].value == runs[THROTTLES].mean()
    assert (runs.index.name, runs.index.tolist()) == ("seed", [5, 6, 7])
    assert frame["n"].tolist() == [3, 3, 0]
    assert runs.iloc[:, 2].isna().all()


def test_a_warm_up_by_mser5_is_left_out_of_all_runs():
    scenario = loss(duration="1000 s")
    found = replicate(scenario, measures=[THROTTLES], design=Design(2), warm_up="mser5")
    assert found.scenario.warm_up_us == found.warm_up.us
    assert found.warm_up.method == "mser5"
    other = replicate(scenario, measures=[THROTTLES], design=Design(2), warm_up=f"{found.warm_up.us} us")
    assert np.array_equal(other.values, found.values)
    assert other.warm_up.method == "stated"


def test_progress_is_told_until_all_is_done():
    shares = []
    replicate(loss(duration="10 s"), measures=[P99], design=Design(4), progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


# The rule that says when there are enough.


def planned(values, precision, most, first=10, confidence=0.95):
    """Stop by precision on values that are known beforehand; those used, and the rounds."""
    rounds = []

    def observed(begin, count):
        rounds.append((begin, count))
        return np.asarray(values, dtype=float)[begin : begin + count, None]

    return sequentially(observed, [MEASURE], Design(first, confidence), precision, most), rounds


ALTERNATING = np.tile([8.0, 12.0], 1000)


def test_without_a_precision_there_is_one_round():
    values, rounds = planned(ALTERNATING, None, 500)
    assert (len(values), rounds) == (10, [(0, 10)])


def test_it_stops_at_the_first_round_that_is_precise_enough():
    # The half width of n values 8 and 12 is t * 2 / sqrt(n - 1): within 10 / 1.1 % of 10 from 22 values on.
    values, rounds = planned(ALTERNATING, 0.1, 500)
    [estimate] = estimates_of([MEASURE], values, 0.95)
    assert estimate.half_width <= 10 * 0.1 / 1.1
    begun = np.cumsum([0, *(count for _, count in rounds)])
    assert [begin for begin, _ in rounds] == begun[:-1].tolist()
    for n in begun[1:-1]:  # no earlier round was
        [earlier] = estimates_of([MEASURE], ALTERNATING[:n, None], 0.95)
        assert earlier.half_width > earlier.value * 0.1 / 1.1


def test_a_round_adds_a_fifth_at_least_and_doubles_at_most():
    for precision in (0.05, 0.02):
        _, rounds = planned(ALTERNATING, precision, 2000)
        assert len(rounds) > 2
        for begin, count in rounds[1:]:
            assert begin // 5 <= count <= begin


def test_where_hardly_any_is_missing_a_fifth_is_added_all_the_same():
    # At 50 the half width is 0.574, and 0.570 is allowed: one more might do, and to look so often would flatter.
    _, rounds = planned(ALTERNATING, 0.0605, 500, first=50)
    assert rounds == [(0, 50), (50, 10)]


def test_no_more_are_run_than_the_most_that_are_allowed():
    values, rounds = planned(ALTERNATING, 0.001, 33)
    assert len(values) == 33
    assert rounds == [(0, 10), (10, 10), (20, 13)]


def test_equal_values_and_values_that_no_run_had_need_no_more():
    assert len(planned([5.0] * 100, 0.01, 100)[0]) == 10
    assert len(planned([0.0] * 100, 0.01, 100)[0]) == 10
    assert len(planned([math.nan] * 100, 0.01, 100)[0]) == 10


def test_values_about_0_are_never_precise_and_take_the_most_that_are_allowed():
    assert len(planned(np.tile([-1.0, 1.0], 100), 0.5, 47)[0]) == 47


def test_a_measure_that_few_runs_had_is_looked_for_in_more_of_them():
    values = np.full(100, math.nan)
    values[[3, 15, 16]] = [5.0, 5.1, 4.9]
    assert len(planned(values, 0.2, 100)[0]) == 20


def test_every_measure_must_be_precise_enough():
    def observed(begin, count):
        return np.column_stack([np.full(count, 3.0), ALTERNATING[begin : begin + count]])

    both = sequentially(observed, [MEASURE, MEASURE], Design(10), 0.05, 500)
    assert len(both) == len(planned(ALTERNATING, 0.05, 500)[0]) > 10


def test_what_is_added_are_the_replications_that_follow():
    sequential = replicate(loss(duration="30 s"), measures=[THROTTLES], design=Design(3), precision=0.3, most=12)
    assert len(sequential.seeds) > 3
    at_once = replicate(loss(duration="30 s"), measures=[THROTTLES], design=Design(len(sequential.seeds)))
    assert np.array_equal(sequential.values, at_once.values)
    assert sequential.seeds == at_once.seeds


def test_what_is_missing_is_told_where_the_most_did_not_suffice():
    found = replicate(loss(), measures=[THROTTLES, P99], design=Design(6, seed=3), precision=0.02, most=8)
    assert len(found.seeds) == 8
    assert not found.reached
    for estimate, more in zip(found.estimates, found.more, strict=True):
        ratio = estimate.half_width / (estimate.value * 0.02 / 1.02)
        assert more == math.ceil(8 * ratio**2) - 8


def test_what_lies_at_0_can_not_be_promised_any_precision():
    quiet = loss(duration="3 s")
    found = replicate(quiet, measures=[THROTTLES], design=Design(2, seed=0), precision=0.1, most=2)
    assert found.values.tolist() == [[0.0], [0.0]]
    assert found.reached
    assert found.estimates[0].method == "all equal"


def test_a_precision_that_is_reached_leaves_nothing_missing():
    found = replicate(loss(), measures=[THROTTLES], design=Design(5), precision=0.3)
    assert found.reached
    assert found.more == (0,)
    [estimate] = found.estimates
    assert estimate.half_width <= estimate.value * 0.3 / 1.3


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(InputError) as refused:
        replicate(loss(), measures=[P99, "f.latency", "g.x"], design=Design(2), precision=3, most=0)
    assert [(problem.file, problem.path) for problem in refused.value.problems] == [
        ("--measure", "f.latency"),
        ("--measure", "g.x"),
        ("--precision", ""),
        ("--most", ""),
    ]
    assert "3 lies outside 0 to 0.5; write a share such as 5%" in str(refused.value)
    assert "0 is below the 2 replications to begin with" in str(refused.value)


@pytest.mark.parametrize("precision", [0, -0.1, 0.51, math.nan])
def test_a_precision_that_is_none_is_refused(precision):
    with pytest.raises(InputError, match=r"lies outside 0 to 0\.5"):
        replicate(loss(), measures=[P99], precision=precision)


def test_no_measure_at_all_is_refused():
    with pytest.raises(InputError, match="name at least one measure"):
        replicate(loss(), measures=[])
