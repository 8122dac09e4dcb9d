import numpy as np
import pandas as pd
import pytest
from synthetic_logs import header, invocations, random_log
from worlds import LIVES, made

from lambdasim.randomness import stream
from lambdasim.records import (
    ENVIRONMENT_COLUMNS,
    INVOCATION_COLUMNS,
    NEVER,
    Final,
    Outcome,
    StartType,
    ThrottleReason,
)
from lambdasim.result.frames import columns_of, frame, invocation_frame
from lambdasim.units import US_PER_MINUTE

START = 2 * US_PER_MINUTE


def test_codes_become_names():
    never = {"started_us": NEVER, "ended_us": NEVER, "start_type": StartType.NONE}
    reason = ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
    throttled = {**never, "outcome": Outcome.THROTTLED, "throttle_reason": reason, "final": Final.NO, "function": 1}
    table = invocation_frame(invocations({}, throttled), header())
    names = ["trigger", "function", "outcome", "start_type", "start_cause", "throttle_reason", "final"]
    assert table[names].to_numpy().tolist() == [
        ["door", "api", "success", "warm", "none", "none", "success"],
        ["door", "007", "throttled", "none", "none", reason.name, "no"],
    ]
    assert all(isinstance(table[name].dtype, pd.CategoricalDtype) for name in names)
    assert table["function"].cat.categories.tolist() == ["api", "007"]


def test_durations_stand_ready_in_milliseconds_where_there_are_any():
    cold = {
        "started_us": START + 500_000,
        "ended_us": START + 633_610,
        "answered_us": START + 633_610,
        "init_us": 80_000,
    }
    never = {
        "outcome": Outcome.THROTTLED,
        "started_us": NEVER,
        "ended_us": NEVER,
        "answered_us": START,
        "final": Final.NO,
    }
    last = {**never, "arrived_us": START - 7_000, "final": Final.FAILURE}
    table = invocation_frame(invocations(cold, never, last), header())
    assert table[["latency_ms", "wait_ms", "duration_ms", "billed_ms"]].iloc[0].tolist() == [
        633.61,
        500.0,
        133.61,
        214.0,
    ]
    assert table[["latency_ms", "wait_ms", "duration_ms", "billed_ms"]].iloc[1].isna().all()
    assert table["latency_ms"][2] == 7.0


@pytest.mark.parametrize(
    ("columns", "layout"), [(random_log(stream(1, "back"), 500), INVOCATION_COLUMNS), (LIVES, ENVIRONMENT_COLUMNS)]
)
def test_names_become_codes_again(columns, layout):
    back = columns_of(frame(columns, header()), layout, header())
    assert list(back) == [column.name for column in layout]
    for column in layout:
        assert back[column.name].dtype == columns[column.name].dtype == np.dtype(column.dtype)
        assert np.array_equal(back[column.name], columns[column.name])


def test_a_name_that_is_none_of_its_columns_is_an_error():
    table = frame(LIVES, header()).astype({"function": str})
    table.loc[0, "function"] = "stranger"
    with pytest.raises(KeyError, match="stranger"):
        columns_of(table, ENVIRONMENT_COLUMNS, header())


def test_the_timeline_has_a_row_for_each_minute_and_function_and_one_for_the_account():
    result = made()
    table = result.timeline
    assert table.columns[:4].tolist() == ["minute", "timestamp", "function", "measured"]
    first = table[table["minute"] == 0]
    assert first["function"].tolist() == ["api", "007", "*"]
    assert first["timestamp"].unique().tolist() == [pd.Timestamp("2026-01-05T00:00:00")]
    assert not first["measured"].any()
    account = table[table["function"] == "*"]
    ran = result.invocations["outcome"].isin(["success", "error", "timeout", "crash", "out_of_memory"])
    assert account["Invocations"].sum() == ran.sum()
    assert account["ConcurrentExecutions"].tolist()[:3] == [91, 5, 9]


def test_a_log_that_was_not_kept_is_an_empty_table_with_all_columns():
    result = made(keep_log=False)
    assert len(result.invocations) == 0
    assert result.invocations.columns.tolist() == made().invocations.columns.tolist()


def test_in_a_notebook_a_result_is_a_table_in_which_all_text_is_escaped():
    html = made(head=header(scenario="<script>"))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;, seed 7" in html
    assert html.count("<tr>") == 3
    assert "<td>-</td>" in made(invocations())._repr_html_()
