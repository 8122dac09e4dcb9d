"""Trade-offs between several keys: the search on a made-up bench, the rest by small simulations."""

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.analysis.combinations import Combinations, Trials, around, evolve, surround
from lambdasim.analysis.goals import goal_of
from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.knobs import knobs_of
from lambdasim.analysis.observations import Design
from lambdasim.analysis.pareto import not_beaten, trade_off
from lambdasim.analysis.runner import Workers
from lambdasim.analysis.search import Judged
from lambdasim.analysis.thresholds import Check
from lambdasim.errors import InputError
from lambdasim.report.pareto import trade_off_text
from tests.worlds import load, world

MEMORY, TIMEOUT = "functions.f.memory_size", "functions.f.timeout"
PROVISIONED = "functions.f.provisioned_concurrent_executions"
RESERVED = "functions.f.reserved_concurrent_executions"
ARCHITECTURE = "functions.f.architecture"
COST = "total.cost_usd_per_month"
FEW = Design(replications=2)


@pytest.fixture(scope="module")
def scenario():
    """200 ms of CPU time at one vCPU, once a second."""
    return load(
        world(
            duration="20s",
            function={"runtime": "python3.13"},
            handler={"duration": "200 ms"},
            trigger={"arrivals": {"constant": {"rate": "1/s"}}},
        )
    )


def numbers(point):
    return (*(check.estimate.value for check in point.tried.checks), point.tried.least.value)


def beats(ours, theirs):
    return ours != theirs and all(here <= there for here, there in zip(ours, theirs, strict=True))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=30))
def test_no_point_of_the_front_is_beaten_and_each_other_is_beaten_or_equalled_by_one(points):
    front = not_beaten(range(len(points)), points.__getitem__)
    for place, ours in enumerate(points):
        if place in front:
            assert not any(beats(theirs, ours) for theirs in points)
        else:
            assert any(beats(points[other], ours) or points[other] == ours for other in front)
    assert len({points[place] for place in front}) == len(front)


def test_all_combinations_are_tried_where_they_are_few(scenario):
    vary = {MEMORY: [512, 1024, 1769], ARCHITECTURE: ["x86_64", "arm64"]}
    found = trade_off(scenario, vary, objectives=["f.duration_ms.p99 < 400"], design=FEW)
    assert (len(found.points), found.is_whole, found.settled) == (6, True, True)
    meeting = [point for point in found.points if point.tried.meets]
    assert {point.values[0] for point in meeting} == {"1024", "1769"}
    assert found.answer in meeting
    assert found.answer.tried.least.value == min(point.tried.least.value for point in meeting)
    assert found.answer.values[1] == "arm64"  # a GB-second costs a fifth less


def test_the_front_holds_what_no_other_combination_beats(scenario):
    vary = {MEMORY: [256, 512, 1024, 1769, 3008], PROVISIONED: "0..2"}
    found = trade_off(scenario, vary, objectives=["f.latency_ms.mean < 900"], design=FEW)
    points = [numbers(point) for point in found.points]
    for point in found.points:
        assert (point in found.front) == (not any(beats(other, numbers(point)) for other in points))
    assert found.frame["front"].sum() == len(found.front)


@pytest.fixture(scope="module")
def evolved(scenario):
    vary = {MEMORY: "1000..1800", PROVISIONED: "0..9"}
    return trade_off(scenario, vary, objectives=["f.latency_ms.p50 < 300"], design=FEW, budget=24)


def test_of_many_combinations_no_more_are_tried_than_the_budget_allows(evolved):
    assert evolved.combinations.count == 8010
    assert 12 < len(evolved.points) <= 24
    assert not evolved.is_whole


def test_the_answer_of_an_evolution_meets_and_its_front_is_not_beaten(evolved):
    assert evolved.answer is not None
    assert evolved.answer.tried.meets
    assert int(evolved.answer.values[0]) > 200 * 1769 / 300
    for point in evolved.front:
        assert not any(beats(numbers(other), numbers(point)) for other in evolved.points)


def test_an_evolution_is_the_same_for_any_number_of_workers(scenario, evolved):
    vary = {MEMORY: "1000..1800", PROVISIONED: "0..9"}
    design = replace(FEW, workers=Workers(2))
    again = trade_off(scenario, vary, objectives=["f.latency_ms.p50 < 300"], design=design, budget=24)
    assert (again.points, again.front, again.answer) == (evolved.points, evolved.front, evolved.answer)
    assert trade_off_text(again) == trade_off_text(evolved)


class Made:
    """A bench of two keys: `x + 2 y` must be at least 150, and `x + y` shall be least: 75, at x = 0."""

    def __init__(self, combinations, goal):
        self.combinations, self.goal, self.judged = combinations, goal, []

    def judge(self, places, _effort):
        self.judged += places
        checks = [self.checks(place) for place in places]
        return [Judged((check.verdict,), (check.ok,)) for [check] in checks]

    def checks(self, place):
        x, y = self.combinations.steps(place)
        reached = float(x + 2 * y)
        return (Check(self.goal.objectives[0], Estimate(reached, reached, reached, 2, "t")),)

    def least(self, place):
        return float(sum(self.combinations.steps(place)))

    def shortfall(self, place):
        return (1, 150 - self.checks(place)[0].estimate.value)


