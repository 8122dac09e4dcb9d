"""Functions as the user writes them: Terraform's keys, plus what the handler and its init do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lambdasim.scenario.aliases import FIRST_VERSION, LIVE, Alias, AliasName, ProvisionedConcurrency, VersionName
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.book_fields import FROM_BOOK, BookName, BookNumber
from lambdasim.scenario.distributions import DurationDistribution
from lambdasim.scenario.downstream import ConnectionsList
from lambdasim.scenario.layers import Layer
from lambdasim.scenario.network import VpcConfig
from lambdasim.scenario.overriding import Overrides, Overriding, overridden, overrides_of
from lambdasim.scenario.quantities import Duration, PositiveWhole, Share, Size, Whole
from lambdasim.scenario.snap_start import SnapStart
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


class Configuration(Block):
    """What is published with a version of a function, and may differ from version to version."""

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
    """Size unzipped, with the layers that `layers` does not list; the same as `package_size` for an image."""
    layers: tuple[Layer, ...] = ()
    """Sizes of the layers beside a Zip package: `[12 MB, {size: 5 MB, unzipped_size: 20 MB}]`."""
    handler: Handler
    """What an invocation does."""
    init: Init = Init()
    """What an environment does before its first invocation."""
    vpc_config: VpcConfig | None = None
    """The VPC that its environments attach to."""
    snap_start: SnapStart | None = None
    """Starting published versions from a snapshot; unqualified targets mean then an alias `live` of version 1."""

    @model_validator(mode="after")
    def _zip_has_a_runtime(self) -> Configuration:
        if self.runtime is None and self.package_type == "Zip":
            raise problem_at("the key 'runtime' is required (but for `package_type: Image`)", "runtime")
        return self

    @model_validator(mode="after")
    def _image_has_no_layers(self) -> Configuration:
        if self.layers and self.package_type == "Image":
            raise problem_at("an image has no layers of Lambda; add what they hold to its `package_size`", "layers")
        return self

    @property
    def fetched_mb(self) -> float:
        """What a new environment fetches: the package and its layers, zipped; 0 if nothing is said of them."""
        return (self.package_size_mb or 0.0) + sum(layer.size_mb for layer in self.layers)

    @property
    def layers_unpacked_mb(self) -> float:
        """The layers unzipped; as they are fetched where no more is said of them."""
        return sum(max(layer.size_mb, layer.unzipped_size_mb or 0.0) for layer in self.layers)

    @property
    def unpacked_mb(self) -> float:
        """The package and its layers unzipped; as they are fetched where no more is said of them."""
        return max(self.package_size_mb or 0.0, self.unzipped_size_mb or 0.0) + self.layers_unpacked_mb

    @property
    def timeout_us(self) -> int:
        """The timeout in microseconds."""
        return self.timeout * US_PER_S

    @property
    def has_snap_start(self) -> bool:
        """Whether it starts from a snapshot where it is published."""
        return self.snap_start is not None and self.snap_start.is_on

    @property
    def init_key(self) -> str:
        """The name under which the book has the runtime's measured init: ``python3.13``, ``go@provided.al2023``."""
        runtime = self.runtime or _DEFAULT_OS
        if runtime.startswith("provided"):
            return f"{self.language or _DEFAULT_LANGUAGE}@{runtime}"
        return runtime


_ONCE = "is set once for the function, for all its versions"
_ONCE_FOR_ALL = (
    "reserved_concurrent_executions",
    "aliases",
    "versions",
    "event_invoke_config",
    "dead_letter_config",
    "recursive_loop",
    "connections",
)
_BY_AN_ALIAS = "give this to an alias that points to the version, below `aliases`: it comes to the same"
_HandlerOfVersion = overrides_of(
    "HandlerOfVersion",
    "What an invocation of a version does otherwise than those of the function's own configuration.",
    Handler,
    {"emits": f"`emits` of a handler {_ONCE}"},
)
_Version = overrides_of(
    "Version",
    "A published version: what it changes of its function's own configuration.",
    Configuration,
    {key: f"`{key}` {_ONCE}" for key in _ONCE_FOR_ALL} | {"provisioned_concurrent_executions": _BY_AN_ALIAS},
    {"handler": _HandlerOfVersion},
)


