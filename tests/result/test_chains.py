import numpy as np
import pandas as pd
import pytest
from synthetic_logs import CLICKS, ORDERS, UPLOADS, events, invocations, queued_header
from worlds import made, made_queued

from lambdasim.codes import NO_STATUS, Fate, Final, Kept, Outcome
from lambdasim.records import NEVER
from lambdasim.units import US_PER_MINUTE

START, MS = 2 * US_PER_MINUTE, 1_000


def result_of(sent, waited, **changes):
    return made(sent, head=queued_header(), event_log=waited, journeys={}, **changes)


def shop(**changes):
    """Call 5 at the door fails once, then feeds orders 8 and 9; order 9 feeds click 3, and order 8 is dead-lettered."""
    retried = {"arrived_us": START, "event": 5}
    sent = invocations(
        {**retried, "invoked_us": START + 300 * MS, "ended_us": START + 400 * MS, "attempt": 2},
        {**retried, "outcome": Outcome.ERROR, "final": Final.NO, "status": 502},
        {"event": 6},
        {"event": 7, "trigger": ORDERS, "final": Final.NO, "status": NO_STATUS},
    )
    origin = {"origin_trigger": 0, "origin_event": 5, "origin_us": START}
    first = {"trigger": ORDERS, "depth": 1, "arrived_us": START + 400 * MS, **origin}
    waited = events(
        {"event": 3, "trigger": CLICKS, "function": 1, "depth": 2, "arrived_us": START + 2_000 * MS, **origin,
         "ended_us": START + 5_000 * MS},
        {"event": 9, "ended_us": START + 2_000 * MS, **first},
        {"event": 8, "ended_us": START + 9_000 * MS, "fate": Fate.RECEIVES_EXCEEDED, "kept": Kept.DEAD_LETTER_QUEUE,
         "runs": 3, "attempts": 4, **first},
        {"event": 7, "trigger": ORDERS},
    )  # fmt: skip
    return result_of(sent, waited, **changes)


def steps(table):
    return list(zip(table["log"], table["trigger"], table["event"], table["fate"], strict=True))


CHAIN = [
    ("invocations", "door", 5, "error"),
    ("invocations", "door", 5, "success"),
    ("events", "orders", 9, "success"),
    ("events", "orders", 8, "receives_exceeded"),
    ("events", "clicks", 3, "success"),
]


def test_a_called_event_is_followed_through_its_attempts_and_all_that_it_caused():
    table = shop().chain("door", 5)
    assert steps(table) == CHAIN
    assert table["depth"].tolist() == [0, 0, 1, 1, 2]
    assert table["attempts"].tolist() == [1, 2, 1, 4, 1]
    assert table["end_to_end_ms"].tolist() == [100.0, 400.0, 2_000.0, 9_000.0, 5_000.0]
    assert table["kept"].tolist() == ["nowhere"] * 3 + ["dead_letter_queue", "nowhere"]
    assert set(table["origin_trigger"]) == {"door"}
    assert set(table["origin_event"]) == {5}


@pytest.mark.parametrize(("trigger", "event"), [("orders", 8), ("orders", 9), ("clicks", 3)])
def test_from_any_of_its_events_the_whole_chain_is_found(trigger, event):
    assert steps(shop().chain(trigger, event)) == CHAIN


def test_an_event_that_caused_nothing_is_a_chain_of_its_own_and_its_attempts_are_no_rows():
    assert steps(shop().chain("orders", 7)) == [("events", "orders", 7, "success")]
    assert steps(shop().chain("door", 6)) == [("invocations", "door", 6, "success")]


def test_an_event_that_each_target_gets_has_a_row_for_each():
    waited = events(
        {"event": 1, "function": 0, "ended_us": START + 5_000}, {"event": 1, "function": 1, "ended_us": START + 4_000}
    )
    table = result_of(invocations(), waited).chain("uploads", 1)
    assert table["function"].tolist() == ["007", "api"]


def test_of_an_event_that_is_unknown_or_without_a_log_there_are_no_rows():
    for table in (shop().chain("door", 77), shop(keep_log=False).chain("door", 5)):
        assert len(table) == 0
        assert table.columns.tolist() == shop().chain("door", 5).columns.tolist()


def test_an_attempt_without_an_answer_has_no_time():
    never = {"ended_us": NEVER, "answered_us": NEVER, "outcome": Outcome.UNFINISHED, "final": Final.NO}
    table = result_of(invocations({**never, "status": NO_STATUS}), events()).chain("door", 0)
    assert table["end_to_end_ms"].isna().all()
    assert table["runs"].tolist() == [0]


def test_a_trigger_that_there_is_not_is_told_with_those_that_there_are():
    with pytest.raises(ValueError, match="there is no trigger 'dor'; known: door, users, uploads, orders, clicks"):
        shop().chain("dor", 1)
    with pytest.raises(ValueError, match="there is no trigger 'x'"):
        shop().end_to_end(origin="door", end="x")


def test_chains_partition_the_event_log():
    result = made_queued(rows=60)
    found = pd.concat(
        [
            table[table["log"] == "events"]
            for trigger in ("door", "uploads", "orders", "clicks")
            for event in range(60)
            if len(table := result.chain(trigger, event)) and table["origin_event"].iloc[0] == event
            and table["origin_trigger"].iloc[0] == trigger
        ]
    )  # fmt: skip
    assert sorted(zip(found["trigger"], found["event"], strict=True)) == sorted(
        zip(result.events["trigger"], result.events["event"], strict=True)
    )


def test_end_to_end_is_until_the_last_success_at_the_end_of_each_event_of_the_origin():
    origin = {"trigger": ORDERS, "origin_trigger": 0, "origin_us": START}
    waited = events(
        {"origin_event": 4, "ended_us": START + 10 * MS, **origin},
        {"origin_event": 4, "ended_us": START + 30 * MS, **origin},
        {"origin_event": 4, "ended_us": START + 90 * MS, **origin, "fate": Fate.EXPIRED},
        {"origin_event": 2, "ended_us": START + 7 * MS, **origin},
        {"origin_event": 1, "ended_us": START + 7 * MS, **origin, "fate": Fate.RETRIES_EXHAUSTED},
        {"origin_event": 3, "ended_us": START + 7 * MS, **origin, "trigger": CLICKS},
        {"origin_event": 5, "ended_us": START + 7 * MS, **origin, "origin_trigger": UPLOADS},
        {"origin_event": 0, "ended_us": START + 7 * MS, **origin, "origin_us": US_PER_MINUTE - 1},
    )
    result = result_of(invocations(), waited)
    took_ms = result.end_to_end(origin="door", end="orders")
    assert took_ms.to_dict() == {2: 7.0, 4: 30.0}
    assert (took_ms.name, took_ms.index.name) == ("end_to_end_ms", "event")
    assert result.end_to_end(origin="door", end="clicks").to_dict() == {3: 7.0}
    assert result.end_to_end(origin="users", end="clicks").size == 0


def test_an_origin_that_is_the_end_too_has_its_own_events_latency():
    result = made_queued(rows=500)
    table = result.events
    own = table[(table["trigger"] == "orders") & (table["origin_trigger"] == "orders") & (table["fate"] == "success")]
    own = own[own["arrived_us"] >= US_PER_MINUTE].set_index("event")["latency_ms"]
    took_ms = result.end_to_end(origin="orders", end="orders")
    assert np.array_equal(took_ms.sort_index(), own.sort_index())


def test_no_chain_ends_at_a_synchronous_trigger():
    with pytest.raises(ValueError, match="trigger 'door' is synchronous: chains begin there"):
        shop().end_to_end(origin="orders", end="door")
