"""What a source does when Lambda's endpoint refuses: it tries again by its own rules, then keeps or loses the event."""

import numpy as np
import pytest
from asynchronous_worlds import BOOK, asynchronous, at, counts, events, function, only, run, tries_s

from lambdasim.codes import Fate, Kept
from lambdasim.parameters.book import load_book
from lambdasim.records import NEVER
from lambdasim.triggers.events.source_retries import PhasedRetries
from tests.theory.laws import LIMIT

ALWAYS = {"error_rate": "100%"}
G = {"g": function("10 ms")}


def outage(length, at_="0 s"):
    return {"outages": [{"at": at_, "for": length}]}


def taken_s(kind, length, **keys):
    """When Lambda has an event that came as an outage began."""
    return only(run(asynchronous(kind, endpoint=outage(length), **keys)))["queued_us"] / 1e6


# -- an endpoint that refuses


def test_what_comes_outside_an_outage_is_delivered_at_once():
    endpoint = outage("10 s", at_="60 s")
    result = run(asynchronous("eventbridge", endpoint=endpoint, arrivals=at("59 s", "60 s", "69 s", "70 s", "80 s")))
    late_s = [(event["queued_us"] - event["arrived_us"]) / 1e6 for event in events(result)]
    assert late_s == [0, 15, 1, 0, 0]  # 60 + 1 + 2 + 4 + 8 = 75: the first retry after the outage's end at 70 s
    assert counts(result)["delivery_retries"] == 4 + 1


def test_an_endpoint_that_refuses_one_in_three_makes_half_a_retry_for_each_delivery():
    endpoint = {"error_rate": "33.3333%"}
    arrivals = {"at_once": {"events": 20_000, "over": "3000 s"}}
    result = run(asynchronous("eventbridge", f=function("1 ms"), endpoint=endpoint, arrivals=arrivals))
    found = counts(result)
    assert found["successes"] == 20_000
    # The number of refusals before a success is geometric: mean r / (1 - r) = 1/2, variance r / (1 - r)^2 = 3/4.
    assert abs(found["delivery_retries"] - 10_000) < LIMIT * np.sqrt(20_000 * 0.75)


def test_an_event_that_was_delivered_late_takes_its_hop_from_then_and_is_as_old_as_the_queue_knows_it():
    parameters = {f"{BOOK}/event_queue/hop": "40 ms", f"{BOOK}/sns/delay": "73 ms"}
    result = run(asynchronous("sns", endpoint=outage("500 ms"), parameters=parameters))
    assert only(result)["queued_us"] == 1_033_000  # first tried at 33 ms; then at once, in vain, and a second later
    assert tries_s(result) == [1.073]


def test_a_refused_delivery_is_no_attempt_of_lambdas_and_no_throttle():
    result = run(asynchronous("sns", endpoint=outage("10 s")))
    event = only(result)
    assert (event["attempts"], event["runs"], event["fate"]) == (1, 1, Fate.SUCCESS)
    assert result.summary()["functions"]["f"]["throttles"]["total"] == 0


@pytest.mark.parametrize("delay", ["30 ms", "73 ms"])  # shorter than the hop, and longer
def test_an_open_endpoint_changes_nothing(delay):
    keys = {"parameters": {f"{BOOK}/sns/delay": delay, f"{BOOK}/event_queue/hop": "40 ms"}}
    keys["arrivals"] = at("0 s", "3 s")
    plain = run(asynchronous("sns", **keys))
    guarded = run(asynchronous("sns", **keys, endpoint=outage("1 s", at_="50m")))
    assert events(plain) == events(guarded)


# -- SNS


def test_sns_tries_three_times_at_once_twice_after_a_second_ten_times_backing_off_and_then_every_20_seconds():
    retries = PhasedRetries(load_book().override({f"{BOOK}/sns/retries/jitter": "0%"}))
    waits = [retries.wait_us(0, tries, 0, 0.3) for tries in range(1, 100_017)]
    assert waits[:5] == [0, 0, 0, 1_000_000, 1_000_000]
    backoff = np.array(waits[5:15]) / 1e6
    assert (backoff[0], backoff[-1]) == (1, 20)
    assert np.allclose(backoff[1:] / backoff[:-1], 20 ** (1 / 9), rtol=1e-5)
    assert set(waits[15:-1]) == {20_000_000}
    assert waits[-1] is None
    assert len(waits) - 1 == 100_015  # AWS: 100,015 times, over 23 days
    assert 23 <= sum(waits[:-1]) / 86_400e6 < 23.5


def test_sns_jitters_its_retries():
    retries = PhasedRetries(load_book())
    assert [retries.wait_us(0, 100, 0, coin) for coin in (0, 0.5)] == [18_000_000, 20_000_000]


