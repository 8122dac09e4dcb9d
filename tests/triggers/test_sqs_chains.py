"""What feeds a queue, and what a queue feeds: emits, dead letters, loops."""

from __future__ import annotations

import pytest
from sqs_worlds import at, batches, counts, messages, run, sqs, sqs_world

from lambdasim.codes import Fate, Kept, Outcome
from tests.theory.worlds import direct, function

S = 1_000_000


def test_a_message_that_a_call_has_caused_remembers_it():
    world = sqs_world(
        functions={
            "f": function("2 s", handler={"emits": [{"to": "q", "events": 3}]}),
            "g": function("1 s", handler={"emits": [{"to": "r"}]}),
            "h": function("1 s"),
        },
        triggers={"call": direct("f", at("10s")), "q": sqs("g", batch_size=2), "r": sqs("h")},
    )
    result = run(world)
    first, second = messages(result, 1), messages(result, 2)
    assert [row["arrived_us"] for row in first] == [12 * S] * 3
    assert {(row["origin_trigger"], row["origin_event"], row["origin_us"], row["depth"]) for row in first} == {
        (0, 0, 10 * S, 1)
    }
    assert [(row["arrived_us"], row["origin_trigger"], row["depth"]) for row in second] == [(13 * S, 0, 2)] * 3
    assert [row["records"] for row in batches(result, 1)] == [2, 1]


@pytest.mark.parametrize("between", ["sns", "eventbridge", "kinesis"])
def test_a_message_knows_how_many_functions_ran_before_it_whatever_lay_between(between):
    world = sqs_world(
        functions={
            "f": function("1 s", handler={"emits": [{"to": "between"}]}),
            "g": function("1 s", handler={"emits": [{"to": "q"}]}),
            "h": function("1 s"),
        },
        triggers={"call": direct("f", at("10s")), "between": {"type": between, "target": "g"}, "q": sqs("h")},
    )
    [message] = messages(run(world), 2)
    assert (message["depth"], message["origin_trigger"]) == (2, 0)


def test_a_loop_through_a_queue_goes_on_where_that_is_allowed():
    chances = {"emits": [{"to": "q", "probability": "90%"}]}
    depths = {}
    for loop in ("Terminate", "Allow"):
        world = sqs_world(
            functions={"f": function("10 ms", timeout=20, handler=chances, recursive_loop=loop)},
            triggers={"q": sqs("f", {"visibility_timeout": "20 s", "backlog": 20})},
            parameters={"triggers/recursion/limit": 1},
        )
        depths[loop] = max(row["depth"] for row in messages(run(world)))
    assert depths["Terminate"] == 0  # what is stopped stays in the queue
    assert depths["Allow"] > 10


