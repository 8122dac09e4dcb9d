"""How many events are to be expected where, before any run: own ones, and those that functions hand on."""

import pytest
from small_scenario import complaints
from test_loops import EVENTS, RULE, STARTED, function, world

from lambdasim.scenario.flows import events_and_flows
from lambdasim.scenario.load import parse_scenario


def events(functions, triggers, **keys):
    scenario = parse_scenario(world(functions, triggers, **keys))
    return {
        "/".join(place): count for place, count in events_and_flows(scenario, scenario.book, enough=1e12)[0].items()
    }


def test_each_function_gets_every_event_of_a_fan_out_and_hands_on_what_it_emits():
    triggers = {
        "topic": {"type": "sns", "targets": ["f", "g"], "arrivals": {"constant": {"rate": "10/s"}}},
        "q": {"type": "sqs", "target": "h", "queue": {"backlog": 50}},
        "clock": {"type": "schedule", "target": "h", "arrivals": {"schedule": {"expression": "rate(1 minute)"}}},
    }
    functions = {"f": function({"to": "q", "events": 3, "probability": "50%"}), "g": function(), "h": function()}
    counts = events(functions, triggers)
    assert counts == pytest.approx({"topic/f": 600, "topic/g": 600, "q/h": 50 + 900, "clock/h": 1})


def test_a_loop_that_lambda_stops_has_a_run_for_each_step_and_one_more_event():
    assert events({"f": function({"to": "e"})}, {"e": EVENTS}) == {"e/f": 17}


@pytest.mark.parametrize(
    ("source", "keys"),
    [(RULE, {}), (EVENTS, {"recursive_loop": "Allow"})],
)
def test_a_loop_that_dies_out_has_a_geometric_number_of_events(source, keys):
    counts = events({"f": function({"to": "e", "probability": "99.9%"}, **keys)}, {"e": source})
    assert counts["e/f"] == pytest.approx(1000, rel=1e-3)


def test_what_fails_for_sure_is_counted_where_it_goes():
    triggers = {
        "e": EVENTS | {"arrivals": STARTED | {"at_once": {"events": 100, "at": "0s", "over": "0s"}}},
        "dead": {"type": "sqs", "target": "g"},
    }
    config = {"event_invoke_config": {"on_failure": "dead", "maximum_retry_attempts": 1}}
    assert events({"f": function(error_rate="50%", **config), "g": function()}, triggers)["dead/g"] == 25


def test_too_many_events_are_put_down_to_what_brings_them():
    triggers = {"e": EVENTS, "q": {"type": "sqs", "target": "g"}}
    (problem,) = complaints(world({"f": function({"to": "q", "events": 10**10}), "g": function()}, triggers))
    assert (
        ": functions.f.handler.emits[0].to: with those that functions feed on there would be more than 1e+09" in problem
    )
    many = {"poisson": {"rate": "100000000/s"}}
    (problem,) = complaints(world({"f": function()}, {"a": EVENTS, "b": EVENTS | {"arrivals": many}}))
    assert ": triggers.b.arrivals: about 6e+09 events in 1 min; at most 1e+09" in problem


def test_a_limit_on_loops_beyond_all_reason_holds_nobody_up():
    keys = {"parameters": {"triggers/recursion/limit": 10**15}}
    assert events({"f": function({"to": "e"})}, {"e": EVENTS}, **keys)["e/f"] > 100_000
