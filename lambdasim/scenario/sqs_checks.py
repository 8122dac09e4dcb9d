"""Checks of SQS triggers against the functions that they invoke, and against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.sqs_trigger import SqsTrigger
from lambdasim.scenario.targets import DISCARD
from lambdasim.units import US_PER_S, format_us
from lambdasim.workload.expected import expected_events

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]
_MOST_BACKLOG, _MOST_BACKLOG_OF_FIFO = 10**8, 10**7  # some 2 GB


def mappings(scenario: Scenario) -> Iterator[tuple[str, SqsTrigger, SqsTrigger]]:
    """Each trigger of type sqs, with the one whose queue it polls: itself, or the one that it names."""
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, SqsTrigger) and (owner := owner_of(name, scenario)) is not None:
            yield name, trigger, owner


def owner_of(name: str, scenario: Scenario) -> SqsTrigger | None:
    """The trigger whose queue the trigger ``name`` polls: itself, or the one that it names; None if it polls none."""
    trigger = scenario.triggers[name]
    owner = scenario.triggers.get(trigger.queue.shared_with or name) if isinstance(trigger, SqsTrigger) else None
    return owner if isinstance(owner, SqsTrigger) and owner.queue.shared_with is None else None


def backlog_too_large(scenario: Scenario, _book: Book) -> Findings:
    """More messages at the start than memory holds; a FIFO queue's have a place each in their group."""
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, SqsTrigger):
            most = _MOST_BACKLOG_OF_FIFO if trigger.queue.fifo else _MOST_BACKLOG
            if trigger.queue.backlog > most:
                message = f"{trigger.queue.backlog:,} messages; at most {most:,} can be simulated"
                yield ("triggers", name, "queue", "backlog"), message


def visibility_timeout_below_function_timeout(scenario: Scenario, _book: Book) -> Findings:
    """AWS refuses the mapping: messages would be visible again while they are being processed."""
    for name, trigger, owner in mappings(scenario):
        timeout_us = owner.queue.visibility_timeout_us
        function = max(scenario.reached(trigger.target), key=lambda version: version.timeout)
        if timeout_us < function.timeout_us:
            key = ("shared_with",) if trigger.queue.shared_with else ("visibility_timeout",)
            yield (
                ("triggers", name, "queue", *key),
                (
                    f"a visibility timeout of {format_us(timeout_us)} is below the timeout of {trigger.target} "
                    f"({function.timeout} s); AWS refuses that, and advises six times the timeout"
                ),
            )


def no_queue_to_share(scenario: Scenario, _book: Book) -> Findings:
    """A mapping that polls another's queue needs one that has a queue."""
    for name, trigger in scenario.triggers.items():
        if not isinstance(trigger, SqsTrigger) or trigger.queue.shared_with is None:
            continue
        path, other = ("triggers", name, "queue", "shared_with"), trigger.queue.shared_with
        owner = scenario.triggers.get(other)
        if owner is None:
            continue  # it was refused itself
        if not isinstance(owner, SqsTrigger):
            yield path, f"{other} is of type {owner.type}; only the queue of a trigger of type sqs can be shared"
        elif owner.queue.shared_with is not None:
            yield path, f"{other} has no queue of its own; name the trigger that has it"


def dead_letter_queue_of_another_kind(scenario: Scenario, _book: Book) -> Findings:
    """The dead-letter queue of a FIFO queue is a FIFO queue, that of a standard queue a standard queue."""
    for name, trigger in scenario.triggers.items():
        sink = trigger.queue.dead_letter if isinstance(trigger, SqsTrigger) else None
        if sink is None or sink == DISCARD or not isinstance(trigger, SqsTrigger):
            continue
        other = scenario.triggers.get(sink)
        if isinstance(other, SqsTrigger) and _owner(scenario, other).queue.fifo != trigger.queue.fifo:
            kind, wanted = ("a standard", "FIFO") if trigger.queue.fifo else ("a FIFO", "standard")
            yield (
                ("triggers", name, "queue", "dead_letter"),
                f"{sink} is {kind} queue; the dead-letter queue of a {wanted} queue is one itself",
            )


def _owner(scenario: Scenario, trigger: SqsTrigger) -> SqsTrigger:
    owner = scenario.triggers.get(trigger.queue.shared_with or "")
    return owner if isinstance(owner, SqsTrigger) else trigger


