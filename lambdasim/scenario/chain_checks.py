"""Checks of what feeds what: emits, destinations and dead letters make a graph of triggers and functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lambdasim.parameters.book import Book
from lambdasim.scenario.functions import Function
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.sqs_trigger import SqsTrigger
from lambdasim.scenario.stream_triggers import DynamoDbStreamsTrigger, KinesisTrigger
from lambdasim.scenario.targets import Queued
from lambdasim.workload.arrivals import NoArrivals

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]
_CLOCKED = "schedule"  # nothing feeds a clock
_BATCHED = (SqsTrigger, KinesisTrigger, DynamoDbStreamsTrigger)


@dataclass(frozen=True, slots=True)
class Link:
    """One way on for events: where it is written, the trigger it leads to, what may stand there, how many go on."""

    path: Path
    to: str
    use: str  # the book's entry below triggers/sinks; empty for a handler's own emits
    per_event: float


def links_of_function(name: str, function: Function) -> Iterator[Link]:
    """What a function hands on."""
    path = ("functions", name)
    for number, emit in enumerate(function.handler.emits):
        yield Link((*path, "handler", "emits", number, "to"), emit.to, "", emit.events * emit.probability)
    config = function.event_invoke_config
    for key, sink in (("on_success", config.on_success), ("on_failure", config.on_failure)):
        if sink is not None:
            yield Link((*path, "event_invoke_config", key), sink, f"function/{key}", 1)
    if function.dead_letter_config is not None:
        sink = function.dead_letter_config.target
        yield Link((*path, "dead_letter_config", "target"), sink, "function/dead_letter_config", 1)


def links_of_trigger(name: str, trigger: Queued) -> Iterator[Link]:
    """What a trigger hands on that it gives up."""
    kind = getattr(trigger, "type", "")
    for below, sink in trigger.sinks.items():
        use = next(str(step) for step in reversed(below) if step != "target")
        yield Link(("triggers", name, *below), sink, f"{kind}/{use}", 1)


def links(scenario: Scenario) -> Iterator[Link]:
    """Every link of the scenario that leads to a trigger."""
    for name, function in scenario.functions.items():
        yield from (link for link in links_of_function(name, function) if link.to in scenario.triggers)
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, Queued):
            yield from (link for link in links_of_trigger(name, trigger) if link.to in scenario.triggers)


def unsuited_sink(scenario: Scenario, book: Book) -> Findings:
    """AWS lets only some kinds of trigger stand there, and nothing feeds a caller or a clock."""
    for link in links(scenario):
        trigger = scenario.triggers[link.to]
        if not isinstance(trigger, Queued) or trigger.type == _CLOCKED:
            yield link.path, f"{link.to} is of type {trigger.type}, which nothing can feed; name a queue or a stream"
        elif link.use:
            allowed = book.value(f"triggers/sinks/{link.use}")
            if trigger.type not in allowed:
                yield link.path, f"{link.to} is of type {trigger.type}; AWS allows here: {', '.join(allowed)}"


def fifo_sink(scenario: Scenario, _book: Book) -> Findings:
    """Only a FIFO queue's own redrive leads to a FIFO queue."""
    for link in links(scenario):
        queue = scenario.triggers[link.to]
        if not link.use or link.use.startswith("sqs/") or not isinstance(queue, SqsTrigger):
            continue
        owner = scenario.triggers.get(queue.queue.shared_with or link.to)
        if isinstance(owner, SqsTrigger) and owner.queue.fifo:
            yield link.path, f"{link.to} is a FIFO queue; AWS takes only standard queues here"


def dead_letters_to_itself(scenario: Scenario, _book: Book) -> Findings:
    """What a queue gives up can't go back into it."""
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, Queued):
            for link in links_of_trigger(name, trigger):
                if link.to == name:
                    yield link.path, f"{name} would feed itself with what it gives up; name another trigger"


def endless_loop(scenario: Scenario, book: Book) -> Findings:
    """A loop that Lambda doesn't notice, or may not stop, and in which events don't become fewer, never ends."""
    detected = book.value("triggers/recursion/detected_through")
    stopped = frozenset(name for name, function in scenario.functions.items() if function.stops_loops)
    for name, function in scenario.functions.items():
        for link in links_of_function(name, function):
            trigger = scenario.triggers.get(link.to)
            if link.use or not isinstance(trigger, Queued):
                continue
            unnoticed = trigger.type not in detected
            if not unnoticed and name in stopped:
                continue
            gain = _gain(scenario, link, name, frozenset() if unnoticed else stopped)
            why = f"does not notice loops through {trigger.type}" if unnoticed else "lets it (recursive_loop: Allow)"
            if gain >= 1:
                yield (
                    link.path,
                    (
                        f"{name} would run again for what it emits, {gain:g} times for each event, and Lambda {why}: "
                        "they would never end; lower the probability"
                    ),
                )


def _gain(scenario: Scenario, link: Link, home: str, seen: frozenset[str]) -> float:
    """How many runs of ``home`` follow from one event on ``link``, by emits alone, each function passed once.

    Not through those in ``seen``.
    """
    trigger = scenario.triggers.get(link.to)
    total = 0.0
    for target in trigger.targets if isinstance(trigger, Queued) else ():
        if target == home:
            total += link.per_event
        elif target not in seen:
            onward = links_of_function(target, scenario.functions[target])
            total += link.per_event * sum(
                _gain(scenario, further, home, seen | {target}) for further in onward if further.use == ""
            )
    return total


def trigger_without_events(scenario: Scenario, _book: Book) -> Findings:
    """Nothing would ever come."""
    fed = {link.to for link in links(scenario)}
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, Queued) and name not in fed and not has_own_events(trigger):
            yield ("triggers", name), "it has no arrivals and nothing feeds it"


def has_own_events(trigger: Queued) -> bool:
    """Whether events come to a trigger that no other feeds: arrivals, a backlog, or another's queue."""
    if not isinstance(trigger.arrivals, NoArrivals):
        return True
    holder = getattr(trigger, "queue", trigger)
    return bool(getattr(holder, "backlog", 0) or getattr(holder, "shared_with", None))


def batch_keys_without_batches(scenario: Scenario, _book: Book) -> Findings:
    """`per_record` and `record_error_rate` speak of the records of a batch."""
    batched = {
        target for trigger in scenario.triggers.values() if isinstance(trigger, _BATCHED) for target in trigger.targets
    }
    for name, function in scenario.functions.items():
        for key, value in (
            ("per_record", function.handler.per_record_us),
            ("record_error_rate", function.handler.record_error_rate),
        ):
            if value and name not in batched:
                yield ("functions", name, "handler", key), "no queue or stream sends batches to this function"


def asynchronous_keys_without_events(scenario: Scenario, _book: Book) -> Findings:
    """Queues and streams have redrive and destinations of their own; synchronous callers see the error."""
    asynchronous = {
        target
        for trigger in scenario.triggers.values()
        if isinstance(trigger, Queued) and not isinstance(trigger, _BATCHED)
        for target in trigger.targets
    }
    for name, function in scenario.functions.items():
        given = function.model_fields_set & {"event_invoke_config", "dead_letter_config"}
        if name not in asynchronous:
            for key in sorted(given):
                yield ("functions", name, key), "no trigger invokes this function asynchronously"
