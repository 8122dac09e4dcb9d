import math

import numpy as np

from lambdasim.analysis.extremes import extremes
from lambdasim.analysis.intervals import mean_estimate
from lambdasim.randomness import stream


def of(values, confidence=0.95):
    values = np.asarray(values, dtype=float)
    return extremes([mean_estimate(row, confidence) for row in values], values, confidence)


def test_far_apart_variants_have_no_rivals():
    found = of([[10, 11, 12], [1, 2, 3], [20, 21, 22]])
    assert (found.lowest, found.highest, found.rivals) == (1, 2, ())


def test_equal_variants_are_all_rivals():
    found = of([[5, 6, 7]] * 4)
    assert (found.lowest, found.rivals) == (0, (1, 2, 3))


def test_pairs_share_their_luck():
    """Each alone is wide; their differences hardly vary."""
    luck = np.array([0.0, 100.0, 200.0, 300.0])
    found = of([luck, luck + np.array([1.0, 1.1, 0.9, 1.0])])
    assert (found.lowest, found.rivals) == (0, ())


def test_variants_without_an_estimate_are_left_out():
    nan = math.nan
    found = of([[nan, nan, nan], [5, 6, 7], [1, nan, nan], [8, 9, 10]])
    assert (found.lowest, found.highest) == (1, 3)
    assert of([[nan, nan]]) is None


def test_the_truly_lowest_is_among_the_lowest_and_its_rivals_as_often_as_said():
    """Five variants, the third a little below the others: it must not be ruled out in more than 5 % of experiments."""
    rng, means = stream(1, "extremes"), np.array([0.3, 0.2, 0.0, 0.1, 0.2])[:, np.newaxis]
    experiments, kept = 600, 0
    for _ in range(experiments):
        found = of(means + rng.normal(size=(5, 10)))
        kept += 2 in (found.lowest, *found.rivals)
    assert kept / experiments > 0.95 - 4 * math.sqrt(0.05 * 0.95 / experiments)
    assert kept < experiments or experiments < 100  # it is ruled out now and then: the intervals are not for ever wide
