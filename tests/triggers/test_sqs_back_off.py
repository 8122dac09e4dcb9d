"""What failures and throttles take away from the pollers of an SQS queue: by how much, and down to what."""

from __future__ import annotations

import pytest
from sqs_worlds import at, counts, run, series, sqs_world

POLLERS = "triggers/sqs/pollers"
STILL = {  # nothing else moves the pollers
    f"{POLLERS}/start": 64,
    f"{POLLERS}/ramp_per_minute": 0,
    f"{POLLERS}/scale_in/after_s": 10**6,
}
EVERY_MINUTE = at("30s", "90s", "150s", "210s", "270s", "330s", "390s")


def after(each, minutes=7, start=64, floor=2):
    """Pollers at the ends of minutes in each of which ``each`` batches failed: halved by each, and rounded down."""
    return [int(max(floor, start * 0.5 ** (each * (minute + 1)))) for minute in range(minutes)]


def test_each_function_error_halves_the_pollers_and_two_are_left_in_the_end():
    result = run(sqs_world("1 s", handler={"error_rate": 1}, trigger={"arrivals": EVERY_MINUTE}, parameters=STILL))
    assert series(result, "pollers")[:7] == after(1) == [32, 16, 8, 4, 2, 2, 2]


@pytest.mark.parametrize("failure", [{"error_rate": 1}, {"crash_rate": 1}, {"record_error_rate": 1}])
def test_whatever_fails_with_partial_responses_takes_none_away(failure):
    trigger = {"arrivals": EVERY_MINUTE, "function_response_types": ["ReportBatchItemFailures"]}
    result = run(sqs_world("1 s", handler=failure, trigger=trigger, parameters=STILL))
    assert series(result, "pollers")[:7] == [64] * 7


def test_each_refusal_by_lambda_halves_them_too():
    # A batch is sent, and once more half a second later; the next wait would end after its visibility timeout.
    queue = {"visibility_timeout": "1 s", "max_receive_count": 1, "dead_letter": "discard-counted"}
    trigger = {"arrivals": EVERY_MINUTE}
    result = run(sqs_world("1 s", timeout=1, reserved=0, queue=queue, trigger=trigger, parameters=STILL))
    assert series(result, "pollers")[:7] == after(2) == [16, 4, 2, 2, 2, 2, 2]
    assert counts(result)["attempts"] == 2 * counts(result)["dead_lettered"] == 14


def test_provisioned_pollers_do_not_fall_below_their_minimum():
    config = {"minimum_pollers": 5, "maximum_pollers": 5}
    trigger = {"arrivals": EVERY_MINUTE, "provisioned_poller_config": config}
    result = run(sqs_world("1 s", handler={"error_rate": 1}, trigger=trigger))
    assert series(result, "pollers")[:7] == [5] * 7
