"""Which functions of an account must be simulated together, and into which parts the others fall.

Functions that share nothing but the account's limits do what they do, whatever the others do, as long as those limits
never bind. So the account can be simulated in parts, side by side; that its limits did not bind is seen afterwards
(metrics.steps). What shares more than that makes a group, and a group is never parted. Parts depend on the scenario
alone, never on who runs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lambdasim.kernel.eligibility import why_not_compiled
from lambdasim.scenario.links import Link, links_of_function, links_of_trigger
from lambdasim.scenario.model import Origin
from lambdasim.scenario.targets import Queued
from lambdasim.workload.expected import expected_events

if TYPE_CHECKING:
    from lambdasim.scenario.model import Scenario

PARTS = 8
"""The most parts: enough to keep some workers busy, few enough that what each of them costs to start is little."""


@dataclass(frozen=True, slots=True)
class Group:
    """Functions that must run together, in the scenario's order, and why; and how many events are expected there."""

    functions: tuple[str, ...]
    because: tuple[str, ...]
    events: float


def groups_of(scenario: Scenario) -> list[Group]:
    """The groups of a scenario, in the order of their first functions; most have one function, and no reason."""
    leaders = {name: name for name in scenario.functions}

    def leader(name: str) -> str:
        while leaders[name] != name:
            leaders[name] = leaders[leaders[name]]
            name = leaders[name]
        return name

    ties = list(_ties(scenario))
    for functions, _ in ties:
        for name in functions:
            leaders[leader(name)] = leader(functions[0])
    members: dict[str, list[str]] = {}
    for name in scenario.functions:
        members.setdefault(leader(name), []).append(name)
    reasons: dict[str, list[str]] = {}
    for functions, because in ties:
        reasons.setdefault(leader(functions[0]), []).append(because)
    events = dict.fromkeys(members, 0.0)
    for trigger in scenario.triggers.values():
        expected = expected_events(trigger.arrivals, scenario.duration_us)
        events[leader(trigger.functions[0])] += expected * len(trigger.functions)
    return [Group(tuple(own), tuple(reasons.get(first, ())), events[first]) for first, own in members.items()]


def _ties(scenario: Scenario) -> Iterator[tuple[Sequence[str], str]]:
    """What ties functions to each other: their names, and why."""
    rules, kept_ready = list[str](), list[str]()
    for name, trigger in scenario.triggers.items():
        if len(trigger.functions) > 1:
            yield trigger.functions, f"triggers.{name} invokes {', '.join(trigger.functions)}"
        if trigger.type == "eventbridge":
            rules += trigger.functions
        if isinstance(trigger, Queued):
            yield from _fed(scenario, f"triggers.{name}", trigger.functions, links_of_trigger(name, trigger))
    for name, function in scenario.functions.items():
        yield from _fed(scenario, f"functions.{name}", (name,), links_of_function(name, function))
        if any(alias.provisioned_concurrent_executions is not None for alias in function.pointers.values()):
            kept_ready.append(name)
    if len(set(rules)) > 1:
        yield rules, "rules of EventBridge share its quota of invocations per second"
    if len(kept_ready) > 1:
        yield kept_ready, "provisioned concurrency is claimed from one pool, in one order"


def _fed(
    scenario: Scenario, feeder: str, functions: Sequence[str], links: Iterator[Link]
) -> Iterator[tuple[Sequence[str], str]]:
    """Who gets events that ``functions``, or what triggers them, hand on."""
    for link in links:
        if link.to in scenario.triggers:
            yield (*functions, *scenario.triggers[link.to].functions), f"{feeder} feeds triggers.{link.to}"


def why_not_apart(scenario: Scenario) -> list[str]:
    """What stands in the way of simulating a scenario in parts; empty if nothing does."""
    reasons = why_not_compiled(scenario)
    if scenario.account.scaling == "regional_burst":
        reasons.append("account.scaling: all functions share the Region's burst")
    for name, function in scenario.functions.items():
        scaled = [pointer for pointer, alias in function.pointers.items() if alias.autoscaling is not None]
        if scaled and function.reserved_concurrent_executions is None:
            reasons.append(
                f"functions.{name} scales the provisioned concurrency that {scaled[0]} takes from all others"
            )
    groups = groups_of(scenario)
    if len(groups) == 1:
        reasons.append("; ".join(("there is nothing to part", *groups[0].because)))
    return reasons


def parts_of(scenario: Scenario) -> list[tuple[str, ...]]:
    """The names of the functions of each part, in the scenario's order: its groups, about as many events in each."""
    groups = groups_of(scenario)
    sizes, members = [0.0] * min(PARTS, len(groups)), [list[str]() for _ in range(min(PARTS, len(groups)))]
    for group in sorted(groups, key=lambda group: (-group.events, group.functions)):
        lightest = min(range(len(sizes)), key=lambda part: (sizes[part], len(members[part])))
        sizes[lightest] += group.events
        members[lightest] += group.functions
    places = {name: place for place, name in enumerate(scenario.functions)}
    return [tuple(sorted(part, key=places.__getitem__)) for part in members]


def part_of(scenario: Scenario, functions: Sequence[str]) -> Scenario:
    """The same account with these functions alone, and what triggers them: whole groups.

    Luck goes by names, so that each function does there what it does in ``scenario``. Its book is a copy, nothing of
    which is used yet.
    """
    own = set(functions)
    part = scenario.model_copy(
        update={
            "functions": {name: scenario.functions[name] for name in functions},
            "triggers": {name: t for name, t in scenario.triggers.items() if not own.isdisjoint(t.functions)},
            "thresholds": (),
        }
    )
    written = replace(scenario.written, text="", content=b"", overrides={})
    part.read_from(Origin(scenario.book.override({}), scenario.sha256, written))
    return part


def set_aside(scenario: Scenario) -> int:
    """What reserved and provisioned concurrency take from the unreserved pool, where nothing changes that."""
    return sum(
        function.reserved_concurrent_executions
        if function.reserved_concurrent_executions is not None
        else sum(alias.provisioned_concurrent_executions or 0 for alias in function.pointers.values())
        for function in scenario.functions.values()
    )
