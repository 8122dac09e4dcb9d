"""How long what waits behind a trigger is kept, and hidden, before it is given up or tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.header import FAMILIES, Family
from lambdasim.scenario.sqs_checks import owner_of
from lambdasim.scenario.stream_triggers import FOREVER, DynamoDbStreamsTrigger, KinesisTrigger, retention_us_of
from lambdasim.scenario.targets import Queued
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from lambdasim.scenario.model import Scenario
    from lambdasim.scenario.sqs_trigger import QueueSettings
    from lambdasim.scenario.stream_triggers import StreamTrigger


def keeps_us_of(name: str, scenario: Scenario) -> int | None:
    """How old an event of a trigger may become, in microseconds; None of a synchronous one.

    A queue's message retention; of a stream its retention, or its mapping's maximum record age if that is less; of
    Lambda's event queue the maximum event age of its function (of several: the least).
    """
    trigger = scenario.triggers[name]
    queue = _queue_of(name, scenario)
    if queue is not None:
        return queue.message_retention_us
    if isinstance(trigger, KinesisTrigger | DynamoDbStreamsTrigger):
        return _of_a_stream(trigger, scenario)
    if isinstance(trigger, Queued) and FAMILIES[trigger.type] is Family.ASYNCHRONOUS:
        configs = (scenario.functions[function].event_invoke_config for function in trigger.functions)
        return min(config.maximum_event_age_in_seconds for config in configs) * US_PER_S
    return None


def hides_us_of(name: str, scenario: Scenario) -> int | None:
    """A queue's visibility timeout, in microseconds; None of other triggers."""
    queue = _queue_of(name, scenario)
    return None if queue is None else queue.visibility_timeout_us


def _queue_of(name: str, scenario: Scenario) -> QueueSettings | None:
    """The queue that a trigger polls: its own, or another's."""
    owner = owner_of(name, scenario)
    return None if owner is None else owner.queue


def _of_a_stream(trigger: StreamTrigger, scenario: Scenario) -> int:
    retention_us, age_s = retention_us_of(trigger, scenario.book), trigger.maximum_record_age_in_seconds
    return retention_us if age_s == FOREVER else min(retention_us, age_s * US_PER_S)
