import re

import pytest
from synthetic_logs import CLICKS, ORDERS, UPLOADS, attempts, events, invocations, queued_header
from worlds import made, made_queued

from lambdasim.codes import Fate, Kept
from lambdasim.display.screen import Screen
from lambdasim.records import Tally
from lambdasim.report.tables import tables
from lambdasim.report.text import answer, run_text
from lambdasim.units import US_PER_MINUTE, US_PER_S

START = 2 * US_PER_MINUTE


@pytest.fixture(scope="module")
def summary():
    return made_queued().summary()


def summary_of(waited, sent=None, **changes):
    changes = {"head": queued_header(), "event_log": waited, "journeys": {}} | changes
    return made(attempts() if sent is None else sent, **changes).summary()


def table(summary, beginning):
    [found] = [table for table in tables(summary) if table.title.startswith(beginning)]
    return found


def cells(summary, beginning, *name):
    """A row as a dict, by its first cells."""
    found = table(summary, beginning)
    [row] = [row for row in found.rows if row[: len(name)] == name]
    return dict(zip(found.columns, row, strict=True))


def test_each_family_of_triggers_has_a_table_of_its_own(summary):
    families = {"Synchronous": ["door", "users"], "Asynchronous": ["uploads"], "Queues": ["orders"]}
    for beginning, names in {**families, "Streams": ["clicks"]}.items():
        assert [row[0] for row in table(summary, beginning).rows] == names
    called = summary_of(events(), invocations(), head=queued_header(triggers=queued_header().triggers[:2]))
    titles = " ".join(each.title for each in tables(called))
    assert not re.search("Asynchronous|Queues|Streams|What waited|besides|Until success", titles)


def test_tables_show_what_the_summary_has(summary):
    uploads, orders, clicks = (summary["triggers"][name] for name in ("uploads", "orders", "clicks"))
    row = cells(summary, "Asynchronous", "uploads")
    for heading, key in {"runs": "invocations", "dead-lettered": "dead_lettered", "never ran": "never_ran"}.items():
        assert row[heading] == f"{uploads[key]:,}"
    assert float(row["age p99"].replace(",", "")) == pytest.approx(uploads["event_age_ms"]["p99"], rel=0.01)
    row = cells(summary, "Queues", "orders")
    assert row["batches"] == f"{orders['batches']:,}"
    assert float(row["mean batch"]) == pytest.approx(orders["batch_size"]["mean"], rel=1e-3)
    row = cells(summary, "What waited in queues", "orders")
    assert (row["visible max"], row["oldest s"]) == ("1,200", "3.5")
    row = cells(summary, "What waited in streams", "clicks")
    assert float(row["age max"].replace(",", "")) == pytest.approx(clicks["iterator_age_ms"]["max"], rel=0.01)
    row = cells(summary, "Streams", "clicks")
    assert row["filtered"] == f"{clicks['filtered']:,}" != "0"


def test_a_column_that_no_trigger_has_a_number_for_is_left_out(summary):
    assert "pollers max" not in table(summary, "What waited in queues").columns
    assert "batches discarded" not in table(summary, "What waited in streams").columns
    assert "filtered" not in table(summary_of(events({}, trigger=ORDERS)), "Queues").columns


def test_what_no_other_table_has_of_a_triggers_counts_is_shown_unless_it_is_nothing():
    tallies = {
        UPLOADS: Tally(counts={"publishes": 12.0, "delivery_retries": 0.0}),
        ORDERS: Tally(counts={"visible_max": 7.0, "empty_receives": 1234.0}),
    }
    rows = table(summary_of(events({}), tallies=tallies), "Counted by triggers besides").rows
    assert rows == [("uploads", "publishes", "12"), ("orders", "empty receives", "1,234")]


def test_failures_are_told_by_trigger_and_cause(summary):
    rows = table(summary, "Events that failed for good").rows
    for name, trigger in summary["triggers"].items():
        own = {cause: count for owner, cause, count in rows if owner == name}
        causes = {cause.replace("_", " "): f"{count:,}" for cause, count in trigger["final_failures"].items()}
        assert own == {cause: count for cause, count in causes.items() if cause != "total"}
    assert ("orders", "receives exceeded") in {row[:2] for row in rows}


