import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_logs import cut, header, invocations, random_log

from lambdasim.codes import Final, Outcome, StartType
from lambdasim.metrics import minutes
from lambdasim.metrics.cloudwatch import PerMinute, measured_minutes, timeline
from lambdasim.randomness import stream
from lambdasim.records import NEVER, ConcurrencyPeaks
from lambdasim.units import US_PER_MINUTE, US_PER_S

HEADER = header()


def series(log, peaks=None, head=HEADER, *, kept=True):
    per_minute = PerMinute()
    per_minute.add(log)
    return timeline(per_minute, (), peaks or ConcurrencyPeaks(), head, log if kept else None)


def at(columns, minute, scope):
    row = np.flatnonzero((columns["minute"] == minute) & (columns["scope"] == scope))
    assert row.size == 1
    return {name: values[row[0]].item() for name, values in columns.items()}


@given(st.integers(0, 2**32), st.integers(0, 400))
def test_the_minutes_of_each_function_and_of_the_account_add_up_to_the_log(seed, rows):
    log = random_log(stream(seed, "minutes"), rows)
    columns = series(log)
    ran = log["outcome"] < Outcome.THROTTLED
    for scope in range(3):
        mine, theirs = columns["scope"] == scope, (log["function"] == scope) | (scope == 2)
        assert columns["Invocations"][mine].sum() == (theirs & ran).sum()
        assert columns["Errors"][mine].sum() == (theirs & ran & (log["outcome"] != Outcome.SUCCESS)).sum()
        assert columns["Throttles"][mine].sum() == (theirs & (log["outcome"] == Outcome.THROTTLED)).sum()
        restored = log["start_type"] == StartType.RESTORED
        assert columns["cold_starts"][mine].sum() == (theirs & (restored | (log["start_type"] == StartType.COLD))).sum()
        assert columns["restored"][mine].sum() == (theirs & restored).sum()
        assert columns["pre_initialized"][mine].sum() == (theirs & (log["start_type"] == 2)).sum()
        some = columns["Invocations"][mine] > 0
        total_ms = (columns["Duration_Average"][mine] * columns["Invocations"][mine])[some].sum()
        assert total_ms == pytest.approx((log["ended_us"] - log["started_us"])[theirs & ran].sum() / 1000)
        assert np.isnan(columns["Duration_Maximum"][mine][~some]).all()


@given(st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 300))
def test_the_series_does_not_depend_on_how_the_log_is_cut(seed, rows, edge):
    log = random_log(stream(seed, "cut"), rows)
    whole, first, second = PerMinute(), PerMinute(), PerMinute()
    whole.add(log)
    one, two = cut(log, min(edge, rows))
    first.add(two)
    second.add(one)
    first.merge(second)
    for mine, theirs in zip(first.cells.arrays(), whole.cells.arrays(), strict=True):
        assert mine.tolist() == theirs.tolist()


def test_cells_are_joined_now_and_then_so_that_what_waits_stays_small(monkeypatch):
    monkeypatch.setattr(minutes, "CHUNK", 16)
    per_minute, log, cells = PerMinute(), random_log(stream(1, "joined"), 200), 2 * (10 + 1)
    for _ in range(40):
        per_minute.add(log)
        assert sum(keys.size for keys, _, _ in per_minute.cells._fresh) <= 16 + cells
    assert per_minute.cells.arrays()[1][:, 0].sum() == 40 * (log["outcome"] < Outcome.THROTTLED).sum()
    assert per_minute.cells.arrays()[0].size <= cells


def test_a_data_point_stands_at_the_minute_in_which_the_attempt_was_sent():
    sent = 3 * US_PER_MINUTE - 1
    row = {
        "arrived_us": US_PER_MINUTE,
        "invoked_us": sent,
        "started_us": sent + US_PER_S,
        "ended_us": 5 * US_PER_MINUTE,
    }
    columns = series(invocations({**row, "outcome": Outcome.TIMEOUT, "final": Final.FAILURE}))
    cell = at(columns, 2, 0)
    assert (cell["Invocations"], cell["Errors"], cell["Duration_Maximum"]) == (1, 1, 119_000.001)
    assert columns["Invocations"].sum() == 2  # the function's and the account's


def test_what_a_front_door_refused_is_unknown_to_lambdas_metrics():
    rejected = {"outcome": Outcome.REJECTED, "started_us": NEVER, "ended_us": NEVER, "start_type": StartType.NONE}
    columns = series(invocations(rejected))
    assert not any(columns[name].any() for name in ("Invocations", "Errors", "Throttles"))


def test_percentiles_of_duration_are_by_nearest_rank_within_each_minute():
    start = 2 * US_PER_MINUTE
    rows = [{"ended_us": start + duration * 1000} for duration in (40, 10, 30, 20)]
    rows.append({"function": 1, "ended_us": start + 1_000_000})
    columns = series(invocations(*rows))
    assert [at(columns, 2, scope)["Duration_p50"] for scope in range(3)] == [20.0, 1000.0, 30.0]
    assert [at(columns, 2, scope)["Duration_p99"] for scope in range(3)] == [40.0, 1000.0, 1000.0]
    assert np.isnan(at(columns, 3, 0)["Duration_p50"])
    assert "Duration_p50" not in series(invocations(*rows), kept=False)


def test_all_minutes_are_there_and_the_measured_ones_are_marked():
    late = {"invoked_us": HEADER.duration_us + 3 * US_PER_MINUTE, "ended_us": HEADER.duration_us + 4 * US_PER_MINUTE}
    columns = series(invocations(late))
    account = columns["scope"] == 2
    assert columns["minute"][account].tolist() == list(range(14))
    assert columns["measured"][account].tolist() == [0] + [1] * 9 + [0] * 4
    assert series(invocations())["minute"].max() == 9


def test_a_minute_counts_as_measured_if_any_part_of_it_is():
    assert measured_minutes(header(warm_up_us=90 * US_PER_S, duration_us=150 * US_PER_S)) == slice(1, 3)
    assert measured_minutes(header(warm_up_us=10 * US_PER_S, duration_us=50 * US_PER_S)) == slice(0, 1)


def test_the_highest_concurrency_of_each_minute_is_shown_of_functions_and_what_is_claimed_of_the_account():
    peaks = ConcurrencyPeaks(
        {0: np.array([3, 8]), 1: np.array([1, 2])}, np.array([4, 9]), np.array([3, 8]), claimed=np.array([8, 13])
    )
    columns = series(invocations(), peaks)
    assert [at(columns, 1, scope)["ConcurrentExecutions"] for scope in range(3)] == [8, 2, 9]
    assert at(columns, 1, 2)["UnreservedConcurrentExecutions"] == 8
    assert at(columns, 1, 2)["ClaimedAccountConcurrency"] == 13
    assert np.isnan(at(columns, 1, 0)["ClaimedAccountConcurrency"])
    assert at(columns, 5, 2)["ConcurrentExecutions"] == 0


def test_more_minutes_of_peaks_than_of_series_are_cut():
    peaks = ConcurrencyPeaks({0: np.arange(30)}, np.arange(30), np.arange(30))
    assert at(series(invocations(), peaks), 9, 0)["ConcurrentExecutions"] == 9
