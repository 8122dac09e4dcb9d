"""The search over synthetic benches: nothing is simulated, so that its own mistakes show."""

import math
from dataclasses import dataclass, field

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lambdasim.analysis.search import FEW, SCAN, Judged, Search, Step, probes
from lambdasim.analysis.thresholds import Verdict

LIMIT = 0.0


@dataclass
class Curves:
    """Each objective is met below 0; ``blur`` is half an interval's width, which more effort narrows."""

    curves: list
    blur: float = 0.0
    judged: dict = field(default_factory=dict)
    batches: list = field(default_factory=list)

    def judge(self, places, effort):
        self.batches.append(tuple(places))
        self.judged |= dict.fromkeys(places, effort)
        return [self._judged(place, effort) for place in places]

    def _judged(self, place, effort):
        values = [curve(place) for curve in self.curves]
        half = self.blur / math.sqrt(effort)
        return Judged(tuple(verdict(value, half) for value in values), tuple(value < LIMIT for value in values))

    def moved(self, objective, low, high, comparisons):
        assert comparisons >= 1
        change = self.curves[objective](high) - self.curves[objective](low)
        return 0 if abs(change) <= 2 * self.blur else (1 if change < 0 else -1)


def verdict(value, half):
    if value + half < LIMIT:
        return Verdict.HOLDS
    return Verdict.FAILS if value - half >= LIMIT else Verdict.UNDECIDED


def falling(boundary):
    """Met from ``boundary`` on, and the more so the higher."""
    return lambda place: boundary - place - 0.5


def found(*curves, count, blur=0.0, most_effort=1):
    bench = Curves(list(curves), blur)
    return Search(bench, count, most_effort=most_effort).run(), bench


@given(st.integers(FEW + 1, 100_000), st.data())
def test_bisection_finds_any_boundary_in_the_logarithm_of_the_values(count, data):
    boundary = data.draw(st.integers(0, count - 1))
    result, bench = found(falling(boundary), count=count)
    assert (result.answer, result.seeming, result.last) == (boundary, boundary, count - 1)
    assert (result.scanned, result.backwards) == (False, ())
    assert len(bench.judged) <= len(probes(count)) + math.log2(count) + 4
    assert {max(0, boundary - 1), min(count - 1, boundary + 1)} <= set(result.tried)


