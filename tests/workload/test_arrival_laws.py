"""What holds for arrival processes of every kind."""

import tracemalloc

import numpy as np
import pytest
from arrival_kinds import KINDS, MONDAY, PER_S, blocks_of, times_of
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdasim.randomness import stream
from lambdasim.units import US_PER_DAY, US_PER_MINUTE, US_PER_S
from lambdasim.workload import blocks
from lambdasim.workload.arrivals import ArrivalProcess, Poisson, Sum
from lambdasim.workload.distributions import Constant, Distribution, Exponential, Gamma, Mixture, Quantiles

KIND_NAMES = [f"{index}-{type(kind).__name__}" for index, kind in enumerate(KINDS)]
every_kind = pytest.mark.parametrize("process", KINDS, ids=KIND_NAMES)


@given(process=st.sampled_from(KINDS), until_us=st.integers(1, 15 * US_PER_MINUTE), seed=st.integers(0, 2**32))
@settings(max_examples=150)
def test_times_are_sorted_whole_microseconds_before_the_end(process, until_us, seed):
    found = blocks_of(process, until_us, seed=seed)
    for block in found:
        assert block.dtype == np.int64
        assert 0 < block.size <= 65_536
    times = np.concatenate([np.zeros(1, dtype=np.int64), *found])
    assert (np.diff(times) >= 0).all()
    assert times[-1] < until_us


@given(process=st.sampled_from(KINDS), early_us=st.integers(1, 10 * US_PER_MINUTE), seed=st.integers(0, 2**32))
@settings(max_examples=100)
def test_a_longer_horizon_only_adds_events_at_its_end(process, early_us, seed):
    long = times_of(process, 10 * US_PER_MINUTE, seed=seed)
    assert np.array_equal(times_of(process, early_us, seed=seed), long[long < early_us])


@every_kind
@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_the_times_do_not_depend_on_the_block_size(process, size, monkeypatch):
    until_us = 3 * US_PER_MINUTE if size > 1 else 30 * US_PER_S
    expected = times_of(process, until_us)
    monkeypatch.setattr(blocks, "BLOCK", size)
    assert np.array_equal(times_of(process, until_us), expected)


@every_kind
def test_the_same_seed_gives_the_same_times_and_every_kind_fits_the_protocol(process):
    assert isinstance(process, ArrivalProcess)
    assert np.array_equal(times_of(process, 5 * US_PER_MINUTE), times_of(process, 5 * US_PER_MINUTE))


def test_a_sum_holds_all_of_its_parts_and_another_part_moves_none_of_them():
    parts = (Poisson(PER_S), *KINDS[3:6])
    together = times_of(Sum(parts), US_PER_MINUTE)
    alone = [
        np.concatenate(list(part.times_us(own, US_PER_MINUTE, MONDAY)))
        for part, own in zip(parts, stream(1, "test").spawn(len(parts)), strict=True)
    ]
    assert np.array_equal(together, np.sort(np.concatenate(alone)))
    more = times_of(Sum((*parts, KINDS[10])), US_PER_MINUTE)
    extra = times_of(KINDS[10], US_PER_MINUTE)
    assert np.array_equal(more, np.sort(np.concatenate([together, extra])))


def test_a_high_rate_streams_in_flat_memory_and_a_low_one_ends():
    fast = Poisson(1.0).times_us(stream(1), 7 * US_PER_DAY, MONDAY)  # a million a second
    tracemalloc.start()
    taken = sum(next(fast).size for _ in range(100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken > 6_000_000
    assert peak < 8 * 2**20
    assert times_of(Poisson(1 / US_PER_DAY), US_PER_S).size == 0


@given(
    distribution=st.sampled_from(
        [
            Exponential(3.0),
            Gamma(1.0, 1.0),
            Mixture(((1, Constant(2.0)), (2, Exponential(1.0)))),
            Quantiles(((0.5, 1.0), (1.0, 2.0))),
        ]
    ),
    sizes=st.lists(st.integers(0, 6000), min_size=1, max_size=4),
)
@settings(max_examples=30)
def test_a_reel_gives_the_same_draws_in_any_portions(distribution, sizes):
    assert isinstance(distribution, Distribution)
    portions = blocks.Reel(distribution, stream(1))
    whole = blocks.Reel(distribution, stream(1))
    taken = np.concatenate([portions.take(size) for size in sizes])
    assert np.array_equal(taken, whole.take(sum(sizes)))
