"""How many events there are at each function of each trigger: a trigger's own, and what functions feed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from lambdasim.parameters.book import Book
from lambdasim.scenario.loops import Place, Way, shares_of, ways_of
from lambdasim.scenario.targets import Queued
from lambdasim.scenario.triggers import JourneyTrigger, Trigger
from lambdasim.workload.expected import expected_events

if TYPE_CHECKING:
    from lambdasim.scenario.model import Scenario

Events = dict[Place, float]
_FEW = 1e-6
_MOST_WORK = 3 * 10**5  # half a second; what goes round so often takes longer than most runs


def own_events(scenario: Scenario) -> Events:
    """The mean number of events at each place that come from outside, or lie there at the start."""
    events = {
        (name, function): _own(trigger, scenario.duration_us)
        for name, trigger in scenario.triggers.items()
        if not isinstance(trigger, Queued)
        for function in trigger.functions[:1]
    }
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, Queued):
            own = _own(trigger, scenario.duration_us)
            shares = shares_of(scenario, name) or {(name, function): 1.0 for function in trigger.functions}
            for place, share in shares.items():
                events[place] = events.get(place, 0.0) + own * share
    return events


def _own(trigger: Trigger, duration_us: int) -> float:
    events = expected_events(trigger.arrivals, duration_us)
    if isinstance(trigger, JourneyTrigger):
        events *= max(len(flow.steps) for flow in trigger.flows)
    return events + getattr(getattr(trigger, "queue", trigger), "backlog", 0)


def events_and_flows(scenario: Scenario, book: Book, *, enough: float) -> tuple[Events, list[tuple[float, Way]]]:
    """The mean number of events at each place, at most, and how many go each way; no more of it than ``enough``.

    From place to place, until they have become few. Lambda stops every loop that it notices; one that it does not is
    refused, or dies out.
    """
    ways = ways_of(scenario, book)
    events = own_events(scenario)
    onward: dict[Place, list[Way]] = {}
    for way in ways:
        onward.setdefault(way.begin, []).append(way)
    work = _MOST_WORK
    for wave in _waves(scenario, book, events, onward):
        for place, following in wave.items():
            events[place] = events.get(place, 0.0) + following
        work -= sum(len(onward.get(place, ())) for place in wave)
        if work < 0 or sum(events.values()) > enough:
            break
    return events, [(events.get(way.begin, 0.0) * way.mean, way) for way in ways]


def _waves(
    scenario: Scenario, book: Book, own: Mapping[Place, float], onward: Mapping[Place, Sequence[Way]]
) -> Iterator[Events]:
    """What follows from events, step by step; past a source through which Lambda sees no loops it counts anew."""
    detected = book.value("triggers/recursion/detected_through")
    longest = len(onward) * book.value("triggers/recursion/limit")  # by then it has stopped whatever it may stop
    allowing = {name for name, function in scenario.functions.items() if not function.stops_loops}
    unseen: Events = dict(own)
    while unseen:
        wave, unseen = unseen, {}
        for step in count(1):
            following: Events = {}
            for place, events in wave.items():
                for way in onward.get(place, ()):
                    into = following if scenario.triggers[way.link.to].type in detected else unseen
                    into[way.end] = into.get(way.end, 0.0) + events * way.mean
            wave = {
                place: events
                for place, events in following.items()
                if events > _FEW and (step <= longest or place[1] in allowing)
            }
            if not wave:
                break
            yield wave
        unseen = {place: events for place, events in unseen.items() if events > _FEW}
        yield unseen
