"""Functions as the user writes them: Terraform's keys, plus what the handler and its init do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lambdasim.scenario.aliases import FIRST_VERSION, LIVE, Alias
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.book_fields import FROM_BOOK, BookName, BookNumber
from lambdasim.scenario.distributions import DurationDistribution
from lambdasim.scenario.quantities import Duration, PositiveWhole, Share, Size, Whole
from lambdasim.scenario.targets import LATEST, SinkName, TriggerName
from lambdasim.scenario.wording import problem_at
from lambdasim.units import US_PER_S

_DEFAULT_LANGUAGE = "go"
_DEFAULT_OS = "provided.al2023"
_EVENT_QUEUE = "triggers/asynchronous/event_queue"


class Emit(Block):
    """What each event that a function has processed successfully feeds."""

    to: TriggerName
    """The trigger that gets the events: a queue, a stream, or a source of asynchronous events."""
    events: PositiveWhole = 1
    """How many events it gets."""
    probability: Share = 1.0
    """How often: 100% by default."""


class Handler(Block):
    """What an invocation does once its environment is ready."""

    duration: DurationDistribution
    """Wall time of one invocation, at `memory_size`, or at `measured_at`."""
    measured_at: Annotated[int, BookNumber("quotas/function/memory_size", "MB")] | None = None
    """The memory size (MB) at which `duration` was measured; it is then scaled by CPU share."""
    cpu_fraction: Share = 1.0
    """The share of `duration` that is CPU time; the rest is waiting. 100% by default."""
    threads: PositiveWhole = 1
    """How many vCPUs the code can use."""
    max_memory_used: PositiveWhole | None = None
    """MB; above `memory_size` every invocation ends out of memory."""
    error_rate: Share = 0.0
    """The share of invocations that raise an exception; the environment stays warm."""
    crash_rate: Share = 0.0
    """The share of invocations in which the process exits; the environment is reset."""
    per_record_us: Duration = Field(default=0.0, alias="per_record")
    """Added to `duration` for each record of a batch, and scaled like it."""
    record_error_rate: Share = 0.0
    """The share of a batch's records that fail: alone with ReportBatchItemFailures, else with all of the batch."""
    emits: tuple[Emit, ...] = ()
    """What its successes feed: `[{to: orders-queue, events: 2, probability: 50%}]`, for each event or record."""

    @model_validator(mode="after")
    def _endings_are_exclusive(self) -> Handler:
        if self.error_rate + self.crash_rate > 1:
            raise problem_at("error_rate and crash_rate together are above 100%", "crash_rate")
        return self


class Init(Block):
    """What an environment does before its first invocation; neither key: a hello-world function of the runtime."""

    duration: DurationDistribution | None = None
    """The whole Init Duration, as REPORT shows it."""
    code: DurationDistribution | None = None
    """The function's own init code, on top of the runtime's measured init."""

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Init:
        if self.duration is not None and self.code is not None:
            raise problem_at("`duration` is the whole init and `code` a part of it; keep one of them", "code")
        return self


class EventInvokeConfig(Block):
    """What Lambda's event queue does with the function's asynchronous events."""

    maximum_retry_attempts: Annotated[int, BookNumber(f"{_EVENT_QUEUE}/maximum_retry_attempts", minimum=0)] = Field(
        default=FROM_BOOK, validate_default=True
    )
    """How often an event is tried again after a function error."""
    maximum_event_age_in_seconds: Annotated[int, BookNumber(f"{_EVENT_QUEUE}/maximum_event_age_in_seconds", "s")] = (
        Field(default=FROM_BOOK, validate_default=True)
    )
    """How old an event may be when it is sent to the function."""
    on_success: SinkName | None = None
    """The trigger that gets a record of each success; or discard-counted."""
    on_failure: SinkName | None = None
    """The trigger that gets a record of each event that failed for good; or discard-counted."""


class DeadLetterConfig(Block):
    """Where the function's asynchronous events go that failed for good."""

    target: SinkName
    """A trigger of type sqs or sns; or discard-counted: counted, no consumer."""


class VpcConfig(Block):
    """The VPC that the function's environments attach to."""

    subnet_ids: Annotated[tuple[str, ...], Field(min_length=1)]
    """Subnets, by any name."""
    security_group_ids: Annotated[tuple[str, ...], Field(min_length=1)]
    """Security groups, by any name."""
    network_interfaces: Literal["hyperplane"] = "hyperplane"
    """How environments attach: by shared Hyperplane interfaces, as since 2019-09."""


