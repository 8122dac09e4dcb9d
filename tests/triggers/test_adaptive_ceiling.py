"""The adaptive mode's ceiling: it never sends more than twice as fast as answers come."""

from __future__ import annotations

from lambdasim.parameters.book import load_book
from lambdasim.service.clock import Clock
from lambdasim.triggers.retries import retrying_clients

S = 1_000_000


def test_long_after_a_throttle_an_adaptive_client_sends_at_most_twice_as_fast_as_it_was_answered():
    # Ten answers a second for 100 s after a throttle: the cubic alone would be at 0.4 x 100^3 a second by now.
    clock = Clock()
    (client,) = retrying_clients("adaptive", 1, clock, load_book())
    client.after_failure(0, 429, 3, 0.5)
    for n in range(1, 1001):
        clock.run_until(n * S // 10)
        client.after_success(clock.now, attempt=1)
    went_us: list[int] = []
    for _ in range(400):
        turn = client.before_send(clock.now)
        if turn is None:
            went_us.append(clock.now)
        else:
            turn.callbacks.append(lambda _turn: went_us.append(clock.now))
    began_us = clock.now
    clock.run_until(began_us + 10 * S)
    # A bucket that holds one second of the rate, then 20/s.
    assert 20 + 200 - 2 <= len(went_us) <= 20 + 200 + 2
    clock.run_until(began_us + 30 * S)
    assert len(went_us) == 400
