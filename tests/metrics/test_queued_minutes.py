import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_logs import (
    CLICKS,
    ORDERS,
    UPLOADS,
    attempts,
    cut,
    events,
    header,
    invocations,
    queued_header,
    random_attempts,
    random_events,
)

from lambdasim.codes import Fate, Kept, Outcome
from lambdasim.header import TriggerFacts
from lambdasim.metrics.cloudwatch import PerMinute, timeline
from lambdasim.metrics.events import FAILED
from lambdasim.metrics.queued_minutes import QueuedMinutes
from lambdasim.metrics.trigger_series import trigger_timeline
from lambdasim.randomness import stream
from lambdasim.records import NEVER, ConcurrencyPeaks, Tally
from lambdasim.units import US_PER_MINUTE, US_PER_S

HEADER = queued_header()
START = 2 * US_PER_MINUTE
ASYNCHRONOUS = [
    "AsyncEventsReceived",
    "AsyncEventsDropped",
    "AsyncEventAge_Average",
    "AsyncEventAge_Maximum",
    "DeadLetterErrors",
]
QUEUED = [*ASYNCHRONOUS, "DestinationDeliveryFailures", "RecursiveInvocationsDropped", "IteratorAge_Maximum"]


def series(log=None, event_log=None, head=HEADER):
    per_minute, queued = PerMinute(), QueuedMinutes(head)
    log = attempts() if log is None else log
    per_minute.add(log)
    queued.add_invocations(log)
    queued.add_events(events() if event_log is None else event_log)
    return timeline(per_minute, ((queued.minutes, queued.series),), ConcurrencyPeaks(), head, log)


def at(columns, minute, scope):
    row = np.flatnonzero((columns["minute"] == minute) & (columns["scope"] == scope))
    assert row.size == 1
    return {name: values[row[0]].item() for name, values in columns.items()}


def named(*triggers):
    return header(triggers=tuple(TriggerFacts(kind, kind) for kind in triggers))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (named("direct"), []),
        (named("sqs", "alb"), ["RecursiveInvocationsDropped"]),
        (named("sns"), QUEUED[:-1]),
        (named("dynamodb_streams"), QUEUED[-3:]),
        (HEADER, QUEUED),
    ],
)
def test_a_scenario_has_the_metrics_of_the_kinds_of_triggers_that_it_has(head, expected):
    columns = series(invocations(), events(), head)
    assert [name for name in columns if name in QUEUED] == expected
    assert list(columns)[-3:] == ["cold_starts", "pre_initialized", "restored"]


def test_an_event_is_received_once_in_the_minute_in_which_lambda_queued_it():
    sent = attempts(
        {"arrived_us": START - 1, "invoked_us": START},
        {"arrived_us": START - 1, "invoked_us": START + 60 * US_PER_S, "attempt": 2},
        {"arrived_us": START, "function": 1, "outcome": Outcome.THROTTLED},
        {"arrived_us": START, "trigger": ORDERS},
    )
    never_sent = {"attempts": 0, "runs": 0, "fate": Fate.EXPIRED, "ended_us": 4 * US_PER_MINUTE}
    columns = series(sent, events({"attempts": 2}, never_sent, {**never_sent, "queued_us": NEVER}))
    assert at(columns, 1, 0)["AsyncEventsReceived"] == 1
    assert [at(columns, 2, scope)["AsyncEventsReceived"] for scope in range(3)] == [1, 1, 2]
    assert columns["AsyncEventsReceived"].sum() == 2 * 3


