"""What feeds what: emits, destinations and dead letters, by which events go on from triggers and functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lambdasim.scenario.functions import Function
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import Queued

Path = tuple[str | int, ...]


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
