"""Checks of how large a run would be: what no machine gets through is refused before it is begun."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.flows import events_and_flows, own_events
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import Queued
from lambdasim.units import US_PER_MINUTE, US_PER_S, format_us

Findings = Iterator[tuple[tuple[str | int, ...], str]]
_MOST_EVENTS = 10**9  # hours of work, and of a full log 80 GB
_MOST_CLIENTS = 10**5
_SHORTEST_LIFETIME_US = US_PER_S
_MOST_ROWS = 2 * 10**7  # a year of 37 functions; some 2 GB


def too_many_events(scenario: Scenario, book: Book) -> Findings:
    """They would take days, and more memory than there is."""
    own = own_events(scenario)
    events, flows = events_and_flows(scenario, book, enough=_MOST_EVENTS)
    if not sum(events.values()) > _MOST_EVENTS:
        return
    length = format_us(scenario.duration_us)
    allowed = f"at most {_MOST_EVENTS:.0e} can be simulated"
    if sum(own.values()) > _MOST_EVENTS:
        most = max(own, key=lambda place: own[place])[0]
        yield (
            ("triggers", most, "arrivals"),
            (
                f"about {sum(own.values()):.2g} events in {length}; {allowed}: "
                f"lower the {'traffic, the ' if scenario.traffic > 1 else ''}rate or the duration"
            ),
        )
    else:
        _, way = max(flows, key=lambda flow: flow[0])
        yield (
            way.link.path,
            (
                f"with those that functions feed on there would be more than {_MOST_EVENTS:.0e} events in {length}; "
                f"{allowed}: feed fewer, or lower the rate or the duration"
            ),
        )


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
