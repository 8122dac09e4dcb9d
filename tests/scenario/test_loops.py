"""Loops that would never end are refused, whatever events go round in them; those that end are not."""

import time

import pytest
import yaml
from small_scenario import complaints

from lambdasim.errors import InputError
from lambdasim.scenario.load import parse_scenario

STARTED = {"at_once": {"events": 1, "at": "0s", "over": "0s"}}


def function(*emits, duration="100 ms", **keys):
    handler = {"duration": duration, "emits": list(emits)}
    handler |= {key: keys.pop(key) for key in ("error_rate", "max_memory_used") if key in keys}
    return {"runtime": "python3.13", "timeout": 10, "handler": handler, **keys}


def world(functions, triggers, **keys):
    return yaml.safe_dump(
        {"name": "w", "duration": "1m", "functions": functions, "triggers": triggers, **keys}, sort_keys=False
    )


def is_endless(functions, triggers, **keys):
    """Whether it is refused for a loop; if for anything, then for that."""
    try:
        parse_scenario(world(functions, triggers, **keys))
    except InputError as error:
        lines = str(error).splitlines()
        assert any(line.endswith("[endless_loop]") for line in lines), lines
        return True
    return False


RULE = {"type": "eventbridge", "target": "f", "arrivals": STARTED}
EVENTS = {"type": "direct_async", "target": "f", "arrivals": STARTED}


def test_two_ways_back_of_half_a_loop_each_are_a_whole_one():
    ways = [{"to": to, "probability": "50%"} for to in ("r", "s")]
    triggers = {"r": RULE, "s": {"type": "kinesis", "target": "f"}}
    assert is_endless({"f": function(*ways)}, triggers)
    ways[0]["probability"] = "49%"
    assert not is_endless({"f": function(*ways)}, triggers)


def test_a_loop_is_endless_by_all_of_its_steps_together():
    def triggers(kind):
        return {"r": RULE, "q": {"type": kind, "target": "g"}}

    twice, half = {"to": "q", "events": 2}, {"to": "r", "probability": "50%"}
    for kind in ("sqs", "eventbridge"):
        assert is_endless({"f": function(twice), "g": function(half)}, triggers(kind))
        assert not is_endless({"f": function(twice), "g": function(half | {"probability": "49%"})}, triggers(kind))


@pytest.mark.parametrize(
    ("failing", "key", "endless"),
    [
        ({}, "on_success", True),
        ({"reserved_concurrent_executions": 0}, "on_success", False),
        ({}, "on_failure", False),
        ({"error_rate": "99%"}, "on_failure", False),
        ({"error_rate": "100%"}, "on_failure", True),
        ({"reserved_concurrent_executions": 0}, "on_failure", True),
        ({"max_memory_used": 10_000}, "on_failure", True),
    ],
)
def test_destinations_make_loops_too(failing, key, endless):
    functions = {"f": function(event_invoke_config={key: "r"}, **failing)}
    assert is_endless(functions, {"r": RULE}) == endless


def test_what_comes_back_without_a_run_is_no_loop_to_lambda_and_never_ends():
    def stopped(sink, **keys):
        return function(reserved_concurrent_executions=0, event_invoke_config={"on_failure": sink}, **keys)

    triggers = {"e": EVENTS, "back": EVENTS | {"target": "g"}}
    assert is_endless({"f": stopped("e")}, {"e": EVENTS})
    assert is_endless({"f": stopped("back"), "g": stopped("e")}, triggers)
    assert not is_endless({"f": stopped("back"), "g": function({"to": "e"})}, triggers)  # one of the two runs


def test_a_function_that_can_not_succeed_emits_nothing():
    for keys in ({"error_rate": "100%"}, {"reserved_concurrent_executions": 0}, {"max_memory_used": 10_000}):
        assert not is_endless({"f": function({"to": "r", "events": 9}, **keys)}, {"r": RULE})
    assert is_endless({"f": function({"to": "r", "events": 9}, error_rate="99%")}, {"r": RULE})


def test_queues_that_are_each_others_dead_letter_queues_are_allowed():
    queue = {"max_receive_count": 1, "backlog": 1}
    triggers = {
        "q": {"type": "sqs", "target": "f", "queue": queue | {"dead_letter": "d"}},
        "d": {"type": "sqs", "target": "f", "queue": queue | {"dead_letter": "q"}},
    }
    assert not is_endless({"f": function(error_rate="100%")}, triggers)


