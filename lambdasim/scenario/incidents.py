"""Incidents and changes as the user writes them: at which time what changes, and for how long.

What holds at a time is what the scenario says, with the changes that are under way laid over it in the order in which
they began: factors multiply, added shares of failures strike independently of each other, and of two settings the one
that began last holds. When one ends the others stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    model_validator,
)
from pydantic_core import core_schema

from lambdasim.header import THE_ACCOUNT
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.book_fields import BookNumber
from lambdasim.scenario.quantities import Flag, Instant, PositiveFactor, PositiveInstant, Rate, Share, WholeNumber
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import nearest, problem_at
from lambdasim.units import US_PER_S

NONE = "none"
"""In place of a reserved concurrency: the function shares the unreserved pool."""
_WHOLE = WholeNumber(0)


class HandlerChange(Block):
    """What the handler of each version of a function does otherwise."""

    duration: PositiveFactor | None = None
    """Its time is multiplied by so much, such as x10."""
    error_rate: Share | None = None
    """This share of runs, whatever else would become of them, raises an exception."""
    crash_rate: Share | None = None
    """In this share of runs the process exits."""

    @model_validator(mode="after")
    def _changes_something(self) -> HandlerChange:
        if not self.model_fields_set:
            raise problem_at(f"changes nothing; write at least one of: {', '.join(type(self).model_fields)}")
        if (self.error_rate or 0) + (self.crash_rate or 0) > 1:
            raise problem_at("error_rate and crash_rate together are above 100%", "crash_rate")
        return self


class AccountChange(Block):
    """What changes for the account."""

    concurrent_executions: Annotated[int, BookNumber("quotas/account/concurrent_executions")]
    """The Region's quota of concurrent executions from then on."""


def _existing_function(name: str, info: ValidationInfo) -> str:
    functions = Surroundings.of(info).functions
    if functions is not None and name not in functions:
        raise ValueError(f"there is no function {name!r}; {nearest(name, functions)} [unknown_function]")
    return name


class _Reserved:
    """A reserved concurrency, or none."""

    @staticmethod
    def read(value: Any) -> Any:
        """As written; ``ValueError`` if it is neither."""
        if isinstance(value, str):
            if value == NONE:
                return value
            raise ValueError(f"expected a whole number or {NONE}, found {value!r}")
        return _WHOLE.read(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"const": NONE}, {"type": "integer", "minimum": 0}]}


SUBJECTS: dict[str, tuple[str, ...]] = {
    "function": ("handler", "reserved_concurrent_executions", "update_function_code"),
    "account": (),
    "downstream": ("latency", "error_rate", "throttle"),
    "availability_zone": (),
}
"""Whom an incident may be about, and the keys of which it then needs at least one."""


