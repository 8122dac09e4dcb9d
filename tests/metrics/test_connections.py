"""Connections to a downstream: environments alive x connections of each, counted here once more by looking at each."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_logs import environments, header

from lambdasim.header import DownstreamFacts
from lambdasim.metrics.connections import count_connections, downstream_timeline
from lambdasim.records import NEVER
from lambdasim.units import US_PER_MINUTE

MINUTE = US_PER_MINUTE
BARE = header()
FUNCTIONS = len(BARE.functions)


def counted(rows, *connections, limit=None):
    """The connections to one downstream; ``connections``: (function, per environment)."""
    facts = DownstreamFacts("db", limit, connections)
    [found] = count_connections(environments(*rows), replace(BARE, downstream=(facts,)))
    return found


def alive(rows, at_us, connections):
    """How many connections there are at an instant."""
    each = dict(connections)
    return sum(
        each.get(row.get("function", 0), 0)
        for row in rows
        if row["created_us"] <= at_us and (row["ended_us"] == NEVER or at_us < row["ended_us"])
    )


TIMES = st.integers(-3, 15).map(lambda n: n * MINUTE // 2)
ROWS = st.lists(
    st.builds(
        lambda begin, length, function: {
            "created_us": begin,
            "ended_us": NEVER if length is None else begin + length * MINUTE // 2,
            "function": function,
        },
        TIMES,
        st.none() | st.integers(0, 12),
        st.integers(0, FUNCTIONS - 1),
    ),
    max_size=12,
)


@given(ROWS, st.integers(1, 4), st.integers(0, 4), st.none() | st.integers(1, 8))
def test_they_are_environments_alive_times_connections_of_each(rows, first, second, limit):
    connections = ((0, first), (1, second))
    found = counted(rows, *connections, limit=limit)
    # All times are half minutes, so the middle of each quarter stands for it.
    middles = np.arange(0, BARE.duration_us, MINUTE // 4) + MINUTE // 8
    count = np.array([alive(rows, at_us, connections) for at_us in middles])
    measured = middles >= BARE.warm_up_us
    assert found.mean == pytest.approx(count[measured].mean())
    assert found.maximum == count[measured].max()
    assert found.maximum_by_minute.tolist() == count.reshape(-1, 4).max(axis=1).tolist()
    assert found.mean_by_minute.tolist() == pytest.approx(count.reshape(-1, 4).mean(axis=1).tolist())
    over = measured & (count > (limit or 10**9))
    assert found.over_us == over.sum() * MINUTE // 4
    assert found.first_over_us == (middles[over][0] - MINUTE // 8 if over.any() else NEVER)


def test_one_that_ends_as_another_is_created_never_had_connections_beside_it():
    at_us = BARE.warm_up_us + MINUTE
    rows = [{"created_us": 0, "ended_us": at_us}, {"created_us": at_us, "ended_us": NEVER}]
    assert counted(rows, (0, 5)).maximum == 5


def test_as_many_as_it_takes_are_not_too_many():
    rows = [{"created_us": 0, "ended_us": NEVER}] * 3
    assert counted(rows, (0, 1), limit=3).over_us == 0
    assert counted(rows, (0, 1), limit=2).over_us == BARE.measured_us


def test_the_timeline_has_a_row_for_each_minute_and_downstream():
    facts = (DownstreamFacts("db", 3, ((0, 2),)), DownstreamFacts("cache", None, ((1, 1),)))
    rows = [{"created_us": 0, "ended_us": 5 * MINUTE // 2}, {"created_us": 0, "ended_us": NEVER, "function": 1}]
    with_two = replace(BARE, downstream=facts)
    table = downstream_timeline(count_connections(environments(*rows), with_two), with_two)
    assert table["minute"].tolist()[:4] == [0, 0, 1, 1]
    assert table["downstream"].tolist()[:4] == [0, 1, 0, 1]
    of_db = table["downstream"] == 0
    assert table["DatabaseConnections_Maximum"][of_db].tolist()[:4] == [2, 2, 2, 0]
    assert table["DatabaseConnections_Average"][of_db].tolist()[:4] == [2, 2, 1, 0]
    assert set(table["DatabaseConnections_Maximum"][~of_db]) == {1}
    assert len(table["minute"]) == 2 * -(-BARE.duration_us // MINUTE)


def test_without_downstreams_the_timeline_has_no_rows():
    assert {values.size for values in downstream_timeline((), BARE).values()} == {0}
