"""An SQS queue, and the event source mapping that polls it for a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import core_schema

from lambdasim.header import BilledItem
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.book_fields import BookNumber, BookSpan, from_book
from lambdasim.scenario.quantities import Count, Flag, PositiveWhole, Share, Whole
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.targets import EventFilter, QueuedForOne, SinkName, TriggerName
from lambdasim.scenario.wording import found, problem_at

_BOOK = "triggers/sqs"
_QUEUE = f"{_BOOK}/queue"
_MAPPING = f"{_BOOK}/mapping"
_PROVISIONED = f"{_BOOK}/provisioned"
_DEFAULT_GROUPS = 100
_MOST_GROUPS = 10**6  # each has a place of its own in memory


class MessageGroups(Block):
    """The message groups of a FIFO queue: within each, messages keep their order."""

    count: PositiveWhole
    """How many groups there are."""
    zipf: Count = 0.0
    """The exponent of Zipf's law, by which some groups have more messages than others; 0: all alike."""

    @model_validator(mode="after")
    def _not_too_many(self) -> MessageGroups:
        if self.count > _MOST_GROUPS:
            raise ValueError(f"{self.count:,} groups; at most {_MOST_GROUPS:,} can be simulated")
        return self


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class _OrTheirNumber:
    """Message groups, or a number: so many, all alike."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: a number stands for a mapping."""

        def read(value: Any) -> Any:
            if isinstance(value, dict) or value is _HUNDRED_GROUPS:
                return value
            if type(value) is not int:
                raise ValueError(f"expected a number or a mapping with `count` and `zipf`, found {found(value)}")
            return {"count": value}

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: a number, or the mapping."""
        return {"anyOf": [{"type": "integer", "minimum": 1, "maximum": _MOST_GROUPS}, handler(schema["schema"])]}


_HUNDRED_GROUPS = MessageGroups(count=_DEFAULT_GROUPS)


class QueueSettings(Block):
    """An SQS queue."""

    visibility_timeout_us: Annotated[int, BookSpan(f"{_QUEUE}/visibility_timeout_s")] = from_book("visibility_timeout")
    """How long a received message stays hidden from other receives, such as 180 s; counted from the receive."""
    message_retention_us: Annotated[int, BookSpan(f"{_QUEUE}/message_retention_s")] = from_book("message_retention")
    """How long the queue keeps a message, such as 4d."""
    delay_us: Annotated[int, BookSpan(f"{_QUEUE}/delay_s")] = from_book("delay")
    """How long a message that is sent stays hidden first."""
    max_receive_count: Annotated[int, BookNumber(f"{_QUEUE}/max_receive_count")] | None = None
    """How often a message may be received; the next receive moves it to the dead-letter queue."""
    dead_letter: SinkName | None = None
    """The trigger of type sqs that is its dead-letter queue; or discard-counted: counted, no consumer."""
    fifo: Flag = False
    """Whether it is a FIFO queue: messages of a group are processed in order, one batch after the other."""
    message_groups: Annotated[MessageGroups, _OrTheirNumber()] = _HUNDRED_GROUPS
    """A FIFO queue's message groups: `100`, or `{count: 2000, zipf: 1.2}`; 100 alike by default."""
    backlog: Whole = 0
    """Messages that wait in it at the start."""
    shared_with: TriggerName | None = None
    """Another trigger of type sqs, whose queue this mapping polls: two mappings on one queue."""

    @model_validator(mode="after")
    def _groups_need_fifo(self) -> QueueSettings:
        if "message_groups" in self.model_fields_set and not self.fifo:
            raise problem_at("only a FIFO queue keeps the order of message groups; add fifo: true", "message_groups")
        return self

    @model_validator(mode="after")
    def _a_shared_queue_has_its_own_settings(self) -> QueueSettings:
        others = sorted(self.model_fields_set - {"shared_with"})
        if self.shared_with is not None and others:
            fields = type(self).model_fields
            key = fields[others[0]].alias or others[0]
            raise problem_at(f"the queue is that of {self.shared_with}; say it there", key)
        return self

    @model_validator(mode="after")
    def _both_or_neither_of_redrive(self, info: ValidationInfo) -> QueueSettings:
        if self.dead_letter is not None and self.max_receive_count is None:
            default = Surroundings.of(info).book.value(f"{_QUEUE}/max_receive_count/default")
            object.__setattr__(self, "max_receive_count", default)
        return self


class ScalingConfig(Block):
    """How far the mapping scales out."""

    maximum_concurrency: Annotated[int, BookNumber(f"{_BOOK}/pollers/maximum_concurrency")]
    """How many batches it may have in progress at once; it receives no more than these take."""


