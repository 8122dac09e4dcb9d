import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_logs import cut, header, invocations, random_log

from lambdasim.codes import Capacity, Outcome, ThrottleReason
from lambdasim.metrics.holding import Held, Holding
from lambdasim.randomness import stream
from lambdasim.records import NEVER
from lambdasim.units import US_PER_MINUTE, US_PER_S

HEADER = header()
ANY = (Capacity.ON_DEMAND, Capacity.PROVISIONED, Capacity.SPILLOVER)


def held(*chunks):
    holding = Holding(HEADER)
    for chunk in chunks:
        holding.add(chunk)
    return holding


def everything(holding):
    kept = [holding.of(function, *some) for function in range(2) for some in ((), *((each,) for each in ANY))]
    counts = (holding.refused, holding.limited, holding.retried, holding.unfinished)
    return kept, [count.tolist() for count in counts]


@given(st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_any_pieces_of_a_log_merge_to_the_whole(seed, rows, one, other):
    log = random_log(stream(seed, "holding"), rows)
    first, *rest = (held(piece) for piece in reversed(cut(log, min(one, rows), min(other, rows))))
    for piece in rest:
        first.merge(piece)
    assert everything(first) == everything(held(log))


@given(st.integers(0, 2**32), st.integers(1, 300))
def test_what_is_held_are_the_rows_that_ran_after_the_warm_up(seed, rows):
    log = random_log(stream(seed, "rows"), rows)
    holding = held(log)
    ran = (log["outcome"] < Outcome.THROTTLED) & (log["arrived_us"] >= HEADER.warm_up_us)
    for function in range(2):
        for some in ((), (Capacity.PROVISIONED,)):
            own = ran & (log["function"] == function) & np.isin(log["capacity"], some or ANY)
            times = [Fraction(int(us), US_PER_S) for us in (log["ended_us"] - log["invoked_us"])[own]]
            found = holding.of(function, *some)
            assert found.runs == len(times)
            if times:
                mean = statistics.mean(times)
                assert found.mean_s == pytest.approx(float(mean))
                assert found.longest_s == float(max(times))
                assert found.cv == pytest.approx(float(statistics.pstdev(times) / mean), rel=1e-9, abs=1e-12)


def test_it_is_held_from_the_call_to_the_end_the_start_included():
    minute = US_PER_MINUTE
    times = {"arrived_us": 2 * minute, "invoked_us": 2 * minute, "started_us": 3 * minute, "ended_us": 5 * minute}
    assert held(invocations(times, times)).of(0) == Held(runs=2, mean_s=180.0, cv=0.0, longest_s=180.0)
    assert held(invocations(times | {"arrived_us": minute - 1})).of(0) == Held(0, 0.0, 0.0, 0.0)


def test_refusals_and_retries_of_the_warm_up_count_too():
    limited = ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
    early = {"arrived_us": 1, "invoked_us": 1, "started_us": NEVER, "ended_us": NEVER, "capacity": Capacity.NONE}
    holding = held(
        invocations(
            early | {"outcome": Outcome.THROTTLED, "throttle_reason": limited},
            early | {"outcome": Outcome.THROTTLED, "throttle_reason": ThrottleReason.CallerRateLimitExceeded},
            early | {"outcome": Outcome.REJECTED},
            early | {"outcome": Outcome.START_FAILED, "function": 1},
            early | {"outcome": Outcome.UNFINISHED, "attempt": 2},
            {"outcome": Outcome.ERROR, "attempt": 3, "function": 1},
        )
    )
    assert holding.refused.tolist() == [3, 1]
    assert holding.limited.tolist() == [1, 0]
    assert holding.retried.tolist() == [1, 1]
    assert holding.unfinished.tolist() == [1, 0]


def test_the_squares_of_a_day_long_hold_are_exact():
    long = {"ended_us": 2 * US_PER_MINUTE + 86_400 * US_PER_S + 1}
    short = {"ended_us": 2 * US_PER_MINUTE + 3}
    found = held(invocations(*[long, short] * 500)).of(0)
    assert found.cv == pytest.approx(1.0, abs=1e-9)  # half of them nearly nothing