def test_what_lambda_gave_up_counts_in_the_minute_in_which_it_did_kept_or_not():
    late = 5 * US_PER_MINUTE
    rows = (
        {"fate": Fate.RETRIES_EXHAUSTED, "ended_us": late},
        {"fate": Fate.EXPIRED, "ended_us": late, "kept": Kept.DEAD_LETTER_QUEUE},
        {"fate": Fate.RECURSIVE, "ended_us": late, "kept": Kept.DEAD_LETTER_ERROR | Kept.DESTINATION_ERROR},
        # never in Lambda's event queue: the dead-letter queue is its source's
        {"fate": Fate.UNDELIVERED, "ended_us": late, "queued_us": NEVER, "kept": Kept.DEAD_LETTER_ERROR},
        {"fate": Fate.SUCCESS, "ended_us": late, "kept": Kept.DESTINATION},
        {"fate": Fate.SUCCESS, "ended_us": late, "kept": Kept.DESTINATION_ERROR, "function": 1},
        {"fate": Fate.RECEIVES_EXCEEDED, "ended_us": late, "trigger": ORDERS, "kept": Kept.DEAD_LETTER_ERROR},
        {"fate": Fate.RECURSIVE, "ended_us": late, "trigger": ORDERS},
        {"fate": Fate.EXPIRED, "ended_us": late, "trigger": CLICKS, "kept": Kept.DESTINATION_ERROR},
    )
    account = at(series(event_log=events(*rows)), 5, 2)
    assert account["AsyncEventsDropped"] == 3
    assert account["DeadLetterErrors"] == 1
    assert account["DestinationDeliveryFailures"] == 3
    assert account["RecursiveInvocationsDropped"] == 2
    assert at(series(event_log=events(*rows)), 5, 1)["DestinationDeliveryFailures"] == 1


def test_a_source_that_waits_for_the_function_itself_has_no_part_in_the_metrics_of_lambdas_event_queue():
    head = header(triggers=(TriggerFacts("bus", "eventbridge", calls=True), TriggerFacts("topic", "sns")))
    lost = {"fate": Fate.UNDELIVERED, "queued_us": NEVER}
    columns = series(attempts({}, trigger=0), events(lost, trigger=0), head)
    assert columns["AsyncEventsReceived"].sum() == columns["AsyncEventsDropped"].sum() == 0
    assert np.isnan(columns["AsyncEventAge_Maximum"]).all()
    assert "AsyncEventsReceived" not in series(attempts(), events(), header(triggers=head.triggers[:1]))


def test_ages_are_of_attempts_in_the_minute_in_which_they_were_sent():
    rows = (
        {"invoked_us": START + 40_000},
        {"invoked_us": START + 60_000, "outcome": Outcome.THROTTLED, "attempt": 2},
        {"invoked_us": START + 50_000, "function": 1},
        {"invoked_us": START + 7_000_000, "trigger": CLICKS},
        {"invoked_us": START + 9_000_000, "trigger": ORDERS},
        {"invoked_us": START + US_PER_MINUTE, "trigger": CLICKS, "function": 1},
    )
    columns = series(attempts(*rows))
    names = ("AsyncEventAge_Average", "AsyncEventAge_Maximum", "IteratorAge_Maximum")
    found = [[at(columns, 2, scope)[name] for name in names] for scope in (0, 2)]
    assert found == [[50.0, 60.0, 7_000.0], [50.0, 60.0, 7_000.0]]
    assert at(columns, 3, 1)["IteratorAge_Maximum"] == at(columns, 3, 2)["IteratorAge_Maximum"] == 60_000.0
    for minute, scope in ((3, 0), (4, 2)):
        assert all(np.isnan(at(columns, minute, scope)[name]) for name in names)


def test_an_age_of_nothing_is_a_data_point_all_the_same():
    cell = at(series(attempts({}, {"trigger": CLICKS})), 2, 0)
    assert (cell["AsyncEventAge_Average"], cell["IteratorAge_Maximum"]) == (0.0, 0.0)


