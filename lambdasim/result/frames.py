"""The logs as pandas DataFrames, and back: codes become names, and some durations stand ready in milliseconds.

Times stay in microseconds since the scenario's start, under the log's own names. An enumeration's name is
written small (``success``, ``idle_expired``); AWS's own words, such as a throttle's reason, as AWS writes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import (
    NO_VERSION,
    Capacity,
    Change,
    EndCause,
    Fate,
    Final,
    InitializationType,
    Kept,
    Outcome,
    StartCause,
    StartType,
    ThrottleReason,
)
from lambdasim.header import Header
from lambdasim.metrics.measures import ran, whole
from lambdasim.records import Column, Columns
from lambdasim.units import US_PER_MINUTE, US_PER_MS, US_PER_S, billed_ms_array

if TYPE_CHECKING:
    import pandas as pd

SCOPE = "scope"  # the timeline's column of functions, of which one more stands for the account
ACCOUNT = "*"  # all functions together; no function can have this name
_CODES: dict[str, type[IntEnum]] = {
    "outcome": Outcome,
    "start_type": StartType,
    "start_cause": StartCause,
    "capacity": Capacity,
    "initialization": InitializationType,
    "end_cause": EndCause,
    "throttle_reason": ThrottleReason,
    "final": Final,
    "fate": Fate,
    "change": Change,
}
_TRIGGERS = ("trigger", "origin_trigger")
NAMED = (
    "function",
    "version",
    "to_version",
    "subject",
    *_TRIGGERS,
    SCOPE,
    *_CODES,
    "kept",
)  # columns that hold names in a DataFrame, and codes in a log


def name_of(code: IntEnum | IntFlag) -> str:
    """A code's name as users read it.

    >>> name_of(StartCause.IDLE_EXPIRED), name_of(ThrottleReason.CallerRateLimitExceeded)
    ('idle_expired', 'CallerRateLimitExceeded')
    """
    name = str(code.name)
    return name.lower() if name.isupper() else name


def _flags(kept: Kept) -> str:
    """Flags as users read them.

    >>> _flags(Kept.DEAD_LETTER_QUEUE | Kept.DESTINATION), _flags(Kept.NOWHERE)
    ('dead_letter_queue|destination', 'nowhere')
    """
    return "|".join(name_of(flag) for flag in Kept if flag in kept) or name_of(Kept.NOWHERE)


def _names(column: str, header: Header) -> dict[int, str]:
    """What a column's codes stand for; empty if it holds numbers."""
    if column == "kept":
        return {code: _flags(Kept(code)) for code in range(sum(Kept) + 1)}
    if column in _CODES:
        return {int(code): name_of(code) for code in _CODES[column]}
    none = {NO_VERSION: "none"} if column == "to_version" else {}
    return dict(enumerate(_listed(column, header))) | none


def _listed(column: str, header: Header) -> Iterable[str]:
    """The names that a column's indices stand for: they must differ, to be told apart when they are read again."""
    functions = [function.name for function in header.functions]
    versions = [f"{functions[version.function]}:{version.version}" for version in header.versions]
    named: dict[str, Iterable[str]] = {
        "function": functions,
        SCOPE: [*functions, ACCOUNT],
        "version": versions,
        "to_version": versions,
        "subject": header.subjects,
        "downstream": [downstream.name for downstream in header.downstream],
        **dict.fromkeys(_TRIGGERS, tuple(trigger.name for trigger in header.triggers)),
    }
    return named.get(column, ())


def frame(columns: Columns, header: Header) -> pd.DataFrame:
    """Columns as a DataFrame, one row each; columns of codes as categories, with their names."""
    import pandas as pd  # noqa: PLC0415  heavy

    data: dict[str, Any] = {}
    for column, values in columns.items():
        names = _names(column, header)
        if names:
            places = np.zeros(max(names) + 1, dtype=np.int64)
            places[list(names)] = np.arange(len(names))
            data[column] = pd.Categorical.from_codes(places[whole(columns, column)], pd.Index(list(names.values())))
        else:
            data[column] = values
    return pd.DataFrame(data)


