"""Whom a trigger invokes and whom events are handed on to: names of functions and of triggers."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from lambdasim.header import BilledItem
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.quantities import Share, Size
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.traffic import ArrivalsOfTrigger
from lambdasim.scenario.wording import nearest, problem_at
from lambdasim.workload.arrivals import NoArrivals

DISCARD = "discard-counted"
"""In place of a trigger's name: what comes there is counted, and nobody consumes it."""
LATEST = "$LATEST"
"""The version that a function's own configuration is."""
DEFAULT_PAYLOAD_MB = 1 / 1024
_BYTE_MB = 1 / 1024**2


def function_name(target: str) -> str:
    """The function of a target, which may name one of its aliases or versions.

    >>> function_name("checkout:production"), function_name("checkout")
    ('checkout', 'checkout')
    """
    return target.partition(":")[0]


def qualifier(target: str) -> str:
    """The alias or version of a target; empty if it names the function alone.

    >>> qualifier("checkout:production"), qualifier("checkout")
    ('production', '')
    """
    return target.partition(":")[2]


def _existing_function(target: str, info: ValidationInfo) -> str:
    """The target, if there is such a function; its alias or version is weighed with the whole scenario."""
    name, functions = function_name(target), Surroundings.of(info).functions
    if functions is not None and name not in functions:
        raise ValueError(f"there is no function {name!r}; {nearest(name, functions)} [unknown_target]")
    return target


def _existing_trigger(name: str, info: ValidationInfo) -> str:
    """The name, if there is such a trigger."""
    triggers = Surroundings.of(info).triggers
    if triggers is not None and name not in triggers:
        raise ValueError(f"there is no trigger {name!r}; {nearest(name, triggers)} [unknown_trigger]")
    return name


def _trigger_or_discard(name: str, info: ValidationInfo) -> str:
    return name if name == DISCARD else _existing_trigger(name, info)


def _other_than_discard(name: str) -> str:
    """A trigger's own name: not the word for nobody."""
    if name == DISCARD:
        raise ValueError(f"{name!r} stands for nobody, where events are only counted; take another name")
    return name


def _a_byte_or_more(size_mb: float) -> float:
    if size_mb < _BYTE_MB:
        raise ValueError("an event has at least one byte; write for example '1 KB'")
    return size_mb


OwnTriggerName = AfterValidator(_other_than_discard)
FunctionName = Annotated[str, AfterValidator(_existing_function)]
TriggerName = Annotated[str, AfterValidator(_existing_trigger)]
SinkName = Annotated[str, AfterValidator(_trigger_or_discard)]


class Invoking(Block):
    """What all triggers have in common: they invoke functions, by name or by the name of an alias or a version."""

    @property
    def targets(self) -> tuple[str, ...]:
        """What it invokes, as written."""
        raise NotImplementedError

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions it invokes, each once."""
        return tuple(dict.fromkeys(map(function_name, self.targets)))


class Calling(Invoking):
    """What triggers that call one function have in common."""

    target: FunctionName
    """The function it invokes, or `function:alias`, or `function:version`."""
    arrivals: ArrivalsOfTrigger
    """When its events arrive."""

    @property
    def targets(self) -> tuple[str, ...]:
        """What it invokes, as written."""
        return (self.target,)

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """What other services bill for it."""
        return ()


class EventFilter(Block):
    """The filter of an event source mapping."""

    passing: Share = Field(alias="pass")
    """The share of events that match it; the others are dropped before any invocation."""


class Queued(Invoking):
    """What triggers have in common whose events wait before they run."""

    arrivals: ArrivalsOfTrigger = Field(default=NoArrivals())
    """When its own events arrive; none by default, if others feed it."""
    payload_size_mb: Annotated[Size, AfterValidator(_a_byte_or_more)] = Field(
        default=DEFAULT_PAYLOAD_MB, alias="payload_size"
    )
    """The size of one event, message or record, such as 4 KB; 1 KB by default."""

    @property
    def sinks(self) -> dict[tuple[str, ...], str]:
        """Where events go that it gives up, by the path of the key that says so below the trigger."""
        return {}

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """What other services bill for it."""
        return ()


class QueuedForOne(Queued):
    """A queued trigger of one function."""

    target: FunctionName
    """The function it invokes, or `function:alias`, or `function:version`."""

    @property
    def function(self) -> str:
        """The function it invokes."""
        return function_name(self.target)

    @property
    def targets(self) -> tuple[str, ...]:
        """What it invokes, as written."""
        return (self.target,)


class QueuedForSeveral(Queued):
    """A queued trigger of one function or more, each of which gets every event."""

    target: FunctionName | None = None
    """The function it invokes, or `function:alias`, or `function:version`."""
    several: Annotated[tuple[FunctionName, ...], Field(min_length=1)] | None = Field(default=None, alias="targets")
    """The functions it invokes, each with every event; each may name an alias or a version."""

    @model_validator(mode="after")
    def _target_or_targets(self) -> QueuedForSeveral:
        if (self.target is None) == (self.several is None):
            raise problem_at("write either `target: FUNCTION` or `targets: [FUNCTION, ...]`", "target")
        if self.several is not None and len(set(self.functions)) < len(self.several):
            raise problem_at("a function stands here twice; each gets every event once", "targets")
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """What it invokes, as written."""
        return self.several or ((self.target,) if self.target is not None else ())
