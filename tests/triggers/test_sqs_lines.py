"""The lines in which visible messages wait, each by itself."""

from __future__ import annotations

import numpy as np
import pytest

from lambdasim.triggers.sqs.groups import GroupedLine
from lambdasim.triggers.sqs.lines import Message, StandardLine, Unreceived


def numbers(messages):
    return [message.number for message in messages]


def test_messages_come_out_as_they_went_in_in_whatever_pieces():
    waiting = Unreceived()
    rng = np.random.Generator(np.random.PCG64(1))
    sent, taken, number = [], [], 0
    for now_us in range(300):
        count = int(rng.integers(0, 60))
        if count:
            waiting.add(number, [now_us] * count)
            sent += [now_us] * count
            number += count
        taken += waiting.pop(int(rng.integers(0, 70)))
        assert waiting.size == len(sent) - len(taken)
    taken += waiting.pop(10**9)
    assert numbers(taken) == list(range(number))
    assert [message.arrived_us for message in taken] == sent
    assert waiting.size == 0


def test_numbers_may_be_left_out_between_messages():
    waiting = Unreceived()
    waiting.add(3, [10, 20])
    waiting.add(7, [30])
    waiting.add(8, [40])
    assert list(waiting.pop_sent_by(20)) == [(3, [10, 20])]
    assert waiting.first_us == 30
    assert numbers(waiting.pop(5)) == [7, 8]


def test_a_standard_line_gives_what_became_visible_first():
    line = StandardLine(delay_us=0)
    line.add(0, [0, 0, 50])
    first = line.pop(2)
    assert [(m.number, m.receives, m.hidden) for m in first] == [(0, 1, True), (1, 1, True)]
    line.give_back(first, 40)
    line.add(3, [45])
    assert line.size == 4
    assert numbers(line.pop(10)) == [0, 1, 2, 3]


def test_a_message_that_ends_while_it_is_visible_is_passed_over():
    line = StandardLine(delay_us=0)
    line.add(0, [0, 0, 0])
    messages = line.pop(3)
    line.give_back(messages, 10)
    messages[1].ended = True
    line.forget(messages[1])
    assert line.size == 2
    assert numbers(line.pop(10)) == [0, 2]


def test_a_group_has_messages_of_one_receive_hidden_at_a_time():
    line = GroupedLine(lambda number: number % 2)
    line.add(0, [0] * 6)
    assert numbers(line.pop(2)) == [0, 2]
    assert numbers(line.pop(10)) == [1, 3, 5]
    assert line.size == 1
    assert not line.receivable


def test_a_receive_takes_groups_by_the_age_of_their_first_message():
    line = GroupedLine(lambda number: {0: 7, 1: 3, 2: 7, 3: 5, 4: 3}[number])
    line.add(0, [0] * 5)
    assert [(m.number, m.group) for m in line.pop(10)] == [(0, 7), (2, 7), (1, 3), (4, 3), (3, 5)]


def test_a_group_is_free_when_all_that_was_hidden_of_it_has_ended_or_come_back():
    line = GroupedLine(lambda _: 0)
    line.add(0, [0] * 4)
    first, second = line.pop(2)
    first.ended = True
    line.forget(first)
    assert not line.receivable
    line.give_back([second], 10)
    assert line.size == 3
    assert numbers(line.pop(10)) == [1, 2, 3]


def test_a_group_that_stands_in_line_twice_is_still_received_once():
    line = GroupedLine(lambda _: 0)
    line.add(0, [0])
    assert numbers(line.pop_older(5)) == [0]  # expired: its place in line is a dead one
    line.add(1, [10, 10, 10])
    assert numbers(line.pop(1)) == [1]
    assert line.pop(10) == []
    assert line.size == 2


@pytest.mark.parametrize("line", [StandardLine(0), GroupedLine(lambda number: number)])
def test_only_messages_that_nobody_has_received_are_old_by_the_line(line):
    line.add(0, [10, 20, 30])
    assert line.oldest_us == 10
    [message] = line.pop(1)
    line.give_back([message], 40)
    assert line.oldest_us == 20
    assert numbers(line.pop_older(20)) == [1]
    assert line.size == 2
    line.pop(10)
    assert line.oldest_us is None


@pytest.mark.parametrize("line", [StandardLine(0), GroupedLine(lambda number: number % 2)])
def test_a_message_from_another_queue_takes_its_place_at_the_end(line):
    line.add(0, [10])
    line.insert(Message(1, 20), 20)
    line.add(2, [30])
    messages = line.pop(10)
    assert sorted(numbers(messages)) == [0, 1, 2]
    assert {message.receives for message in messages} == {1}
