"""Verdicts on synthetic numbers: families of differences that hold together, and sets that hold the best."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lambdasim.analysis.directions import Better
from lambdasim.analysis.verdicts import Verdict, chosen, compared_by, each_of
from lambdasim.randomness import stream
from lambdasim.scenario.measures import Measure

COST = Measure("total.cost_usd", ("total", "cost_usd"))
SUCCESSES = Measure("total.successes", ("total", "successes"))
CONCURRENCY = Measure("account.concurrency.mean", ("account", "concurrency", "mean"))
FAMILIES = 1000
VALUES = arrays(float, st.tuples(st.integers(2, 5), st.integers(2, 8)), elements=st.integers(0, 20).map(float))


def verdicts(values, measure=COST, baseline=0, confidence=0.95, **options):
    compared = compared_by(measure, np.asarray(values, dtype=float), baseline, confidence, **options)
    return [row.verdict for row in compared.rows]


def families(number, variants):
    """Shape (families, variants, replications): half of each variance is luck that variants share; means are 100."""
    luck = stream(5, "tests", number).standard_normal((FAMILIES, 1, 10))
    return 100 + luck + stream(6, "tests", number).standard_normal((FAMILIES, variants, 10))


def share_wrong(number, variants, confidence):
    shown = [
        any(v in {Verdict.BETTER, Verdict.WORSE} for v in verdicts(values, confidence=confidence))
        for values in families(number, variants)
    ]
    return np.mean(shown)


def test_where_there_is_none_at_most_5_per_cent_of_families_show_a_difference():
    margin = 3 * math.sqrt(0.05 * 0.95 / FAMILIES)
    wrong = share_wrong(0, variants=6, confidence=0.95)
    assert wrong <= 0.05 + margin
    assert wrong >= 0.02  # nor is it much surer than it says


def test_without_the_correction_far_more_of_them_would():
    uncorrected = 1 - 5 * 0.05  # each of five differences then has 95 %
    assert each_of(uncorrected, 6) == pytest.approx(0.95)
    assert share_wrong(0, variants=6, confidence=uncorrected) > 0.12


def test_the_set_that_is_not_shown_to_be_worse_holds_the_best_in_95_per_cent():
    values = families(1, variants=6)
    values[:, 2] -= 0.3  # the best by a little, the hardest to tell
    missed = [2 not in chosen(each, Better.LOWER, 0.95).not_worse for each in values]
    assert np.mean(missed) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / FAMILIES)


def test_the_set_is_the_best_alone_where_it_is_far_ahead():
    values = families(2, variants=4)[0]
    values[3] += 50
    assert chosen(values, Better.HIGHER, 0.95).not_worse == (3,)
    assert 3 not in chosen(values, Better.LOWER, 0.95).not_worse


def test_less_is_better_of_costs_more_of_successes_and_neither_of_concurrency():
    values = [[10.0, 12.0, 14.0], [20.0, 22.1, 24.0], [10.0, 12.0, 14.0], [10.0, 12.0, 14.5]]
    assert verdicts(values) == [Verdict.BASELINE, Verdict.WORSE, Verdict.EQUAL, Verdict.NOT_SHOWN]
    assert verdicts(values, SUCCESSES)[1] is Verdict.BETTER
    assert verdicts(values, CONCURRENCY)[1] is Verdict.HIGHER
    assert verdicts(values, CONCURRENCY, baseline=1)[0] is Verdict.LOWER
    assert compared_by(CONCURRENCY, np.array(values), 0, 0.95).choice is None


def test_where_nothing_may_be_judged_no_variant_is_better():
    compared = compared_by(COST, np.array([[1.0, 2.0], [3.0, 4.1]]), 0, 0.95, judged=False)
    assert (compared.better, compared.choice) == (None, None)
    assert verdicts([[1.0, 2.0, 3.0], [5.0, 6.1, 7.0]], judged=False)[1] is Verdict.HIGHER


def test_a_variant_without_values_is_told_and_never_chosen():
    nan = math.nan
    values = np.array([[5.0, 6.0, 5.5], [nan, nan, nan], [1.0, nan, nan], [9.0, 9.5, 9.4]])
    assert verdicts(values)[1:3] == [Verdict.NO_VALUE, Verdict.NO_PAIRS]
    assert chosen(values, Better.LOWER, 0.95).best == 0
    assert verdicts(values, baseline=1) == [Verdict.NO_PAIRS, Verdict.BASELINE, Verdict.NO_PAIRS, Verdict.NO_PAIRS]
    assert chosen(values[1:3], Better.LOWER, 0.95) is None
    compared = compared_by(COST, values[[1, 0]], 0, 0.95)
    assert (compared.has_values, compared.has_pairs, compared.all_equal) == (True, False, False)
    assert not compared_by(COST, np.full((2, 3), nan), 0, 0.95).has_values


def test_what_is_better_wherever_both_have_a_value_is_not_among_the_worse():
    nan = math.nan
    values = np.array([[1.0, 1.1, nan, nan], [0.5, 0.6, 9.0, 9.1], [2.0, 2.1, 9.0, 9.1]])
    assert chosen(values, Better.LOWER, 0.95).best == 0
    assert chosen(values, Better.LOWER, 0.95).not_worse == (0, 1)


def test_each_difference_of_a_family_has_its_share_of_the_right_to_be_wrong():
    assert each_of(0.9, 11) == pytest.approx(0.99)
    assert each_of(0.9, 2) == 0.9


@settings(deadline=None)
@given(VALUES)
def test_a_variant_equals_itself_and_its_copies(values):
    assert set(verdicts([values[0]] * 3)[1:]) == {Verdict.EQUAL}


@settings(deadline=None)
@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_of_variants_does_not_matter(values, random):
    means = values.mean(axis=1)
    assume(len(set(means)) == len(means))
    order = list(range(len(values)))
    random.shuffle(order)
    one = compared_by(COST, values, 0, 0.95)
    other = compared_by(COST, values[order], order.index(0), 0.95)
    assert repr([one.rows[n] for n in order]) == repr(list(other.rows))  # nan is not nan
    assert one.choice.best == order[other.choice.best]
    assert set(one.choice.not_worse) == {order[n] for n in other.choice.not_worse}


@settings(deadline=None)
@given(VALUES)
def test_with_the_other_as_baseline_better_and_worse_are_swapped(values):
    swapped = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    one, other = verdicts(values[:2])[1], verdicts(values[:2], baseline=1)[0]
    assert other is swapped.get(one, one)


@settings(deadline=None)
@given(VALUES)
def test_the_best_is_never_among_the_worse_and_none_is_shown_to_beat_it(values):
    choice = chosen(values, Better.LOWER, 0.95)
    assert choice.best in choice.not_worse
    against = verdicts(values, baseline=choice.best)
    assert Verdict.BETTER not in against
    worse = {n for n, verdict in enumerate(against) if verdict is Verdict.WORSE}
    assert set(choice.not_worse) == set(range(len(values))) - worse