def batch_too_large_for_fifo(scenario: Scenario, book: Book) -> Findings:
    """What a mapping on a FIFO queue may not have, seen where the queue is another trigger's."""
    most = book.value("triggers/sqs/mapping/batch_size_of_fifo")
    for name, trigger, owner in mappings(scenario):
        if trigger is owner or not owner.queue.fifo:
            continue
        if trigger.batch_size > most:
            yield ("triggers", name, "batch_size"), f"a batch of a FIFO queue has at most {most} messages"
        if trigger.maximum_batching_window_in_seconds:
            yield ("triggers", name, "maximum_batching_window_in_seconds"), "a FIFO queue has no batching window"


def pollers_over_reserved(scenario: Scenario, book: Book) -> Findings:
    """Pollers don't ask for reserved concurrency before they receive: what it can't take is received in vain."""
    by_target: dict[str, list[tuple[str, SqsTrigger, SqsTrigger]]] = {}
    for mapping in mappings(scenario):
        by_target.setdefault(mapping[1].function, []).append(mapping)
    for target, function in scenario.functions.items():
        reserved, of_target = function.reserved_concurrent_executions, by_target.get(target, [])
        batches = sum(most_batches(trigger, book) for _, trigger, _ in of_target)
        if reserved and batches > reserved:
            name, trigger, owner = of_target[-1]
            yield (
                ("triggers", name, "scaling_config"),
                (
                    f"the mappings of {target} may send {batches:,} batches at once, more than its reserved "
                    f"concurrency takes ({reserved}): each refusal is a receive, and {_after_refusals(owner)}; "
                    f"{_fewer_batches(trigger)}"
                ),
            )


def _after_refusals(owner: SqsTrigger) -> str:
    """What becomes of a message of this queue that is received in vain."""
    queue = owner.queue
    if queue.max_receive_count is None:
        return f"hides the message for {format_us(queue.visibility_timeout_us)}"
    fate = "is dropped" if queue.dead_letter is None else f"goes to {queue.dead_letter}"
    fate = "is dead-lettered" if queue.dead_letter == DISCARD else fate
    return f"after {queue.max_receive_count} a message {fate} without a run"


def _fewer_batches(trigger: SqsTrigger) -> str:
    if trigger.provisioned_poller_config is not None:
        return "lower provisioned_poller_config.maximum_pollers"
    return f"{'set' if trigger.scaling_config is None else 'lower'} scaling_config.maximum_concurrency"


def fifo_needs_high_throughput(scenario: Scenario, book: Book) -> Findings:
    """Without the mode of high throughput a FIFO queue takes so many sends a second, and no more."""
    most = book.value("triggers/sqs/queue/fifo_calls_per_second")
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, SqsTrigger) and trigger.queue.fifo:
            rate = expected_events(trigger.arrivals, scenario.duration_us) / scenario.duration_us * US_PER_S
            if rate > most:
                yield (
                    ("triggers", name, "arrivals"),
                    (
                        f"{rate:.3g} messages/s need a FIFO queue in the mode of high throughput, as it is taken to be "
                        f"here: without it SQS takes {most} sends a second, and as many receives and deletes"
                    ),
                )


def most_batches(trigger: SqsTrigger, book: Book) -> int:
    """How many batches a mapping may have in progress at once."""
    if trigger.provisioned_poller_config is not None:
        per_poller: int = book.value("triggers/sqs/provisioned/invokes_per_poller")
        return trigger.provisioned_poller_config.maximum_pollers * per_poller
    if trigger.scaling_config is not None:
        return trigger.scaling_config.maximum_concurrency
    ceiling: int = book.value("triggers/sqs/pollers/ceiling")
    return ceiling


Check = Callable[[Scenario, Book], Findings]
SQS_ERRORS: dict[str, Check] = {
    check.__name__: check
    for check in (
        backlog_too_large,
        visibility_timeout_below_function_timeout,
        no_queue_to_share,
        dead_letter_queue_of_another_kind,
        batch_too_large_for_fifo,
    )
}
SQS_WARNINGS: dict[str, Check] = {
    check.__name__: check for check in (pollers_over_reserved, fifo_needs_high_throughput)
}
