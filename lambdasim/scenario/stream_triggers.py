"""Kinesis and DynamoDB streams, and the event source mappings that read them for functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import core_schema

from lambdasim.header import BilledItem
from lambdasim.parameters.book import Book
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.book_fields import FROM_BOOK, BookNumber, BookSpan, from_book
from lambdasim.scenario.quantities import Count, Flag, PositiveWhole, Share, Whole
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.targets import EventFilter, QueuedForSeveral, SinkName
from lambdasim.scenario.wording import problem_at
from lambdasim.units import US_PER_HOUR

_STREAMS = "triggers/streams"
_MAPPING = f"{_STREAMS}/mapping"
FOREVER = -1


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class _BookNumberOrForever(BookNumber):
    """The same, or -1: for ever."""

    def read(self, value: Any, info: ValidationInfo) -> Any:
        """The number, in range, or -1."""
        given = self._default(Surroundings.of(info).book) if value is FROM_BOOK else value
        if type(given) is int and given == FOREVER:
            return given
        if value is FROM_BOOK:
            return BookNumber.read(self, value, info)
        try:
            return BookNumber.read(self, value, info)
        except ValueError as error:
            raise ValueError(f"{error}, or -1 for no limit") from None

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: range and default of the plain book."""
        number = BookNumber.__get_pydantic_json_schema__(self, schema, handler)
        return {"anyOf": [{"const": FOREVER}, number], "default": number.pop("default")}


class PartitionKeys(Block):
    """The partition keys of the records: which of them share a shard, and their order."""

    count: PositiveWhole
    """How many keys there are."""
    zipf: Count | None = None
    """The exponent of Zipf's law, by which some keys are more frequent than others; 0: all alike. 1 by default."""


class Poison(Block):
    """Records that fail whenever they are processed."""

    rate: Share = 0.0
    """The share of records that are so."""
    records: tuple[Whole, ...] = ()
    """Single ones, by their numbers: the records of a stream are numbered from 0, those of the backlog first."""

    @model_validator(mode="after")
    def _some(self) -> Poison:
        if not self.model_fields_set:
            raise ValueError("say which records: `rate: 0.1%`, or `records: [500]`")
        return self


class StreamMapping(QueuedForSeveral):
    """What both kinds of stream have in common: each target reads the stream by a mapping of its own."""

    partition_keys: PartitionKeys | None = None
    """The records' keys: `{count: 1000, zipf: 1.0}`; without them every record has a key of its own."""
    batch_size: Annotated[int, BookNumber(f"{_MAPPING}/batch_size", "records")] = from_book()
    """The most records of one invocation."""
    maximum_batching_window_in_seconds: Annotated[
        int, BookNumber(f"{_MAPPING}/maximum_batching_window_in_seconds", "s")
    ] = from_book()
    """How long to wait for a batch to fill; it begins when the invocation before has ended."""
    parallelization_factor: Annotated[int, BookNumber(f"{_MAPPING}/parallelization_factor")] = from_book()
    """How many batches of a shard may run at once; records of one key still go one after the other."""
    starting_position: Literal["TRIM_HORIZON", "LATEST"] = "LATEST"
    """Where in the stream to begin: at its oldest record, or (the default) behind its newest."""
    backlog: Whole = 0
    """Records that lie in the stream at the start, spread evenly over the keys."""
    maximum_retry_attempts: Annotated[int, BookNumber(f"{_MAPPING}/maximum_retry_attempts", "retries")] = from_book()
    """How often a batch is tried again after a function error; -1: until its records expire."""
    maximum_record_age_in_seconds: Annotated[
        int, _BookNumberOrForever(f"{_MAPPING}/maximum_record_age_in_seconds", "s")
    ] = from_book()
    """How old a record may be when it is sent to the function; -1: as old as the stream keeps it."""
    bisect_batch_on_function_error: Flag = False
    """Whether a batch that fails is tried again in two halves."""
    tumbling_window_in_seconds: Annotated[int, BookNumber(f"{_MAPPING}/tumbling_window_in_seconds", "s")] = from_book()
    """The length of tumbling windows, whose boundaries no batch crosses; 0: none."""
    on_failure: SinkName | None = None
    """The trigger that gets a record of each batch that is given up; or discard-counted."""
    function_response_types: tuple[Literal["ReportBatchItemFailures"], ...] = ()
    """`[ReportBatchItemFailures]`: the function says which record failed first; those before it are done."""
    filter: EventFilter | None = None
    """The mapping's filter: `{pass: 80%}`."""
    poison: Poison | None = None
    """Records that fail whenever they are processed: `{rate: 0.1%}` or `{records: [500]}`."""

    @property
    def sinks(self) -> dict[tuple[str, ...], str]:
        """Where batches are told of that it gives up."""
        return {} if self.on_failure is None else {("on_failure",): self.on_failure}

    @property
    def reports_failures(self) -> bool:
        """Whether the function says which record of a batch failed first."""
        return bool(self.function_response_types)