class Incident(Block):
    """Something that changes during the run, for a while or for good."""

    at_us: Instant = Field(alias="at")
    """When it begins, such as 30m."""
    lasts_us: PositiveInstant | None = Field(default=None, alias="for")
    """How long it lasts, such as 5m; for good by default."""
    function: Annotated[str, AfterValidator(_existing_function)] | None = None
    """The function that changes: its handler, its reserved concurrency, or its code."""
    handler: HandlerChange | None = None
    """What its handler does otherwise, at all its versions."""
    reserved_concurrent_executions: Annotated[int | str, _Reserved()] | None = None
    """Its reserved concurrency from then on; none takes it away."""
    update_function_code: Flag = False
    """Whether new code is deployed to its $LATEST: idle environments end, busy ones after their run, and the next start
    is cold. With `for`, the code before comes back after that time, in the same way."""
    account: AccountChange | None = None
    """The account changes: its quota."""
    downstream: str | None = None
    """The downstream that changes, for every function that connects to it."""
    latency: PositiveFactor | None = None
    """It answers more slowly: functions wait for it longer by this factor, such as x10. What of a handler's time is
    waiting, `cpu_fraction` says."""
    error_rate: Share | None = None
    """This share of the runs that connect to it raises an exception."""
    throttle_per_us: Rate | None = Field(default=None, alias="throttle")
    """It takes so many calls, such as 50/s, one from each run; a run whose call it refuses raises an exception."""
    availability_zone: str | None = None
    """The Availability Zone that is lost, with all environments in its subnets."""

    @model_validator(mode="after")
    def _one_subject_and_what_changes(self) -> Incident:
        given = self._given()
        subjects = [key for key in SUBJECTS if key in given]
        if len(subjects) != 1:
            found = f"found {' and '.join(map(repr, subjects))}" if subjects else "none is given"
            raise problem_at(f"an incident is about one of: {', '.join(SUBJECTS)}; {found}", *subjects[1:2])
        changes = SUBJECTS[subjects[0]]
        for other, keys in SUBJECTS.items():
            for key in keys:
                if key in given and key not in changes:
                    hint = "; write it under `handler`" if key in HandlerChange.model_fields else ""
                    raise problem_at(f"is of a {other}, but this incident is about {subjects[0]!r}{hint}", key)
        if changes and not any(key in given for key in changes):
            raise problem_at(f"says nothing that changes; write at least one of: {', '.join(changes)}", subjects[0])
        return self

    def _given(self) -> set[str]:
        """The keys that say something, as they are written."""
        names = ((info.alias or name, getattr(self, name)) for name, info in type(self).model_fields.items())
        return {name for name, value in names if value is not None and value is not False}

    @property
    def ends_us(self) -> int | None:
        """When it is over; None: never."""
        return None if self.lasts_us is None else self.at_us + self.lasts_us

    @property
    def subject(self) -> str:
        """Who changes, as the change log names it."""
        if self.account is not None:
            return THE_ACCOUNT
        if self.downstream is not None:
            return f"downstream {self.downstream}"
        return self.function or f"zone {self.availability_zone}"

    @property
    def text(self) -> str:
        """What changes, in words, without of whom and for how long."""
        return ", ".join(self._texts())

    def _texts(self) -> Iterator[str]:
        handler = self.handler or HandlerChange.model_construct()
        factors = (("handler duration", handler.duration), ("latency", self.latency))
        shares = (("errors", handler.error_rate), ("crashes", handler.crash_rate), ("errors", self.error_rate))
        if self.update_function_code:
            yield "new code"
        yield from (f"{what} x{factor:,.10g}" for what, factor in factors if factor is not None)
        yield from (f"{share * 100:g} % {what}" for what, share in shares if share is not None)
        if self.throttle_per_us is not None:
            yield f"throttled to {self.throttle_per_us * US_PER_S:,.7g}/s"
        if self.reserved_concurrent_executions is not None:
            reserved = self.reserved_concurrent_executions
            yield "no reserved concurrency" if reserved == NONE else f"reserved concurrency {reserved}"
        if self.account is not None:
            yield f"quota {self.account.concurrent_executions}"
        if self.availability_zone is not None:
            yield "lost"


def quota_under(incidents: Iterable[Incident], quota: int) -> int:
    """The account's quota while these are under way, in the order in which they began."""
    for incident in incidents:
        if incident.account is not None:
            quota = incident.account.concurrent_executions
    return quota


def reserved_under(incidents: Iterable[Incident], function: str, reserved: int | None) -> int | None:
    """A function's reserved concurrency while these are under way, in the order in which they began."""
    for incident in incidents:
        changed = incident.reserved_concurrent_executions
        if incident.function == function and changed is not None:
            reserved = None if isinstance(changed, str) else changed
    return reserved


def under_way(incidents: Sequence[Incident], at_us: int) -> list[Incident]:
    """Those that are under way from ``at_us`` on, in the order in which they began: at one instant, as written."""
    begun = [i for i in incidents if i.at_us <= at_us and (i.ends_us is None or i.ends_us > at_us)]
    return sorted(begun, key=lambda incident: incident.at_us)