def test_a_loop_of_failures_is_sure_only_if_no_version_that_may_run_succeeds():
    settings = {"versions": {"2": {"handler": {"error_rate": "99%"}}}, "event_invoke_config": {"on_failure": "r"}}
    shared = {"function_version": "1", "routing_config": {"additional_version_weights": {"2": 0.1}}}
    functions = {"f": function(error_rate="100%", aliases={"a": shared}, **settings)}
    assert is_endless(functions, {"r": RULE | {"target": "f:1"}})
    assert not is_endless(functions, {"r": RULE | {"target": "f:2"}})
    assert not is_endless(functions, {"r": RULE | {"target": "f:a"}})


def test_successes_and_failures_that_all_come_back_are_a_loop():
    config = {"on_success": "r", "on_failure": "r", "maximum_retry_attempts": 0}
    assert is_endless({"f": function(error_rate="50%", event_invoke_config=config)}, {"r": RULE})


def test_an_event_that_is_delivered_twice_goes_round_twice():
    def functions(probability):
        return {"f": function({"to": "r", "probability": probability})}

    twice = {"triggers/asynchronous/event_queue/duplicated": "100%"}
    assert is_endless(functions("50%"), {"r": RULE}, parameters=twice)
    assert not is_endless(functions("49%"), {"r": RULE}, parameters=twice)
    assert not is_endless(functions("50%"), {"r": RULE})


def test_what_a_stream_gives_up_may_come_back_to_it():
    clicks = {"type": "kinesis", "target": "f", "arrivals": STARTED, "on_failure": "again", "maximum_retry_attempts": 0}
    triggers = {"clicks": clicks | {"batch_size": 1}, "again": {"type": "sqs", "target": "g"}}
    functions = {"f": function(error_rate="100%"), "g": function({"to": "clicks"})}
    assert is_endless(functions, triggers)
    assert not is_endless(functions | {"f": function(error_rate="90%")}, triggers)
    assert not is_endless(functions, triggers | {"clicks": clicks | {"batch_size": 2}})


def test_mappings_on_one_queue_share_what_comes_to_it():
    triggers = {
        "q": {"type": "sqs", "target": "f", "queue": {"backlog": 1}},
        "too": {"type": "sqs", "target": "g", "queue": {"shared_with": "q"}},
    }
    functions = {name: function({"to": "q"}, recursive_loop="Allow") for name in ("f", "g")}
    assert is_endless(functions, triggers)
    functions["g"] = function(recursive_loop="Allow")
    assert not is_endless(functions, triggers)
    functions["f"]["handler"]["emits"][0]["events"] = 2  # and half of them go to the other
    assert is_endless(functions, triggers)


def test_only_the_loop_that_never_ends_is_told_and_nothing_of_a_clock():
    functions = {
        "f": function({"to": "r", "probability": "90%"}),
        "g": function({"to": "s"}),
        "h": function({"to": "clock"}),
    }
    triggers = {
        "r": RULE,
        "s": {"type": "kinesis", "target": "g", "arrivals": STARTED},
        "clock": {"type": "schedule", "target": "h", "arrivals": {"schedule": {"expression": "rate(1 minute)"}}},
    }
    lines = complaints(world(functions, triggers))
    assert [(line.split(": ")[1], line.split("[")[-1]) for line in lines] == [
        ("functions.g.handler.emits[0].to", "endless_loop]"),
        ("functions.h.handler.emits[0].to", "unsuited_sink]"),
    ]


def test_many_functions_that_feed_each_other_are_checked_in_no_time():
    names = [f"f{n}" for n in range(40)]
    emits = [{"to": f"to-{name}", "probability": "2%"} for name in names]
    functions = {name: function(*emits) for name in names}
    triggers = {f"to-{name}": RULE | {"target": name} for name in names}
    begun_s = time.perf_counter()
    assert not is_endless(functions, triggers)
    functions["f0"]["handler"]["emits"] = [emit | {"probability": "50%"} for emit in emits]
    assert is_endless(functions, triggers)
    assert time.perf_counter() - begun_s < 20


def test_a_chain_of_a_thousand_functions_is_no_loop():
    functions = {f"f{n}": function({"to": f"t{n + 1}"}) for n in range(1000)} | {"f1000": function()}
    triggers = {f"t{n}": {"type": "eventbridge", "target": f"f{n}"} for n in range(1001)}
    assert not is_endless(functions, triggers)
