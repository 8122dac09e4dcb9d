import numpy as np
import pandas as pd
import pytest
from synthetic_logs import ORDERS, attempts, events, header, invocations, queued_header, random_events, random_log
from worlds import LIVES, made, made_queued

from lambdasim.codes import Fate, Final, Kept, Outcome, StartType, ThrottleReason
from lambdasim.randomness import stream
from lambdasim.records import ENVIRONMENT_COLUMNS, EVENT_COLUMNS, INVOCATION_COLUMNS, NEVER
from lambdasim.result.frames import columns_of, event_frame, frame, invocation_frame
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
    ("columns", "layout"),
    [
        (random_log(stream(1, "back"), 500), INVOCATION_COLUMNS),
        (LIVES, ENVIRONMENT_COLUMNS),
        (random_events(stream(2, "back"), 500), EVENT_COLUMNS),
    ],
)
def test_names_become_codes_again(columns, layout):
    back = columns_of(frame(columns, queued_header()), layout, queued_header())
    assert list(back) == [column.name for column in layout]
    for column in layout:
        assert back[column.name].dtype == columns[column.name].dtype == np.dtype(column.dtype)
        assert np.array_equal(back[column.name], columns[column.name])


def test_an_events_fate_and_where_it_was_kept_become_names():
    rows = (
        {},
        {"fate": Fate.RECEIVES_EXCEEDED, "kept": Kept.DEAD_LETTER_QUEUE, "trigger": ORDERS},
        {"kept": Kept.DEAD_LETTER_ERROR | Kept.DESTINATION, "origin_trigger": 0, "function": 1},
    )
    table = event_frame(events(*rows), queued_header())
    names = ["trigger", "function", "fate", "kept", "origin_trigger"]
    assert table[names].to_numpy().tolist() == [
        ["uploads", "api", "success", "nowhere", "uploads"],
        ["orders", "api", "receives_exceeded", "dead_letter_queue", "orders"],
        ["uploads", "007", "success", "destination|dead_letter_error", "door"],
    ]
    assert all(isinstance(table[name].dtype, pd.CategoricalDtype) for name in names)


def test_an_event_has_the_time_until_its_end_from_its_arrival_and_from_the_beginning_of_its_chain():
    rows = (
        {"ended_us": START + 1_500},
        {"ended_us": START + 3_000, "origin_us": START - 4_000, "fate": Fate.EXPIRED},
    )
    table = event_frame(events(*rows), queued_header())
    assert table["latency_ms"].tolist() == [1.5, 3.0]
    assert table["end_to_end_ms"].tolist() == [1.5, 7.0]


def test_a_queued_attempt_has_no_latency_of_a_caller():
    table = invocation_frame(attempts({}), queued_header())
    assert table["final"].tolist() == ["no"]
    assert table["latency_ms"].isna().all()
    assert table["duration_ms"].tolist() == [100.0]


def test_the_timeline_of_triggers_has_a_row_for_each_minute_and_trigger_that_counts_by_the_minute():
    table = made_queued().trigger_timeline
    names = ["ApproximateNumberOfMessagesVisible", "Sent", "GetRecords.IteratorAgeMilliseconds"]
    assert table.columns.tolist() == ["minute", "timestamp", "trigger", "measured", *names]
    assert table["trigger"].unique().tolist() == ["orders", "clicks"]
    assert table["timestamp"].iloc[2] == pd.Timestamp("2026-01-05T00:01:00")
    assert table["measured"].tolist() == [False] * 2 + [True] * 18 + [False] * 4
    assert table.loc[table["trigger"] == "orders", "Sent"].tolist() == list(range(12))
    assert len(made().trigger_timeline) == 0


def test_the_timeline_of_functions_has_the_metrics_of_asynchronous_events_and_streams():
    result = made_queued()
    table = result.timeline
    account = table[table["function"] == "*"]
    uploads = result.invocations[result.invocations["trigger"] == "uploads"]
    ages_ms = (uploads["invoked_us"] - uploads["arrived_us"]) / 1000
    assert account["AsyncEventAge_Maximum"].max() == ages_ms.max()
    assert account["IteratorAge_Maximum"].max() > 0
    dropped = ~result.events["fate"].isin(["success", "filtered"]) & (result.events["queued_us"] != NEVER)
    assert account["AsyncEventsDropped"].sum() == (dropped & (result.events["trigger"] == "uploads")).sum()


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
    queued = made_queued(keep_log=False)
    assert len(queued.events) == 0
    assert queued.events.columns.tolist() == made_queued().events.columns.tolist()


def test_a_result_is_written_by_its_scenario_and_seed_and_not_by_how_long_it_took():
    assert repr(made(head=header(scenario="shop"))) == "<Result of shop, seed 7>"


def test_in_a_notebook_a_result_is_a_table_in_which_all_text_is_escaped():
    html = made(head=header(scenario="<script>"))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;, seed 7" in html
    assert html.count("<tr>") == 3
    assert "<td>-</td>" in made(invocations())._repr_html_()
