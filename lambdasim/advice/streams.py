"""Advice on what is read in batches: bad records that block a shard or repeat a whole batch, and too few lanes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lambdasim.advice.rule import Evidence, Finding, Observation, Rule, Run, Severity, warned
from lambdasim.parameters.book import Book
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.sqs_trigger import SqsTrigger
from lambdasim.scenario.stream_checks import lanes_needed
from lambdasim.scenario.stream_triggers import FOREVER, StreamMapping
from lambdasim.scenario.targets import DISCARD
from lambdasim.units import US_PER_MS, format_us, parse_fraction

_ERRORS = "https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html"
_MOST_LANES = "triggers/streams/mapping/parallelization_factor/maximum"


def _streams(scenario: Scenario) -> Iterator[tuple[str, StreamMapping]]:
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, StreamMapping):
            yield name, trigger


def _gives_up(trigger: StreamMapping) -> bool:
    return trigger.maximum_retry_attempts != FOREVER or trigger.maximum_record_age_in_seconds != FOREVER


def stream_never_gives_up(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """Neither retries nor the age of records have a limit: the defaults."""
    retries = book.value("advice/streams/retries")
    for name, trigger in _streams(scenario):
        if not _gives_up(trigger):
            settings = {"maximum_retry_attempts": str(retries), "bisect_batch_on_function_error": "true"}
            if trigger.on_failure is None:
                settings["on_failure"] = DISCARD
            yield Finding(
                ("triggers", name, "maximum_retry_attempts"),
                f"{name} tries a batch that fails again until its records expire",
                "limit the retries, split batches that fail, and keep what is given up (for a simulation, "
                f"{DISCARD} stands for a queue that is only counted)",
                {f"triggers.{name}.{key}": value for key, value in settings.items()},
                about=(name,),
            )


def blocked(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How often batches were sent again, and how far a shard fell behind."""
    [name] = finding.about
    numbers = run.numbers(f"triggers.{name}.retries", f"triggers.{name}.iterator_age_ms.max")
    retries, age_ms = numbers.values()
    if not retries:
        return Evidence(False, "no batch had to be tried again", numbers)
    behind = format_us(age_ms * US_PER_MS)
    return Evidence(True, f"batches were sent again {retries:,} times; the iterator age reached {behind}", numbers)


def stream_failures_not_kept(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """Batches are given up, and nobody is told which."""
    for name, trigger in _streams(scenario):
        if _gives_up(trigger) and trigger.on_failure is None:
            yield Finding(
                ("triggers", name, "on_failure"),
                f"{name} gives up batches, and has no on-failure destination",
                f"name a queue or a topic (for a simulation, {DISCARD} stands for one that is only counted)",
                {f"triggers.{name}.on_failure": DISCARD},
                about=(name,),
            )


def lost_records(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many records were given up and kept nowhere."""
    [name] = finding.about
    numbers = run.numbers(f"triggers.{name}.dropped", f"triggers.{name}.events")
    dropped, events = numbers.values()
    return Evidence.of(
        numbers,
        some=f"{dropped:,} of {events:,} records were lost: kept nowhere",
        none=f"none of {events:,} records was lost",
    )


def too_few_lanes(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """More records than the lanes get through: the warning of that name, once for each stream."""
    most = book.value(_MOST_LANES)
    for path, message in dict(warned(scenario, "too_few_lanes")).items():
        name = str(path[1])
        trigger = scenario.triggers[name]
        assert isinstance(trigger, StreamMapping)
        needed = max(lanes_needed(scenario, trigger, target)[2] for target in trigger.functions)
        shards = max(math.ceil(needed / most), trigger.shards)
        settings = {f"triggers.{name}.parallelization_factor": str(math.ceil(needed / shards))}
        if shards > trigger.shards:
            settings[f"triggers.{name}.shards"] = str(shards)
        yield Finding(path, message, "add lanes, enlarge the batches, or shorten the work", settings, about=(name,))


def falls_behind(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How far the mapping fell behind."""
    [name] = finding.about
    numbers = run.numbers(f"triggers.{name}.iterator_age_ms.max", f"triggers.{name}.waiting_end")
    age_ms, waiting = numbers.values()
    told = f"the iterator age reached {format_us(age_ms * US_PER_MS)}; {waiting:,} records waited at the end"
    return Evidence(waiting > 0, told, numbers)


def batches_fail_as_a_whole(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """The function can't say which records of a batch failed."""
    for name, trigger in scenario.triggers.items():
        if not isinstance(trigger, SqsTrigger | StreamMapping) or trigger.batch_size == 1 or trigger.reports_failures:
            continue
        handlers = [version.handler for target in trigger.targets for version in scenario.reached(target)]
        fails = trigger.poison is not None or any(h.record_error_rate or h.error_rate for h in handlers)
        yield Finding(
            ("triggers", name, "function_response_types"),
            f"{name} sends up to {trigger.batch_size:,} records at once, and knows of a batch only whether it failed",
            "let the function answer which records failed",
            {f"triggers.{name}.function_response_types": "[ReportBatchItemFailures]"},
            about=trigger.functions,
            severity=Severity.MEDIUM if fails else None,
        )


def failed_batches(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many runs failed, of all that the functions had, whoever sent them."""
    errors = run.numbers(*(f"functions.{name}.errors" for name in finding.about))
    runs = run.numbers(*(f"functions.{name}.invocations" for name in finding.about))
    failed = sum(errors.values())
    if not failed:
        return Evidence(False, "no run failed", errors | runs)
    told = f"{failed:,} of {sum(runs.values()):,} runs failed, each with the whole of its batch"
    return Evidence(True, told, errors | runs)


def iterator_age_grows(scenario: Scenario, book: Book, run: Run) -> Iterator[tuple[Finding, Evidence]]:
    """A stream that is read more slowly than it is written."""
    share = parse_fraction(book.value("advice/streams/waiting_at_end"))
    least_ms = book.value("advice/streams/iterator_age_s") * 1000
    for name, _ in _streams(scenario):
        numbers = run.numbers(
            f"triggers.{name}.iterator_age_ms.max", f"triggers.{name}.waiting_end", f"triggers.{name}.waiting_max"
        )
        age_ms, at_end, highest = numbers.values()
        if age_ms >= least_ms and at_end >= share * highest:
            finding = Finding(
                ("triggers", name),
                f"{name} is read more slowly than it is written",
                "raise parallelization_factor or batch_size, see what throttles its functions, or what fails",
                about=(name,),
            )
            age = format_us(age_ms * US_PER_MS)
            told = f"the iterator age reached {age}; at the end {at_end:,} records waited, at most {highest:,}"
            yield finding, Evidence(True, told, numbers)


RULES = (
    Rule(
        stream_never_gives_up,
        Severity.HIGH,
        "One bad record holds up all that come behind it in its shard, for as long as the stream keeps it.",
        _ERRORS,
        blocked,
    ),
    Rule(
        stream_failures_not_kept,
        Severity.HIGH,
        "Nobody learns which records were skipped.",
        _ERRORS,
        lost_records,
    ),
    Rule(
        too_few_lanes,
        Severity.HIGH,
        "What comes later waits longer and longer, until records expire.",
        "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html",
        falls_behind,
    ),
    Rule(
        batches_fail_as_a_whole,
        Severity.LOW,
        "One bad record lets all of its batch run again, those that were done included.",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
        failed_batches,
    ),
)
OBSERVATIONS = (
    Observation(
        iterator_age_grows,
        Severity.HIGH,
        "What comes later waits longer and longer, until records expire.",
        "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html",
    ),
)
