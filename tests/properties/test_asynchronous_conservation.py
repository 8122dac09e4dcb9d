"""No asynchronous event is lost, whatever its source, its luck, and who keeps what failed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.codes import Fate, Kept, Outcome
from lambdasim.records import NEVER
from tests.properties.strategies import ARRIVALS, EXAMPLES, functions, lifecycles, parameters, run, share

SOURCES = ("direct_async", "s3", "sns", "eventbridge", "schedule")
BOOK = "triggers/asynchronous"
ENDPOINTS = st.sampled_from(
    [
        {},
        {},
        {"endpoint": {"error_rate": "30%"}},
        {"endpoint": {"error_rate": "100%"}},
        {"endpoint": {"outages": [{"at": "1 s", "for": "4 s"}]}},
    ]
)
FEW_RETRIES = {"retry_policy": {"maximum_retry_attempts": 2}}


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Any]:
    """A source of any kind, for one function or both."""
    kind = draw(st.sampled_from(SOURCES))
    trigger: dict[str, Any] = {"type": kind, "arrivals": draw(ARRIVALS)} | draw(ENDPOINTS)
    if kind == "schedule":
        trigger["arrivals"] = {"schedule": {"expression": "rate(1 minute)"}}
    if kind in ("eventbridge", "schedule"):
        trigger |= draw(st.sampled_from([{}, FEW_RETRIES]))
    if kind == "eventbridge":
        waits = {"bus": "custom", "invocation_type": "REQUEST_RESPONSE"}
        trigger |= draw(st.sampled_from([{}, {"bus": "custom"}, waits]))
    if kind in ("sns", "eventbridge", "schedule"):
        trigger |= draw(st.sampled_from([{}, {"dead_letter_config": {"target": "discard-counted"}}]))
    if kind in ("sns", "eventbridge") and draw(st.booleans()):
        return {**trigger, "targets": ["a", "b"]}
    return {**trigger, "target": draw(st.sampled_from(["a", "b"]))}


@st.composite
def asynchronous_worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Up to three sources for two functions, which hand on to a third what fails, succeeds or follows."""
    both = {name: draw(functions()) for name in ("a", "b")}
    for function in both.values():
        config: dict[str, Any] = {"maximum_retry_attempts": draw(st.sampled_from([0, 1, 2]))}
        config["maximum_event_age_in_seconds"] = draw(st.sampled_from([60, 120, 21600]))
        config |= draw(st.sampled_from([{}, {"on_failure": "failed"}, {"on_success": "succeeded"}]))
        function["event_invoke_config"] = config
        if draw(st.booleans()):
            function["dead_letter_config"] = {"target": "letters"}
        if draw(st.booleans()):
            function["handler"]["emits"] = [{"to": "emitted", "events": draw(st.sampled_from([1, 2]))}]
    both["z"] = {"runtime": "python3.13", "handler": {"duration": "1 ms"}}
    triggers = {f"t{number}": draw(sources()) for number in range(draw(st.integers(1, 3)))}
    sinks = {"failed": "direct_async", "succeeded": "direct_async", "emitted": "s3", "letters": "sns"}
    return {
        "name": "world",
        "seed": draw(st.integers(0, 1000)),
        "duration": draw(st.sampled_from(["1 s", "10 s", "70 s"])),
        "drain": draw(st.sampled_from(["0 s", "3 s", "70 s", "15m", "7h"])),
        "account": {"concurrent_executions": draw(st.sampled_from([15, 20, 1000]))},
        "lifecycle": draw(lifecycles()),
        "parameters": draw(parameters())
        | {f"{BOOK}/event_queue/duplicated": draw(share(0, 0, 50)), f"{BOOK}/sns/retries/after_backoff": 5},
        "functions": both,
        "triggers": triggers | {name: {"type": kind, "target": "z"} for name, kind in sinks.items()},
    }


def logs(world):
    """The run; its two logs as int64, the names of its triggers, and whether events are doubled."""
    outcome = run(world)
    events = {name: values.astype(np.int64) for name, values in outcome.result.event_columns.items()}
    return outcome, events, outcome.log, world["parameters"][f"{BOOK}/event_queue/duplicated"] != "0%"


@EXAMPLES
@given(asynchronous_worlds())
def test_every_event_has_one_row_for_each_target_or_is_in_flight(world):
    outcome, events, _, _ = logs(world)
    triggers = outcome.result.summary()["triggers"]
    keys = list(zip(events["trigger"], events["event"], events["function"], strict=True))
    assert len(set(keys)) == len(keys)
    for index, (name, trigger) in enumerate(world["triggers"].items()):
        mine = events["trigger"] == index
        found, targets = triggers[name], len(trigger.get("targets", ["one"]))
        assert found["events"] == mine.sum() + found["in_flight"]
        assert found["events"] % targets == 0
        assert events["event"][mine].max(initial=-1) < found["events"] // targets  # numbered from 0, without gaps
        unreachable = trigger.get("endpoint") == {"error_rate": "100%"}  # then sources try for a day
        if world["drain"] == "7h" and not unreachable:  # the longest event age, all retries and runs
            assert found["in_flight"] == 0


