"""Triggers that hand each event to Lambda's own event queue, and wait for nothing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, model_validator

from lambdasim.header import BilledItem
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.book_fields import BookNumber
from lambdasim.scenario.quantities import Instant, PositiveInstant, PositiveWhole, Share
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.targets import Queued, QueuedForOne, QueuedForSeveral, SinkName
from lambdasim.scenario.wording import problem_at
from lambdasim.units import US_PER_MINUTE, format_us
from lambdasim.workload.arrivals import ArrivalProcess, NoArrivals, Sum
from lambdasim.workload.schedules import Schedule

_BOOK = "triggers/asynchronous"
_EXTRA_REQUESTS = BilledItem("requests beyond the first 256 KB", "extra_requests", "requests", "requests")


class Outage(Block):
    """A time in which Lambda's endpoint refuses every delivery."""

    at_us: Instant = Field(alias="at")
    """When it begins."""
    for_us: PositiveInstant = Field(alias="for")
    """How long it lasts."""


class Endpoint(Block):
    """Lambda's endpoint as the source finds it: what it refuses (with a 5xx) the source may deliver again."""

    error_rate: Share = 0.0
    """The share of deliveries that it refuses; none by default."""
    outages: tuple[Outage, ...] = ()
    """Times in which it refuses all: `[{at: 10m, for: 5m}]`."""


class Delivered(Queued):
    """What all sources of asynchronous events have in common."""

    endpoint: Endpoint = Endpoint()
    """Lambda's endpoint as the source finds it; always open by default."""

    @model_validator(mode="after")
    def _payload_fits(self, info: ValidationInfo) -> Delivered:
        book, kind = Surroundings.of(info).book, getattr(self, "type", "")
        own = f"{_BOOK}/maximum_payload_mb/{kind}"
        most_mb = min(book.peek(path) for path in (own, "quotas/function/payload_mb/asynchronous") if book.has(path))
        if self.payload_size_mb > most_mb:
            most = f"{most_mb:g} MB" if most_mb >= 1 else f"{most_mb * 1024:g} KB"
            raise problem_at(
                f"{self.payload_size_mb:g} MB is above {most}, the most that an event may have", "payload_size"
            )
        return self


class SourceDeadLetterConfig(Block):
    """Where events go that the source could not deliver to Lambda."""

    target: SinkName
    """A trigger of type sqs; or discard-counted: counted, no consumer."""


class RetryPolicy(Block):
    """How long EventBridge tries to deliver an event that Lambda's endpoint refuses."""

    maximum_retry_attempts: (
        Annotated[int, BookNumber(f"{_BOOK}/retry_policy/maximum_retry_attempts", minimum=0)] | None
    ) = None
    """How often it tries again; the service's own number by default."""
    maximum_event_age_in_seconds: (
        Annotated[int, BookNumber(f"{_BOOK}/retry_policy/maximum_event_age_in_seconds", "s")] | None
    ) = None
    """For how long it tries again; the service's own limit by default."""


class WithDeadLetters(Delivered):
    """What sources have in common that can keep what they could not deliver."""

    dead_letter_config: SourceDeadLetterConfig | None = None
    """Where events go that the source could not deliver to Lambda."""

    @property
    def sinks(self) -> dict[tuple[str, ...], str]:
        """The source's own dead-letter queue, if it has one."""
        if self.dead_letter_config is None:
            return {}
        return {("dead_letter_config", "target"): self.dead_letter_config.target}


class EventClient(Block):
    """The caller, which is told when Lambda's endpoint refuses an event."""

    retries: Literal["none", "legacy", "standard", "adaptive"] = "legacy"
    """The SDK's retry mode; legacy is botocore's default."""
    clients: PositiveWhole = 1
    """How many client processes there are, each with a retry budget of its own."""


class DirectAsyncTrigger(QueuedForOne, Delivered):
    """Direct Invoke calls with InvocationType Event."""

    type: Literal["direct_async"]
    """Direct Invoke calls with InvocationType Event."""
    client: EventClient = EventClient()
    """The caller, which is told when Lambda's endpoint refuses an event."""

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """Lambda's own requests for large events."""
        return (_EXTRA_REQUESTS,)


class S3Trigger(QueuedForOne, Delivered):
    """S3 event notifications: one for each object."""

    type: Literal["s3"]
    """S3 event notifications: one for each object."""

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """Lambda's own requests for large events; notifications are free."""
        return (_EXTRA_REQUESTS,)


