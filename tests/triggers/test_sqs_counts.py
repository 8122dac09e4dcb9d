"""What a queue and its mapping count: requests as SQS bills them, CloudWatch's metrics by the minute."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sqs_worlds import at, batches, counts, messages, run, series, sqs, sqs_world

from lambdasim.parameters.book import load_book
from lambdasim.triggers.sqs.ages import Returned
from lambdasim.triggers.sqs.counts import Level, Tallied
from lambdasim.triggers.sqs.lines import Message
from tests.theory.worlds import function

MINUTE = 60_000_000


def test_five_idle_pollers_make_fifteen_empty_receives_a_minute_and_two_make_six():
    result = run(sqs_world("1 s", length="60m"))
    empty = series(result, "NumberOfEmptyReceives")
    assert empty[1:10] == [15] * 9
    assert empty[-10:] == [6] * 10  # after a long time without a message
    found = counts(result)
    assert found["requests"] == found["receive_requests"] == found["empty_receives"]
    # Each minute's first poll ends 20 s after the one before: the last of an hour ends with it.
    assert found["empty_receives"] == sum(empty[:60])


def test_five_pollers_that_poll_an_empty_queue_for_a_month_are_648_000_requests():
    month = run(sqs_world("1 s", length="30d", trigger={"scaling_config": {"maximum_concurrency": 5}}))
    assert counts(month)["requests"] == pytest.approx(5 * 3 * 60 * 24 * 30, abs=5)
    assert 5 * 3 * 60 * 24 * 30 == 648_000


def test_the_poll_that_a_window_ends_is_an_empty_receive_of_its_own():
    # Two pollers: one has the messages of 10 and 12 s, and polls until its window ends at 15 s; the other has that of
    # 11 s, and its long poll ends at 31 s. Then they poll on, from 16 and from 32 s, until 36 and 52 s.
    trigger = {"maximum_batching_window_in_seconds": 5, "scaling_config": {"maximum_concurrency": 2}}
    world = sqs_world("1 s", trigger={**trigger, "arrivals": at("10s", "11s", "12s")}, length="35s")
    assert counts(run(world))["empty_receives"] == 2


def test_a_batch_of_a_window_takes_a_receive_for_each_of_its_messages_and_an_empty_one():
    # A message a second: each of two pollers has every other one, and its window of 5 s ends between two of them.
    trigger = {"maximum_batching_window_in_seconds": 5, "scaling_config": {"maximum_concurrency": 2}}
    trigger["arrivals"] = {"constant": {"rate": "1/s"}}
    result = run(sqs_world("250 ms", trigger=trigger, length="10m", drain="1m"))
    found = counts(result)
    sent = [row for row in batches(result) if row["invoked_us"] < 10 * MINUTE]
    assert found["receive_requests"] - found["empty_receives"] == 600
    assert found["empty_receives"] == len(sent)


def test_a_poller_that_is_busy_makes_no_empty_receives():
    trigger = {"batch_size": 1, "scaling_config": {"maximum_concurrency": 2}, "arrivals": {"constant": {"rate": "4/s"}}}
    result = run(sqs_world("1 s", trigger=trigger))
    assert counts(result)["empty_receives"] == 0
    received = [row for row in batches(result) if row["invoked_us"] < 10 * MINUTE]
    assert counts(result)["receive_requests"] == counts(result)["received"] == len(received)


def test_sends_receives_and_deletes_are_requests():
    result = run(sqs_world("1 s", trigger={"arrivals": at("1s", events=25)}, length="15s"))
    found = counts(result)
    assert (found["sent"], found["received"], found["deleted"]) == (25, 25, 25)
    assert (found["send_requests"], found["receive_requests"], found["delete_requests"]) == (25, 3, 3)
    assert found["empty_receives"] == 0
    assert found["requests"] == 31
    [line] = [line for line in result.bill.lines if line.item == "SQS requests"]
    assert (line.quantity, line.usd) == (31, pytest.approx(31 * 0.40 / 1e6))


def test_requests_of_a_fifo_queue_have_a_price_of_their_own():
    result = run(sqs_world("1 s", trigger={"arrivals": at("1s", events=25)}, queue={"fifo": True}, length="15s"))
    [line] = [line for line in result.bill.lines if line.item == "SQS requests"]
    assert line.usd == pytest.approx(counts(result)["requests"] * 0.50 / 1e6)


@pytest.mark.parametrize(("size", "send", "receive"), [("64 KB", 1, 10), ("65 KB", 2, 11), ("200 KB", 4, 32)])
def test_every_64_kb_that_a_request_carries_is_a_request(size, send, receive):
    # A receive of ten messages carries them together; 200 KB each are 2,000 KB.
    trigger = {"arrivals": at("1s", events=10), "payload_size": size}
    result = run(sqs_world("1 s", trigger=trigger, length="15s"))
    found = counts(result)
    assert found["receive_requests"] == 1
    assert found["requests"] == 10 * send + receive + found["delete_requests"]
    assert receive == math.ceil(10 * float(size.split()[0]) / 64)


def test_the_metrics_are_what_was_there_at_the_end_of_each_minute():
    # Twelve messages, five pollers and runs of 80 s: five at 30 s, five at 110 s, two at 190 s.
    trigger = {"batch_size": 1, "scaling_config": {"maximum_concurrency": 5}, "arrivals": at("30s", events=12)}
    result = run(sqs_world("80 s", trigger=trigger, length="6m"))
    assert series(result, "ApproximateNumberOfMessagesVisible") == [7, 2, 2, 0, 0, 0]
    assert series(result, "ApproximateNumberOfMessagesNotVisible") == [5, 5, 5, 2, 0, 0]
    assert series(result, "ApproximateAgeOfOldestMessage") == [30, 90, 150, 210, 0, 0]
    assert np.nan_to_num(series(result, "NumberOfMessagesSent")).tolist() == [12, 0, 0, 0, 0, 0]
    assert np.nan_to_num(series(result, "NumberOfMessagesReceived")).tolist() == [5, 5, 0, 2, 0, 0]
    assert np.nan_to_num(series(result, "NumberOfMessagesDeleted")).tolist() == [0, 5, 0, 5, 2, 0]
    found = counts(result)
    assert (found["visible_max"], found["not_visible_max"], found["visible_end"]) == (12, 5, 0)
    assert found["oldest_message_s_max"] == 210
    assert found["drained_s"] == 270


def test_delayed_messages_are_neither_visible_nor_hidden():
    result = run(sqs_world("1 s", queue={"delay": "90 s"}, trigger={"arrivals": at("10s", events=3)}, length="3m"))
    assert series(result, "ApproximateNumberOfMessagesDelayed")[:3] == [3, 0, 0]
    assert series(result, "ApproximateNumberOfMessagesVisible")[:3] == [0, 0, 0]


def test_a_message_that_came_back_twice_counts_for_the_age_of_the_oldest_still():
    result = run(
        sqs_world("1 s", timeout=30, handler={"error_rate": 1}, queue={"visibility_timeout": "30 s"},
                  trigger={"arrivals": at("50s")}, length="3m")
    )  # fmt: skip
    # Received at 50, 80 and 110 s, back at 140 s.
    assert series(result, "ApproximateAgeOfOldestMessage")[:3] == [10, 70, 0]


def test_what_came_back_and_has_ended_takes_no_room_for_ever():
    returned = Returned(load_book(), fifo=False)
    messages = [Message(number, number, receives=1) for number in range(1000)]
    for message in messages:
        returned.add(message)
    for message in messages[1:]:
        message.ended = True
    assert returned.oldest_us(5000) == 0
    returned.prune()
    assert len(returned._entries) == 1
    messages[0].ended = True
    assert returned.oldest_us(5000) == 5000


@pytest.mark.parametrize(("queue", "ages_s"), [
    # Received at 10, 40 and 70 s, back at 100 s; the other one at 70, 100 and 130 s, back at 160 s.
    ({}, [50, 50, 0, 0, 0]),
    # In a FIFO queue it blocks its group, and is the oldest as long as it is there.
    ({"fifo": True, "message_groups": 1}, [50, 110, 170, 230, 290]),
])  # fmt: skip
def test_a_message_that_came_back_three_times_is_passed_over_for_the_age_of_the_oldest(queue, ages_s):
    result = run(
        sqs_world("1 s", timeout=30, handler={"error_rate": 1}, queue={"visibility_timeout": "30 s", **queue},
                  trigger={"arrivals": at("10s", "70s")}, length="5m")
    )  # fmt: skip
    assert series(result, "ApproximateAgeOfOldestMessage")[:5] == ages_s


def test_a_message_in_a_dead_letter_queue_is_as_old_as_it_has_been_there():
    world = sqs_world(
        functions={"f": function("1 s", timeout=20, handler={"error_rate": 1}), "g": function("900 s")},
        triggers={
            "q": sqs(
                "f", {"visibility_timeout": "20 s", "max_receive_count": 1, "dead_letter": "d"}, arrivals=at("5s")
            ),
            "d": sqs("g", {"message_retention": "100 s"}),
        },
        length="3m",
    )
    result = run(world)
    # Sent at 5 s, and moved at 25 s.
    assert series(result, "ApproximateAgeOfOldestMessage", "d")[:3] == [35, 95, 155]
    assert counts(result, "d")["sent"] == 0  # moved, not sent: no request either


def test_messages_of_the_mapping_are_counted_by_what_became_of_them():
    trigger = {"arrivals": {"constant": {"rate": "10/s"}}, "filter": {"pass": "70%"}, "poison": {"rate": "5%"},
               "function_response_types": ["ReportBatchItemFailures"]}  # fmt: skip
    queue = {"visibility_timeout": "30 s", "max_receive_count": 2}
    result = run(sqs_world("1 s", timeout=30, queue=queue, trigger=trigger, length="5m", drain="10m"))

    def total(name):
        return np.nansum(series(result, name))

    found = counts(result)
    assert total("PolledEventCount") == total("NumberOfMessagesReceived")
    assert total("FilteredOutEventCount") == found["filtered"]
    assert total("InvokedEventCount") == total("PolledEventCount") - total("FilteredOutEventCount")
    assert total("FailedInvokeEventCount") == 2 * found["dead_lettered"]
    assert total("DeletedEventCount") == found["successes"]
    assert found["events"] + found["filtered"] == 3000
    assert found["events"] == found["successes"] + found["dead_lettered"]


def test_each_try_of_a_throttled_batch_counts_as_one_that_failed():
    queue = {"visibility_timeout": "15 s", "max_receive_count": 1, "dead_letter": "discard-counted"}
    trigger = {"arrivals": at("1s", events=4), "batch_size": 4}
    result = run(sqs_world("1 s", timeout=15, reserved=0, queue=queue, trigger=trigger, length="3m"))
    tries = len(batches(result))
    assert tries == 5  # at 1, 1.5, 2.5, 4.5 and 8.5 s; 8 s later the messages are visible again
    failed, invoked = (series(result, f"{name}EventCount") for name in ("FailedInvoke", "Invoked"))
    assert failed[0] == invoked[0] == 4 * tries


def test_counts_cover_the_measured_span_only_and_series_all_of_it():
    trigger = {"arrivals": {"constant": {"rate": "1/s"}}, "batch_size": 1}
    result = run(sqs_world("500 ms", trigger=trigger, length="10m", warm_up="150s", drain="1m"))
    found = counts(result)
    assert found["sent"] == found["received"] == found["deleted"] == found["events"] == 450
    assert sum(series(result, "NumberOfMessagesSent")[:10]) == 600


def test_pollers_are_averaged_over_the_measured_span():
    level = Level((100, 200), 5)
    level.set(50, 7)
    level.set(150, 9)
    level.set(300, 1)
    assert (level.mean, level.highest, level.area_us) == (8.0, 9, 50 * 7 + 50 * 9)


def test_what_is_counted_at_the_end_of_a_minute_belongs_to_the_next():
    class Sheep(Tallied):
        NAMES = ("sheep",)

    counted = Sheep((MINUTE, 2 * MINUTE + MINUTE // 2))
    for now_us in (0, MINUTE - 1, MINUTE, 2 * MINUTE, 2 * MINUTE + MINUTE // 2, 5 * MINUTE):
        if now_us >= counted.turns_us:
            counted.turn(now_us)
        counted.sheep += 1
    assert counted.series("sheep").tolist() == [2, 1, 2, 0, 0, 1]
    assert counted.total("sheep") == 2


def test_without_messages_there_is_no_drain_to_tell_of():
    result = run(sqs_world("1 s", trigger={"arrivals": at("1s")}))
    assert "drained_s" not in counts(result)
    assert len(messages(result)) == 1