def _fits(mapping: StreamMapping, info: ValidationInfo, stream: str) -> None:
    """Refuse records that the stream does not take, or that no invocation can carry."""
    book = Surroundings.of(info).book
    for path, what in (
        (f"{_STREAMS}/{stream}", "that the stream takes"),
        ("quotas/function/payload_mb/request", "that an invocation carries"),
    ):
        limit = book.peek(path)
        if mapping.payload_size_mb > limit:
            raise problem_at(f"{mapping.payload_size_mb:g} MB is above the {limit} MB {what}", "payload_size")


class KinesisTrigger(StreamMapping):
    """A Kinesis data stream."""

    type: Literal["kinesis"]
    """A Kinesis data stream."""
    shards: Annotated[int, BookNumber(f"{_STREAMS}/kinesis/shards")] = from_book()
    """How many shards the stream has."""
    retention_us: Annotated[int, BookSpan(f"{_STREAMS}/kinesis/retention_h", US_PER_HOUR)] = from_book("retention")
    """How long the stream keeps a record, such as 48h."""
    enhanced_fan_out: Flag = False
    """Whether each target is a consumer of its own, to whom records are pushed."""
    on_write_throttle: Literal["retry", "drop"] = "retry"
    """What producers do with a record that its shard refuses: put it as soon as it does not, or give it up."""

    @model_validator(mode="after")
    def _within_limits(self, info: ValidationInfo) -> KinesisTrigger:
        _fits(self, info, "kinesis/record_mb")
        most = Surroundings.of(info).book.peek(f"{_STREAMS}/kinesis/enhanced_fan_out/consumers")
        if self.enhanced_fan_out and len(self.targets) > most:
            raise problem_at(f"{len(self.targets)} functions; a stream has at most {most} such consumers", "targets")
        return self

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """Shards by the hour, payload units put, and enhanced fan-out."""
        prices = "services/kinesis"
        items = (
            BilledItem("Kinesis shards", "shard_hours", "shard-hours", f"{prices}/shard_hour"),
            BilledItem("Kinesis PUT payload units", "put_units", "units", f"{prices}/put_payload_units"),
        )
        if not self.enhanced_fan_out:
            return items
        return (
            *items,
            BilledItem(
                "Kinesis enhanced fan-out",
                "consumer_shard_hours",
                "consumer-shard-hours",
                f"{prices}/enhanced_fan_out_shard_hour",
            ),
            BilledItem("Kinesis enhanced fan-out data", "read_gb", "GB", f"{prices}/enhanced_fan_out_data"),
        )


class DynamoDbStreamsTrigger(StreamMapping):
    """The stream of a DynamoDB table."""

    type: Literal["dynamodb_streams"]
    """The stream of a DynamoDB table."""
    shards: Annotated[int, BookNumber(f"{_STREAMS}/dynamodb_streams/shards")] = from_book()
    """How many shards the stream has: one for each partition of the table."""

    @model_validator(mode="after")
    def _within_limits(self, info: ValidationInfo) -> DynamoDbStreamsTrigger:
        _fits(self, info, "dynamodb_streams/read/mb")
        most = Surroundings.of(info).book.peek(f"{_STREAMS}/dynamodb_streams/readers_per_shard")
        if len(self.targets) > most:
            message = f"{len(self.targets)} functions; at most {most} may read a shard, or their reads are throttled"
            raise problem_at(message, "targets")
        return self


StreamTrigger = KinesisTrigger | DynamoDbStreamsTrigger


def retention_us_of(trigger: StreamTrigger, book: Book) -> int:
    """How long the stream keeps a record."""
    if isinstance(trigger, KinesisTrigger):
        return trigger.retention_us
    retention_h: float = book.value(f"{_STREAMS}/dynamodb_streams/retention_h")
    return round(retention_h * US_PER_HOUR)
