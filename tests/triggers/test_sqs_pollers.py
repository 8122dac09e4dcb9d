"""How many batches are in progress at once: ramp, scale-in, back-off, limits, provisioned pollers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sqs_worlds import NEVER_BACK_OFF, at, batches, counts, messages, run, series, sqs_world

from lambdasim.codes import Fate, Outcome
from lambdasim.parameters.book import load_book
from lambdasim.triggers.sqs.paid import PaidPollers
from lambdasim.triggers.sqs.pollers import Pollers, Scaling

S = 1_000_000


def concurrency(result, at_s):
    """How many runs were going on at each of some instants."""
    log = result.invocation_columns
    started_us, ended_us = log["started_us"], np.where(log["ended_us"] < 0, 10**15, log["ended_us"])
    return [int(((started_us <= t * S) & (t * S < ended_us)).sum()) for t in at_s]


def test_pollers_begin_with_five_and_five_more_come_each_second_while_messages_wait():
    result = run(sqs_world("30 s", queue={"backlog": 3000}, length="20s"))
    assert concurrency(result, [0, 0.5, 1, 1.5, 2, 9.9, 10]) == [5, 5, 10, 10, 15, 50, 55]


def test_the_rule_of_before_november_2023_is_a_parameter():
    old = load_book().value("triggers/sqs/pollers/ramp_per_minute_before_2023_11")
    parameters = {"triggers/sqs/pollers/ramp_per_minute": old}
    result = run(sqs_world("90 s", queue={"backlog": 3000}, length="80s", parameters=parameters))
    assert concurrency(result, [0, 1, 2, 60]) == [5, 6, 7, 65]


def test_a_maximum_concurrency_stops_the_ramp():
    trigger = {"scaling_config": {"maximum_concurrency": 12}}
    result = run(sqs_world("30 s", queue={"backlog": 3000}, length="20s", trigger=trigger))
    assert concurrency(result, [0, 1, 2, 10]) == [5, 10, 12, 12]


def test_the_least_maximum_concurrency_is_two_batches():
    trigger = {"scaling_config": {"maximum_concurrency": 2}}
    result = run(sqs_world("30 s", queue={"backlog": 3000}, length="20s", trigger=trigger))
    assert concurrency(result, [0, 1, 10]) == [2, 2, 2]
    assert counts(result)["pollers_max"] == 2


def test_pollers_that_are_not_all_busy_do_not_ramp():
    result = run(sqs_world("3 s", trigger={"arrivals": {"constant": {"rate": "1/s"}}}))
    assert counts(result)["pollers_max"] == counts(result)["pollers_mean"] == 5


def test_idle_pollers_go_after_a_minute_by_halves_to_five_and_after_long_to_two():
    result = run(sqs_world("10 s", queue={"backlog": 1000}, length="30m", trigger={"batch_size": 1}))
    pollers = series(result, "pollers")
    drained_s = counts(result)["drained_s"]
    assert 60 < drained_s < 70
    assert pollers[0] == counts(result)["pollers_max"] > 200  # at 1 minute
    assert pollers[2] < pollers[0] / 3  # a minute after they became idle, and a minute later
    for before, after in pairwise(pollers[1:8]):
        assert abs(after - max(before / 2, 5)) < 1
    assert pollers[7:10] == [5, 5, 5]
    assert 10 <= pollers.index(2) + 1 - drained_s / 60 <= 11  # ten minutes idle
    assert set(pollers[pollers.index(2) :]) == {2}


def test_with_a_maximum_concurrency_pollers_do_not_fall_below_their_start():
    trigger = {"batch_size": 1, "scaling_config": {"maximum_concurrency": 50}}
    result = run(sqs_world("10 s", queue={"backlog": 500}, length="40m", trigger=trigger))
    assert series(result, "pollers")[-1] == 5


def test_pollers_in_use_stay_when_idle_ones_go():
    # 2,000 messages at once need many concurrent runs for a while; then 20/s of 1 s need 20 for good.
    arrivals = {"sum": [{"at_once": {"events": 2000, "at": "0s", "over": "0s"}}, {"constant": {"rate": "20/s"}}]}
    result = run(sqs_world("1 s", trigger={"batch_size": 1, "arrivals": arrivals}, length="20m"))
    pollers = series(result, "pollers")
    assert max(pollers) > 60
    assert 20 <= pollers[18] <= 25


def test_a_scale_in_does_not_take_more_pollers_than_were_idle():
    scaling = Scaling(
        decided_every_us=S,
        start=5,
        growth=5,
        ceiling=1250,
        rest=2,
        floor=2,
        scale_in_after_us=60 * S,
        scale_in_every_us=60 * S,
        scale_in_factor=0.5,
        long_idle_after_us=600 * S,
    )
    pollers = Pollers(scaling)
    for second in range(1, 100):
        pollers.decide(second * S, busy=5 * second, wanted=True)
    assert pollers.allowed == 500
    pollers.decide(150 * S, busy=300, wanted=False)
    assert pollers.allowed == 500  # not yet quiet for a minute
    pollers.decide(159 * S, busy=100, wanted=False)
    assert pollers.allowed == 495  # so many were busy at 99 s
    pollers.decide(160 * S, busy=90, wanted=False)
    assert pollers.allowed == 247  # and as many as that for a minute now not
    pollers.decide(219 * S, busy=90, wanted=False)
    assert pollers.allowed == 247  # the next go in a minute
    pollers.back_off(0.5)
    assert pollers.allowed == 123
    pollers.decide(220 * S, busy=90, wanted=False)
    assert pollers.allowed == 90
    pollers.decide(280 * S, busy=0, wanted=False)
    pollers.decide(340 * S, busy=0, wanted=False)
    assert pollers.allowed == 45


def test_a_function_error_halves_the_pollers_down_to_two():
    result = run(
        sqs_world("10 s", handler={"error_rate": 1}, queue={"backlog": 10_000}, trigger={"batch_size": 1},
                  length="20s")
    )  # fmt: skip
    # Started at 0, 1, ..., 9 s: 5 each. At 10 s five fail, and 50 pollers become 25, 12.5, 6.25, 3.1 and 2.
    assert concurrency(result, [9.5, 10, 10.9]) == [50, 45, 45]
    assert counts(result)["pollers_max"] == 50


def test_with_partial_responses_errors_take_no_pollers_away():
    whole, partial = (
        run(
            sqs_world("1 s", handler={"record_error_rate": 0.2}, queue={"backlog": 20_000, "visibility_timeout": "15m"},
                      trigger={"function_response_types": types}, length="60s")
        )
        for types in ([], ["ReportBatchItemFailures"])
    )  # fmt: skip
    assert counts(whole)["pollers_max"] <= 15
    assert counts(partial)["pollers_max"] > 100
    assert concurrency(partial, [10.5]) == [55]  # as if nothing had failed
    # Three in ten batches of ten go through whole (0.8^10 = 0.107).
    assert counts(whole)["successes"] < 0.2 * counts(partial)["successes"]


def test_with_partial_responses_not_even_an_error_of_the_whole_invocation_takes_pollers_away():
    trigger = {"batch_size": 1, "function_response_types": ["ReportBatchItemFailures"]}
    result = run(sqs_world("10 s", handler={"error_rate": 1}, queue={"backlog": 10_000}, trigger=trigger, length="20s"))
    assert concurrency(result, [9.5, 10.5, 15.5]) == [50, 55, 80]


def test_a_throttled_batch_is_held_and_sent_again_after_waits_that_double_up_to_ten_seconds():
    result = run(
        sqs_world("20 s", timeout=60, reserved=1, queue={"visibility_timeout": "60 s"}, parameters=NEVER_BACK_OFF,
                  trigger={"arrivals": at("0s", "0s"), "batch_size": 1}, length="60s")
    )  # fmt: skip
    held = [row for row in batches(result) if row["event"] == 1]
    assert [row["invoked_us"] / S for row in held] == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 25.5]
    assert [row["attempt"] for row in held] == [1, 2, 3, 4, 5, 6, 7]
    assert [row["outcome"] for row in held] == [Outcome.THROTTLED] * 6 + [Outcome.SUCCESS]


def test_a_throttled_batch_is_given_up_before_its_visibility_timeout_and_has_cost_a_receive():
    result = run(
        sqs_world("14 s", timeout=15, reserved=0, queue={"visibility_timeout": "15 s", "max_receive_count": 2},
                  trigger={"arrivals": at("0s")}, length="60s")
    )  # fmt: skip
    tries = [row["invoked_us"] / S for row in batches(result)]
    assert tries == [0, 0.5, 1.5, 3.5, 7.5, 15, 15.5, 16.5, 18.5, 22.5]  # the next wait, 8 s, would end too late
    [message] = messages(result)
    assert (message["ended_us"], message["attempts"]) == (30 * S, 2)


def test_throttles_take_pollers_away():
    def pollers_mean(**keys):
        trigger = {"batch_size": 1, **keys.pop("trigger", {})}
        return counts(run(sqs_world("100 s", reserved=2, queue={"backlog": 1000}, trigger=trigger, **keys)))[
            "pollers_mean"
        ]

    assert pollers_mean() < 0.02 * pollers_mean(parameters=NEVER_BACK_OFF)
    assert pollers_mean(trigger={"scaling_config": {"maximum_concurrency": 2}}) == 2


def small_reserved(**trigger):
    return sqs_world(
        "5 s",
        timeout=30,
        reserved=2,
        queue={"visibility_timeout": "30 s", "max_receive_count": 2, "backlog": 600},
        trigger={"batch_size": 1, **trigger},
        length="30m",
    )


def test_small_reserved_concurrency_sends_messages_to_the_dead_letter_queue_that_never_ran():
    result = run(small_reserved())
    never = [row for row in messages(result) if row["fate"] is Fate.RECEIVES_EXCEEDED and row["runs"] == 0]
    assert len(never) > 25
    assert {row["attempts"] for row in never} == {2}
    assert counts(result)["never_ran"] == len(never)
    assert all(row["outcome"] != Outcome.ERROR for row in batches(result))  # nothing is wrong with the function


def test_a_maximum_concurrency_of_the_reserved_concurrency_cures_it():
    result = run(small_reserved(scaling_config={"maximum_concurrency": 2}))
    assert {(row["fate"], row["attempts"]) for row in messages(result)} == {(Fate.SUCCESS, 1)}
    assert result.summary()["functions"]["f"]["throttles"]["total"] == 0


def test_provisioned_pollers_have_ten_batches_each_and_come_a_hundred_a_minute():
    trigger = {"batch_size": 1, "provisioned_poller_config": {"minimum_pollers": 2, "maximum_pollers": 10}}
    parameters = {"triggers/sqs/provisioned/polls_per_second_per_poller": 1000}
    result = run(sqs_world("60 s", queue={"backlog": 1000}, length="60s", trigger=trigger, parameters=parameters))
    levels = [2 + n * 100 / 60 for n in range(8)]
    expected = [10 * min(int(level + 1e-9), 10) for level in levels]
    assert concurrency(result, range(8)) == expected
    assert counts(result)["pollers_max"] == 10


def test_a_provisioned_poller_polls_ten_times_a_second():
    trigger = {"batch_size": 1, "provisioned_poller_config": {"minimum_pollers": 2, "maximum_pollers": 2}}
    result = run(sqs_world("10 ms", queue={"backlog": 100_000}, length="60s", trigger=trigger))
    assert counts(result)["received"] == pytest.approx(2 * 10 * 60, rel=0.02)


def test_a_batch_that_waits_for_its_pollers_turn_is_sent_once_when_its_window_ends():
    # Two pollers receive 20 times a second; of 1,000 messages that is 100 rounds of ten for each batch of 500.
    trigger = {
        "batch_size": 500,
        "maximum_batching_window_in_seconds": 1,
        "provisioned_poller_config": {"minimum_pollers": 2, "maximum_pollers": 2},
    }
    result = run(sqs_world("1 s", queue={"backlog": 5000}, length="2m", trigger=trigger))
    assert sum(row["records"] for row in batches(result)) == 5000
    assert {row["runs"] for row in messages(result)} == {1}
    first = batches(result)[0]
    assert (first["invoked_us"], first["records"] < 500) == (S, True)


def test_a_provisioned_poller_receives_a_megabyte_a_second():
    trigger = {"provisioned_poller_config": {"minimum_pollers": 3, "maximum_pollers": 3}, "payload_size": "256 KB"}
    result = run(sqs_world("10 ms", queue={"backlog": 100_000}, length="60s", trigger=trigger))
    assert counts(result)["received"] == pytest.approx(3 * 4 * 60, rel=0.03)


def test_provisioned_pollers_are_paid_by_the_hour_whether_or_not_they_work():
    trigger = {"provisioned_poller_config": {"minimum_pollers": 6, "maximum_pollers": 50}}
    result = run(sqs_world("1 s", length="2h", trigger=trigger))
    assert counts(result)["poller_hours"] == 12
    [line] = [line for line in result.bill.lines if line.unit == "poller-hours"]
    assert line.usd == pytest.approx(12 * 0.00925)


def test_a_provisioned_poller_is_paid_for_a_minute_at_least():
    pollers = PaidPollers((100 * S, 1000 * S), 2, 60 * S)
    pollers.set(200 * S, 5)
    pollers.set(210 * S, 4)  # came at 200 s: 10 s, and 50 s more
    pollers.set(250 * S, 6)
    pollers.set(270 * S, 2)  # two came at 250 s, for 20 s; two at 200 s, for 70 s
    pollers.set(2000 * S, 2)
    there_us = (2 * 900 + 3 * 10 + 2 * 40 + 4 * 20) * S
    assert pollers.area_us == there_us
    assert pollers.paid_us == there_us + (50 + 2 * 40) * S


def test_a_minute_shows_the_most_pollers_that_it_had_and_none_that_went_as_it_began():
    pollers = PaidPollers((0, 1000 * S), 2, 60 * S)
    for at_s, count in ((10, 5), (20, 3), (130, 7), (180, 2), (200, 2), (300, 4), (360, 4)):
        pollers.set(at_s * S, count)
    assert pollers.peaks().tolist() == [5, 3, 7, 2, 2, 4]


def test_provisioned_pollers_are_shown_at_their_most_in_each_minute():
    trigger = {"batch_size": 1, "provisioned_poller_config": {"minimum_pollers": 2, "maximum_pollers": 10}}
    result = run(sqs_world("30 s", queue={"backlog": 50}, length="5m", trigger=trigger))
    shown = series(result, "ProvisionedPollers")[:5]
    # At 2, 3.7 and 5.3 pollers there are 20, 30 and 50 batches; the pollers go when they have been idle for a minute.
    assert shown[0] == counts(result)["pollers_max"] == 5
    assert all(most >= last for most, last in zip(shown, series(result, "pollers")[:5], strict=True))
    assert shown[-1] == 2
    plain = run(sqs_world("1 s", length="2m"))
    assert "ProvisionedPollers" not in plain.trigger_timeline


def test_provisioned_pollers_go_when_they_are_idle_but_for_the_least():
    trigger = {"batch_size": 1, "provisioned_poller_config": {"minimum_pollers": 2, "maximum_pollers": 40}}
    result = run(sqs_world("10 s", queue={"backlog": 5000}, length="20m", trigger=trigger))
    assert max(series(result, "pollers")) > 20
    assert series(result, "pollers")[-1] == 2