class Function(Block):
    """A Lambda function."""

    runtime: Annotated[str, BookName("runtimes", "runtime")] | None = None
    """AWS's identifier, such as python3.13; with provided.* or an image, `language` says what runs on it."""
    language: str | None = None
    """Whose measured init to take on an OS-only runtime: go (the default), rust, dotnet_aot, graalvm, swift, ..."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """The instruction set: x86_64 (the default) or arm64."""
    memory_size: Annotated[int, BookNumber("quotas/function/memory_size", "MB")] = Field(
        default=FROM_BOOK, validate_default=True
    )
    """MB of 1024 KB; CPU comes in proportion."""
    timeout: Annotated[int, BookNumber("quotas/function/timeout", "s")] = Field(
        default=FROM_BOOK, validate_default=True
    )
    """Seconds after which an invocation is cut off."""
    ephemeral_storage: Annotated[int, BookNumber("quotas/function/ephemeral_storage", "MB")] = Field(
        default=FROM_BOOK, validate_default=True
    )
    """MB of /tmp."""
    package_type: Literal["Zip", "Image"] = "Zip"
    """Zip (the default) or Image."""
    package_size_mb: Size | None = Field(default=None, alias="package_size")
    """Size of the package as it is fetched: zipped, such as 12 MB."""
    unzipped_size_mb: Size | None = Field(default=None, alias="unzipped_size")
    """Size unzipped, layers included; the same as `package_size` for an image."""
    handler: Handler
    """What an invocation does."""
    init: Init = Init()
    """What an environment does before its first invocation."""
    reserved_concurrent_executions: Whole | None = None
    """Concurrency set aside for this function, which it can't exceed either; 0 stops the function."""
    provisioned_concurrent_executions: PositiveWhole | None = None
    """Environments that are kept ready: short for an alias `live` that has them, and that unqualified targets mean."""
    aliases: dict[str, Alias] = Field(default={})
    """Names that point to its versions; triggers invoke them as `function:alias`."""
    event_invoke_config: EventInvokeConfig = Field(default={}, validate_default=True)
    """What Lambda's event queue does with its asynchronous events."""
    dead_letter_config: DeadLetterConfig | None = None
    """Where its asynchronous events go that failed for good."""
    recursive_loop: Literal["Terminate", "Allow"] = "Terminate"
    """Whether Lambda stops a chain of events in which the function has run too often: Terminate (the default), or
    Allow."""
    vpc_config: VpcConfig | None = None
    """The VPC that its environments attach to."""

    @model_validator(mode="after")
    def _zip_has_a_runtime(self) -> Function:
        if self.runtime is None and self.package_type == "Zip":
            raise problem_at("the key 'runtime' is required (but for `package_type: Image`)", "runtime")
        return self

    @property
    def configurations(self) -> dict[str, Function]:
        """The settings of each of its versions, $LATEST first."""
        return {LATEST: self} | ({FIRST_VERSION: self} if self.pointers else {})

    @property
    def pointers(self) -> dict[str, Alias]:
        """Its aliases, with the one that the function's own keys stand for."""
        if self.provisioned_concurrent_executions is None:
            return self.aliases
        live = Alias(
            function_version=FIRST_VERSION, provisioned_concurrent_executions=self.provisioned_concurrent_executions
        )
        return {LIVE: live} | self.aliases

    @property
    def unqualified(self) -> str:
        """What a target means that names the function alone: $LATEST, or the alias that its own keys stand for."""
        return LATEST if self.provisioned_concurrent_executions is None else LIVE

    @property
    def stops_loops(self) -> bool:
        """Whether Lambda stops a chain in which it has run too often."""
        return self.recursive_loop == "Terminate"

    @property
    def timeout_us(self) -> int:
        """The timeout in microseconds."""
        return self.timeout * US_PER_S

    @property
    def init_key(self) -> str:
        """The name under which the book has the runtime's measured init: ``python3.13``, ``go@provided.al2023``."""
        runtime = self.runtime or _DEFAULT_OS
        if runtime.startswith("provided"):
            return f"{self.language or _DEFAULT_LANGUAGE}@{runtime}"
        return runtime