def test_own_messages_and_fed_ones_are_numbered_together_as_they_come():
    world = sqs_world(
        functions={"f": function("5 s", handler={"emits": [{"to": "q"}]}), "g": function("1 s")},
        triggers={"call": direct("f", at("1s")), "q": sqs("g", arrivals=at("0s", "4s", "7s"), batch_size=1)},
    )
    rows = messages(run(world), 1)
    assert [(row["event"], row["arrived_us"] // S, row["origin_trigger"]) for row in rows] == [
        (0, 0, 1),
        (1, 4, 1),
        (2, 6, 0),
        (3, 7, 1),
    ]


def test_messages_are_numbered_in_the_order_of_their_times_though_no_poller_looks():
    world = sqs_world(
        functions={"f": function("6500 ms", handler={"emits": [{"to": "q"}]}), "g": function("50 s")},
        triggers={
            "call": direct("f", at("1s")),
            "q": sqs(
                "g", arrivals=at("0s", "0s", "7200ms", "9s"), batch_size=1, scaling_config={"maximum_concurrency": 2}
            ),
        },
    )
    rows = messages(run(world), 1)
    assert [row["arrived_us"] / S for row in rows] == [0, 0, 7.2, 7.5, 9]
    assert [row["origin_trigger"] for row in rows] == [1, 1, 1, 0, 1]


def test_only_messages_that_succeed_feed_what_their_function_feeds():
    world = sqs_world(
        functions={
            "f": function("1 s", timeout=30, handler={"record_error_rate": 0.25, "emits": [{"to": "r"}]}),
            "g": function("1 ms"),
        },
        triggers={
            "q": sqs("f", {"visibility_timeout": "30 s", "max_receive_count": 1, "backlog": 800},
                     function_response_types=["ReportBatchItemFailures"]),
            "r": sqs("g"),
        },
    )  # fmt: skip
    result = run(world)
    assert counts(result, "r")["events"] == counts(result, "q")["successes"]
    assert 0 < counts(result, "q")["dead_lettered"] < 300


def test_a_duplicate_run_feeds_what_its_function_feeds_a_second_time():
    world = sqs_world(
        functions={
            "f": function("25 s", timeout=30, handler={"emits": [{"to": "r"}]}),
            "g": function("1 s"),
        },
        triggers={
            "q": sqs("f", {"visibility_timeout": "30 s"}, maximum_batching_window_in_seconds=5, arrivals=at("1s")),
            "r": sqs("g"),
        },
    )
    result = run(world)  # received at 1 s, sent at 21 s; received again at 31 s, while the first run goes on
    assert counts(result, "q")["duplicate_runs"] == 1
    assert counts(result, "q")["events"] == counts(result, "q")["successes"] == 1
    assert [row["arrived_us"] // S for row in messages(result, 1)] == [46, 76]


def test_a_dead_letter_queue_gets_what_its_queue_gives_up_and_processes_it():
    world = sqs_world(
        functions={"f": function("1 s", timeout=20, handler={"error_rate": 1}), "g": function("3 s")},
        triggers={
            "q": sqs(
                "f", {"visibility_timeout": "20 s", "max_receive_count": 2, "dead_letter": "d"}, arrivals=at("5s")
            ),
            "d": sqs("g"),
        },
    )
    result = run(world)
    [given_up], [repaired] = messages(result, 0), messages(result, 1)
    assert (given_up["fate"], given_up["kept"], given_up["ended_us"]) == (
        Fate.RECEIVES_EXCEEDED,
        Kept.DEAD_LETTER_QUEUE,
        45 * S,
    )
    assert (repaired["fate"], repaired["arrived_us"], repaired["ended_us"]) == (Fate.SUCCESS, 45 * S, 48 * S)
    assert (repaired["origin_trigger"], repaired["origin_event"], repaired["depth"]) == (0, 0, 0)


@pytest.mark.parametrize(("fifo", "expires_s"), [(False, 105), (True, 145)])
def test_a_standard_dead_letter_queue_counts_retention_from_the_first_send_and_a_fifo_queue_from_the_move(
    fifo, expires_s
):
    kind = {"fifo": True} if fifo else {}
    world = sqs_world(
        functions={
            "f": function("1 s", timeout=20, handler={"error_rate": 1}),
            "g": function("1 s", timeout=30, handler={"error_rate": 1}),
        },
        triggers={
            "q": sqs("f", {"visibility_timeout": "20 s", "max_receive_count": 2, "dead_letter": "d", **kind},
                     arrivals=at("5s")),
            "d": sqs("g", {"visibility_timeout": "30 s", "message_retention": "100 s", **kind}),
        },
    )  # fmt: skip
    [row] = messages(run(world), 1)
    assert (row["fate"], row["ended_us"]) == (Fate.EXPIRED, expires_s * S)


def test_a_message_that_is_older_than_its_dead_letter_queue_keeps_messages_is_lost_as_it_gets_there():
    world = sqs_world(
        functions={"f": function("1 s", timeout=20, handler={"error_rate": 1}), "g": function("1 s")},
        triggers={
            "q": sqs(
                "f", {"visibility_timeout": "100 s", "max_receive_count": 1, "dead_letter": "d"}, arrivals=at("5s")
            ),
            "d": sqs("g", {"message_retention": "60 s"}),
        },
    )
    [row] = messages(run(world), 1)
    assert (row["fate"], row["arrived_us"], row["ended_us"], row["attempts"]) == (Fate.EXPIRED, 105 * S, 105 * S, 0)


def test_a_loop_through_a_queue_stops_after_sixteen_runs_and_its_message_is_received_in_vain():
    world = sqs_world(
        functions={"f": function("1 s", timeout=20, handler={"emits": [{"to": "q"}]})},
        triggers={
            "q": sqs("f", {"visibility_timeout": "20 s", "max_receive_count": 3, "dead_letter": "discard-counted"},
                     arrivals=at("0s", events=2)),
        },
    )  # fmt: skip
    result = run(world)
    rows = messages(result)
    assert [row["fate"] for row in rows] == [Fate.SUCCESS] * 32 + [Fate.RECURSIVE] * 2
    assert [row["depth"] for row in rows][::2] == list(range(17))
    assert {(row["attempts"], row["runs"], row["kept"]) for row in rows[32:]} == {(3, 0, Kept.DEAD_LETTER_QUEUE)}
    assert rows[-1]["ended_us"] == (16 + 60) * S
    assert len(batches(result)) == 16


def test_messages_of_other_chains_run_beside_one_that_is_stopped():
    world = sqs_world(
        functions={"f": function("1 s", timeout=20, handler={"emits": [{"to": "q"}]})},
        triggers={
            "q": sqs("f", {"visibility_timeout": "20 s", "max_receive_count": 3}, arrivals=at("0s", "16s")),
        },
    )
    rows = messages(run(world))
    assert sum(row["fate"] is Fate.SUCCESS for row in rows) == 32
    assert sum(row["fate"] is Fate.RECURSIVE for row in rows) == 2


def test_what_is_handed_to_a_mapping_on_another_queue_goes_to_that_queue():
    world = sqs_world(
        functions={"f": function("1 s", handler={"emits": [{"to": "b"}]}), "g": function("1 s"), "h": function("1 s")},
        triggers={
            "call": direct("f", at("1s", events=4)),
            "b": sqs("g", {"shared_with": "a"}, batch_size=1),
            "a": sqs("h", batch_size=1),
        },
    )
    result = run(world)
    assert len(messages(result, 1)) + len(messages(result, 2)) == 4
    assert counts(result, "a")["sent"] == 4
    assert {row["outcome"] for row in batches(result, 1)} == {Outcome.SUCCESS}