@EXAMPLES
@given(asynchronous_worlds())
def test_an_ended_event_has_as_many_attempts_and_runs_as_the_invocation_log_shows(world):
    _, events, log, doubled = logs(world)
    admitted = log["outcome"] != Outcome.THROTTLED
    keys = list(zip(log["trigger"], log["event"], log["function"], strict=True))
    sent, ran = Counter(keys), Counter(key for key, was in zip(keys, admitted, strict=True) if was)
    for trigger, event, function, attempts, runs in zip(
        *(events[name] for name in ("trigger", "event", "function", "attempts", "runs")), strict=True
    ):
        key = (trigger, event, function)
        if doubled:  # a duplicate may go on after its original has ended
            assert sent[key] >= attempts >= runs
            assert ran[key] >= runs
        else:
            assert (sent[key], ran[key]) == (attempts, runs)
    assert len(set(zip(keys, log["attempt"], strict=True))) == len(keys)


@EXAMPLES
@given(asynchronous_worlds())
def test_who_keeps_events_has_as_many_as_were_handed_on(world):
    outcome, events, _, doubled = logs(world)
    if doubled:  # duplicates hand on without a row
        return
    names = list(world["triggers"])
    functions_ = world["functions"]
    offered = {name: outcome.result.summary()["triggers"][name]["events"] for name in names}
    handed_on = dict.fromkeys(("failed", "succeeded", "letters", "emitted"), 0)
    for trigger, function, fate, kept in zip(
        *(events[name] for name in ("trigger", "function", "fate", "kept")), strict=True
    ):
        settings = functions_[list(functions_)[function]]
        if fate == Fate.UNDELIVERED:  # the source's own dead-letter queue, which nobody reads
            assert bool(kept) == ("dead_letter_config" in world["triggers"][names[trigger]])
            continue
        config = settings.get("event_invoke_config", {})
        waits = world["triggers"][names[trigger]].get("invocation_type") == "REQUEST_RESPONSE"
        succeeded = fate == Fate.SUCCESS
        expected = Kept.NOWHERE
        if not waits and ("on_success" if succeeded else "on_failure") in config:
            expected |= Kept.DESTINATION
            handed_on["succeeded" if succeeded else "failed"] += 1
        if not succeeded and "dead_letter_config" in settings:
            expected |= Kept.DEAD_LETTER_QUEUE
            handed_on["letters"] += 1
        assert kept == expected
        if succeeded:
            handed_on["emitted"] += sum(emit["events"] for emit in settings["handler"].get("emits", []))
    for name, count in handed_on.items():
        assert offered[name] == count, name


@EXAMPLES
@given(asynchronous_worlds())
def test_the_times_of_an_event_are_in_order_and_its_fate_fits_them(world):
    _, events, log, _ = logs(world)
    config = [function.get("event_invoke_config", {}) for function in world["functions"].values()]
    age_us = np.array([one.get("maximum_event_age_in_seconds", 21600) * 1_000_000 for one in config])
    retries = np.array([one.get("maximum_retry_attempts", 2) for one in config])
    function, fate, queued_us = events["function"], events["fate"], events["queued_us"]
    queued = queued_us != NEVER
    assert np.all(events["arrived_us"] <= events["ended_us"])
    assert np.all((events["arrived_us"] <= queued_us)[queued])
    assert np.all((queued_us <= events["ended_us"])[queued])
    assert np.all((events["ended_us"] - queued_us > age_us[function])[fate == Fate.EXPIRED])
    reserved = [one.get("reserved_concurrent_executions") for one in world["functions"].values()]
    stopped = np.array([number == 0 for number in reserved])
    assert np.all((fate == Fate.RESERVED_ZERO)[stopped[function] & queued & (fate != Fate.EXPIRED)])
    if world["parameters"][f"{BOOK}/event_queue/duplicated"] == "0%":
        exhausted = fate == Fate.RETRIES_EXHAUSTED
        assert np.all((events["runs"] == retries[function] + 1)[exhausted])
        assert np.all((events["runs"] <= retries[function] + 1)[queued])
    by_queue = np.isin(log["trigger"], np.unique(events["trigger"][queued]))
    late_us = (log["invoked_us"] - log["arrived_us"])[by_queue]
    assert np.all(late_us >= 0)
    assert np.all(late_us <= age_us[log["function"][by_queue]])
