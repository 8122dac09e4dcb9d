"""The life of a message in its queue: delayed, visible, hidden, deleted, or moved away."""

from __future__ import annotations

import pytest
from sqs_worlds import NEVER_BACK_OFF, at, batches, counts, messages, run, series, sqs, sqs_world

from lambdasim.codes import Fate, Kept, Outcome
from lambdasim.triggers.sqs import trigger as sqs_module
from tests.theory.worlds import function

S = 1_000_000


def test_a_message_is_deleted_when_its_run_has_returned():
    result = run(sqs_world("2 s", trigger={"arrivals": at("1s")}))
    [message] = messages(result)
    assert (message["arrived_us"], message["queued_us"], message["ended_us"]) == (S, S, 3 * S)
    assert (message["fate"], message["attempts"], message["runs"], message["batch"]) == (Fate.SUCCESS, 1, 1, 0)


def test_a_failed_message_comes_back_when_its_visibility_timeout_has_passed_since_the_receive():
    result = run(
        sqs_world("2 s", handler={"error_rate": 1}, timeout=10, queue={"visibility_timeout": "30 s"},
                  trigger={"arrivals": at("1s")}, length="100s")
    )  # fmt: skip
    assert [row["invoked_us"] for row in batches(result)] == [1 * S, 31 * S, 61 * S, 91 * S]
    assert {row["attempt"] for row in batches(result)} == {1}  # each time in a batch of its own


def test_a_message_received_too_often_goes_to_the_dead_letter_queue():
    result = run(
        sqs_world(
            "2 s",
            handler={"error_rate": 1},
            timeout=10,
            queue={"visibility_timeout": "30 s", "max_receive_count": 3, "dead_letter": "discard-counted"},
            trigger={"arrivals": at("1s")},
        )
    )
    [message] = messages(result)
    assert (message["fate"], message["kept"]) == (Fate.RECEIVES_EXCEEDED, Kept.DEAD_LETTER_QUEUE)
    assert (message["attempts"], message["runs"]) == (3, 3)
    assert message["ended_us"] == 91 * S  # found by the receive that would have been the fourth
    assert counts(result)["dead_lettered"] == 1


@pytest.mark.parametrize("redrive", [{"dead_letter": "discard-counted"}, {"max_receive_count": 10}])
def test_ten_receives_are_the_default_and_nobody_reads_a_dead_letter_queue_that_is_not_named(redrive):
    result = run(
        sqs_world("1 s", handler={"error_rate": 1}, timeout=10, queue={"visibility_timeout": "10 s", **redrive},
                  trigger={"arrivals": at("0s")})
    )  # fmt: skip
    [message] = messages(result)
    assert (message["attempts"], message["kept"]) == (10, Kept.DEAD_LETTER_QUEUE)


def test_without_redrive_a_message_is_tried_until_its_retention_is_over():
    result = run(
        sqs_world("1 s", handler={"error_rate": 1}, timeout=10,
                  queue={"visibility_timeout": "10 s", "message_retention": "60 s"}, trigger={"arrivals": at("5s")})
    )  # fmt: skip
    [message] = messages(result)
    assert (message["fate"], message["kept"], message["ended_us"]) == (Fate.EXPIRED, Kept.NOWHERE, 65 * S)
    assert message["attempts"] == 6  # at 5, 15, ..., 55 s; at 65 s it is gone
    assert counts(result)["final_failures"] == {"total": 1, "expired": 1}


def test_messages_that_nobody_receives_expire_at_the_age_of_their_retention():
    result = run(
        sqs_world(
            "100 s",
            queue={"message_retention": "60 s", "backlog": 4},
            trigger={"batch_size": 1, "scaling_config": {"maximum_concurrency": 2}, "arrivals": at("30s")},
        )
    )
    fates = [(message["fate"], message["ended_us"]) for message in messages(result)]
    assert fates == [(Fate.SUCCESS, 100 * S)] * 2 + [(Fate.EXPIRED, 60 * S)] * 2 + [(Fate.EXPIRED, 90 * S)]
    assert counts(result)["in_flight"] == 0


def test_messages_expire_though_no_poller_looks_at_them_again():
    result = run(
        sqs_world(
            "15m",
            queue={"message_retention": "60 s", "backlog": 4},
            trigger={"batch_size": 1, "scaling_config": {"maximum_concurrency": 2}},
            length="5m",
        )
    )
    assert [(row["fate"], row["ended_us"]) for row in messages(result)] == [(Fate.EXPIRED, 60 * S)] * 2
    assert series(result, "ApproximateNumberOfMessagesVisible") == [0, 0, 0, 0, 0]
    assert counts(result)["in_flight"] == 2


