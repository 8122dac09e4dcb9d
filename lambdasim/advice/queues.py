"""Advice on SQS queues and the mappings that poll them."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.advice.rule import Evidence, Finding, Rule, Run, Severity, warned
from lambdasim.parameters.book import Book
from lambdasim.scenario.links import links
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.sqs_checks import mappings, most_batches
from lambdasim.scenario.sqs_trigger import SqsTrigger
from lambdasim.scenario.targets import DISCARD
from lambdasim.units import US_PER_S, format_us

_CONFIGURE = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"


def _queues(scenario: Scenario) -> Iterator[tuple[str, SqsTrigger, list[tuple[str, SqsTrigger]]]]:
    """Each queue by the trigger that has it, and all mappings that poll it."""
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, SqsTrigger) and trigger.queue.shared_with is None:
            yield name, trigger, [(other, mapping) for other, mapping, owner in mappings(scenario) if owner is trigger]


def visibility_timeout_too_short(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """Less than six times the function's timeout, and the batching window."""
    times = book.value("advice/queues/function_timeouts")
    longest_us = book.value("triggers/sqs/queue/visibility_timeout_s/maximum") * US_PER_S
    for name, trigger, polling in _queues(scenario):
        needed_us = max(
            times * version.timeout_us + mapping.maximum_batching_window_in_seconds * US_PER_S
            for _, mapping in polling
            for version in scenario.reached(mapping.target)
        )
        needed_us = min(needed_us, longest_us)
        if trigger.queue.visibility_timeout_us < needed_us:
            functions = dict.fromkeys(mapping.function for _, mapping in polling)
            yield Finding(
                ("triggers", name, "queue", "visibility_timeout"),
                f"messages stay hidden for {format_us(trigger.queue.visibility_timeout_us)}; AWS advises {times:g} "
                f"times the timeout of {' and '.join(functions)}, the batching window on top: {format_us(needed_us)}",
                "lengthen the visibility timeout, or shorten the function's timeout",
                {f"triggers.{name}.queue.visibility_timeout": f"{needed_us / US_PER_S:.6g}s"},
                about=tuple(other for other, _ in polling),
            )


