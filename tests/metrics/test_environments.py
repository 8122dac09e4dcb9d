import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from synthetic_logs import environments, header

from lambdasim.codes import InitializationType
from lambdasim.metrics.environments import count_environments
from lambdasim.records import NEVER
from lambdasim.units import US_PER_MINUTE, US_PER_MS

HEADER = header()
ENDED_US = HEADER.duration_us + 15 * US_PER_MINUTE


def counted(*rows):
    return count_environments(environments(*rows), HEADER, ENDED_US)


def test_environments_count_for_the_part_of_their_life_in_the_span():
    minute = US_PER_MINUTE
    rows = (
        {"created_us": 0, "ended_us": 3 * minute},  # two minutes of the span
        {"created_us": 8 * minute, "ended_us": NEVER},  # two, and still alive
        {"created_us": 9 * minute, "ended_us": 20 * minute},  # one
        {"created_us": 11 * minute, "ended_us": 12 * minute},  # none: in the drain
        {"created_us": 2 * minute, "ended_us": 4 * minute, "function": 1},
    )
    counts = counted(*rows)
    assert counts.alive_us.tolist() == [5 * minute, 2 * minute]
    assert counts.created.tolist() == [2, 1]
    assert counts.maximum.tolist() == [2, 1]


def test_one_that_ends_as_another_is_created_never_lived_beside_it():
    counts = counted({"created_us": 2, "ended_us": 2 * US_PER_MINUTE}, {"created_us": 2 * US_PER_MINUTE})
    assert counts.maximum[0] == 1


def test_without_environments_all_is_zero():
    counts = counted()
    assert counts.created.tolist() == counts.maximum.tolist() == counts.alive_us.tolist() == [0, 0]


lives = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 14), st.integers(0, 8)), max_size=30)


@given(lives)
def test_the_maximum_and_the_mean_are_those_of_looking_every_minute(lives):
    minute = US_PER_MINUTE
    rows = [{"function": f, "created_us": c * minute, "ended_us": (c + n) * minute} for f, c, n in lives]
    counts = counted(*rows)
    for function in range(2):
        alive = [sum(f == function and c <= m < c + n for f, c, n in lives) for m in range(1, 10)]
        assert counts.maximum[function] == max(alive)
        assert counts.alive_us[function] == sum(alive) * minute
    assert counts.created.sum() == np.sum([1 <= c < 10 for _, c, _ in lives])


def test_inits_for_provisioned_concurrency_are_summed_by_version_as_they_are_billed():
    of_it = {"initialization": InitializationType.PROVISIONED_CONCURRENCY, "created_us": 2 * US_PER_MINUTE}
    init = {"runtime_init_us": 80_400, "function_init_us": 200, "platform_us": 9, "download_us": 9, "network_us": 9}
    counts = counted(
        {**of_it, **init},  # 80.6 ms: 81 are billed
        {**of_it, "runtime_init_us": 1},
        {**of_it, **init, "version": 1, "function": 1},
        {**of_it, **init, "created_us": HEADER.warm_up_us - 1},
        {**of_it, **init, "created_us": HEADER.duration_us},
        {**of_it, **init, "initialization": InitializationType.ON_DEMAND},
        {**of_it, **init, "initialization": InitializationType.SNAP_START},
    )
    assert counts.provisioned_init_us.tolist() == [82 * US_PER_MS, 81 * US_PER_MS]
