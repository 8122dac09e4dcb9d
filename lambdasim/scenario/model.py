"""The scenario: an account, its functions, what triggers them, for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr

from lambdasim.parameters.book import Book
from lambdasim.scenario.account import Account, Lifecycle
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.book_fields import BookName
from lambdasim.scenario.downstream import Downstream
from lambdasim.scenario.functions import Configuration, Function
from lambdasim.scenario.incidents import Incident
from lambdasim.scenario.measures import Names
from lambdasim.scenario.network import Vpc
from lambdasim.scenario.quantities import Instant, Moment, PositiveInstant, Whole
from lambdasim.scenario.targets import OwnTriggerName, function_name, qualifier
from lambdasim.scenario.thresholds import Threshold, ThresholdText
from lambdasim.scenario.traffic import Traffic
from lambdasim.scenario.triggers import Trigger
from lambdasim.units import US_PER_MINUTE, US_PER_S

NAME_PATTERN = r"^[A-Za-z0-9_-]+$"
_DEFAULT_DRAIN_US = 15 * US_PER_MINUTE
_DEFAULT_START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
_DEFAULT_REGION = "us-east-1"


def _checked_name(name: str) -> str:
    if not re.fullmatch(NAME_PATTERN, name):
        raise ValueError(f"{name!r} is no name; use letters, digits, - and _")
    return name


Name = Annotated[str, AfterValidator(_checked_name), Field(json_schema_extra={"pattern": NAME_PATTERN})]


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001  # the summary calls it so
    """Something that can be simulated but is probably not meant."""

    code: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Written:
    """A scenario as it was written: text and bytes of ``file``, its folder, and the values laid over it, by path."""

    text: str
    content: bytes
    file: str
    base: Path
    overrides: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a scenario was read from and with (``files``: recordings), and what was noticed on the way."""

    book: Book
    sha256: str
    written: Written
    warnings: tuple[Warning, ...] = ()
    files: tuple[Path, ...] = ()


class Scenario(Block):
    """An AWS account, its functions, what triggers them, for how long."""

    name: Name
    """The scenario's name: letters, digits, - and _."""
    description: str = ""
    """One line about it."""
    seed: Whole = 0
    """All luck follows from it; 0 by default."""
    duration_us: PositiveInstant = Field(alias="duration")
    """Events arrive from 0 up to this, such as 1h."""
    warm_up_us: Instant = Field(default=0, alias="warm_up")
    """Nothing before it enters any statistic, such as 5m; none by default."""
    drain_us: Instant = Field(default=_DEFAULT_DRAIN_US, alias="drain")
    """After `duration`, work in flight may finish for this long; 15m by default."""
    start: Moment = _DEFAULT_START
    """The wall clock at the start, for schedules and daily curves; Monday 2026-01-05T00:00:00Z by default."""
    traffic: Traffic = 1.0
    """How many times the arrivals of all triggers come, such as 10 or x10; 1 by default. Schedules and backlogs, quotas
    and rate limits stay as they are written."""
    region: Annotated[str, BookName("prices", "Region with prices")] = _DEFAULT_REGION
    """The AWS Region; us-east-1 by default."""
    account: Account = Field(default={}, validate_default=True)
    """The account's quotas and billing."""
    lifecycle: Lifecycle = Field(default={}, validate_default=True)
    """How long environments live; a preset of the parameter book by default."""
    vpc: Vpc = Field(default={}, validate_default=True)
    """The VPC that functions with a `vpc_config` attach to."""
    functions: Annotated[dict[Name, Function], Field(min_length=1)]
    """The functions, by name."""
    triggers: dict[Annotated[Name, OwnTriggerName], Trigger] = Field(default={})
    """What invokes them, by name."""
    downstream: dict[Name, Downstream] = Field(default={})
    """The databases and other dependencies that functions connect to, by name."""
    incidents: tuple[Incident, ...] = ()
    """What changes during the run, for a while or for good."""
    thresholds: tuple[Annotated[Threshold, ThresholdText()], ...] = ()
    """What must hold of the summary, such as `checkout.latency_ms.p99 < 300`."""
    parameters: dict[str, Any] = Field(default={})
    """Values that replace the parameter book's, by path: `scaling/per_function/burst: 500`."""

    _origin: Origin = PrivateAttr()

    @property
    def ends_us(self) -> int:
        """When a run ends, the drain included."""
        return self.duration_us + self.drain_us

    @property
    def measured_s(self) -> float:
        """How long the span is that statistics cover: from the end of the warm-up to the end of the arrivals."""
        return (self.duration_us - self.warm_up_us) / US_PER_S

    @property
    def names(self) -> Names:
        """The names by which measures and thresholds speak of what its summary has."""
        return Names(self.functions, {name: trigger.type for name, trigger in self.triggers.items()}, self.downstream)

    def versions(self) -> Iterator[tuple[int, str, str, Configuration]]:
        """Each version of each function: the function's number and name, the version's name, its settings."""
        for index, (name, function) in enumerate(self.functions.items()):
            for version, settings in function.configurations.items():
                yield index, name, version, settings

    def configurations(self) -> Iterator[tuple[tuple[str, ...], Configuration]]:
        """Each configuration that is written, of a function or one of its versions, by its path."""
        for name, function in self.functions.items():
            yield ("functions", name), function
            for version, settings in function.versions.items():
                yield ("functions", name, "versions", version), settings

    def reached(self, target: str) -> tuple[Configuration, ...]:
        """What may run when ``target`` is invoked: the configurations of all versions that it may come to."""
        function = self.functions[function_name(target)]
        configurations = function.configurations
        names = function.reached(qualifier(target))
        return tuple(configurations[version] for version in names if version in configurations) or (function,)

    def read_from(self, origin: Origin) -> None:
        """For the loader: say once where the scenario comes from."""
        self._origin = origin

    @property
    def book(self) -> Book:
        """The parameter book, with the scenario's own `parameters` applied."""
        return self._origin.book

    @property
    def sha256(self) -> str:
        """Of the file's bytes and the overrides."""
        return self._origin.sha256

    @property
    def file(self) -> str:
        """Where it was read from."""
        return self._origin.written.file

    @property
    def written(self) -> Written:
        """Its text, and what was laid over that."""
        return self._origin.written

    @property
    def files(self) -> tuple[Path, ...]:
        """The recordings that it was read with."""
        return self._origin.files

    @property
    def warnings(self) -> tuple[Warning, ...]:
        """What can be simulated but is probably not meant."""
        return self._origin.warnings
