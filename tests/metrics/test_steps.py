"""The account's concurrency from the steps of its parts: as the limits themselves count it, one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdasim.codes import Outcome
from lambdasim.header import FunctionFacts, Header, TriggerFacts
from lambdasim.metrics.steps import Rate, StepCollector, put_together
from lambdasim.records import INVOCATION_COLUMNS
from lambdasim.service.concurrency import Level
from lambdasim.service.token_bucket import TokenBucket
from lambdasim.units import US_PER_MINUTE, US_PER_S

UNLIMITED = Rate(1e9, 1.0)
UNKNOWN = ("several functions did something in one instant, in an order that decides a peak",)
WARM_UP_US, DURATION_US = 90 * US_PER_S, 200 * US_PER_S
times = st.integers(0, 24).map(lambda n: n * 10 * US_PER_S) | st.integers(0, 240 * US_PER_S)
lasting = st.integers(1, 10).map(lambda n: n * 10 * US_PER_S) | st.integers(1, 100 * US_PER_S)
runs = st.lists(st.tuples(times, lasting, st.integers(0, 1)), max_size=25)


def header():
    functions = (FunctionFacts("pooled"), FunctionFacts("reserved"))
    triggers = (TriggerFacts("calls", "direct"), TriggerFacts("visits", "journey"), TriggerFacts("api", "api_gateway"))
    return Header("s", 0, "us-east-1", 0.0, WARM_UP_US, DURATION_US, functions, (), triggers)


def log_of(rows, trigger=0, attempt=1, waited_us=0):
    """The invocation log of runs: sent, how long, function; ``waited_us``: since their events arrived."""
    columns = {column.name: np.zeros(len(rows), dtype=np.int64) for column in INVOCATION_COLUMNS}
    if rows:
        sent, lasting, function = np.array(rows, dtype=np.int64).T
        columns |= {"arrived_us": sent - waited_us, "invoked_us": sent, "started_us": sent, "ended_us": sent + lasting}
        columns["function"] = function
    columns["trigger"][:] = trigger
    columns["attempt"][:] = attempt
    return columns


def collected(rows, trigger=0, **keys):
    collector = StepCollector(header(), {"pooled"}, {"visits"})
    collector.add(log_of(rows[: len(rows) // 2], trigger, **keys))
    collector.add(log_of(rows[len(rows) // 2 :], trigger, **keys))
    return collector


def together(parts, *, pool=10**6, requests=UNLIMITED, api=UNLIMITED):
    steps, doors = [part.steps() for part in parts], [part.doors() for part in parts]
    return put_together(steps, doors, header(), pool=pool, requests=requests, api=api)


def one_after_the_other(rows):
    """Account and pool, as ``ConcurrencyLimits`` counts them: (peaks by minute, measured peak) of each."""
    events = sorted(
        (at, step, function) for sent, lasting, function in rows for at, step in ((sent, 1), (sent + lasting, -1))
    )
    edges = sorted({*(m * US_PER_MINUTE for m in range(1, 30)), WARM_UP_US, DURATION_US})
    found = []
    for counts in (lambda _: True, lambda function: function == 0):
        level, left = Level(0), list(edges)

        def pass_until(at_us, level=level, left=left):
            while left and left[0] <= at_us:
                edge = left.pop(0)
                measured = WARM_UP_US < edge <= DURATION_US
                level.pass_boundary(measured=measured, minute_ends=edge % US_PER_MINUTE == 0)

        for at_us, step, function in events:
            pass_until(at_us if step > 0 else at_us - 1)
            if counts(function):
                level.in_flight += step
                level.peak = max(level.peak, level.in_flight)
        pass_until(edges[-1])
        found.append((level.peaks[:4], level.measured_peak))
    return found


@given(st.lists(runs, min_size=1, max_size=3))
def test_parts_come_to_what_the_limits_count_of_all_of_them(parts):
    found = together([collected(rows) for rows in parts])
    account, pool = one_after_the_other([row for rows in parts for row in rows])
    assert (found.account.tolist(), found.measured_account) == account
    assert (found.pool.tolist(), found.measured_pool) == pool
    assert found.doubts == ()


@given(runs, runs)
def test_a_pool_is_enough_if_it_holds_the_most_that_ran_at_once(one, two):
    parts = [collected(one), collected(two)]
    steps = sorted(
        (at, step) for rows in (one, two) for s, d, f in rows if f == 0 for at, step in ((s, 1), (s + d, -1))
    )
    most = max(np.cumsum([0, *(step for _, step in steps)]))
    assert together([collected(one), collected(two)], pool=int(most)).doubts == ()
    if most:
        assert together(parts, pool=int(most) - 1).doubts != ()


@given(st.lists(st.integers(0, 200 * US_PER_S), min_size=1, max_size=60), st.integers(2, 12), st.floats(0.05, 3))
@example([59 * US_PER_S] * 8 + [61 * US_PER_S] * 8, 10, 0.05)
def test_a_bucket_that_could_have_run_dry_is_told(sent, capacity, per_second):
    bucket = TokenBucket(capacity, per_second / US_PER_S)
    refused = not all(bucket.take(at_us) for at_us in sorted(sent))
    roomier = TokenBucket(capacity - 1.01, per_second / US_PER_S)
    tight = not all(roomier.take(at_us) for at_us in sorted(sent))
    rows = [(at_us, 1, 0) for at_us in sent]
    for trigger, limits in ((0, "requests"), (2, "api")):
        found = together([collected(rows, trigger)], **{limits: Rate(capacity, per_second / US_PER_S)})
        told = any("requests per second" in doubt for doubt in found.doubts)
        assert told or not refused  # none is overlooked
        assert tight or not told  # and hardly any is told for nothing


def test_an_order_that_nobody_knows_is_told_where_it_decides():
    ends, begins = [(10 * US_PER_S, 10 * US_PER_S, 0)], [(20 * US_PER_S, US_PER_S, 0)]
    assert together([collected(ends), collected(begins)]).doubts == ()
    for among_ends in ({"trigger": 1}, {"attempt": 2}, {"waited_us": 1}):  # a journey goes on, a client tries again
        assert together([collected(ends), collected(begins, **among_ends)]).doubts == UNKNOWN
    busier = [(30 * US_PER_S, US_PER_S, 0)] * 3
    assert together([collected(ends + busier), collected(begins, trigger=1)]).doubts == ()


def test_an_order_that_nobody_knows_is_told_where_a_minute_begins():
    """Whether a run that ends then has a part in the minute of its function."""
    ends, begins = [(50 * US_PER_S, 10 * US_PER_S, 0)], [(US_PER_MINUTE, US_PER_S, 0)]
    busier = [(70 * US_PER_S, US_PER_S, 0)] * 3
    assert together([collected(ends + busier), collected(begins)]).doubts == ()
    assert together([collected(ends + busier), collected(begins, trigger=1)]).doubts != ()


@pytest.mark.parametrize("others", [0, 3])
def test_a_run_of_no_length_counts_for_an_instant_in_which_others_arrive(others):
    at_once = [(20 * US_PER_S, US_PER_S, 0)] * others
    doubts = together([collected([(20 * US_PER_S, 0, 0)]), collected(at_once)]).doubts
    assert doubts == UNKNOWN


def test_what_runs_on_when_the_run_ends_is_never_let_go():
    columns = log_of([(10 * US_PER_S, US_PER_S, 0)])
    columns["ended_us"][:] = -1
    columns["outcome"][:] = Outcome.UNFINISHED
    collector = StepCollector(header(), {"pooled"}, ())
    collector.add(columns)
    assert collector.steps().steps.size == 1


def test_calls_that_api_gateway_refuses_take_nothing_of_its_limit():
    columns = log_of([(10 * US_PER_S, US_PER_S, 0)] * 3, trigger=2)
    columns["outcome"][:] = Outcome.SUCCESS, Outcome.REJECTED, Outcome.THROTTLED
    collector = StepCollector(header(), {"pooled"}, ())
    collector.add(columns)
    assert (collector.doors().steps.size, collector.steps().steps.size) == (2, 2)