def columns_of(table: pd.DataFrame, layout: tuple[Column, ...], header: Header) -> Columns:
    """A DataFrame of names back as columns of codes; what is not in ``layout`` was derived, and is left.

    Raises:
        KeyError: a column is missing, or a name is none of its column's.
    """
    columns: Columns = {}
    for column in layout:
        codes = {name: code for code, name in _names(column.name, header).items()}
        values = table[column.name].to_numpy()
        if codes:
            named, places = np.unique(values.astype(str), return_inverse=True)
            values = np.array([codes[name] for name in named.tolist()], dtype=np.int64)[places]
        columns[column.name] = values.astype(column.dtype)
    return columns


def invocation_frame(invocations: Columns, header: Header) -> pd.DataFrame:
    """The invocation log: the columns of records.INVOCATION_COLUMNS, and in milliseconds (NaN where there is none).

    ``latency_ms``: from the event's arrival to the answer, on the attempt that ended the event.
    ``wait_ms``: from sending the attempt to its start. ``duration_ms``, ``billed_ms``: REPORT's.
    """
    table = frame(invocations, header)
    rows, last = ran(invocations), whole(invocations, "final") != Final.NO
    started_us, ended_us = whole(invocations, "started_us"), whole(invocations, "ended_us")
    duration_us = ended_us - started_us
    table["latency_ms"] = _ms(whole(invocations, "answered_us") - whole(invocations, "arrived_us"), last)
    table["wait_ms"] = _ms(started_us - whole(invocations, "invoked_us"), rows)
    table["duration_ms"] = _ms(duration_us, rows)
    table["billed_ms"] = np.where(
        rows,
        billed_ms_array(duration_us, whole(invocations, "init_us") + whole(invocations, "billed_restore_us")),
        np.nan,
    )
    return table


def event_frame(events: Columns, header: Header) -> pd.DataFrame:
    """The event log: the columns of records.EVENT_COLUMNS, and milliseconds until the event's fate was known.

    ``latency_ms``: from its arrival at its source; ``end_to_end_ms``: from the beginning of its chain.
    ``kept`` names all that hold: ``dead_letter_queue|destination``; ``nowhere`` if none does.
    """
    table = frame(events, header)
    ended_us = whole(events, "ended_us")
    table["latency_ms"] = (ended_us - whole(events, "arrived_us")) / US_PER_MS
    table["end_to_end_ms"] = (ended_us - whole(events, "origin_us")) / US_PER_MS
    return table


def timeline_frame(timeline: Columns, header: Header) -> pd.DataFrame:
    """The minute-by-minute series of metrics.cloudwatch.timeline, with the minute's ``timestamp`` (UTC) in front.

    A row for each minute and function, and one for the account, whose ``function`` is ``*``.
    """
    return by_minute(timeline, header).rename(columns={SCOPE: "function"})


def trigger_timeline_frame(timeline: Columns, header: Header) -> pd.DataFrame:
    """The series of metrics.trigger_series.trigger_timeline, with the minute's ``timestamp`` (UTC) in front."""
    return by_minute(timeline, header)


def by_minute(timeline: Columns, header: Header) -> pd.DataFrame:
    """A minute-by-minute series, with the minute's ``timestamp`` (UTC) after it."""
    table = frame(timeline, header)
    start_us = round(header.start_epoch_s * US_PER_S)
    instants_us = start_us + whole(timeline, "minute") * US_PER_MINUTE
    table.insert(1, "timestamp", instants_us.astype("datetime64[us]"))
    table["measured"] = table["measured"].astype(bool)
    return table


def _ms(values_us: NDArray[np.int64], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(rows, values_us / US_PER_MS, np.nan)
