"""Checks of how large a run would be: what no machine gets through is refused before it is begun."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import Queued
from lambdasim.scenario.triggers import JourneyTrigger, Trigger
from lambdasim.units import US_PER_MINUTE, US_PER_S, format_us
from lambdasim.workload.expected import expected_events

Findings = Iterator[tuple[tuple[str | int, ...], str]]
_MOST_EVENTS = 10**9  # hours of work, and of a full log 80 GB
_MOST_CLIENTS = 10**5
_SHORTEST_LIFETIME_US = US_PER_S
_MOST_ROWS = 2 * 10**7  # a year of 37 functions; some 2 GB


def too_many_events(scenario: Scenario, book: Book) -> Findings:
    """They would take days, and more memory than there is."""
    emitting = sum(bool(function.handler.emits) for function in scenario.functions.values())
    events = _with_what_they_feed(scenario, longest_chain=emitting * book.value("triggers/recursion/limit"))
    if sum(events.values()) > _MOST_EVENTS:
        most = max(events, key=lambda name: events[name])
        yield (
            ("triggers", most, "arrivals"),
            (
                f"about {events[most]:.2g} events in {format_us(scenario.duration_us)}; at most {_MOST_EVENTS:.0e} "
                "can be simulated: lower the rate or the duration"
            ),
        )


def _with_what_they_feed(scenario: Scenario, *, longest_chain: int) -> dict[str, float]:
    """The mean number of events of each trigger, at most: its own, and what successes feed it, hop by hop.

    ``longest_chain``: when Lambda stops every loop that it notices; one that it does not is refused, or dies out.
    """
    wave = {name: _events(trigger, scenario.duration_us) for name, trigger in scenario.triggers.items()}
    events = dict(wave)
    for _ in range(longest_chain):
        following = dict.fromkeys(events, 0.0)
        for name, count in wave.items():
            for target in scenario.triggers[name].targets if count else ():
                for emit in scenario.functions[target].handler.emits:
                    if emit.to in following:
                        following[emit.to] += count * emit.events * emit.probability
        wave = following
        events = {name: count + wave[name] for name, count in events.items()}
        if not any(wave.values()) or sum(events.values()) > _MOST_EVENTS:
            break
    return events


def _events(trigger: Trigger, duration_us: int) -> float:
    """Those of a trigger's own."""
    events = expected_events(trigger.arrivals, duration_us)
    if isinstance(trigger, JourneyTrigger):
        events *= max(len(flow.steps) for flow in trigger.flows)
    return events + getattr(getattr(trigger, "queue", trigger), "backlog", 0)


def too_many_minutes(scenario: Scenario, _book: Book) -> Findings:
    """CloudWatch's metrics have a row for each minute of each function, and of the account."""
    rows = scenario.duration_us // US_PER_MINUTE * (len(scenario.functions) + 1)
    if rows > _MOST_ROWS:
        yield (
            ("duration",),
            (
                f"{format_us(scenario.duration_us)} would be {rows:.2g} rows of metrics by the minute; "
                f"at most {_MOST_ROWS:.0e} are possible: shorten it"
            ),
        )


def too_many_clients(scenario: Scenario, _book: Book) -> Findings:
    """Each has a retry budget of its own to keep."""
    for name, trigger in scenario.triggers.items():
        if not isinstance(trigger, Queued) and trigger.client.clients > _MOST_CLIENTS:
            yield (
                ("triggers", name, "client", "clients"),
                f"{trigger.client.clients:,} clients; at most {_MOST_CLIENTS:,} can be simulated",
            )


def lifetime_too_short(scenario: Scenario, _book: Book) -> Findings:
    """Environments that are replaced as they retire would follow each other without end."""
    lifetime = scenario.lifecycle.maximum_lifetime
    replaced = scenario.lifecycle.proactive_on_retirement > 0
    if lifetime is not None and replaced and lifetime.mean() < _SHORTEST_LIFETIME_US:
        yield (
            ("lifecycle", "maximum_lifetime"),
            (
                f"a mean of {format_us(lifetime.mean())} is below {format_us(_SHORTEST_LIFETIME_US)}, the least where "
                "environments are replaced on retirement (proactive_initialization.on_retirement)"
            ),
        )