class SnsTrigger(QueuedForSeveral, WithDeadLetters):
    """A standard SNS topic; each target is a subscription."""

    type: Literal["sns"]
    """A standard SNS topic; each target is a subscription."""

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """Publishes; deliveries to Lambda are free."""
        return (BilledItem("SNS publishes", "billed_publishes", "publishes", "services/sns/standard_publish"),)


class EventBridgeTrigger(QueuedForSeveral, WithDeadLetters):
    """A rule on an EventBridge bus, which sends each event by itself and in no order."""

    type: Literal["eventbridge"]
    """A rule on an EventBridge bus, which sends each event by itself and in no order."""
    bus: Literal["classic", "custom"] = "classic"
    """The bus: classic (the default), or the custom bus of 2026, which gives up sooner."""
    invocation_type: Literal["EVENT", "REQUEST_RESPONSE"] = "EVENT"
    """On a custom bus, REQUEST_RESPONSE waits for the function: its errors and throttles are retried by the bus."""
    retry_policy: RetryPolicy = RetryPolicy()
    """How long the bus tries to deliver an event."""

    @model_validator(mode="after")
    def _waits_on_a_custom_bus_only(self) -> EventBridgeTrigger:
        if self.invocation_type == "REQUEST_RESPONSE" and self.bus != "custom":
            raise problem_at("only a custom bus waits for the function; write `bus: custom`", "invocation_type")
        return self

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """Custom events, and Lambda's own requests for large ones."""
        events = BilledItem(
            "EventBridge custom events", "billed_events", "events", "services/eventbridge/custom_events"
        )
        return (events, _EXTRA_REQUESTS)


class ScheduleTrigger(QueuedForOne, WithDeadLetters):
    """A schedule of EventBridge Scheduler, or a scheduled rule."""

    type: Literal["schedule"]
    """A schedule of EventBridge Scheduler, or a scheduled rule."""
    service: Literal["scheduler", "rule"] = "scheduler"
    """EventBridge Scheduler (the default), or a scheduled rule on the default bus."""
    flexible_time_window_us: PositiveInstant | None = Field(default=None, alias="flexible_time_window")
    """Scheduler invokes at any time within this after an event is due, such as 15m; within the minute by default."""
    retry_policy: RetryPolicy = RetryPolicy()
    """How long it tries to deliver an event."""

    @model_validator(mode="after")
    def _comes_by_the_clock(self) -> ScheduleTrigger:
        for path, arrivals in _parts(self.arrivals, ("arrivals",)):
            if not isinstance(arrivals, Schedule | NoArrivals):
                example = "{schedule: {expression: rate(5 minutes)}}"
                raise problem_at(f"a schedule's events come by the clock; write `arrivals: {example}`", *path)
            if self.service == "rule" and isinstance(arrivals, Schedule) and arrivals.timezone != "UTC":
                message = "a scheduled rule knows UTC only; use `service: scheduler` for other time zones"
                raise problem_at(message, *path, "schedule", "timezone")
        return self

    @model_validator(mode="after")
    def _window_in_range(self, info: ValidationInfo) -> ScheduleTrigger:
        window_us = self.flexible_time_window_us
        if window_us is None:
            return self
        if self.service == "rule":
            raise problem_at("only `service: scheduler` has flexible time windows", "flexible_time_window")
        book, path = Surroundings.of(info).book, f"{_BOOK}/schedule/flexible_time_window_minutes"
        low, high = (book.peek(f"{path}/{bound}") for bound in ("minimum", "maximum"))
        if not low * US_PER_MINUTE <= window_us <= high * US_PER_MINUTE:
            message = f"{format_us(window_us)} is outside {low} to {high} minutes"
            raise problem_at(message, "flexible_time_window")
        return self

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """Scheduler's invocations, and Lambda's own requests for large events; scheduled rules are free."""
        if self.service == "rule":
            return (_EXTRA_REQUESTS,)
        invocations = BilledItem(
            "EventBridge Scheduler invocations", "scheduled", "invocations", "services/eventbridge/scheduler"
        )
        return (invocations, _EXTRA_REQUESTS)


def _parts(arrivals: ArrivalProcess, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], ArrivalProcess]]:
    """The arrival processes of which a sum is made, each with its path below the trigger; or the one that there is."""
    if not isinstance(arrivals, Sum):
        return [(path, arrivals)]
    return [part for index, one in enumerate(arrivals.parts) for part in _parts(one, (*path, "sum", index))]


AsynchronousTrigger = DirectAsyncTrigger | S3Trigger | SnsTrigger | EventBridgeTrigger | ScheduleTrigger