def test_a_queue_remembers_those_that_came_back_and_forgets_them_when_they_end(monkeypatch):
    made = []

    class Remembered(sqs_module.Queue):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(sqs_module, "Queue", Remembered)
    result = run(
        sqs_world("1 s", timeout=20, handler={"record_error_rate": 0.6}, length="10m", drain="60s",
                  queue={"visibility_timeout": "20 s"},
                  trigger={"arrivals": {"constant": {"rate": "30/s"}},
                           "function_response_types": ["ReportBatchItemFailures"]})
    )  # fmt: skip
    [queue] = made
    left = set(range(18_000)) - {row["event"] for row in messages(result)}
    assert {message.number for message in queue._returned if not message.ended} == left
    assert len(left) > 100
    assert len(queue._ages._entries) <= len(queue._returned) < 5000  # of some 11,000 that came back


def test_a_delayed_message_is_visible_when_its_delay_is_over():
    result = run(sqs_world("2 s", queue={"delay": "45 s"}, trigger={"arrivals": at("1s", "20s")}))
    assert [row["invoked_us"] for row in batches(result)] == [46 * S, 65 * S]


def test_a_visibility_timeout_that_passes_during_the_run_makes_a_duplicate_run_and_the_first_success_deletes():
    result = run(
        sqs_world("25 s", timeout=30, queue={"visibility_timeout": "30 s"}, reserved=1, parameters=NEVER_BACK_OFF,
                  trigger={"arrivals": at("0s", events=2), "batch_size": 1})
    )  # fmt: skip
    # The second message is refused while the first runs: at 0, 0.5, 1.5, 3.5, 7.5 and 15.5 s. It begins at 25.5 s, is
    # visible again at 30 s and received, refused as well, deleted at 50.5 s by its own run; and runs again at 55.5 s.
    first, second = messages(result)
    assert (first["ended_us"], first["attempts"], first["runs"]) == (25 * S, 1, 1)
    assert (second["ended_us"], second["attempts"], second["runs"]) == (50_500_000, 2, 1)
    assert second["batch"] == 1  # the run that deleted it
    ran = [row["invoked_us"] for row in batches(result) if row["outcome"] == Outcome.SUCCESS]
    assert ran == [0, 25_500_000, 55_500_000]
    assert counts(result)["duplicate_runs"] == 1
    assert counts(result)["successes"] == 2


