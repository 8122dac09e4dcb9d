"""Incidents that overlap as they please: what holds at each instant, and that nothing is left of them."""

from __future__ import annotations

import copy
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import lambdasim
from lambdasim.codes import EndCause
from lambdasim.parameters.book import load_book
from lambdasim.records import NEVER
from lambdasim.service.concurrency import ConcurrencyLimits
from tests.properties.strategies import EXAMPLES, run, share, worlds
from tests.worlds import world

S = 1_000_000
FEW = settings(EXAMPLES, max_examples=40)
FACTORS = st.sampled_from(["x0.5", "x2", "x3"])


@st.composite
def spans(draw: st.DrawFn, until_s: int = 9) -> dict[str, str]:
    """When something begins and how long it lasts: whole seconds, so that much happens at once."""
    span = {"at": f"{draw(st.integers(0, until_s))}s"}
    if draw(st.booleans()):
        span["for"] = f"{draw(st.integers(1, until_s))}s"
    return span


@st.composite
def slowdowns(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {**draw(spans()), "function": "f", "handler": {"duration": draw(FACTORS)}}
    return {**draw(spans()), "downstream": draw(st.sampled_from(["db", "cache"])), "latency": draw(FACTORS)}


def holds(incident: dict[str, Any], at_s: float) -> bool:
    """Whether it is under way at an instant; one that begins there is."""
    begin_s = int(incident["at"].removesuffix("s"))
    return begin_s <= at_s < begin_s + int(incident.get("for", "1000000s").removesuffix("s"))


def factor(incidents: list[dict[str, Any]], at_s: float) -> float:
    """By which a run is slower that begins then: half of the handler waits, a fifth of that for the database."""
    now = [incident for incident in incidents if holds(incident, at_s)]
    own = math.prod(float(i["handler"]["duration"][1:]) for i in now if "handler" in i)
    waits = {"db": 0.2, "cache": 0.8}
    for incident in now:
        if "latency" in incident:
            waits[incident["downstream"]] *= float(incident["latency"][1:])
    return own * (0.5 + 0.5 * sum(waits.values()))


@EXAMPLES
@given(st.lists(slowdowns(), max_size=5))
def test_factors_multiply_while_they_overlap_and_leave_nothing_behind(incidents):
    document = world(
        function={"connections": [{"to": "db", "waiting": "20%"}, {"to": "cache"}], "timeout": 900},
        handler={"duration": "100 ms", "cpu_fraction": "50%"},
        init={"duration": "0 s"},
        trigger={"arrivals": {"constant": {"rate": "2/s"}}},
        duration="20s",
        downstream={"db": {}, "cache": {}},
        incidents=incidents,
    )
    columns = lambdasim.simulate(lambdasim.parse_scenario(yaml.safe_dump(document))).invocation_columns
    took_us = columns["ended_us"] - columns["started_us"]
    expected_us = [round(100_000 * factor(incidents, at_us / S)) for at_us in columns["started_us"]]
    assert np.all(np.abs(took_us - expected_us) <= 1)


RESERVED = st.sampled_from([0, 1, 2, 4, "none"])


@st.composite
def incidents(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """An incident of any kind, but what a world without a VPC can't have."""
    span, kind = draw(spans()), draw(st.sampled_from(["function", "function", "account", "downstream"]))
    if kind == "account":
        return {**span, "account": {"concurrent_executions": draw(st.sampled_from([15, 16, 50]))}}
    if kind == "downstream":
        changes = {"latency": FACTORS, "error_rate": share(0, 30), "throttle": st.sampled_from(["0/s", "3/s"])}
        return {**span, "downstream": "db", **draw(some_of(changes))}
    handler = some_of({"duration": FACTORS, "error_rate": share(0, 30), "crash_rate": share(0, 30)})
    changes = {"handler": handler, "reserved_concurrent_executions": RESERVED, "update_function_code": st.just(True)}
    return {**span, "function": draw(st.sampled_from(names)), **draw(some_of(changes))}


def some_of(changes: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """At least one of them."""
    return st.fixed_dictionaries({}, optional=changes).filter(bool)


@st.composite
def troubled(draw: st.DrawFn, **fixed: Any) -> dict[str, Any]:
    """A world with incidents, whose functions connect to a database and reserve so little that all of it can be had."""
    calm = draw(worlds(duration="10 s", **fixed))
    names = tuple(calm["functions"])
    for function in calm["functions"].values():
        function["connections"] = {"to": "db", "per_environment": 2}
        function.pop("snap_start", None)  # its $LATEST would not be invoked, and could not be updated
    return {
        **calm,
        "downstream": {"db": {"max_connections": 5}},
        "incidents": draw(st.lists(incidents(names), max_size=5)),
    }


@FEW
@given(troubled(drain="15m"))
def test_events_are_conserved_and_all_is_over_by_the_end_whatever_happens(document):
    summary = run(document).result.summary()
    for entry in (*summary["functions"].values(), *summary["triggers"].values()):
        assert entry["in_flight"] == 0
        assert entry["events"] == entry["successes"] + entry["final_failures"]["total"]


@FEW
@given(troubled())
def test_the_same_scenario_gives_the_same_logs_twice(document):
    first, second = (run(copy.deepcopy(document)).result for _ in range(2))
    for name in ("invocation_columns", "environment_columns", "event_columns", "change_columns"):
        one, two = getattr(first, name), getattr(second, name)
        assert all(np.array_equal(one[column], two[column]) for column in one)
    assert {**first.summary(), "wall_s": 0, "invocations_per_wall_s": 0} == {
        **second.summary(), "wall_s": 0, "invocations_per_wall_s": 0,
    }  # fmt: skip


@FEW
@given(troubled())
def test_the_change_log_has_each_incident_once_as_it_begins_and_once_as_it_ends(document):
    outcome = run(document)
    changes = outcome.result.change_columns
    expected = []
    for number, incident in enumerate(document["incidents"]):
        begin_s = int(incident["at"][:-1])
        expected.append((begin_s * S, 0, number))
        end_s = begin_s + int(incident.get("for", "1000000s")[:-1])
        if end_s * S <= outcome.ended_us:
            expected.append((end_s * S, 1, number))
    logged = zip(*(changes[name].tolist() for name in ("at_us", "change", "value")), strict=True)
    assert sorted(logged) == sorted(expected)
    assert np.all(np.diff(changes["at_us"]) >= 0)


@FEW
@given(troubled(drain="15m"))
def test_new_code_leaves_no_environment_that_was_there_before(document):
    outcome = run(document)
    lives, ran = outcome.lives, outcome.ran
    names = list(document["functions"])
    for incident in document["incidents"]:
        if "update_function_code" not in incident:
            continue
        at_us = int(incident["at"][:-1]) * S
        older = (lives["function"] == names.index(incident["function"])) & (lives["created_us"] < at_us)
        for number in lives["environment"][older]:
            ended_us, runs = lives["ended_us"][number], ran["environment"] == number
            assert ended_us != NEVER
            assert not np.any(ran["invoked_us"][runs] > at_us)
            if lives["end_cause"][number] == EndCause.DEPLOYMENT:
                assert ended_us == max(at_us, ran["ended_us"][runs].max(initial=0)) or ended_us <= at_us


@FEW
@given(worlds(duration="10 s"))
def test_what_changes_nothing_leaves_every_row_as_it_was(calm):
    for function in calm["functions"].values():
        function["connections"] = {"to": "db"}
    calm["downstream"] = {"db": {}}
    neutral = [
        {"at": "2s", "for": "3s", "downstream": "db", "latency": "x1", "error_rate": 0.0},
        {"at": "4s", "function": "a", "handler": {"duration": "x1", "error_rate": 0.0}},
        {
            "at": "5s",
            "account": calm["account"] and {"concurrent_executions": calm["account"]["concurrent_executions"]},
        },
    ]
    without, beside = run(calm), run({**calm, "incidents": neutral})
    for name in ("log", "lives"):
        one, two = getattr(without, name), getattr(beside, name)
        assert all(np.array_equal(one[column], two[column]) for column in one)


STEPS = st.lists(
    st.tuples(st.just("run"), st.integers(0, 2))
    | st.tuples(st.just("end"), st.integers(0, 50))
    | st.tuples(st.just("reserve"), st.integers(0, 2), st.none() | st.integers(0, 4))
    | st.tuples(st.just("quota"), st.integers(8, 15)),
    max_size=60,
)


@EXAMPLES
@given(st.tuples(*[st.none() | st.integers(0, 3)] * 3), STEPS)
def test_limits_count_what_runs_whatever_changes_under_way(reserved, steps):
    account = SimpleNamespace(concurrent_executions=12, scaling="per_function")
    functions = [SimpleNamespace(reserved_concurrent_executions=r, is_provisioned=False) for r in reserved]
    span_us = (0, 60 * S)
    limits = ConcurrencyLimits(account, "us-east-1", functions, load_book(), span_us, reserving=True)
    now_us, running, kept, quota = 0, [], list(reserved), 12
    for step in steps:
        now_us += S // 3
        if step[0] == "run":
            [_, function] = step
            pooled = sum(kept[f] is None for f in running)
            room = quota - sum(filter(None, kept)) - pooled if kept[function] is None else (
                kept[function] - running.count(function)
            )  # fmt: skip
            reason = limits.admit(limits.functions[function], now_us, must_start=False, rate_limited=False)
            assert (reason is None) == (room > 0)
            running += [function] if reason is None else []
        elif step[0] == "end" and running:
            function = running.pop(step[1] % len(running))
            limits.release(limits.functions[function], now_us)
        elif step[0] == "reserve":
            kept[step[1]] = step[2]
            limits.set_reserved(step[1], step[2], now_us)
        elif step[0] == "quota":
            quota = step[1]
            limits.set_quota(quota, now_us)
        assert limits.account.in_flight == len(running)
        assert limits.unreserved.in_flight == sum(kept[f] is None for f in running)
        for function, own in enumerate(limits.functions):
            assert own.level.in_flight == running.count(function)
    for function in running:
        limits.release(limits.functions[function], now_us)
    for own in limits.functions:
        assert {level.in_flight for level in own.levels} == {0}
