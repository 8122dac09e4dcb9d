"""Who shares what in an account: groups that run together, why, and the parts that they are put in."""

from __future__ import annotations

import pytest
import yaml

import lambdasim
from lambdasim.kernel.sharing import PARTS, groups_of, part_of, parts_of, set_aside, why_not_apart
from lambdasim.scenario.facts import header_of

FUNCTION = {"runtime": "python3.13", "handler": {"duration": "80 ms"}}
POISSON = {"poisson": {"rate": "1/s"}}


def world(functions, triggers, **keys):
    functions = {name: {**FUNCTION, **own} for name, own in functions.items()}
    text = yaml.safe_dump({"name": "world", "duration": "1h", "functions": functions, "triggers": triggers, **keys})
    return lambdasim.parse_scenario(text)


def three(triggers, functions=None, **keys):
    calls = {f"to-{name}": {"type": "direct", "target": name, "arrivals": POISSON} for name in "abc"}
    return world({"a": {}, "b": {}, "c": {}} | (functions or {}), calls | triggers, **keys)


def grouped(scenario):
    return [(group.functions, group.because) for group in groups_of(scenario)]


def test_functions_that_share_nothing_are_groups_of_their_own():
    assert grouped(three({})) == [(("a",), ()), (("b",), ()), (("c",), ())]
    assert why_not_apart(three({})) == []


@pytest.mark.parametrize(
    ("triggers", "functions", "because"),
    [
        ({"t": {"type": "sns", "targets": ["c", "a"]}}, {}, "triggers.t invokes c, a"),
        (
            {"t": {"type": "journey", "arrivals": POISSON, "flows": [{"steps": [{"invoke": "a"}, {"invoke": "c"}]}]}},
            {},
            "triggers.t invokes a, c",
        ),
        (
            {"r": {"type": "eventbridge", "target": "a"}, "s": {"type": "eventbridge", "target": "c"}},
            {},
            "rules of EventBridge share its quota of invocations per second",
        ),
        (
            {"q": {"type": "direct_async", "target": "c"}},
            {"a": {"handler": {"duration": "80 ms", "emits": [{"to": "q"}]}}},
            "functions.a feeds triggers.q",
        ),
        (
            {"in": {"type": "s3", "target": "a"}, "t": {"type": "sns", "target": "c"}},
            {"a": {"dead_letter_config": {"target": "t"}}},
            "functions.a feeds triggers.t",
        ),
        (
            {},
            {name: {"provisioned_concurrent_executions": 2} for name in "ac"},
            "provisioned concurrency is claimed from one pool, in one order",
        ),
    ],
    ids=["topic", "journey", "rules", "emits", "dead letters", "provisioned"],
)
def test_what_is_shared_ties_functions_together(triggers, functions, because):
    assert grouped(three(triggers, functions)) == [(("a", "c"), (because,)), (("b",), ())]


def test_ties_go_on_from_one_function_to_the_next():
    topics = {"t": {"type": "sns", "targets": ["a", "b"]}, "u": {"type": "sns", "targets": ["b", "c"]}}
    scenario = three(topics)
    because = ("triggers.t invokes a, b", "triggers.u invokes b, c")
    assert grouped(scenario) == [(("a", "b", "c"), because)]
    assert why_not_apart(scenario) == ["; ".join(("there is nothing to part", *because))]


def test_a_burst_that_all_functions_share_and_a_claim_that_changes_can_t_be_parted():
    assert why_not_apart(three({}, account={"scaling": "regional_burst"})) == [
        "account.scaling: all functions share the Region's burst"
    ]
    alias = {"function_version": "1", "provisioned_concurrent_executions": 2}
    alias["autoscaling"] = {"min_capacity": 1, "max_capacity": 5, "target_value": 0.7}
    scaled = {"a": {"aliases": {"live": alias}}}
    assert why_not_apart(three({}, scaled)) == [
        "functions.a scales the provisioned concurrency that live takes from all others"
    ]
    scaled["a"]["reserved_concurrent_executions"] = 10
    assert why_not_apart(three({}, scaled)) == []


def test_what_the_compiled_engine_does_not_know_is_not_parted():
    queue = {"q": {"type": "sqs", "target": "a", "arrivals": POISSON}}
    assert why_not_apart(three(queue)) == ["triggers.q is polled (sqs)"]


def test_parts_hold_whole_groups_about_as_many_events_each_and_every_function_once():
    functions = {f"f{n}": {} for n in range(40)}
    triggers = {
        f"t{n}": {"type": "direct", "target": f"f{n}", "arrivals": {"poisson": {"rate": f"{n + 1}/s"}}}
        for n in range(40)
    }
    triggers["topic"] = {"type": "sns", "targets": ["f0", "f39"]}
    scenario = world(functions, triggers)
    parts, order = parts_of(scenario), list(scenario.functions)
    assert len(parts) == PARTS
    assert sorted(name for part in parts for name in part) == sorted(functions)
    assert any({"f0", "f39"} <= set(part) for part in parts)
    events = [sum(int(name[1:]) + 1 for name in part) for part in parts]
    assert max(events) - min(events) <= 10
    assert all(list(part) == sorted(part, key=order.index) for part in parts)


def test_there_are_no_more_parts_than_groups_and_one_of_no_events_is_one_too():
    scenario = three({}, {"quiet": {}})
    assert sorted(map(len, parts_of(scenario))) == [1, 1, 1, 1]


def test_a_part_is_an_account_of_its_own_on_the_same_book():
    scenario = three({}, parameters={"scaling/per_function/burst": 7})
    part = part_of(scenario, ("a", "c"))
    assert (list(part.functions), list(part.triggers)) == (["a", "c"], ["to-a", "to-c"])
    assert part.book.value("scaling/per_function/burst") == 7
    assert [function.name for function in header_of(part, 0).functions] == ["a", "c"]
    assert (list(scenario.functions), part.seed, part.ends_us) == (["a", "b", "c"], scenario.seed, scenario.ends_us)


def test_what_is_set_aside_is_reserved_or_provisioned_but_not_both():
    own = {"reserved_concurrent_executions": 10, "provisioned_concurrent_executions": 4}
    scenario = three({}, {"a": own, "b": {"provisioned_concurrent_executions": 3}})
    assert set_aside(scenario) == 13
