"""EventBridge's quota of invocations: what its rules send beyond it waits for its turn, and is not lost."""

import pytest
from asynchronous_worlds import BOOK, asynchronous, at, counts, events, function, run, tries_s

from lambdasim.errors import InputError
from lambdasim.parameters.book import load_book
from lambdasim.triggers.events.deliveries import RuleInvocations

QUOTA = f"{BOOK}/eventbridge/invocations_per_second"
TEN_A_SECOND = {f"{QUOTA}/us-east-1": 10}
INSTANT = function("1 ms")


def turns_s(n, rate=10, burst_s=1):
    """When the n-th of many that come at 0 s has its turn: a second's worth at once, then one after the other."""
    return max(0.0, (n + 1) / rate - burst_s)


def test_what_is_beyond_the_quota_is_sent_later_each_at_its_turn():
    result = run(asynchronous("eventbridge", INSTANT, parameters=TEN_A_SECOND, arrivals=at("0 s", events=100)))
    rows = events(result)
    assert [row["queued_us"] / 1e6 for row in rows] == [pytest.approx(turns_s(n)) for n in range(100)]
    assert {row["arrived_us"] for row in rows} == {0}
    found = counts(result)
    assert (found["successes"], found["delivery_retries"]) == (100, 0)


def test_the_measured_delay_begins_with_the_turn():
    parameters = {**TEN_A_SECOND, f"{BOOK}/eventbridge/delay": "148 ms", f"{BOOK}/event_queue/hop": "40 ms"}
    result = run(asynchronous("eventbridge", INSTANT, parameters=parameters, arrivals=at("0 s", events=30)))
    assert tries_s(result, event=29) == [pytest.approx(turns_s(29) + 0.148)]
    assert events(result)[29]["queued_us"] / 1e6 == pytest.approx(turns_s(29) + 0.108)


def test_all_rules_of_the_account_and_all_their_targets_share_it():
    triggers = {"u": {"type": "eventbridge", "target": "g", "arrivals": at("0 s", events=20)}}
    document = asynchronous(
        "eventbridge", INSTANT, functions={"g": INSTANT}, triggers=triggers, parameters=TEN_A_SECOND,
        targets=["f", "g"], arrivals=at("0 s", events=20),
    )  # fmt: skip
    result = run(document)
    turns = sorted(row["queued_us"] / 1e6 for row in events(result, trigger=None))
    assert turns == [pytest.approx(turns_s(n)) for n in range(60)]


def test_an_event_that_waits_for_its_turn_when_the_run_ends_is_in_flight():
    world = {"duration": "5 s", "drain": "0 s"}
    document = asynchronous(
        "eventbridge", INSTANT, parameters=TEN_A_SECOND, arrivals=at("0 s", events=1000), world=world
    )
    found = counts(run(document))
    assert found["successes"] == sum(turns_s(n) + 0.001 <= 5 for n in range(1000))
    assert found["in_flight"] == 1000 - found["successes"]


def test_it_is_no_matter_to_other_sources():
    result = run(asynchronous("sns", INSTANT, parameters=TEN_A_SECOND, arrivals=at("0 s", events=100)))
    assert {row["queued_us"] for row in events(result)} == {0}


@pytest.mark.parametrize(
    ("region", "per_second"),
    [("us-east-1", 18_750), ("eu-central-1", 4_500), ("ap-northeast-1", 2_250), ("ap-south-1", 1_100),
     ("af-south-1", 750)],
)  # fmt: skip
def test_each_region_has_a_quota_of_its_own(region, per_second):
    rules = RuleInvocations(region, load_book())
    *_, last_us = (rules.turn_us(0) for _ in range(3 * per_second))
    assert last_us / 1e6 == pytest.approx(2, rel=1e-4)  # a second's worth at once, and two seconds for the others


def test_a_quota_of_nothing_is_an_error_and_no_endless_wait():
    document = asynchronous("eventbridge", parameters={f"{QUOTA}/us-east-1": 0})
    with pytest.raises(InputError, match=r"us-east-1: 0 is below 0\.001 "):
        run(document)
