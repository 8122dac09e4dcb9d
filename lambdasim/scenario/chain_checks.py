"""Checks of what feeds what: emits, destinations and dead letters make a graph of triggers and functions."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.links import links, links_of_trigger
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.sqs_trigger import SqsTrigger
from lambdasim.scenario.stream_triggers import DynamoDbStreamsTrigger, KinesisTrigger
from lambdasim.scenario.targets import Queued
from lambdasim.workload.arrivals import NoArrivals

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]
_CLOCKED = "schedule"  # nothing feeds a clock
_BATCHED = (SqsTrigger, KinesisTrigger, DynamoDbStreamsTrigger)


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
        target
        for trigger in scenario.triggers.values()
        if isinstance(trigger, _BATCHED)
        for target in trigger.functions
    }
    for path, settings in scenario.configurations():
        for key, value in (
            ("per_record", settings.handler.per_record_us),
            ("record_error_rate", settings.handler.record_error_rate),
        ):
            if value and path[1] not in batched:
                yield (*path, "handler", key), "no queue or stream sends batches to this function"


def asynchronous_keys_without_events(scenario: Scenario, _book: Book) -> Findings:
    """Queues and streams have redrive and destinations of their own; synchronous callers see the error."""
    asynchronous = {
        target
        for trigger in scenario.triggers.values()
        if isinstance(trigger, Queued) and not isinstance(trigger, _BATCHED)
        for target in trigger.functions
    }
    for name, function in scenario.functions.items():
        given = function.model_fields_set & {"event_invoke_config", "dead_letter_config"}
        if name not in asynchronous:
            for key in sorted(given):
                yield ("functions", name, key), "no trigger invokes this function asynchronously"