@given(st.integers(1, 2000), st.integers(0, 2000), st.data())
def test_of_any_steps_up_the_smallest_value_that_meets_is_found(count, boundary, data):
    """Plateaus included: what rises need not rise everywhere."""
    width = data.draw(st.integers(1, 300))
    result, _ = found(lambda place: falling(boundary)(place // width * width), count=count)
    first = next((place for place in range(count) if place // width * width >= boundary), None)
    assert result.answer == first


@given(st.integers(FEW + 1, 5000), st.data())
def test_where_less_is_better_the_largest_value_that_meets_is_found_too(count, data):
    boundary = data.draw(st.integers(0, count - 2))
    result, bench = found(lambda place: place - boundary - 0.5, count=count)
    assert (result.answer, result.last, result.directions) == (0, boundary, (-1,))
    assert {boundary, boundary + 1} <= set(result.tried)
    assert len(bench.judged) <= len(probes(count)) + math.log2(count) + 4


@given(st.integers(FEW + 1, 3000), st.data())
def test_two_objectives_that_pull_apart_are_met_between_their_boundaries(count, data):
    low, high = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
    result, _ = found(falling(low), lambda place: place - high - 0.5, count=count)
    assert result.answer == (low if low <= high else None)
    if low <= high:
        assert result.last == high


@given(st.lists(st.floats(-10, 10).filter(lambda value: value != 0), min_size=1, max_size=SCAN))
def test_of_any_curve_at_all_only_a_value_that_meets_is_ever_the_answer(values):
    result, bench = found(values.__getitem__, count=len(values))
    assert result.answer is None or values[result.answer] < LIMIT
    if result.scanned:
        assert len(bench.judged) == len(values)
        assert result.answer == next((place for place, value in enumerate(values) if value < LIMIT), None)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=200), st.floats(0.01, 3), st.integers(1, 8))
def test_no_value_is_ever_the_answer_that_is_not_shown_to_meet(values, blur, most_effort):
    result, bench = found(values.__getitem__, count=len(values), blur=blur, most_effort=most_effort)
    if result.answer is not None:
        half = blur / math.sqrt(bench.judged[result.answer])
        assert values[result.answer] + half < LIMIT
    assert all(1 <= effort <= most_effort for effort in bench.judged.values())


def test_a_dip_that_a_probe_falls_into_is_found_by_trying_all():
    """Cost over memory: met in the middle only, missed at both ends."""
    result, bench = found(lambda place: abs(place - 30) - 4.5, count=61)
    assert (result.scanned, result.answer, result.last) == (True, 26, 34)
    assert len(bench.judged) == 61
    assert result.backwards


def test_a_dip_among_the_probes_costs_no_bisection_first():
    _, bench = found(lambda place: abs(place - 30) - 4.5, count=61)
    assert list(map(len, bench.batches)) == [len(probes(61)), 61 - len(probes(61))]


def test_a_bump_that_only_bisection_runs_into_is_found_out_too():
    """Between the probes 30 and 45 the middle is tried first."""
    result, bench = found(lambda place: 100 if place == 37 else falling(40)(place), count=61)
    assert 37 not in probes(61)
    assert (result.scanned, result.answer) == (True, 40)
    assert len(bench.judged) == 61


def test_a_long_range_that_is_not_monotone_is_searched_by_a_grid_and_then_finer():
    result, bench = found(lambda place: abs(place - 5000) - 1000.5, count=10_001)
    assert (result.scanned, result.answer) == (True, 4000)
    assert len(bench.judged) < 80


def test_a_step_back_is_told_by_its_places():
    curve = [9.5, 8.5, 7.5, 6.5, 5.5, 4.5, 3.5, 8.0, 2.5, 1.5, 0.5, -0.5, -1.5, -2.5, -3.5, -4.5]
    result, _ = found(curve.__getitem__, count=len(curve))
    assert result.scanned
    assert (result.answer, result.backwards) == (11, (Step(0, 6, 7),))


def test_few_values_are_all_tried_at_once():
    result, bench = found(falling(5), count=FEW)
    assert (bench.batches, result.answer, result.scanned) == ([tuple(range(FEW))], 5, True)


@pytest.mark.parametrize("count", [1, 2, FEW, FEW + 1, 900])
def test_that_no_value_meets_is_an_answer(count):
    result, bench = found(lambda place: 10_000 - place, count=count)
    assert (result.answer, result.seeming, result.last) == (None, None, None)
    assert result.backwards == ()
    assert len(bench.judged) <= FEW


def test_that_all_values_meet_is_an_answer():
    result, bench = found(lambda place: -1 - place, count=900)
    assert (result.answer, result.last) == (0, 899)
    assert len(bench.judged) <= FEW


def test_a_value_that_only_seems_to_meet_is_told_beside_the_one_that_is_shown_to():
    result, _ = found(falling(500), count=900, blur=20)
    assert (result.seeming, result.answer) == (500, 520)


@pytest.mark.parametrize(("most_effort", "answer", "effort"), [(1, 540, 1), (2, 528, 2), (4, 520, 4), (7, 520, 4)])
def test_more_effort_near_the_limit_brings_the_answer_nearer_to_it(most_effort, answer, effort):
    result, bench = found(falling(500), count=900, blur=40, most_effort=most_effort)
    assert (result.answer, result.effort) == (answer, effort)
    assert bench.judged[0] == bench.judged[899] == 1  # far from the limit more runs would tell nothing new


def test_the_answer_is_looked_at_as_closely_as_what_may_lie_below_it():
    """What lies below never shows more than an estimate: the answer stays, and is one of as many runs."""
    result, bench = found(
        lambda place: -100 if place >= 520 else falling(400)(min(place, 400)), count=900, blur=20, most_effort=4
    )
    assert (result.seeming, result.answer) == (400, 520)
    assert bench.judged[520] == 4


def test_no_effort_is_spent_where_nothing_is_open():
    result, bench = found(falling(500), count=900, blur=0.1, most_effort=16)
    assert (result.answer, result.effort) == (500, 1)
    assert set(bench.judged.values()) == {1}


@given(st.integers(1, 400), st.integers(0, 400), st.integers(0, 400))
def test_the_cheapest_that_meets_is_found_where_cost_falls_and_then_rises(count, boundary, cheapest):
    assume(boundary < count)
    bench = Curves([falling(boundary)])
    search = Search(bench, count)
    search.run()
    place = search.cheapest(lambda place: abs(place - cheapest))
    assert place == min(range(boundary, count), key=lambda place: (abs(place - cheapest), place))
    assert len(bench.judged) <= 60


def test_a_second_valley_of_the_cost_that_no_probe_falls_into_is_seen():
    bench = Curves([falling(0)])
    search = Search(bench, 900)
    search.run()
    assert all(abs(place - 337) > 60 for place in probes(900))
    assert search.cheapest(lambda place: place if abs(place - 337) > 60 else abs(place - 337) - 100) == 337


def test_of_equally_cheap_values_the_smallest_is_taken():
    search = Search(Curves([falling(3)]), 10)
    search.run()
    assert search.cheapest(lambda _: 1.0) == 3


def test_nothing_is_cheapest_where_nothing_meets():
    search = Search(Curves([lambda _: 1.0]), 10)
    search.run()
    assert search.cheapest(float) is None


@given(st.integers(1, 10**6))
def test_probes_are_few_and_hold_both_ends(count):
    places = probes(count)
    assert (places[0], places[-1]) == (0, count - 1)
    assert list(places) == sorted(set(places))
    assert len(places) <= 8
