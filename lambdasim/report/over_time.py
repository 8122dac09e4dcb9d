"""How a run went over time, as rows with a sparkline each: what functions did, what waited, against which limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lambdasim.display.layout import room_for_one_more
from lambdasim.display.numbers import instant, number, took
from lambdasim.display.screen import Screen
from lambdasim.display.sparkline import in_steps, sparkline, step_min
from lambdasim.display.table import Row, Table
from lambdasim.header import THE_ACCOUNT, Header
from lambdasim.records import Columns
from lambdasim.result.result import Result
from lambdasim.units import US_PER_MINUTE, US_PER_MS, US_PER_S, format_us

_SHORT_MIN = 3  # of a shorter run there is nothing to see by the minute
_LEAST, _MOST = 16, 60  # signs of a sparkline
Told = Callable[[float], str]


def _whole(value: float) -> str:
    return number(round(value))


def _in_ms(value: float) -> str:
    return format_us(value * US_PER_MS)


def _in_s(value: float) -> str:
    return format_us(value * US_PER_S)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A column of a timeline: what it is to a reader; whether its values are counts, which add up."""

    what: str
    told: Told = _whole
    added: bool = False


_OF_FUNCTIONS = {
    "ConcurrentExecutions": _Kind("concurrency"),
    "Throttles": _Kind("throttles", added=True),
    "cold_starts": _Kind("cold starts", added=True),
    "AsyncEventAge_Maximum": _Kind("event age", _in_ms),
    "IteratorAge_Maximum": _Kind("iterator age", _in_ms),
}
_OF_TRIGGERS = {  # what waits, as it is read when a minute ends
    "ApproximateNumberOfMessagesVisible": _Kind("messages, each minute"),
    "ApproximateAgeOfOldestMessage": _Kind("oldest message", _in_s),
    "waiting": _Kind("records, each minute"),
}


@dataclass(frozen=True, slots=True)
class Series:
    """A number of a function, of a trigger or of the account, minute by minute; NaN where there is none.

    ``is_function``: it is a function's. ``limit``: what it may be, in words, or empty.
    """

    owner: str
    kind: _Kind
    values: Sequence[float]
    is_function: bool = False
    limit: str = ""


@dataclass(frozen=True, slots=True)
class OverTime:
    """The series of the span that statistics cover; those of nothing but zeros are left out."""

    begins_us: int
    ends_us: int
    series: tuple[Series, ...]


def over_time(result: Result) -> OverTime:
    """The series that a result has: of functions, of triggers, and of the account, if it has several functions."""
    header = result.header
    names = [function.name for function in header.functions]
    by_function = _by_owner(result.timeline_columns(), "scope", _OF_FUNCTIONS)
    by_trigger = _by_owner(result.trigger_timeline_columns(), "trigger", _OF_TRIGGERS)
    found = [
        Series(names[owner], kind, values, is_function=True, limit=_limit_of(header, names[owner], kind))
        for (owner, kind), values in by_function.items()
        if owner < len(names)
    ]
    found += [Series(header.triggers[owner].name, kind, values) for (owner, kind), values in by_trigger.items()]
    if len(names) > 1:
        kind = _OF_FUNCTIONS["ConcurrentExecutions"]
        values = by_function[len(names), kind]
        found.append(Series(THE_ACCOUNT, kind, values, limit=_limits(header, THE_ACCOUNT)))
    seen = (one for one in found if any(value > 0 for value in one.values))
    return OverTime(header.warm_up_us, header.duration_us, tuple(seen))


def _by_owner(timeline: Columns, owner: str, kinds: Mapping[str, _Kind]) -> dict[tuple[int, _Kind], list[float]]:
    """The measured minutes of each owner's columns, owner by owner; none where the timeline has no rows."""
    found = dict[tuple[int, _Kind], list[float]]()
    there = {name: kind for name, kind in kinds.items() if name in timeline}
    measured = timeline["measured"].astype(bool)
    for number_ in np.unique(timeline[owner][measured]).tolist():
        rows = measured & (timeline[owner] == number_)
        found |= {(number_, kind): timeline[name][rows].astype(float).tolist() for name, kind in there.items()}
    return found


