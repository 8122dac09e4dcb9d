import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.analysis.sampling import ends, hypercube_column, points
from lambdasim.errors import InputError


@given(st.integers(1, 200), st.integers(0, 1000), st.text(max_size=5))
def test_each_nth_of_a_dimension_has_one_point(n, seed, path):
    column = hypercube_column(n, seed, path)
    assert sorted(np.floor(column * n).astype(int)) == list(range(n))


def test_a_grid_is_every_combination():
    assert points({"a": [1, 2], "b": ["x", "y"]}, None, 0) == [
        {"a": "1", "b": "x"},
        {"a": "1", "b": "y"},
        {"a": "2", "b": "x"},
        {"a": "2", "b": "y"},
    ]


def test_whole_ends_give_whole_numbers_each_equally_often_and_both_ends():
    drawn = [point["a"] for point in points({"a": ["3..7"]}, 500, 1)]
    assert {text: drawn.count(text) for text in sorted(set(drawn))} == dict.fromkeys("34567", 100)


def test_units_are_kept_and_other_numbers_fill_the_range():
    drawn = [point["a"] for point in points({"a": ["0.5s..2.5s"]}, 100, 1)]
    numbers = sorted(float(text.removesuffix(" s")) for text in drawn)
    assert np.allclose(numbers, np.linspace(0.51, 2.49, 100), atol=0.011)


def test_between_whole_ends_of_a_quantity_there_is_more_than_whole_numbers():
    drawn = sorted(float(point["a"].removesuffix(" s")) for point in points({"a": ["1s..3s"]}, 100, 1))
    assert np.allclose(drawn, np.linspace(1.01, 2.99, 100), atol=0.011)
    assert [end["a"] for end in ends({"a": ["1s..3s"]})] == ["1 s", "3 s"]


def test_logarithmic_spacing_gives_each_decade_its_share():
    drawn = [float(point["a"]) for point in points({"a": ["0.001..1000.0", "log"]}, 600, 1)]
    assert [sum(10.0**k <= value < 10.0 ** (k + 1) for value in drawn) for k in range(-3, 3)] == [100] * 6
    whole = [int(point["a"]) for point in points({"a": ["1..1023", "log"]}, 1000, 1)]
    assert [sum(2**k <= value < 2 ** (k + 1) for value in whole) for k in range(10)] == [100] * 10


def test_a_small_number_has_no_exponent_that_yaml_would_take_for_text():
    assert all("e" not in point["a"] for point in points({"a": ["0.0000001..0.000001"]}, 20, 1))


def test_values_of_a_list_come_equally_often():
    drawn = [point["a"] for point in points({"a": ["x", "y", "z"], "b": ["1..9"]}, 30, 1)]
    assert {drawn.count(value) for value in "xyz"} == {10}


def test_another_path_moves_no_others_values():
    alone = points({"a": ["1..1000"]}, 20, 5)
    assert [point["a"] for point in points({"b": ["1..9"], "a": ["1..1000"]}, 20, 5)] == [p["a"] for p in alone]
    assert points({"a": ["1..1000"]}, 20, 6) != alone


def test_paths_are_drawn_independently():
    drawn = points({"a": ["1..1000"], "b": ["1..1000"]}, 400, 5)
    together = np.corrcoef([[int(point[path]) for point in drawn] for path in "ab"])[0, 1]
    assert abs(together) < 4 / np.sqrt(400)


def test_the_ends_of_a_range_are_looked_at_alone():
    assert ends({"a": ["1..9"], "b": [1, 2], "c": ["1s..2s", "log"]}) == [
        {"a": "1"},
        {"a": "9"},
        {"c": "1 s"},
        {"c": "2 s"},
    ]


@pytest.mark.parametrize(
    ("vary", "sample", "told"),
    [
        ({}, None, "--vary: name what to vary"),
        ({"a": []}, None, "--vary: name what to vary"),
        ({"a": ["1..9"]}, None, "--vary: a: '1..9' is a range; say with --sample how many points to draw"),
        ({"a": ["9..1"]}, 5, "--vary: a: '9..1' is empty"),
        ({"a": ["1..9", "5"]}, 5, "--vary: a: a range stands alone, or with 'log' after it: 1..9,log"),
        ({"a": ["0..9", "log"]}, 5, "--vary: a: '0..9' has no logarithms: its lower end must be above 0"),
        ({"a": range(1000), "b": range(1000)}, None, "--vary: 1,000,000 points are more than 100,000"),
        ({"a": ["1..9"]}, 10**6, "--sample: 1,000,000 points are more than 100,000"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_a_remedy(vary, sample, told):
    with pytest.raises(InputError) as raised:
        points(vary, sample, 0)
    assert str(raised.value).startswith(told)


def test_a_path_to_a_file_is_no_range():
    assert points({"a": ["../x.csv", "./../y.csv"]}, None, 0) == [{"a": "../x.csv"}, {"a": "./../y.csv"}]