def test_time_since_a_chain_began_is_shown_where_others_feed_the_trigger():
    fed = {"trigger": CLICKS, "origin_us": START - US_PER_S, "origin_trigger": 0}
    found = table(summary_of(events({}, fed)), "Until success")
    assert [row[:3] for row in found.rows] == [
        ("uploads", "its arrival", "100"),
        ("clicks", "its arrival", "100"),
        ("clicks", "its chain began", "1,100"),
    ]


def test_the_report_of_queued_events_is_readable_in_120_columns():
    names = ("duplicate_runs", "visible_max", "visible_end", "oldest_message_s_max", "pollers_mean", "pollers_max")
    streams = ("discarded_batches", "write_throttles", "waiting_max", "waiting_end")
    tallies = {
        ORDERS: Tally(counts=dict.fromkeys((*names, "drained_s"), 12345.0)),
        CLICKS: Tally(counts=dict.fromkeys(streams, 12345.0)),
    }
    summary = made_queued(tallies=tallies).summary()
    lines = run_text(summary).split("\n\nWarnings")[0].splitlines()
    assert max(map(len, lines[1:])) <= 120


def test_what_was_lost_or_dead_lettered_stands_in_the_answer():
    lost = {"fate": Fate.EXPIRED}
    kept = {**lost, "kept": Kept.DEAD_LETTER_QUEUE}
    for rows, told in (
        ([lost], "25 % of events failed for good (1 lost);"),
        ([kept, kept], "40 % of events failed for good (2 dead-lettered);"),
        ([lost, kept], "40 % of events failed for good (1 lost, 1 dead-lettered);"),
        ([], "no event failed for good;"),
    ):
        assert told in answer(summary_of(events({}, {}, {}, *rows)))


def test_the_table_of_functions_tells_what_was_lost_or_dead_lettered_where_anything_was():
    lost = {"fate": Fate.EXPIRED}
    row = cells(summary_of(events(lost, lost, {**lost, "kept": Kept.DESTINATION})), "Functions", "api")
    assert (row["failed"], row["lost"], row["dead-lettered"]) == ("3", "2", "1")
    assert not {"lost", "dead-lettered"} & set(table(summary_of(events({})), "Functions").columns)


def test_queued_events_are_processed_and_calls_are_answered_within_a_time():
    waited = events(*[{"ended_us": START + 150 * US_PER_S}] * 5)
    assert answer(summary_of(waited)).startswith("99 % of api's successful events were processed within 2.5 min (")
    called = summary_of(events(), invocations({}))
    assert answer(called).startswith("99 % of api's successful calls were answered within 100 ms (the busiest")
    both = summary_of(waited, invocations({}))
    assert answer(both).startswith("99 % of api's successful events were answered or processed within 2.5 min (")


def test_what_triggers_cost_stands_in_the_bill(summary):
    owners = {row[0] for row in table(summary, "Bill").rows}
    assert owners == {name for kind in ("functions", "triggers") for name, entry in summary[kind].items()
                      if entry["cost_usd"]["lines"]}  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 100])
def test_on_a_narrow_terminal_a_table_is_cut_into_pieces_that_each_say_of_whom_they_speak(summary, width):
    lines = run_text(summary, screen=Screen(width)).split("Assumptions")[0].splitlines()
    assert max(map(len, lines)) <= width
    for name, heading in (("uploads", "never ran"), ("orders", "dead-lettered"), ("clicks", "mean batch")):
        assert sum(line.startswith(f"{name} ") for line in lines) >= 3
        assert all(any(word in line for line in lines) for word in heading.split())


def test_on_a_wide_terminal_a_table_is_whole(summary):
    lines = [line.rstrip() for line in run_text(summary, screen=Screen(220)).splitlines()]
    rows = (row for found in tables(summary) for row in found.rows)
    shown = [re.split(r"  +", line) for line in lines]
    assert all(list(filter(None, row)) in shown for row in rows)