@pytest.mark.parametrize(
    ("length", "expected_s"),
    [
        ("1 us", 1),  # the retries without delay still meet it
        ("1500 ms", 2),
        ("2500 ms", 3),
        ("60 s", 2 + sum(20 ** (n / 9) for n in range(10))),
        ("80 s", 2 + sum(20 ** (n / 9) for n in range(10)) + 20),
    ],
)
def test_sns_delivers_after_an_outage_when_its_next_retry_is_due(length, expected_s):
    assert taken_s("sns", length) == pytest.approx(expected_s, abs=1e-5)


def test_four_tries_of_sns_fall_on_one_instant():
    result = run(asynchronous("sns", endpoint={"error_rate": "50%"}, arrivals=at("0 s", events=4000)))
    at_once = sum(event["queued_us"] == 0 for event in events(result))
    share = 1 - 0.5**4
    assert abs(at_once - 4000 * share) < LIMIT * np.sqrt(4000 * share * (1 - share))


# -- EventBridge and Scheduler


@pytest.mark.parametrize("kind", ["eventbridge", "schedule", "s3"])
def test_others_back_off_from_one_second_to_eight_minutes(kind):
    arrivals = {"schedule": {"expression": "rate(1 day)"}} if kind == "schedule" else at("0 s")
    doubling = np.cumsum([2**n for n in range(9)])  # 1, 3, 7, ... 511 s
    for index in (0, 3, 8):
        assert taken_s(kind, f"{doubling[index] - 0.5} s", arrivals=arrivals) == doubling[index]
    assert taken_s(kind, "600 s", arrivals=arrivals) == 511 + 480


def given_up(kind="eventbridge", drain="30h", **keys):
    """What becomes of one event that is never taken: its row, and the retries."""
    dead_letters = {"dead_letter_config": {"target": "discard-counted"}}
    result = run(asynchronous(kind, endpoint=ALWAYS, world={"drain": drain}, **dead_letters, **keys))
    assert result.invocation_columns["event"].size == 0
    event = only(result)
    assert (event["fate"], event["queued_us"], event["kept"]) == (Fate.UNDELIVERED, NEVER, Kept.DEAD_LETTER_QUEUE)
    assert (event["attempts"], event["runs"], event["batch"]) == (0, 0, -1)
    return event


@pytest.mark.parametrize(("bus", "retries"), [("classic", 185), ("custom", 5)])
def test_a_bus_tries_as_often_as_its_kind_does(bus, retries):
    waits = [min(2**n, 480) for n in range(retries)]
    event = given_up(bus=bus)
    assert event["ended_us"] == sum(waits) * 1_000_000
    assert sum(waits) < (86_400 if bus == "classic" else 300)


def test_scheduler_tries_185_times_too():
    event = given_up("schedule", arrivals={"schedule": {"expression": "rate(2 days)"}})
    assert event["ended_us"] == sum(min(2**n, 480) for n in range(185)) * 1_000_000


@pytest.mark.parametrize(("retries", "ended_s"), [(0, 0), (1, 1), (4, 15)])
def test_a_targets_retry_policy_limits_the_retries(retries, ended_s):
    assert given_up(retry_policy={"maximum_retry_attempts": retries})["ended_us"] == ended_s * 1_000_000


def test_a_targets_retry_policy_limits_the_age():
    # Tried at 0, 1, 3, 7, 15, 31 s; the next would be at 63 s, beyond 60 s.
    assert given_up(retry_policy={"maximum_event_age_in_seconds": 60})["ended_us"] == 63_000_000


def test_the_age_counts_from_the_first_try_not_from_when_a_flexible_window_began():
    keys = {"flexible_time_window": "10m", "arrivals": {"schedule": {"expression": "rate(2 days)"}}}
    policy = {"maximum_event_age_in_seconds": 60}
    result = run(asynchronous("schedule", endpoint=ALWAYS, retry_policy=policy, **keys))
    assert only(result)["ended_us"] > 63_000_000
    assert counts(result)["delivery_retries"] == 5  # after 1, 3, 7, 15 and 31 s, whenever the first try was


def test_the_age_limit_of_a_custom_bus_is_five_minutes():
    event = given_up(bus="custom", retry_policy={"maximum_retry_attempts": 185})
    assert event["ended_us"] == 511_000_000  # tried at 255 s, and too old at the next: 511 s


def test_retries_are_jittered_and_each_event_has_its_own():
    arrivals = at("0 s", events=400)
    document = asynchronous("eventbridge", endpoint=outage("900 ms"), arrivals=arrivals)
    del document["parameters"][f"{BOOK}/backoff/jitter"]
    waits = np.array([event["queued_us"] for event in events(run(document))])
    first = waits[waits < 1_200_000]
    assert len(set(first.tolist())) > 350
    assert 900_000 <= first.min() < 910_000
    assert 1_090_000 < first.max() <= 1_100_000


# -- who keeps what a source gives up


