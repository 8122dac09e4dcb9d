"""Emits: what a function has processed feeds other triggers, whose events remember where they come from."""

import pytest

from lambdasim.triggers.chain import Chain, Emitter
from tests.worlds import at, run, world


class Basket:
    def __init__(self):
        self.got = []

    def accept(self, chain, now_us):
        self.got.append((chain, now_us))


class Target:
    function, function_name = 3, "f"


class Emit:
    def __init__(self, to, events=1, probability=1.0):
        self.to, self.events, self.probability = to, events, probability


def test_each_success_feeds_every_emit_with_its_number_of_events():
    a, b = Basket(), Basket()
    emitter = Emitter(1, "t", Target, [Emit("a"), Emit("b", events=2)], {"a": a, "b": b})
    chain = Chain(0, 7, 100)
    emitter.succeeded(7, chain, 500)
    assert a.got == [(Chain(0, 7, 100, 1, (3,)), 500)]
    assert b.got == a.got * 2


def test_whether_an_event_emits_is_its_own_luck_and_comes_as_often_as_it_says():
    basket = Basket()
    emitter = Emitter(1, "t", Target, [Emit("a", probability=0.3)], {"a": basket})
    for event in range(10_000):
        emitter.succeeded(event, Chain(0, event, 0), 0)
    emitted = [chain.event for chain, _ in basket.got]
    assert abs(len(emitted) - 3000) < 4 * (10_000 * 0.3 * 0.7) ** 0.5
    again = Basket()
    backwards = Emitter(1, "t", Target, [Emit("a", probability=0.3)], {"a": again})
    for event in reversed(range(10_000)):
        backwards.succeeded(event, Chain(0, event, 0), 0)
    assert [chain.event for chain, _ in reversed(again.got)] == emitted


def test_lambda_loses_sight_of_a_chain_but_its_origin_and_depth_stay():
    chain = Chain(0, 7, 100).after(3).after(4)
    assert chain.out_of_sight() == Chain(0, 7, 100, 2, ())
    assert chain.functions == (3, 4)


SINK = {"type": "direct_async", "target": "g"}


def caller(**changes):
    document = world(handler={"duration": "1 s", "emits": [{"to": "sink", "events": 2}], **changes.pop("handler", {})})
    document["functions"]["g"] = {**document["functions"]["f"], "handler": {"duration": "10 ms"}}
    document["triggers"]["sink"] = SINK
    document["triggers"]["t"] |= changes
    return document


def test_a_synchronous_call_that_succeeds_feeds_a_queue():
    result = run(caller(arrivals=at("0 s", "5 s")))
    events = result.event_columns
    assert events["arrived_us"].tolist() == [1_100_000] * 2 + [6_000_000] * 2  # after 100 ms of init, and warm
    assert events["origin_trigger"].tolist() == [0] * 4
    assert sorted(events["origin_event"].tolist()) == [0, 0, 1, 1]
    assert set(events["depth"].tolist()) == {1}
    assert sorted(set(events["origin_us"].tolist())) == [0, 5_000_000]


@pytest.mark.parametrize("handler", [{"error_rate": "100%"}, {"crash_rate": "100%"}, {"duration": "31 s"}])
def test_a_call_that_fails_feeds_nothing(handler):
    assert run(caller(handler=handler)).event_columns["event"].size == 0


def test_work_that_its_caller_no_longer_waits_for_feeds_all_the_same():
    result = run(caller(client={"retries": "none", "read_timeout": "500 ms"}))
    assert result.summary()["triggers"]["t"]["client_gone"] == 1
    assert result.event_columns["event"].size == 2