def duplicate_runs(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many messages were received while an earlier run still had them."""
    numbers = run.numbers(*(f"triggers.{name}.duplicate_runs" for name in finding.about))
    twice = sum(numbers.values())
    if not twice:
        return Evidence(False, "no message was received while an earlier run still had it", numbers)
    return Evidence(True, f"{twice:,} messages were received while an earlier run still had them", numbers)


def pollers_over_reserved(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """Pollers that receive more than reserved concurrency takes: the warning of that name."""
    for path, message in warned(scenario, "pollers_over_reserved"):
        mapping = scenario.triggers[str(path[1])]
        assert isinstance(mapping, SqsTrigger)
        polling = {name: other for name, other, _ in mappings(scenario) if other.function == mapping.function}
        yield Finding(
            path,
            message.partition(": ")[0],
            f"let the mappings of {mapping.function} have no more batches at once than its reserved concurrency takes",
            _within_reserved(scenario, mapping.function, polling, book),
            about=(mapping.function, *polling),
        )


def _within_reserved(scenario: Scenario, function: str, polling: dict[str, SqsTrigger], book: Book) -> dict[str, str]:
    """Settings by which the mappings share the reserved concurrency; it grows if it can't hold the least they take."""
    reserved = scenario.functions[function].reserved_concurrent_executions or 0
    least = {name: _fewest_batches(mapping, book) for name, mapping in polling.items()}
    settings = {}
    if sum(least.values()) > reserved:
        reserved = max(sum(least.values()), book.value("advice/queues/reserved_concurrency"))
        settings[f"functions.{function}.reserved_concurrent_executions"] = str(reserved)
    share = reserved // len(polling)
    fair = all(few <= share for few in least.values())
    for name, mapping in polling.items():
        batches = share if fair else least[name]
        if most_batches(mapping, book) <= batches:
            continue
        if mapping.provisioned_poller_config is None:
            settings[f"triggers.{name}.scaling_config.maximum_concurrency"] = str(batches)
        else:
            pollers = batches // book.value("triggers/sqs/provisioned/invokes_per_poller")
            settings[f"triggers.{name}.provisioned_poller_config.maximum_pollers"] = str(pollers)
    return settings


def _fewest_batches(mapping: SqsTrigger, book: Book) -> int:
    """The fewest batches at once that a mapping can be held to."""
    if mapping.provisioned_poller_config is not None:
        per_poller: int = book.value("triggers/sqs/provisioned/invokes_per_poller")
        return mapping.provisioned_poller_config.minimum_pollers * per_poller
    minimum: int = book.value("triggers/sqs/pollers/maximum_concurrency/minimum")
    return minimum


def never_ran(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many messages were given up that no function had seen, and how many receives were refused."""
    function, *names = finding.about
    refused = f"functions.{function}.throttles.by_reason.ReservedFunctionConcurrentInvocationLimitExceeded"
    numbers = run.numbers(*(f"triggers.{name}.never_ran" for name in names))
    unseen = sum(numbers.values())
    numbers |= run.numbers(refused)
    throttled = numbers[refused]
    batches = f"{throttled:,} batches were received and then refused"
    if unseen:
        return Evidence(True, f"{unseen:,} messages were given up without a single run; {batches}", numbers)
    if throttled:
        return Evidence(True, f"{batches}; yet no message was given up without a run", numbers)
    return Evidence(False, "no batch was refused", numbers)


def queue_without_dead_letter(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """A queue that nobody else has for its dead-letter queue, and that has none itself."""
    keeps = {link.to for link in links(scenario) if link.use}
    for name, trigger, polling in _queues(scenario):
        if trigger.queue.dead_letter is None and name not in keeps:
            receives = max(trigger.queue.max_receive_count or 0, book.value("advice/queues/receives"))
            yield Finding(
                ("triggers", name, "queue", "dead_letter"),
                f"{name} has no dead-letter queue",
                f"give it one (for a simulation, {DISCARD} stands for one that is only counted)",
                {
                    f"triggers.{name}.queue.dead_letter": DISCARD,
                    f"triggers.{name}.queue.max_receive_count": str(receives),
                },
                about=(name, *(other for other, _ in polling)),
            )


def received_over_and_over(scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many runs failed, how much more was received than could be deleted, and how many messages were lost."""
    owner, *names = finding.about
    functions = dict.fromkeys(scenario.triggers[name].functions[0] for name in names)
    errors = run.numbers(*(f"functions.{function}.errors" for function in functions))
    lost = run.numbers(*(f"triggers.{name}.dropped" for name in names))
    calls = run.numbers(f"triggers.{owner}.received", f"triggers.{owner}.deleted")
    failed, dropped, (received, deleted) = sum(errors.values()), sum(lost.values()), calls.values()
    numbers = errors | lost | calls
    if not dropped and not (failed and received > deleted):
        return Evidence(False, "no message went round, and none was lost", numbers)
    told = (
        f"{failed:,} runs failed; {received:,} receives ended in {deleted:,} deletions; {dropped:,} messages were lost"
    )
    return Evidence(True, told, numbers)


def few_receives(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """A dead-letter queue that takes messages after fewer receives than AWS advises."""
    advised = book.value("advice/queues/receives")
    for name, trigger, polling in _queues(scenario):
        allowed = trigger.queue.max_receive_count
        if trigger.queue.dead_letter is not None and allowed is not None and allowed < advised:
            yield Finding(
                ("triggers", name, "queue", "max_receive_count"),
                f"after {allowed} receives a message goes to the dead-letter queue; AWS advises at least {advised}",
                "allow more receives: throttles use them up, too",
                {f"triggers.{name}.queue.max_receive_count": str(advised)},
                about=tuple(other for other, _ in polling),
            )


def given_up(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many messages went to the dead-letter queue."""
    counts = ("dead_lettered", "never_ran")
    numbers = run.numbers(*(f"triggers.{name}.{count}" for name in finding.about for count in counts))
    kept, unseen = (sum(n for path, n in numbers.items() if path.endswith(count)) for count in counts)
    if not kept:
        return Evidence(False, "no message went to the dead-letter queue", numbers)
    return Evidence(True, f"{kept:,} messages went to the dead-letter queue, {unseen:,} without a single run", numbers)


RULES = (
    Rule(
        visibility_timeout_too_short,
        Severity.MEDIUM,
        "A message that is still being processed, or waits for a retry after a throttle, is received a second time.",
        _CONFIGURE,
        duplicate_runs,
    ),
    Rule(
        pollers_over_reserved,
        Severity.HIGH,
        "Each refusal is a receive: where these are counted (maxReceiveCount) a message is given up that never ran.",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
        never_ran,
    ),
    Rule(
        queue_without_dead_letter,
        Severity.MEDIUM,
        "A message that always fails is received again and again, is paid for each time, and is lost in the end.",
        _CONFIGURE,
        received_over_and_over,
    ),
    Rule(
        few_receives,
        Severity.MEDIUM,
        "A short outage or a few throttles are enough to give up messages that are sound.",
        _CONFIGURE,
        given_up,
    ),
)
