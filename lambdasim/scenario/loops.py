"""Loops: what functions hand on may make them run again, and Lambda does not notice, or stop, every loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.parameters.book import Book
from lambdasim.scenario.asynchronous_triggers import Delivered, EventBridgeTrigger, ScheduleTrigger
from lambdasim.scenario.links import Link, Path, links_of_function, links_of_trigger
from lambdasim.scenario.sqs_trigger import SqsTrigger
from lambdasim.scenario.stream_triggers import StreamMapping
from lambdasim.scenario.targets import Queued, function_name
from lambdasim.units import parse_fraction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lambdasim.scenario.functions import Configuration
    from lambdasim.scenario.model import Scenario

Findings = Iterator[tuple[Path, str]]
Place = tuple[str, str]
"""A function at one of its triggers: both by name."""
_ROUNDING = 1e-9
_HUGE = 1e30  # so that what grows beyond all bounds stays a number


@dataclass(frozen=True, slots=True)
class Way:
    """One way of events from place to place, and how many go it for each event at its beginning.

    ``runs``: the function there has run for them, so that Lambda counts a step.
    """

    link: Link
    begin: Place
    end: Place
    mean: float
    runs: bool


def ways_of(scenario: Scenario, book: Book) -> list[Way]:
    """All ways of a scenario, for as much as is certain: failures by throttling or by timeout are not among them."""
    ends = {name: shares_of(scenario, name) for name in scenario.triggers}
    return [
        Way(link, (name, function), end, mean * share, runs)
        for name, trigger in scenario.triggers.items()
        for function in trigger.functions
        for link, mean, runs in _hand_overs(scenario, book, name, function)
        for end, share in ends.get(link.to, {}).items()
        if mean
    ]


def shares_of(scenario: Scenario, name: str) -> dict[Place, float]:
    """Who gets the events of a trigger, and how many of them; mappings on one queue are taken to share them evenly."""
    trigger = scenario.triggers[name]
    if not isinstance(trigger, Queued) or isinstance(trigger, ScheduleTrigger):
        return {}  # nothing can feed them
    if not isinstance(trigger, SqsTrigger):
        return {(name, function): 1.0 for function in trigger.functions}
    owner = trigger.queue.shared_with or name
    mappings = [
        (other, mapping.function)
        for other, mapping in scenario.triggers.items()
        if isinstance(mapping, SqsTrigger) and owner in (other, mapping.queue.shared_with)
    ]
    return dict.fromkeys(mappings, 1 / len(mappings))


def _hand_overs(scenario: Scenario, book: Book, name: str, function: str) -> Iterator[tuple[Link, float, bool]]:
    """What is handed on for each event of a trigger at a function: how many, and whether it runs for them."""
    trigger, settings = scenario.triggers[name], scenario.functions[function]
    never_runs = settings.reserved_concurrent_executions == 0
    targets = [target for target in trigger.targets if function_name(target) == function]
    failing = min(_failing(version) for target in targets for version in scenario.reached(target))
    if isinstance(trigger, Queued):
        given_up = _given_up(scenario, trigger, failing, never_runs=never_runs)
        runs = isinstance(trigger, StreamMapping)
        yield from ((link, given_up, runs) for link in links_of_trigger(name, trigger))
    queued = isinstance(trigger, Delivered) and not _waits(trigger)  # in Lambda's event queue
    failed = max(float(never_runs), failing ** (1 + settings.event_invoke_config.maximum_retry_attempts))
    copies = 1 + parse_fraction(book.value("triggers/asynchronous/event_queue/duplicated")) if queued else 1.0
    may_succeed = not never_runs and failing < 1
    for link in links_of_function(function, settings):
        if not link.use:
            yield link, copies * link.per_event * may_succeed, True
        elif queued:
            yield link, copies * (1 - failed if link.use == "function/on_success" else failed), not never_runs


def _failing(function: Configuration) -> float:
    """The share of runs that fail, as far as that is written."""
    handler = function.handler
    out_of_memory = (handler.max_memory_used or 0) > function.memory_size
    return 1.0 if out_of_memory else min(handler.error_rate + handler.crash_rate, 1.0)


def _waits(trigger: Queued) -> bool:
    return isinstance(trigger, EventBridgeTrigger) and trigger.invocation_type == "REQUEST_RESPONSE"


def _given_up(scenario: Scenario, trigger: Queued, failing: float, *, never_runs: bool) -> float:
    """How many hand-overs there are at least for each event that a trigger has, because it gives it up."""
    if isinstance(trigger, SqsTrigger):
        owner = scenario.triggers.get(trigger.queue.shared_with or "", trigger)
        receives = owner.queue.max_receive_count if isinstance(owner, SqsTrigger) else None
        if receives is None:
            return 0.0
        return 1.0 if never_runs else max(failing**receives, trigger.poison.rate if trigger.poison is not None else 0.0)
    if isinstance(trigger, StreamMapping):
        if trigger.maximum_retry_attempts < 0:
            return 0.0
        poison = trigger.poison.rate if trigger.poison is not None else 0.0
        return max(failing ** (1 + trigger.maximum_retry_attempts), poison) / trigger.batch_size  # a batch is one
    refused = trigger.endpoint.error_rate if isinstance(trigger, Delivered) else 0.0
    return 1.0 if refused >= 1 or (_waits(trigger) and failing >= 1) else 0.0


def endless_loop(scenario: Scenario, book: Book) -> Findings:
    """A loop that Lambda doesn't notice, or may not stop, and in which events don't become fewer, never ends."""
    detected = book.value("triggers/recursion/detected_through")
    limit: int = book.value("triggers/recursion/limit")
    for loop in loops_of(ways_of(scenario, book)):
        unnoticed = [way for way in loop if scenario.triggers[way.end[0]].type not in detected]
        noticed = [way for way in loop if scenario.triggers[way.end[0]].type in detected]
        allowed = [way for way in noticed if not scenario.functions[way.end[1]].stops_loops]
        not_run = [way for way in noticed if not way.runs and way.link.use != "sqs/dead_letter"]  # these take time
        places = list(dict.fromkeys(way.begin for way in loop))
        between = _series(_matrix(noticed, places), limit * len(places))  # from one that isn't noticed to the next
        if _growth(_matrix(unnoticed, places) @ between) >= 1 - _ROUNDING:
            yield from _told(scenario, unnoticed, "Lambda does not notice loops through {kind}")
        if _growth(_matrix(allowed, places)) >= 1 - _ROUNDING:
            yield from _told(scenario, allowed, "Lambda lets it (recursive_loop: Allow)")
        if _growth(_matrix(not_run, places)) >= 1 - _ROUNDING:
            yield from _told(scenario, not_run, "Lambda sees no loop where nothing runs (reserved concurrency 0)")


def _told(scenario: Scenario, ways: Sequence[Way], why: str) -> Findings:
    for link in dict.fromkeys(way.link for way in ways):
        begin = next(way.begin[1] for way in ways if way.link == link)
        because = why.format(kind=scenario.triggers[link.to].type)
        yield (
            link.path,
            (
                f"by way of {link.to}, {begin} would be called again and again, for no fewer events each time, and "
                f"{because}: it would never end; lower a probability on the way, or lead it elsewhere"
            ),
        )


def loops_of(ways: Sequence[Way]) -> list[list[Way]]:
    """The ways that lie on loops, one list for each set of loops that have places in common."""
    ways = _on_loops(ways)
    places = {place: number for number, place in enumerate(dict.fromkeys(way.begin for way in ways))}
    reached = np.eye(len(places), dtype=np.float32)
    for way in ways:
        reached[places[way.begin], places[way.end]] = 1
    for _ in range(len(places).bit_length()):
        reached = np.minimum(reached @ reached, 1)
    there_and_back = (reached > 0) & (reached.T > 0)
    loops: dict[int, list[Way]] = {}
    for way in ways:
        begin, end = places[way.begin], places[way.end]
        if there_and_back[begin, end]:
            loops.setdefault(int(there_and_back[begin].argmax()), []).append(way)
    return list(loops.values())


def _on_loops(ways: Sequence[Way]) -> list[Way]:
    """Without the ways that lead to places where nothing goes on, or begin where nothing comes."""
    kept, before = list(ways), -1
    while len(kept) != before:
        before = len(kept)
        begins, ends = {way.begin for way in kept}, {way.end for way in kept}
        kept = [way for way in kept if way.end in begins and way.begin in ends]
    return kept


def _matrix(ways: Sequence[Way], places: Sequence[Place]) -> NDArray[np.float64]:
    """How many events go from place to place, in one step."""
    number: Mapping[Place, int] = {place: n for n, place in enumerate(places)}
    matrix = np.zeros((len(places), len(places)))
    for way in ways:
        matrix[number[way.begin], number[way.end]] += way.mean
    return np.minimum(matrix, _HUGE)


def _series(matrix: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """The sum of the matrix's powers, from the zeroth to the ``steps``-th or a few more."""
    power, total = matrix, np.eye(len(matrix)) + matrix
    for _ in range(steps.bit_length()):  # 1 + x + ... + x^(2n - 1) = (1 + x + ... + x^(n - 1)) (1 + x^n)
        power = np.minimum(power @ power, _HUGE)
        total = np.minimum(total + total @ power, _HUGE)
        if not power.any():
            break
    return total


def _growth(matrix: NDArray[np.float64]) -> float:
    """By which factor events become more or fewer from step to step, in the long run: the spectral radius."""
    return float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0)) if matrix.any() else 0.0
