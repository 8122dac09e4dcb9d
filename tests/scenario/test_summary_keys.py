"""The keys that a measure may name are those that summaries have: no key is missing, and none is there in vain."""

from __future__ import annotations

import pytest

from lambdasim.scenario.summary_keys import ANY_STATUS, COUNTED, TRIGGER_TYPES, trigger_keys
from tests.worlds import run, world

NOT_NUMBERS = {"type", "lines"}  # which stand beside them
QUEUE = {"visibility_timeout": "180 s"}
VARIETIES = {  # what shows a key that not each trigger of its type has
    "sqs": [
        {"queue": {**QUEUE, "backlog": 500}, "arrivals": "none"},
        {"provisioned_poller_config": {"minimum_pollers": 2, "maximum_pollers": 5}},
    ],
    "eventbridge": [{"bus": "custom", "invocation_type": "REQUEST_RESPONSE"}],
    "kinesis": [{"enhanced_fan_out": True}],
}
REQUIRED = {
    "sqs": {"queue": QUEUE},
    "schedule": {"arrivals": {"schedule": {"expression": "rate(1 minute)"}}},
    "journey": {"flows": [{"steps": [{"invoke": "f"}]}]},
}


def summary_of(kind, more):
    trigger = {"type": kind, "target": "f", "arrivals": {"constant": {"rate": "1/s"}}, **REQUIRED.get(kind, {}), **more}
    if kind == "journey":
        del trigger["target"]
    document = world(duration="90s", handler={"duration": "10 ms"}) | {"triggers": {"t": trigger}}
    return run(document).summary()["triggers"]["t"]


def leaves(node, path=()):
    for key, below in node.items():
        if key in NOT_NUMBERS:
            continue
        here = (*path, key)
        if key in COUNTED:  # only what occurred is below
            yield here
        elif isinstance(below, dict):
            yield from leaves(below, here)
        else:
            yield here


def known(keys, path=()):
    for key, below in keys.items():
        if below is None or key in COUNTED:
            yield (*path, key)
        else:
            yield from known(below, (*path, key))


@pytest.mark.parametrize("kind", TRIGGER_TYPES)
def test_a_measure_of_a_trigger_may_name_what_its_summary_has_and_nothing_else(kind):
    found = [summary_of(kind, more) for more in ({}, *VARIETIES.get(kind, ()))]
    assert set(known(trigger_keys(kind))) == {leaf for summary in found for leaf in leaves(summary)}
    for summary in found:
        assert summary["final_failures"].keys() <= trigger_keys(kind)["final_failures"].keys()
        assert all(status.isdecimal() for status in summary.get("status_codes", ()))
        assert ("status_codes" in summary) == (trigger_keys(kind).get("status_codes") == {ANY_STATUS: None})
