"""EventBridge schedules as arrival processes: ``rate(5 minutes)``, AWS's six-field ``cron(...)``, and ``at(...)``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import numpy as np

from lambdasim.units import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE
from lambdasim.workload import blocks
from lambdasim.workload.blocks import Reel, Times, in_order
from lambdasim.workload.distributions import Distribution

_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)(s?)\s*\)")
_CRON = re.compile(r"cron\((.*)\)", re.DOTALL)
_AT = re.compile(r"at\(\s*(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\s*\)")
_UNIT_US = {"minute": US_PER_MINUTE, "hour": US_PER_HOUR, "day": US_PER_DAY}
_LONGEST_RATE_US = 2**53
_FORMS = (
    "write rate(5 minutes), or cron(minutes hours day-of-month month day-of-week year) as in cron(0 7 ? * MON-FRI *), "
    "or at(2026-01-05T07:00:00)"
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Events on the clock, each ``jitter`` (microseconds) after it is due.

    ``rate(...)`` is due at the scenario's start and then every so often: a day is 24 hours, whatever the clocks do.
    ``cron(...)`` is evaluated on the wall clock of ``timezone`` (an IANA name), ``at(2026-01-05T07:00:00)`` too. Where
    the clocks change they follow EventBridge Scheduler (User Guide, schedule-types, "Daylight savings time"): a time
    that the clocks skip does not run; one that they repeat runs once, at its first passing. ValueError for a wrong
    expression or time zone.
    """

    expression: str
    timezone: str = "UTC"
    jitter: Distribution | None = None

    def __post_init__(self) -> None:
        zone_named(self.timezone)
        if _RATE.fullmatch(self.expression.strip()):
            rate_us(self.expression)
        elif _AT.fullmatch(self.expression.strip()):
            wall_named(self.expression)
        else:
            cron_named(self.expression)

    def times_us(self, rng: np.random.Generator, until_us: int, start: datetime) -> Iterator[Times]:
        """The due times, each moved by its jitter."""
        due = self.due_us(until_us, start)
        return due if self.jitter is None else in_order(_jittered(due, Reel(self.jitter, rng), until_us))

    def due_us(self, until_us: int, start: datetime) -> Iterator[Times]:
        """The times in [0, until_us) at which it is due, in microseconds from ``start``, a block at a time."""
        if _RATE.fullmatch(self.expression.strip()):
            every = rate_us(self.expression)
            for first in range(0, until_us, every * blocks.BLOCK):
                yield np.arange(first, min(until_us, first + every * blocks.BLOCK), every, dtype=np.int64)
            return
        zone = zone_named(self.timezone)
        if _AT.fullmatch(self.expression.strip()):
            once = iter([wall_named(self.expression)])
            yield from _gathered(_instants_us(once, zone, until_us, start))
            return
        yield from _gathered(_instants_us(_wall_times(cron_named(self.expression), zone, start), zone, until_us, start))


def _jittered(due: Iterator[Times], jitter: Reel, until_us: int) -> Iterator[tuple[Times, int]]:
    for times in due:
        moved = times + jitter.take(times.size).astype(np.int64)
        yield moved[moved < until_us], int(times[-1])


def _gathered(instants: Iterator[int]) -> Iterator[Times]:
    block: list[int] = []
    for instant in instants:
        block.append(instant)
        if len(block) == blocks.BLOCK:
            yield np.array(block, dtype=np.int64)
            block = []
    if block:
        yield np.array(block, dtype=np.int64)


def _wall_times(cron: Any, zone: tzinfo, start: datetime) -> Iterator[datetime]:
    """What a clock on the wall shows when ``cron`` is due, from ``start`` on: once a minute at most."""
    # aws-croniter knows UTC only, so it is given the wall clock's reading under UTC's name.
    wall = start.astimezone(zone).replace(tzinfo=UTC)
    wall = cron.occurrence(wall).next(inclusive=True)
    while wall is not None:
        yield wall
        wall = cron.occurrence(wall).next()


def _instants_us(walls: Iterator[datetime], zone: tzinfo, until_us: int, start: datetime) -> Iterator[int]:
    """When the wall clocks of ``zone`` show these times, in [0, until_us), one by one."""
    for wall in walls:
        local = wall.replace(tzinfo=zone)  # fold 0: the first passing of a repeated time
        instant = local.astimezone(UTC)
        due = (instant - start) // timedelta(microseconds=1)
        if due >= until_us:
            return
        skipped = instant.astimezone(zone).replace(tzinfo=UTC) != wall
        if due >= 0 and not skipped:
            yield due


def rate_us(expression: str) -> int:
    """The period of ``rate(value unit)`` in microseconds; AWS wants the singular for 1 and the plural otherwise."""
    match = _RATE.fullmatch(expression.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{expression!r} is not a schedule; {_FORMS}")
    value, unit, plural = int(match[1]), match[2], match[3]
    if (value == 1) == bool(plural):
        raise ValueError(f"{expression!r}: AWS wants rate({value} {unit if value == 1 else unit + 's'})")
    if value * _UNIT_US[unit] > _LONGEST_RATE_US:
        raise ValueError(f"{expression!r} is longer than the clock can count")
    return value * _UNIT_US[unit]


def wall_named(expression: str) -> datetime:
    """What the wall clock shows when ``at(...)`` is due, under UTC's name."""
    match = _AT.fullmatch(expression.strip())
    try:
        return datetime.fromisoformat(match[1] if match else "").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{expression!r} is not a schedule; {_FORMS}") from None


def cron_named(expression: str) -> Any:
    """The parsed ``cron(...)``: an ``aws_croniter.AwsCroniter``."""
    from aws_croniter import AwsCroniter  # noqa: PLC0415 (only schedules need it)

    match = _CRON.fullmatch(expression.strip())
    if match is None:
        raise ValueError(f"{expression!r} is not a schedule; {_FORMS}")
    fields = match[1].split()
    if len(fields) == 6 and fields[4].upper() == "L":
        fields[4] = "7"  # `L` alone is the week's last day, Saturday; aws-croniter would never find it
    try:
        return AwsCroniter(" ".join(fields))
    except ValueError as error:
        reason = str(error).strip().rstrip(".")
        raise ValueError(f"{expression!r} is not a schedule AWS takes: {reason}; {_FORMS}") from error


def zone_named(name: str) -> tzinfo:
    """The time zone with that IANA name."""
    import zoneinfo  # noqa: PLC0415 (only schedules need it)

    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # a folder's name or a path raises one of the latter
        import difflib  # noqa: PLC0415 (only mistakes need it)

        near = difflib.get_close_matches(name, sorted(zoneinfo.available_timezones()), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"{name!r} is not an IANA time zone{hint}") from error