@pytest.fixture
def made(scenario):
    combinations = Combinations(knobs_of(scenario, {MEMORY: "200..300", TIMEOUT: "10..110"}, alone=False))
    goal = goal_of(scenario, ["f.events >= 150"], None)
    return Trials(scenario, combinations, Made(combinations, goal), 200), goal


def test_an_evolution_and_the_steps_after_it_come_close_to_the_best_of_ten_thousand(made):
    trials, goal = made
    evolve(trials, goal, 1)
    by_evolution = trials.bench.least(trials.best)
    surround(trials)
    assert trials.meets(trials.best)
    assert trials.bench.least(trials.best) <= by_evolution
    assert trials.bench.least(trials.best) <= 1.05 * 75
    assert len(trials.bench.judged) == len(set(trials.bench.judged)) <= 200


def test_the_places_around_one_differ_by_a_step_or_by_one_up_and_one_down(made):
    trials, _ = made
    combinations = trials.combinations
    beside = {combinations.steps(place) for place in around(combinations, combinations.place((5, 0)), (1, 2))}
    assert beside == {(4, 0), (6, 0), (5, 2), (4, 2)}


def test_combinations_that_the_scenario_refuses_are_counted_and_never_tried(scenario):
    found = trade_off(scenario, {PROVISIONED: "0..3", RESERVED: "1..3"}, objectives=["f.errors <= 0"], design=FEW)
    assert found.refused == 3  # (2, 1), (3, 1) and (3, 2)
    assert all(int(point.values[0]) <= int(point.values[1]) for point in found.points)
    assert (len(found.points), found.is_whole) == (9, True)
    assert "The scenario's checks refused 3 combinations." in trade_off_text(found)


def test_where_no_combination_meets_the_nearest_is_told(scenario):
    found = trade_off(
        scenario, {MEMORY: [512, 1769], TIMEOUT: [5, 6]}, objectives=["f.duration_ms.p99 < 100"], design=FEW
    )
    assert found.answer is None
    assert found.best.values[0] == "1769"
    assert trade_off_text(found).startswith("No combination that was tried is shown to meet f.duration_ms.p99 < 100; ")


def test_combinations_that_cost_the_same_are_told(scenario):
    found = trade_off(scenario, {MEMORY: [1769, 3008], TIMEOUT: [5, 6]}, objectives=["f.errors <= 0"], design=FEW)
    assert found.answer.values == ("1769", "5")
    assert [tie.values for tie in found.ties] == [("1769", "6")]


@pytest.fixture
def without_optuna(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)


@pytest.mark.usefixtures("without_optuna")
def test_many_combinations_without_optuna_are_refused_before_anything_runs(scenario, monkeypatch):
    monkeypatch.setattr("lambdasim.analysis.bench.observe", None)
    with pytest.raises(InputError) as caught:
        trade_off(scenario, {MEMORY: "1000..1800", TIMEOUT: "5..9"}, objectives=["f.errors <= 0"])
    assert str(caught.value) == (
        "--vary: 4,005 combinations are more than the budget of 64; to choose among them install optuna "
        "(pip install 'lambdasim-aws[optuna]'), or name fewer values, or allow more with --budget"
    )


@pytest.mark.usefixtures("without_optuna")
def test_few_combinations_need_no_optuna(scenario):
    found = trade_off(scenario, {MEMORY: [1024, 1769], TIMEOUT: [5]}, objectives=["f.errors <= 0"], design=FEW)
    assert found.answer is not None


def test_optunas_own_log_is_as_it_was_afterwards(made):
    import optuna  # noqa: PLC0415 - slow to load

    trials, goal = made
    before = optuna.logging.get_verbosity()
    evolve(trials, goal, 1)
    assert optuna.logging.get_verbosity() == before


@pytest.mark.parametrize(
    ("vary", "says"),
    [
        ({}, ["--vary: say which keys to try"]),
        (
            {MEMORY: "9..3", "functions.f.x": [1]},
            [f"--vary: {MEMORY}: '9..3' is", "--vary: functions.f.x: unknown key"],
        ),
        ({RESERVED: [0, 1], PROVISIONED: [5]}, [f"--vary: {PROVISIONED}: the function provisions 5 of a reserved"]),
    ],
)
def test_what_is_wrong_with_several_keys_is_told(scenario, vary, says):
    with pytest.raises(InputError) as caught:
        trade_off(scenario, vary, objectives=["f.errors <= 0"], design=FEW)
    problems = [str(problem) for problem in caught.value.problems]
    assert all(problem.startswith(start) for problem, start in zip(problems, says, strict=True)), problems