def _limit_of(header: Header, function: str, kind: _Kind) -> str:
    """The limit of a function's concurrency: its own, or the account's if the function is alone."""
    if kind is not _OF_FUNCTIONS["ConcurrentExecutions"]:
        return ""
    return _limits(header, function) or (_limits(header, THE_ACCOUNT) if len(header.functions) == 1 else "")


def _limits(header: Header, scope: str) -> str:
    """The limits of a scope during the run: ``100``, or ``100 to 1,000`` where they change."""
    limits = [fact.limit for fact in header.limits if fact.scope == scope and fact.limit is not None]
    ends = dict.fromkeys((min(limits), max(limits))) if limits else ()
    return " to ".join(map(number, ends))


def over_time_table(found: OverTime, screen: Screen, *, hidden: Collection[str] = ()) -> Table:
    """A row for each series, but of ``hidden`` functions: its highest value, its limit, its sparkline.

    Where the screen is read aloud it tells in place of sparklines when the highest value was. A short run has no rows.
    """
    shown = [one for one in found.series if not (one.is_function and one.owner in hidden)]
    minutes = max((len(one.values) for one in shown), default=0)
    if minutes < _SHORT_MIN:
        return _table(found, [], 1)
    if not screen.draws:
        step = step_min(minutes, _MOST)
        return _table(found, shown, step, "at", lambda values: instant(_when(found, values, step)))
    room = room_for_one_more(_table(found, shown, step_min(minutes, _MOST)), screen, least=_LEAST, most=_MOST)
    step = step_min(minutes, room)
    axis = _axis(found, -(-minutes // step))
    return _table(found, shown, step, axis, lambda values: sparkline(values, in_blocks=screen.in_blocks))


def _table(
    found: OverTime,
    shown: Sequence[Series],
    step: int,
    heading: str = "",
    told: Callable[[Sequence[float]], str] | None = None,
) -> Table:
    """The rows, each with what is ``told`` of its values, ``step`` minutes each, below ``heading``."""
    with_limits = any(one.limit for one in shown)
    rows: list[Row] = []
    for one in shown:
        values = in_steps(one.values, step, added=one.kind.added)
        most = one.kind.told(max(value for value in values if not math.isnan(value)))
        rows.append(
            (one.owner, one.kind.what, most, *([one.limit] if with_limits else []), *([told(values)] if told else []))
        )
    columns = ("of", "what", "highest", *(["limit"] if with_limits else []), *([heading] if told else []))
    title = f"Over time in steps of {_steps(found, step)}: the highest, or how many cold starts and throttles"
    return Table(title, columns, rows, frozenset(("of", "what", heading)), 2, frozenset([heading]))


def _steps(found: OverTime, step: int) -> str:
    """How long the steps are; the last one too, where it is shorter: there is less to count in it."""
    whole_us, begins_us = step * US_PER_MINUTE, found.begins_us // US_PER_MINUTE * US_PER_MINUTE
    last_us = (found.ends_us - begins_us) % whole_us
    return format_us(whole_us) + (f", the last of {format_us(last_us)}" if last_us else "")


def _when(found: OverTime, values: Sequence[float], step: int) -> float:
    """When the first of the highest values begins, in seconds."""
    place = max(range(len(values)), key=lambda n: -math.inf if math.isnan(values[n]) else values[n])
    return (found.begins_us // US_PER_MINUTE + place * step) * US_PER_MINUTE / US_PER_S


def _axis(found: OverTime, width: int) -> str:
    """Where a sparkline of ``width`` begins and ends: above its ends, if there is room."""
    begins, ends = (took(at_us / US_PER_MS) if at_us else "0" for at_us in (found.begins_us, found.ends_us))
    gap = width - len(begins) - len(ends)
    return f"{begins}{' ' * gap if gap > 0 else ' to '}{ends}"