class ProvisionedPollerConfig(Block):
    """Provisioned mode: pollers that are paid for."""

    minimum_pollers: Annotated[int, BookNumber(f"{_PROVISIONED}/minimum_pollers")] = from_book()
    """Pollers that are always there."""
    maximum_pollers: Annotated[int, BookNumber(f"{_PROVISIONED}/maximum_pollers")] = from_book()
    """The most pollers it scales out to."""

    @model_validator(mode="after")
    def _minimum_below_maximum(self) -> ProvisionedPollerConfig:
        if self.minimum_pollers > self.maximum_pollers:
            raise problem_at(
                f"{self.minimum_pollers} pollers are above maximum_pollers ({self.maximum_pollers})", "minimum_pollers"
            )
        return self


class PoisonMessages(Block):
    """Messages that fail whenever they are processed."""

    rate: Share
    """The share of messages that are so."""


class SqsTrigger(QueuedForOne):
    """An SQS queue, and the event source mapping that polls it."""

    type: Literal["sqs"]
    """An SQS queue, and the event source mapping that polls it."""
    queue: QueueSettings = Field(default={}, validate_default=True)
    """The queue."""
    batch_size: Annotated[int, BookNumber(f"{_MAPPING}/batch_size", "messages")] = from_book()
    """The most messages of one invocation."""
    maximum_batching_window_in_seconds: Annotated[
        int, BookNumber(f"{_MAPPING}/maximum_batching_window_in_seconds", "s")
    ] = from_book()
    """How long a poller gathers messages; it begins when the invocation before has ended."""
    scaling_config: ScalingConfig | None = None
    """How far the mapping scales out: `{maximum_concurrency: 10}`."""
    provisioned_poller_config: ProvisionedPollerConfig | None = None
    """Provisioned mode: `{minimum_pollers: 2, maximum_pollers: 200}`."""
    function_response_types: tuple[Literal["ReportBatchItemFailures"], ...] = ()
    """`[ReportBatchItemFailures]`: the function says which messages failed; the others are done."""
    filter: EventFilter | None = None
    """The mapping's filter: `{pass: 80%}`."""
    poison: PoisonMessages | None = None
    """Messages that fail whenever they are processed: `{rate: 0.1%}`."""

    @model_validator(mode="after")
    def _batch_and_window(self, info: ValidationInfo) -> SqsTrigger:
        book = Surroundings.of(info).book
        if self.queue.fifo:
            most = book.peek(f"{_MAPPING}/batch_size_of_fifo")
            if self.batch_size > most:
                raise problem_at(
                    f"{self.batch_size} messages; a batch of a FIFO queue has at most {most}", "batch_size"
                )
            if self.maximum_batching_window_in_seconds:
                raise problem_at("a FIFO queue has no batching window", "maximum_batching_window_in_seconds")
        most = book.peek(f"{_MAPPING}/batch_size_without_window")
        if self.batch_size > most and not self.maximum_batching_window_in_seconds:
            raise problem_at(
                f"more than {most} messages need maximum_batching_window_in_seconds of at least 1", "batch_size"
            )
        return self

    @model_validator(mode="after")
    def _one_kind_of_pollers(self) -> SqsTrigger:
        if self.scaling_config is not None and self.provisioned_poller_config is not None:
            raise problem_at(
                "maximum concurrency and provisioned pollers exclude each other; keep one of them", "scaling_config"
            )
        return self

    @model_validator(mode="after")
    def _message_fits(self, info: ValidationInfo) -> SqsTrigger:
        most_mb = Surroundings.of(info).book.peek(f"{_QUEUE}/maximum_message_mb")
        if self.payload_size_mb > most_mb:
            raise problem_at(
                f"{self.payload_size_mb:g} MB is above {most_mb} MB, the most that a message may have", "payload_size"
            )
        return self

    @model_validator(mode="after")
    def _messages_belong_to_the_queue(self) -> SqsTrigger:
        for name, key in (("arrivals", "arrivals"), ("payload_size_mb", "payload_size"), ("poison", "poison")):
            if self.queue.shared_with is not None and name in self.model_fields_set:
                raise problem_at(f"the messages are those of {self.queue.shared_with}; say it there", key)
        return self

    @property
    def reports_failures(self) -> bool:
        """Whether the function says which messages of a batch failed."""
        return bool(self.function_response_types)

    @property
    def sinks(self) -> dict[tuple[str, ...], str]:
        """Where messages go that were received too often."""
        return {} if self.queue.dead_letter is None else {("queue", "dead_letter"): self.queue.dead_letter}

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """The queue's requests, once for all that poll it, and provisioned pollers by the hour."""
        kind = "fifo" if self.queue.fifo else "standard"
        requests = BilledItem("SQS requests", "requests", "requests", f"services/sqs/{kind}")
        pollers = BilledItem("provisioned SQS pollers", "poller_hours", "poller-hours", "event_poller_units/sqs")
        return (
            *((requests,) if self.queue.shared_with is None else ()),
            *((pollers,) if self.provisioned_poller_config is not None else ()),
        )
