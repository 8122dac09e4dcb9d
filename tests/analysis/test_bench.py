"""What the bench makes of simulated numbers: here they are made up."""

import math

import numpy as np
import pytest

from lambdasim.analysis.bench import SimulatedBench
from lambdasim.analysis.goals import goal_of
from lambdasim.analysis.knobs import knobs_of
from lambdasim.analysis.observations import Design
from lambdasim.analysis.thresholds import Verdict
from tests.worlds import load, world

TIMEOUT = "functions.f.timeout"
NONE = math.nan


@pytest.fixture
def bench(monkeypatch):
    """A bench on which replication r at place p comes to ``numbers[p][r]``, whatever the measure."""

    def made(objective, numbers):
        scenario = load(world())
        [knob] = knobs_of(scenario, {TIMEOUT: f"10..{9 + len(numbers)}"})
        goal = goal_of(scenario, [objective], None)
        asked = []

        def observe(scenarios, measures, _design, *, first, count, progress):
            assert progress is None
            chosen = [scenario.functions["f"].timeout - 10 for scenario in scenarios]
            runs = slice(first, first + count)
            asked.append((chosen, runs))
            return np.array([[[number] * len(measures) for number in numbers[place][runs]] for place in chosen])

        monkeypatch.setattr("lambdasim.analysis.bench.observe", observe)
        bench = SimulatedBench(scenario, knob, goal, Design(replications=len(numbers[0]) // 2))
        return bench, asked

    return made


def test_each_value_is_simulated_once_and_then_only_topped_up(bench):
    tried, asked = bench("f.throttles.total < 5", [[1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 9, 9]])
    tried.judge([0, 1], 1)
    tried.judge([0, 2], 1)
    tried.judge([1, 2], 2)
    assert asked == [([0, 1], slice(0, 2)), ([2], slice(0, 2)), ([1, 2], slice(2, 4))]
    measure = goal_of(load(world()), ["f.throttles.total < 5"], None).objectives[0].measure
    assert tried.values(1, measure).tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize(
    ("objective", "numbers", "verdict"),
    [
        ("f.throttles.total < 5", [1, 1.1, 0.9, 1], Verdict.HOLDS),
        ("f.throttles.total > 5", [1, 1.1, 0.9, 1], Verdict.FAILS),
        ("f.throttles.total < 1", [1, 1.1, 0.9, 1], Verdict.UNDECIDED),
        ("f.throttles.total < 5", [1, NONE, 1, 1], Verdict.FAILS),
        ("f.throttles.total < 5", [NONE] * 4, Verdict.FAILS),
    ],
)
def test_an_objective_is_met_if_all_of_the_interval_and_every_run_is(bench, objective, numbers, verdict):
    tried, _ = bench(objective, [numbers])
    [judged] = tried.judge([0], 2)
    assert judged.verdicts == (verdict,)
    assert judged.meets == (verdict is Verdict.HOLDS)


NOISE = [3, -2, 5, -6]  # the luck that all values share


@pytest.mark.parametrize(
    ("objective", "low", "high", "way"),
    [
        ("f.throttles.total < 50", 90, 70, 1),
        ("f.throttles.total < 50", 70, 90, -1),
        ("f.throttles.total > 50", 70, 90, 1),
        ("f.throttles.total > 50", 90, 70, -1),
        ("f.throttles.total < 50", 90, 90, 0),
        ("f.throttles.total < 50", 90, 90 + 1e-9, 0),  # what rounding makes of equal numbers
        ("f.throttles.total < 50", 90, 91, 0),  # a step of a fortieth of the way to the limit
        ("f.throttles.total < 50", 49.9, 50.9, -1),  # as small a step, but over the limit
    ],
)
def test_a_difference_counts_that_all_runs_show_and_that_may_reach_across_the_limit(bench, objective, low, high, way):
    tried, _ = bench(objective, [[low + luck for luck in NOISE], [high + luck for luck in NOISE]])
    tried.judge([0, 1], 2)
    assert tried.moved(0, 0, 1, 1) == way


def test_a_difference_that_luck_may_have_made_is_none(bench):
    tried, _ = bench("f.throttles.total < 50", [[90, 60, 80, 70], [60, 90, 55, 75]])
    tried.judge([0, 1], 2)
    assert tried.moved(0, 0, 1, 1) == 0


def test_the_more_comparisons_are_made_the_clearer_a_difference_must_be(bench):
    tried, _ = bench("f.throttles.total < 50", [[90, 91, 92, 93], [80, 84, 81, 85]])
    tried.judge([0, 1], 2)
    assert tried.moved(0, 0, 1, 1) == 1
    assert tried.moved(0, 0, 1, 10_000) == 0


@pytest.mark.parametrize(
    ("low", "high", "way"), [([NONE] * 4, [9] * 4, 1), ([9] * 4, [NONE] * 4, -1), ([NONE] * 4, [NONE] * 4, 0)]
)
def test_a_value_without_the_number_is_further_off_than_any_with_it(bench, low, high, way):
    tried, _ = bench("f.throttles.total < 5", [low, high])
    tried.judge([0, 1], 2)
    assert tried.moved(0, 0, 1, 1) == way


def test_of_unequally_many_runs_those_that_both_have_are_compared(bench):
    tried, _ = bench("f.throttles.total < 5", [[1, 2, 30, 40], [2, 3, 4, 5]])
    tried.judge([0], 2)
    tried.judge([1], 1)
    measure = goal_of(load(world()), ["f.throttles.total < 5"], None).objectives[0].measure
    change = tried.change(measure, 0, 1)
    assert (change.value, change.n) == (1, 2)


def test_the_nearest_to_meeting_misses_fewest_objectives_and_by_least(bench):
    tried, _ = bench("f.throttles.total < 50", [[90] * 4, [60] * 4, [NONE] * 4, [40] * 4])
    tried.judge(range(4), 1)
    assert sorted(range(4), key=tried.shortfall) == [3, 1, 0, 2]
