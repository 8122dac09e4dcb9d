from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.randomness import Coins, Draws, stream, uniforms


def test_equal_names_give_equal_streams_and_other_names_independent_ones():
    a, b, c = (stream(7, *words).random(20_000) for words in (("x", "f"), ("x", "f"), ("x", "g")))
    assert np.array_equal(a, b)
    assert abs(np.corrcoef(a, c)[0, 1]) < 4 / np.sqrt(len(a))


def test_words_do_not_run_together():
    assert stream(1, "ab", "c").random() != stream(1, "a", "bc").random()


@given(st.integers(0, 100_000), st.sampled_from([16, 64, 256, 4096, 100]))
def test_blocks_cover_every_index_once(index, size):
    draws = Draws(3, "purpose", sample=uniforms, size=size)
    first, count = draws._bounds(index)
    assert first <= index < first + count
    assert draws._bounds(first) == (first, count)
    assert draws._bounds(first + count - 1) == (first, count)
    assert draws._bounds(first + count)[0] == first + count


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=50))
def test_a_draw_is_the_same_in_whatever_order_it_is_asked_for(indices):
    straight = Draws(3, "purpose", sample=uniforms, size=64)
    values = {i: straight.at(i) for i in sorted(set(indices))}
    wild = Draws(3, "purpose", sample=uniforms, size=64)
    assert [wild.at(i) for i in indices] == [values[i] for i in indices]


def test_a_block_that_is_come_back_to_is_drawn_once_while_few_lie_between():
    drawn = []

    def sample(generator, n):
        drawn.append(n)
        return generator.random(n)

    draws = Draws(3, "purpose", sample=sample, size=64)
    first = [draws.at(10), draws.at(5000)]
    assert [draws.at(10), draws.at(5000)] * 10 == first * 10
    assert len(drawn) == 2
    values = [draws.at(index) for index in range(0, 100_000, 64)]  # so many blocks that the first are gone
    assert len(draws._kept) < 100
    assert [draws.at(index) for index in range(0, 100_000, 64)] == values
    assert [draws.at(10), draws.at(5000)] == first


def test_coins_are_uniform_and_know_nothing_of_their_neighbours_in_index_and_turn():
    n = 20_000
    coins = Coins(5, "purpose", "f")
    first, second = (np.array([coins.at(index, turn) for index in range(n)]) for turn in (1, 2))
    for values in (first, second, np.array([coins.at(7, turn) for turn in range(n)])):
        assert abs(values.mean() - 1 / 2) * np.sqrt(12 * n) < 4
        assert abs((values**2).mean() - 1 / 3) * np.sqrt(45 * n) / 2 < 4
        assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) * np.sqrt(n) < 4
        counts, _ = np.histogram(values, bins=100, range=(0, 1))
        assert abs(((counts - n / 100) ** 2).sum() / (n / 100) - 99) / np.sqrt(2 * 99) < 4
    assert abs(np.corrcoef(first, second)[0, 1]) * np.sqrt(n) < 4


def test_a_coin_depends_on_its_name_index_and_turn_alone():
    values = {(index, turn): Coins(5, "purpose").at(index, turn) for index in range(30) for turn in range(30)}
    assert len(set(values.values())) == 900
    coins = Coins(5, "purpose")
    assert all(coins.at(*key) == value for key, value in reversed(values.items()))
    assert Coins(5, "other").at(3, 3) != coins.at(3, 3) != Coins(6, "purpose").at(3, 3)
    assert coins.at(3) == coins.at(3, 0)
