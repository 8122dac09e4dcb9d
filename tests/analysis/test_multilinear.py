import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdasim.analysis.multilinear import between, multilinear

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def axes(draw, most=3):
    """Up to ``most`` axes of two to four rising values, none nearer to the next than rounding can tell apart."""
    steps = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=3)
    first = draw(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=most))
    return [list(itertools.accumulate([start, *draw(steps)])) for start in first]


@st.composite
def grids(draw):
    """Axes, a table over them, and a point inside."""
    chosen = draw(axes())
    shape = [len(values) for values in chosen]
    numbers = draw(st.lists(FINITE, min_size=math.prod(shape), max_size=math.prod(shape)))
    return chosen, np.array(numbers).reshape(*shape, 1), draw(st.tuples(*(st.floats(v[0], v[-1]) for v in chosen)))


def corners(chosen, table, point):
    """The values at the points around."""
    around = [between(values, wanted) for values, wanted in zip(chosen, point, strict=True)]
    return table[tuple(slice(place, place + (2 if share else 1)) for place, share in around)].ravel()


@given(grids())
def test_at_a_point_of_the_grid_it_is_what_stands_there(grid):
    chosen, table, _ = grid
    for place in itertools.product(*(range(len(values)) for values in chosen)):
        point = [values[step] for values, step in zip(chosen, place, strict=True)]
        assert multilinear(chosen, table, point)[0] == table[place][0]


@given(grids())
def test_it_lies_between_the_lowest_and_the_highest_point_around(grid):
    chosen, table, point = grid
    around = corners(chosen, table, point)
    assert around.min() <= multilinear(chosen, table, point)[0] <= around.max()


@given(grids(), st.lists(st.floats(-10, 10), min_size=4, max_size=4))
def test_a_linear_function_is_met_everywhere(grid, slopes):
    chosen, table, point = grid

    def linear(*numbers):
        return slopes[0] + sum(slope * number for slope, number in zip(slopes[1:], numbers, strict=False))

    table = np.array([linear(*numbers) for numbers in itertools.product(*chosen)]).reshape(table.shape)
    assert multilinear(chosen, table, point)[0] == pytest.approx(linear(*point), rel=1e-9, abs=1e-4)


@given(grids(), st.randoms(use_true_random=False))
def test_the_order_of_the_axes_changes_nothing(grid, random):
    chosen, table, point = grid
    order = random.sample(range(len(chosen)), len(chosen))
    turned = multilinear(
        [chosen[axis] for axis in order], table.transpose(*order, len(chosen)), [point[axis] for axis in order]
    )
    assert turned[0] == pytest.approx(multilinear(chosen, table, point)[0], rel=1e-9, abs=1e-6)


@given(grids())
def test_a_small_step_changes_it_by_no_more_than_the_steepest_slope_allows(grid):
    chosen, table, point = grid
    gaps = [min(b - a for a, b in itertools.pairwise(values)) for values in chosen]
    moved = [min(at + 1e-3 * gap, values[-1]) for at, gap, values in zip(point, gaps, chosen, strict=True)]
    steepest = len(chosen) * 1e-3 * (table.max() - table.min())
    change = abs(multilinear(chosen, table, moved)[0] - multilinear(chosen, table, point)[0])
    rounding = 1e-8 * np.abs(table).max()  # of where the point lies in a narrow gap between large numbers
    assert change <= steepest + rounding


@given(axes(), st.data())
@settings(max_examples=30)
def test_outside_it_is_refused(chosen, data):
    number = data.draw(st.integers(0, len(chosen) - 1))
    point = [values[0] for values in chosen]
    values = chosen[number]
    point[number] = data.draw(st.one_of(
        st.floats(max_value=values[0], exclude_max=True), st.floats(min_value=values[-1], exclude_min=True)
    ))  # fmt: skip
    with pytest.raises(ValueError, match="lies outside"):
        multilinear(chosen, np.zeros([*map(len, chosen), 1]), point)


def test_half_way_between_four_points_it_is_their_mean():
    table = np.array([[1.0, 2.0], [3.0, 10.0]])[..., np.newaxis]
    assert multilinear([[0, 1], [0, 1]], table, [0.5, 0.5])[0] == 4


def test_a_point_without_a_value_leaves_none_around_it_and_takes_none_elsewhere():
    table = np.array([1.0, math.nan, 3.0, 4.0])[..., np.newaxis]
    at = [multilinear([[0, 1, 2, 3]], table, [x])[0] for x in (0, 0.5, 1.5, 2, 2.5)]
    assert [math.isnan(value) for value in at] == [False, True, True, False, False]