def _published(base: Configuration, changes: Overrides) -> Configuration:
    """A version's configuration: with more memory the function's own duration becomes shorter, as it was measured."""
    of_handler = getattr(changes, "handler", None) or Overrides()
    handler = base.handler
    if "duration" in of_handler.model_fields_set:
        handler = handler.model_copy(update={"measured_at": None})
    elif "memory_size" in changes.model_fields_set:
        handler = handler.model_copy(update={"measured_at": handler.measured_at or base.memory_size})
    return overridden(base.model_copy(update={"handler": handler}), changes)


class Function(Configuration):
    """A Lambda function: the configuration of its $LATEST, and what is set once for all its versions."""

    reserved_concurrent_executions: Whole | None = None
    """Concurrency set aside for this function, which it can't exceed either; 0 stops the function."""
    provisioned_concurrent_executions: ProvisionedConcurrency = None
    """Environments that are kept ready: short for an alias `live` that has them, and that unqualified targets mean. 0
    is none, as if it were not written."""
    versions: dict[VersionName, Annotated[Configuration, Overriding(Configuration, _Version, _published)]] = Field(
        default={}
    )
    """Published versions, and what each changes of the configuration above: `{"2": {memory_size: 1024}}`. Without a
    "1" among them that is the function's own configuration."""
    aliases: dict[AliasName, Alias] = Field(default={})
    """Names that point to its versions; triggers invoke them as `function:alias`."""
    event_invoke_config: EventInvokeConfig = Field(default={}, validate_default=True)
    """What Lambda's event queue does with its asynchronous events."""
    dead_letter_config: DeadLetterConfig | None = None
    """Where its asynchronous events go that failed for good."""
    connections: ConnectionsList = ()
    """The databases and other dependencies that its environments connect to: `{to: orders-db, per_environment: 1}`, or
    a list of such."""
    recursive_loop: Literal["Terminate", "Allow"] = "Terminate"
    """Whether Lambda stops a chain of events in which the function has run too often: Terminate (the default), or
    Allow."""

    @property
    def configurations(self) -> dict[str, Configuration]:
        """The settings of each of its versions, $LATEST first."""
        published = {FIRST_VERSION: self} if self.pointers or self.versions else {}
        return {LATEST: self} | published | self.versions

    @property
    def pointers(self) -> dict[str, Alias]:
        """Its aliases, with the one that the function's own keys stand for."""
        if self.unqualified == LATEST:
            return self.aliases
        live = Alias(
            function_version=FIRST_VERSION, provisioned_concurrent_executions=self.provisioned_concurrent_executions
        )
        return {LIVE: live} | self.aliases

    @property
    def unqualified(self) -> str:
        """What a target means that names the function alone: $LATEST, or the alias that its own keys stand for."""
        is_published = self.provisioned_concurrent_executions is not None or self.has_snap_start
        return LIVE if is_published else LATEST

    @property
    def is_provisioned(self) -> bool:
        """Whether any of its aliases has provisioned concurrency."""
        return any(pointer.provisioned_concurrent_executions for pointer in self.pointers.values())

    @property
    def provisioned_versions(self) -> dict[str, Configuration]:
        """The versions that have provisioned concurrency at any time, with their settings."""
        pointers = [pointer for pointer in self.pointers.values() if pointer.provisioned_concurrent_executions]
        named = {version for pointer in pointers for version in pointer.versions.values()}
        return {version: settings for version, settings in self.configurations.items() if version in named}

    def reached(self, qualifier: str) -> tuple[str, ...]:
        """The versions that an alias or a version may come to in a run; or the function's name alone, if empty."""
        pointer = self.pointers.get(qualifier or self.unqualified)
        return tuple(dict.fromkeys(pointer.versions.values())) if pointer is not None else (qualifier or LATEST,)

    @property
    def stops_loops(self) -> bool:
        """Whether Lambda stops a chain in which it has run too often."""
        return self.recursive_loop == "Terminate"