@pytest.mark.parametrize("kind", ["sns", "eventbridge", "schedule"])
def test_what_a_source_gives_up_goes_to_the_sources_own_dead_letter_queue(kind):
    policy = {} if kind == "sns" else {"retry_policy": {"maximum_retry_attempts": 1}}
    arrivals = {"schedule": {"expression": "rate(2 days)"}} if kind == "schedule" else at("0 s")
    few = {f"{BOOK}/sns/retries/after_backoff": 0}
    f = function(dead_letter_config={"target": "functions-own"})
    triggers = {
        "letters": {"type": "sqs", "target": "g", "queue": {"visibility_timeout": "15m"}},
        "functions-own": {"type": "sqs", "target": "g", "queue": {"visibility_timeout": "15m"}},
    }
    result = run(
        asynchronous(
            kind,
            f=f,
            functions=G,
            triggers=triggers,
            parameters=few,
            arrivals=arrivals,
            endpoint=ALWAYS,
            dead_letter_config={"target": "letters"},
            **policy,
        )
    )
    assert (only(result)["fate"], only(result)["kept"]) == (Fate.UNDELIVERED, Kept.DEAD_LETTER_QUEUE)
    letter = only(result, 1)
    assert (letter["arrived_us"], letter["depth"], letter["origin_trigger"]) == (only(result)["ended_us"], 0, 0)
    assert events(result, 2) == []


def test_each_subscription_has_its_dead_letters_for_itself():
    functions = {"g": function("2 s")}
    few = {f"{BOOK}/sns/retries/after_backoff": 0}
    keys = {"targets": ["f", "g"], "endpoint": ALWAYS, "dead_letter_config": {"target": "discard-counted"}}
    result = run(asynchronous("sns", functions=functions, parameters=few, **keys))
    assert [event["kept"] for event in events(result)] == [Kept.DEAD_LETTER_QUEUE] * 2
    assert counts(result)["dead_lettered"] == 2


def test_without_a_dead_letter_queue_what_a_source_gives_up_is_lost():
    result = run(asynchronous("eventbridge", endpoint=ALWAYS, retry_policy={"maximum_retry_attempts": 0}))
    assert (only(result)["fate"], only(result)["kept"]) == (Fate.UNDELIVERED, Kept.NOWHERE)


def test_while_a_source_tries_the_event_is_in_flight():
    result = run(asynchronous("sns", endpoint=ALWAYS))
    assert events(result) == []
    assert counts(result)["in_flight"] == 1


# -- direct calls and S3


@pytest.mark.parametrize(("mode", "tries"), [("none", 1), ("legacy", 5), ("standard", 3), ("adaptive", 3)])
def test_the_caller_of_a_direct_event_is_told_and_tries_again_as_its_sdk_does(mode, tries):
    keys = {"endpoint": ALWAYS, "client": {"retries": mode, "clients": 60}}
    result = run(asynchronous(**keys, arrivals={"constant": {"rate": "1/min"}}))
    assert {event["fate"] for event in events(result)} == {Fate.UNDELIVERED}
    found = counts(result)
    assert found["events"] == 60
    assert found["delivery_retries"] == 60 * (tries - 1)


def test_an_sdks_waits_are_drawn_up_to_a_second_then_two():
    arrivals = {"constant": {"rate": "1/s"}}
    keys = {"endpoint": ALWAYS, "client": {"retries": "standard", "clients": 3600}, "arrivals": arrivals}
    waited_s = np.array([event["ended_us"] - event["arrived_us"] for event in events(run(asynchronous(**keys)))]) / 1e6
    assert waited_s.size == 3600
    # U(0, 1) + U(0, 2) seconds: mean 1.5, variance (1 + 4) / 12
    assert abs(waited_s.mean() - 1.5) < LIMIT * np.sqrt(5 / 12 / waited_s.size)
    assert waited_s.max() < 3


def test_the_retry_budget_of_an_sdk_is_shared_by_its_events_and_refilled_by_those_that_get_through():
    client = {"retries": "standard"}
    first, between, second = at("0 s", events=300)["sum"] + at("25 s", events=50)["sum"] + at("30 s", events=300)["sum"]
    refused = run(asynchronous(client=client, endpoint=outage("20 s"), arrivals=first))
    assert counts(refused)["delivery_retries"] == 100  # 500 tokens, 5 each
    outages = {"outages": [{"at": "0 s", "for": "20 s"}, {"at": "30 s", "for": "20 s"}]}
    result = run(asynchronous(client=client, endpoint=outages, arrivals={"sum": [first, between, second]}))
    assert counts(result)["delivery_retries"] == 100 + 10  # 50 deliveries gave a token each


def test_what_the_sdk_gets_through_is_an_event_like_any_other():
    result = run(asynchronous(endpoint=outage("300 ms"), arrivals=at("0 s", events=50)))
    assert {event["fate"] for event in events(result)} == {Fate.SUCCESS}
    assert all(event["queued_us"] >= 300_000 for event in events(result))


def test_s3_gives_up_after_a_day():
    result = run(asynchronous("s3", endpoint=ALWAYS, world={"drain": "30h"}))
    event = only(result)
    assert event["fate"] is Fate.UNDELIVERED
    assert 86_400 < event["ended_us"] / 1e6 <= 86_400 + 480