def test_two_runs_of_one_message_at_once_are_a_duplicate_run_too():
    result = run(
        sqs_world("25 s", timeout=30, queue={"visibility_timeout": "30 s"},
                  trigger={"arrivals": at("1s", "32s"), "batch_size": 2, "maximum_batching_window_in_seconds": 5,
                           "scaling_config": {"maximum_concurrency": 2}})
    )  # fmt: skip
    # The first message waits for its window until 21 s, runs until 46 s, is visible again at 31 s, and runs a second
    # time from 32 s on, when another fills the batch.
    assert [(row["invoked_us"] // S, row["records"]) for row in batches(result)] == [(21, 1), (32, 2)]
    assert counts(result)["duplicate_runs"] == 1
    first, second = messages(result)
    assert (first["ended_us"], first["batch"], first["runs"]) == (46 * S, 1, 2)
    assert (second["ended_us"], second["runs"]) == (57 * S, 1)


def test_a_run_that_ends_as_its_messages_become_visible_again_is_in_time():
    result = run(sqs_world("30 s", timeout=30, queue={"visibility_timeout": "30 s"}, trigger={"arrivals": at("1s")}))
    assert len(batches(result)) == 1
    assert counts(result)["duplicate_runs"] == 0


def test_a_message_in_the_dead_letter_queue_may_have_a_run_still_going_on():
    result = run(
        sqs_world("25 s", timeout=30, queue={"visibility_timeout": "30 s", "max_receive_count": 1},
                  trigger={"arrivals": at("1s"), "maximum_batching_window_in_seconds": 1})
    )  # fmt: skip
    [message] = messages(result)  # received at 1 s, sent at 21 s (a quiet queue's long poll), visible again at 31 s
    assert (message["fate"], message["ended_us"], message["runs"]) == (Fate.RECEIVES_EXCEEDED, 31 * S, 1)
    [batch] = batches(result)
    assert (batch["ended_us"], batch["outcome"]) == (46 * S, Outcome.SUCCESS)


def test_receives_stall_at_the_in_flight_quota_and_go_on_as_messages_are_deleted():
    result = run(
        sqs_world(
            "10 s",
            queue={"backlog": 100},
            trigger={"batch_size": 10},
            parameters={"triggers/sqs/queue/in_flight/standard": 25},
        )
    )
    assert counts(result)["not_visible_max"] == 25
    sizes = [(row["invoked_us"] // S, row["records"]) for row in batches(result)]
    assert sizes[:6] == [(0, 10), (0, 10), (0, 5), (10, 10), (10, 10), (10, 5)]
    assert counts(result)["drained_s"] == 40
    assert counts(result)["pollers_max"] == 5  # what waits for the quota is no reason for more


def test_messages_that_became_visible_first_are_received_first():
    result = run(
        sqs_world(
            "12 s",
            handler={"error_rate": 1},
            queue={"visibility_timeout": "20 s"},
            timeout=20,
            trigger={
                "arrivals": at("0s", "13s", "21s", events=2),
                "batch_size": 1,
                "scaling_config": {"maximum_concurrency": 2},
            },
            length="40s",
        )
    )
    sent = [(row["invoked_us"] // S, row["arrived_us"] // S) for row in batches(result)]
    # Those of 0 s are back at 20 s, before the last are sent; those of 13 s at 33 s, after that.
    assert sent[::2] == sent[1::2] == [(0, 0), (13, 13), (25, 0), (37, 21)]


def test_two_mappings_on_one_queue_share_its_messages():
    world = sqs_world(
        functions={"f": function("1 s"), "g": function("1 s")},
        triggers={
            "a": sqs("f", {"backlog": 1000}),
            "b": sqs("g", {"shared_with": "a"}),
        },
    )
    result = run(world)
    mine, theirs = messages(result, 0), messages(result, 1)
    assert len(mine) == len(theirs) == 500
    assert sorted(row["event"] for row in mine + theirs) == list(range(1000))
    summary = result.summary()
    assert [summary["functions"][name]["successes"] for name in "fg"] == [500, 500]
    assert [summary["triggers"][name]["events"] for name in "ab"] == [500, 500]
    assert "requests" not in counts(result, "b")  # the queue's, billed once
    assert {row["origin_trigger"] for row in theirs} == {0}


def test_the_slower_of_two_mappings_takes_fewer_messages_from_their_queue():
    world = sqs_world(
        functions={"f": function("1 s"), "g": function("4 s")},
        triggers={
            "a": sqs("f", {"backlog": 5000}, scaling_config={"maximum_concurrency": 5}),
            "b": sqs("g", {"shared_with": "a"}, scaling_config={"maximum_concurrency": 5}),
        },
    )
    result = run(world)
    assert (len(messages(result, 0)), len(messages(result, 1))) == (4000, 1000)


def test_reserved_concurrency_0_lets_receive_counts_climb_to_the_dead_letter_queue():
    result = run(
        sqs_world("1 s", timeout=10, reserved=0, queue={"visibility_timeout": "20 s", "max_receive_count": 3},
                  trigger={"arrivals": at("1s", events=4)})
    )  # fmt: skip
    assert {(row["fate"], row["attempts"], row["runs"], row["batch"]) for row in messages(result)} == {
        (Fate.RECEIVES_EXCEEDED, 3, 0, -1)
    }
    assert {row["ended_us"] for row in messages(result)} == {61 * S}
    assert counts(result)["never_ran"] == 4
    assert result.summary()["functions"]["f"]["invocations"] == 0
    assert {row["outcome"] for row in batches(result)} == {Outcome.THROTTLED}


def test_a_run_that_is_cut_short_leaves_messages_in_flight():
    result = run(sqs_world("100 s", trigger={"arrivals": at("30s", "50s", events=3)}, length="1m", drain="30s"))
    assert messages(result) == []
    assert counts(result)["in_flight"] == counts(result)["events"] == 6


def test_messages_of_the_warm_up_are_not_offered_in_the_measured_span():
    result = run(sqs_world("1 s", trigger={"arrivals": at("10s", "70s", "90s", events=2)}, warm_up="75s"))
    assert len(messages(result)) == 6
    assert counts(result)["events"] == counts(result)["successes"] == 2
    assert counts(result)["sent"] == 2
