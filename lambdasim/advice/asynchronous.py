"""Advice on asynchronous events: who keeps what fails for good."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.advice.rule import Evidence, Finding, Observation, Rule, Run, Severity
from lambdasim.parameters.book import Book
from lambdasim.scenario.asynchronous_triggers import (
    AsynchronousTrigger,
    EventBridgeTrigger,
    ScheduleTrigger,
    SnsTrigger,
)
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import DISCARD
from lambdasim.units import US_PER_MS, US_PER_S, format_us, parse_fraction

_KEEP = f"send them to an SQS queue (for a simulation, {DISCARD} stands for one that is only counted)"


def in_event_queue(scenario: Scenario) -> Iterator[tuple[str, AsynchronousTrigger]]:
    """The triggers whose events go through Lambda's event queue."""
    for name, trigger in scenario.triggers.items():
        waits = isinstance(trigger, EventBridgeTrigger) and trigger.invocation_type == "REQUEST_RESPONSE"
        if isinstance(trigger, AsynchronousTrigger) and not waits:
            yield name, trigger


def no_failure_destination(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """Neither a dead-letter queue nor an on-failure destination."""
    sources: dict[str, list[str]] = {}
    for trigger_name, trigger in in_event_queue(scenario):
        for invoked in trigger.functions:
            sources.setdefault(invoked, []).append(trigger_name)
    for name, function in scenario.functions.items():
        if name in sources and function.dead_letter_config is None and function.event_invoke_config.on_failure is None:
            yield Finding(
                ("functions", name, "event_invoke_config", "on_failure"),
                f"{' and '.join(sources[name])} invoke{'s' * (len(sources[name]) == 1)} {name} asynchronously, and it "
                "has neither an on-failure destination nor a dead-letter queue",
                _KEEP,
                {f"functions.{name}.event_invoke_config.on_failure": DISCARD},
                about=(name,),
            )


def lost_events(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many of the function's events failed for good and were kept nowhere."""
    [name] = finding.about
    numbers = run.numbers(f"functions.{name}.dropped", f"functions.{name}.events")
    dropped, events = numbers.values()
    return Evidence.of(
        numbers,
        some=f"{dropped:,} of {name}'s {events:,} events were lost: kept nowhere",
        none=f"none of {name}'s {events:,} events was lost",
    )


def source_without_dead_letter(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """A topic, a rule or a schedule that gives up what it can't deliver."""
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, SnsTrigger | EventBridgeTrigger | ScheduleTrigger) and not trigger.sinks:
            waits = isinstance(trigger, EventBridgeTrigger) and trigger.invocation_type == "REQUEST_RESPONSE"
            what = "what fails or is throttled too often" if waits else "what Lambda's endpoint refuses for too long"
            yield Finding(
                ("triggers", name, "dead_letter_config"),
                f"{name} has no dead-letter queue of its own for {what}",
                _KEEP,
                {f"triggers.{name}.dead_letter_config.target": DISCARD},
                about=(name,),
                severity=Severity.HIGH if waits else None,
            )


def undelivered_events(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many events the source gave up."""
    [name] = finding.about
    numbers = run.numbers(f"triggers.{name}.final_failures.undelivered", f"triggers.{name}.events")
    undelivered, events = numbers.values()
    return Evidence.of(
        numbers,
        some=f"{name} gave up {undelivered:,} of its {events:,} events",
        none=f"{name} delivered all of its {events:,} events",
    )


def event_age_near_maximum(scenario: Scenario, book: Book, run: Run) -> Iterator[tuple[Finding, Evidence]]:
    """Events that waited for a good part of the time after which they are given up."""
    share = parse_fraction(book.value("advice/asynchronous/event_age"))
    for name, trigger in in_event_queue(scenario):
        oldest = min(
            scenario.functions[function].event_invoke_config.maximum_event_age_in_seconds
            for function in trigger.functions
        )
        numbers = run.numbers(f"triggers.{name}.event_age_ms.max", f"triggers.{name}.final_failures.expired")
        age_ms, expired = numbers.values()
        if age_ms * US_PER_MS >= share * oldest * US_PER_S or expired:
            finding = Finding(
                ("triggers", name),
                f"events of {name} grow nearly as old as the {format_us(oldest * US_PER_S)} after which they are given "
                "up",
                "give its functions more concurrency, or send the events to an SQS queue, which keeps them for days",
                about=(name,),
            )
            told = f"the oldest was sent at an age of {format_us(age_ms * US_PER_MS)}; {expired:,} expired"
            yield finding, Evidence(True, told, numbers)


RULES = (
    Rule(
        no_failure_destination,
        Severity.HIGH,
        "An event that fails for good leaves no trace but a count, and can't be sent again.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
        lost_events,
    ),
    Rule(
        source_without_dead_letter,
        Severity.LOW,
        "Events that the source gives up are lost before Lambda has seen them.",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
        undelivered_events,
    ),
)
OBSERVATIONS = (
    Observation(
        event_age_near_maximum,
        Severity.HIGH,
        "Beyond that age Lambda drops them, whether or not they ever ran.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
    ),
)
