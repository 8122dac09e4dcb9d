import numpy as np
import pytest
from ddsketch import DDSketch
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.metrics import sketch
from lambdasim.metrics.measures import PER_MILLE, nearest_ranks, rank_of
from lambdasim.metrics.sketch import RELATIVE_ACCURACY, Sketches
from lambdasim.randomness import stream

microseconds = st.lists(st.integers(0, 10**13), min_size=1, max_size=200)


def sketch_of(*batches):
    sketches = Sketches()
    for values in batches:
        array = np.array(values, dtype=np.int64)
        sketches.add(np.zeros(array.size, dtype=np.int64), array)
    return sketches


def assert_close(found, exact):
    slack = 1 + 1e-9  # rounding where a value is a bucket's very edge
    assert np.all(np.abs(np.subtract(found, exact)) <= RELATIVE_ACCURACY * slack * np.asarray(exact))


@given(microseconds)
def test_a_sketched_percentile_is_within_half_a_percent_of_the_exact_one(values):
    assert_close(sketch_of(values).percentiles(0), nearest_ranks(np.array(values)))


@given(microseconds, microseconds, microseconds)
def test_merging_sketches_in_any_order_equals_one_sketch_of_all(a, b, c):
    forward, backward = sketch_of(a), sketch_of(c)
    for values in (b, c):
        forward.merge(sketch_of(values))
    for values in (b, a):
        backward.merge(sketch_of(values))
    assert forward.percentiles(0) == backward.percentiles(0) == sketch_of(a + b + c).percentiles(0)


@given(microseconds)
def test_percentiles_are_those_of_datadogs_own_sketch_to_the_bit(values):
    theirs = DDSketch(RELATIVE_ACCURACY)
    for bucket in sketch.bucket_of(np.array(values)).tolist():
        theirs.add(sketch.middle_of(bucket))
    last = max(len(values) - 1, 1)
    at = [(rank_of(per_mille, len(values)) - 0.5) / last for per_mille in PER_MILLE.values()]
    assert sketch_of(values).percentiles(0) == tuple(theirs.get_quantile_value(min(1.0, place)) for place in at)


def test_values_that_were_counted_by_bucket_elsewhere_are_as_good_as_values():
    values = np.array([0, 1, 1000, 1000, 10**6])
    cells, sizes = np.unique(sketch.bucket_of(values), return_counts=True)
    sketches = Sketches()
    sketches.take(np.full(cells.size, 2), cells, sizes)
    assert sketches.percentiles(2) == sketch_of(values).percentiles(0)
    assert sketches.percentiles(1) is None


def test_merging_leaves_the_other_sketch_as_it_was():
    one, other = sketch_of([1]), sketch_of([1000])
    one.merge(other)
    one.merge(sketch_of([10**9] * 50))
    assert other.percentiles(0) == sketch_of([1000]).percentiles(0)


def test_zero_is_exact():
    assert sketch_of([0, 0, 0]).percentiles(0) == (0.0,) * len(PER_MILLE)


def test_a_sketch_of_nothing_has_no_percentiles():
    assert Sketches().percentiles(0) is None


@pytest.mark.parametrize("law", ["lognormal", "pareto", "uniform"])
def test_percentiles_of_a_million_values_stay_within_the_bound(law):
    generator = stream(1, "sketch", law)
    draw = {
        "lognormal": lambda n: generator.lognormal(11, 2, n),
        "pareto": lambda n: 1e4 * (1 + generator.pareto(1.1, n)),
        "uniform": lambda n: generator.uniform(0, 1e6, n),
    }[law]
    values = draw(1_200_000).astype(np.int64)
    assert_close(sketch_of(*np.split(values, 20)).percentiles(0), nearest_ranks(values))


def test_each_group_has_a_sketch_of_its_own():
    sketches = Sketches()
    sketches.add(np.array([0, 2, 2]), np.array([10, 1000, 1000]))
    assert_close(sketches.percentiles(0), [10] * len(PER_MILLE))
    assert sketches.percentiles(1) is None
    assert_close(sketches.percentiles(2), [1000] * len(PER_MILLE))


def test_however_many_values_come_few_wait_to_be_counted(monkeypatch):
    monkeypatch.setattr(sketch, "_BLOCK", 1000)
    sketches = Sketches()
    for _ in range(50):
        sketches.add(np.zeros(300, dtype=np.int64), np.full(300, 5))
        assert sum(waiting.size for waiting in sketches._waiting) < 1000
    assert_close(sketches.percentiles(0), [5] * len(PER_MILLE))