@given(st.integers(0, 2**32), st.integers(0, 300))
def test_the_minutes_of_queued_events_add_up_to_the_logs(seed, rows):
    log, waited = random_attempts(stream(seed, "ages"), rows), random_events(stream(seed, "ends"), rows)
    columns = series(log, waited)
    asynchronous = waited["trigger"] == UPLOADS
    failed = np.isin(waited["fate"], FAILED) & (waited["queued_us"] != NEVER)
    sent = log["trigger"] == UPLOADS
    for scope in range(3):
        mine = columns["scope"] == scope
        theirs, called = (table["function"] == scope if scope < 2 else table["function"] < 2 for table in (waited, log))
        assert columns["AsyncEventsDropped"][mine].sum() == (theirs & asynchronous & failed).sum()
        assert columns["RecursiveInvocationsDropped"][mine].sum() == (theirs & (waited["fate"] == Fate.RECURSIVE)).sum()
        unsent = theirs & asynchronous & (waited["attempts"] == 0) & (waited["queued_us"] != NEVER)
        assert (
            columns["AsyncEventsReceived"][mine].sum() == unsent.sum() + (called & sent & (log["attempt"] == 1)).sum()
        )
        ages_ms = (log["invoked_us"] - log["arrived_us"])[called & sent] / 1000
        assert np.nanmax(np.append(columns["AsyncEventAge_Maximum"][mine], 0)) == ages_ms.max(initial=0)


@given(st.integers(0, 2**32), st.integers(0, 200), st.integers(0, 200))
def test_the_minutes_of_queued_events_do_not_depend_on_how_the_logs_are_cut(seed, rows, edge):
    log, waited = random_attempts(stream(seed, "ages"), rows), random_events(stream(seed, "ends"), rows)
    whole, first, second = (QueuedMinutes(HEADER) for _ in range(3))
    whole.add_invocations(log)
    whole.add_events(waited)
    for minutes, sent, ended in zip(
        (second, first), cut(log, min(edge, rows)), cut(waited, min(edge, rows)), strict=True
    ):
        minutes.add_invocations(sent)
        minutes.add_events(ended)
    first.merge(second)
    assert first.minutes == whole.minutes
    shown = whole.minutes + 1
    for mine, theirs in zip(first.series(shown).values(), whole.series(shown).values(), strict=True):
        assert np.array_equal(mine, theirs, equal_nan=True)


def test_the_timeline_is_long_enough_for_what_ended_in_the_drain():
    columns = series(event_log=events({"fate": Fate.EXPIRED, "ended_us": 13 * US_PER_MINUTE}))
    assert columns["minute"].max() == 13
    assert at(columns, 13, 0)["AsyncEventsDropped"] == 1


def test_a_trigger_has_its_own_metrics_minute_by_minute_and_none_of_others():
    depth, iterator = np.array([3.0, np.nan, 1.0]), np.arange(12.0)
    tallies = {
        CLICKS: Tally(series={"IteratorAgeMilliseconds": iterator, "NumberOf": np.ones(1)}),
        ORDERS: Tally(series={"ApproximateNumberOfMessagesVisible": depth, "NumberOf": np.zeros(1)}),
        UPLOADS: Tally(counts={"retries": 3.0}),
    }
    columns = trigger_timeline(tallies, HEADER)
    own = ["ApproximateNumberOfMessagesVisible", "NumberOf", "IteratorAgeMilliseconds"]
    assert list(columns) == ["minute", "trigger", "measured", *own]
    assert columns["minute"].tolist() == [minute for minute in range(12) for _ in range(2)]
    assert columns["trigger"].tolist() == [ORDERS, CLICKS] * 12
    assert columns["measured"].tolist() == [0, 0] + [1, 1] * 9 + [0, 0] * 2
    orders, clicks = ({name: values[n::2] for name, values in columns.items()} for n in (0, 1))
    assert np.array_equal(orders[own[0]], [3, np.nan, 1] + [np.nan] * 9, equal_nan=True)
    assert np.isnan(clicks[own[0]]).all()
    assert np.array_equal(clicks[own[2]], iterator)
    assert (orders["NumberOf"][0], clicks["NumberOf"][0]) == (0, 1)


def test_without_series_there_is_no_timeline_of_triggers():
    for tallies in ({}, {UPLOADS: Tally(counts={"n": 1.0})}):
        columns = trigger_timeline(tallies, HEADER)
        assert list(columns) == ["minute", "trigger", "measured"]
        assert all(values.size == 0 for values in columns.values())
