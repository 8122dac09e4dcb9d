"""Readers of recorded traffic: lists of instants, counts per minute, the Azure Functions traces, CloudWatch exports.

Files are CSV (plain or .gz) or, for CloudWatch, JSON. A file's mistakes raise ValueError with file and row; a file
that is missing or not readable raises OSError. Azure's formats are described at github.com/Azure/AzurePublicDataset.
"""

from __future__ import annotations

import difflib
import functools
import json
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lambdasim.units import US_PER_MINUTE, US_PER_S
from lambdasim.workload.blocks import Floats, Times
from lambdasim.workload.tables import (
    complain,
    numbers,
    numbers_or_nan,
    position_of,
    read_column,
    read_header,
    read_table,
    state_of,
)
from lambdasim.workload.traces import CountTrace, Trace

if TYPE_CHECKING:
    import pandas as pd

_RELATIVE_BELOW_S = 1e8  # three years: smaller numbers are seconds from the scenario's start, larger ones Unix time
_Key = tuple[Path, tuple[int, int], str, str | None, str | None, float, bool]
_in_use: weakref.WeakValueDictionary[_Key, Trace | CountTrace] = weakref.WeakValueDictionary()
_LATEST_S = 1e11  # the year 5138; beyond it the unit is not the second


def read_trace(
    path: Path | str,
    trace_format: str,
    *,
    function: str | None = None,
    column: str | None = None,
    time_scale: float = 1.0,
    repeat: bool = False,
) -> Trace | CountTrace:
    """The trace in ``path``, by the name of its format (a key of :data:`FORMATS`).

    ``function`` selects a function (or app, column, label: see the format's reader), ``column`` a column of a
    ``timestamps`` file; ``time_scale`` and ``repeat`` are those of :class:`Trace`. As long as somebody has it, and the
    file stays as it is, everybody gets the same one: a thousand variants of a scenario hold a long trace once.
    """
    if trace_format not in FORMATS:
        raise ValueError(f"{trace_format!r} is not a trace format; there are {', '.join(FORMATS)}")
    takes = "column" if trace_format == "timestamps" else "function"
    for name, value in (("function", function), ("column", column)):
        if value is not None and name != takes:
            raise ValueError(f"format {trace_format} takes `{takes}`, not `{name}`")
    path = Path(path)
    key = (path.absolute(), state_of(path), trace_format, function, column, time_scale, repeat)
    if (trace := _in_use.get(key)) is not None:
        return trace
    recorded = FORMATS[trace_format](path, column if takes == "column" else function)
    try:
        if isinstance(recorded, CountTrace):
            trace = CountTrace(recorded.counts, recorded.interval_us, time_scale, repeat)
        else:
            trace = Trace(recorded.instants_us, time_scale, repeat)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    _in_use[key] = trace
    return trace


def read_timestamps(path: Path, column: str | None = None) -> Trace:
    """One event a row: ``column`` holds its instant, in seconds or as ISO 8601, in order.

    Without ``column``: the file's only column, or the one called ``timestamp``. A header line is optional in a file of
    one column. Dates count from the first row's; a date without an offset is in UTC. Numbers count from the first
    row's, too, unless all are below 1e8: those are seconds from the scenario's start.
    """
    chosen, first_row = read_column(path, column)
    instants = _instants_us(chosen, path, first_row)
    _check_order(instants, chosen, path, first_row)
    return Trace(instants)


def _instants_us(column: pd.Series[Any], path: Path, first_row: int) -> Times:
    import pandas as pd  # noqa: PLC0415 (only recorded traffic needs it)

    if column.dtype.kind not in "iufb" and not pd.to_numeric(column, errors="coerce").notna().any():
        return _dates_us(column, path, first_row)
    seconds = numbers(column, path, first_row)
    complain(seconds < 0, column, path, first_row, "a time of 0 or more")
    complain(seconds > _LATEST_S, column, path, first_row, "a time in seconds")
    origin = 0.0 if (seconds < _RELATIVE_BELOW_S).all() else seconds[0]
    return _whole_us(seconds - origin)


def _whole_us(seconds: Floats) -> Times:
    instants: Times = np.rint(seconds * US_PER_S).astype(np.int64)  # the nearest: 0.57 s is 570,000 us
    return instants


def _dates_us(column: pd.Series[Any], path: Path, first_row: int) -> Times:
    import pandas as pd  # noqa: PLC0415

    dates = pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce")
    complain(dates.isna().to_numpy(), column, path, first_row, "seconds or an ISO 8601 date")
    instants = np.asarray(dates.dt.as_unit("us").astype("int64"), dtype=np.int64)
    since_first: Times = instants - instants[0]
    return since_first


def _check_order(instants: Times, column: pd.Series[Any], path: Path, first_row: int) -> None:
    back = np.flatnonzero(np.diff(instants) < 0)
    if back.size:
        index = int(back[0]) + 1
        raise ValueError(
            f"{path.name}: row {first_row + index}: {column.iloc[index]} is earlier than the row before "
            f"({column.iloc[index - 1]}); times must be in order"
        )


def counts_per_minute(path: Path, function: str | None = None) -> CountTrace:
    """One minute a row, in order: how many events came in it.

    One column, with or without a header; or several, one a function, with a header: ``function`` selects a column,
    otherwise they are summed. A column called ``minute`` is not a count: it must go up by 1 a row.
    """
    first_line = read_header(path)
    if len(first_line) == 1 and function is None:
        chosen, first_row = read_column(path, None)
        return CountTrace(_counts(chosen, path, first_row), US_PER_MINUTE)
    chosen_columns = [position_of(function, first_line, path)] if function is not None else range(len(first_line))
    minute = [first_line.index("minute")] if "minute" in first_line else []
    table = read_table(path, sorted({*minute, *chosen_columns}), header=True)
    total = np.zeros(len(table), dtype=np.int64)
    for name in table.columns:
        values = _counts(table[name], path, 2)
        if name == "minute":
            complain(
                np.diff(values, prepend=values[:1] - 1) != 1, table[name], path, 2, "the minute after the row before"
            )
        else:
            total += values
    return CountTrace(total, US_PER_MINUTE)


def _counts(column: pd.Series[Any], path: Path, first_row: int) -> Times:
    values = numbers(column, path, first_row)
    complain(~_countable(values), column, path, first_row, "a count (a whole number, 0 or more)")
    return values.astype(np.int64)


def _countable(values: Floats) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = (values >= 0) & (values < 2.0**53) & (values == np.rint(values))
    return result


def azure_2019(path: Path, function: str | None = None) -> CountTrace:
    """Azure Functions 2019: a row a function (HashOwner, HashApp, HashFunction, Trigger), a column a minute, from 1.

    ``function`` selects by HashFunction, or by HashApp where no function has that name; the rows are summed, all of
    them without a selection.
    """
    names, counts = _minutes_2019(path, state_of(path))
    chosen = _selected(names, ("HashFunction", "HashApp"), function, path)
    values = counts[chosen]
    wrong = ~_countable(values)
    if wrong.any():
        row, minute = (int(index[0]) for index in np.nonzero(wrong))
        line = int(np.flatnonzero(chosen)[row]) + 2
        raise ValueError(
            f"{path.name}: row {line}: minute {minute + 1} is {_cell(path, line, str(minute + 1))}; "
            "a count must be a whole number, 0 or more"
        )
    return CountTrace(values.sum(axis=0).astype(np.int64), US_PER_MINUTE)


@functools.lru_cache(maxsize=1)
def _minutes_2019(path: Path, _state: tuple[int, int]) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """The names of every row, and its counts by minute, NaN where a cell is no number: shape (rows, minutes)."""
    first_line = read_header(path)
    places = [position_of(name, first_line, path) for name in ("HashFunction", "HashApp")]
    minutes = [position for position, name in enumerate(first_line) if name.isdigit()]
    if not minutes or [int(first_line[position]) for position in minutes] != list(range(1, len(minutes) + 1)):
        raise ValueError(f"{path.name}: row 1: the minutes' columns must be called 1, 2, 3, ...")
    table = read_table(path, [*places, *minutes], header=True)
    columns = [table[first_line[position]] for position in minutes]
    counts = np.column_stack([numbers_or_nan(column) for column in columns])
    return table[[first_line[position] for position in places]], counts


def _cell(path: Path, line: int, column: str) -> str:
    """What stands in a cell: ``line`` counts the file's lines from 1, the header's being 1."""
    position = position_of(column, read_header(path), path)
    return str(read_table(path, [position], header=True).iloc[line - 2, 0])


def azure_2021(path: Path, function: str | None = None) -> Trace:
    """Azure Functions 2021: a row an invocation (app, func, end_timestamp, duration; seconds), in any order.

    An invocation arrives at end_timestamp - duration; at 0, if it began before the trace did. ``function`` selects by
    func, or by app where no function has that name. Times count from the trace's own beginning.
    """
    first_line = read_header(path)
    positions = [position_of(name, first_line, path) for name in ("app", "func", "end_timestamp", "duration")]
    table = read_table(path, positions, header=True)
    ends, durations = (numbers(table[name], path, 2) for name in ("end_timestamp", "duration"))
    complain((ends < 0) | (ends > _LATEST_S), table["end_timestamp"], path, 2, "a time of 0 or more, in seconds")
    complain(
        (durations < 0) | (durations > _LATEST_S), table["duration"], path, 2, "a duration of 0 or more, in seconds"
    )
    starts = np.maximum(ends - durations, 0.0)[_selected(table, ("func", "app"), function, path)]
    return Trace(np.sort(_whole_us(starts)))


def _selected(table: pd.DataFrame, columns: Sequence[str], function: str | None, path: Path) -> NDArray[np.bool_]:
    """Which rows bear the name ``function`` in the first of ``columns`` that knows it; all, without a name."""
    if table.empty:
        raise ValueError(f"{path.name}: holds no rows")
    if function is None:
        return np.ones(len(table), dtype=np.bool_)
    for column in columns:
        rows = np.asarray(table[column].astype(str) == function, dtype=np.bool_)
        if rows.any():
            return rows
    raise ValueError(f"{path.name}: no {' or '.join(columns)} is {_unknown(function, table[columns[0]].astype(str))}")


def _unknown(name: str, known: Sequence[str] | pd.Series[Any]) -> str:
    near = difflib.get_close_matches(name, sorted(set(known))[:10_000], n=1)
    return f"{name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def cloudwatch(path: Path, function: str | None = None) -> CountTrace:
    """The Invocations metric, Sum, as JSON of ``aws cloudwatch get-metric-data`` or ``get-metric-statistics``.

    Of several series ``function`` names one by Id or Label; without it, the one labelled Invocations is taken. The
    period is the smallest distance of two timestamps (a minute, for a single one); missing periods count 0; the
    first is the trace's beginning.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path.name}: not JSON ({error})") from error
    stamps, values = _series(document, function, path)
    if not stamps:
        raise ValueError(f"{path.name}: the series holds no data points")
    import pandas as pd  # noqa: PLC0415

    instants = _instants_us(pd.Series(stamps), path, 1)
    counts = _counts(pd.Series(values), path, 1)
    order = np.argsort(instants, kind="stable")
    gaps = np.diff(instants[order])
    period = int(gaps.min()) if gaps.size else US_PER_MINUTE
    if period == 0 or (gaps % period).any():
        raise ValueError(f"{path.name}: the timestamps are not a whole number of periods apart")
    slots = (instants[order] - instants[order[0]]) // period
    filled = np.zeros(int(slots[-1]) + 1, dtype=np.int64)
    filled[slots] = counts[order]
    return CountTrace(filled, period)


def _series(document: Any, function: str | None, path: Path) -> tuple[list[Any], list[Any]]:
    """Timestamps and values of the one series that is meant."""
    try:
        if "Datapoints" in document:
            points = document["Datapoints"]
            known: dict[tuple[Any, ...], tuple[list[Any], list[Any]]] = {
                (document.get("Label"),): ([p["Timestamp"] for p in points], [p["Sum"] for p in points])
            }
        else:
            known = {
                (result["Id"], result["Label"]): (result["Timestamps"], result["Values"])
                for result in document["MetricDataResults"]
            }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path.name}: not an answer of get-metric-data or get-metric-statistics with --statistics Sum ({error!r})"
        ) from error
    names = [name for series in known for name in series if name is not None]
    meant = [series for series in known if (function or "Invocations") in series]
    if not meant and function is None and len(known) == 1:
        meant = list(known)
    if len(meant) != 1:
        listed = ", ".join(sorted(set(names)))
        raise ValueError(
            f"{path.name}: no series is {_unknown(function or 'Invocations', names)}; it holds {listed}"
            if not meant
            else f"{path.name}: several series are called {function or 'Invocations'}; name one by its Id: {listed}"
        )
    stamps, values = known[meant[0]]
    if len(stamps) != len(values):
        raise ValueError(f"{path.name}: {len(stamps)} timestamps for {len(values)} values")
    return stamps, values


FORMATS: dict[str, Callable[[Path, str | None], Trace | CountTrace]] = {
    "timestamps": read_timestamps,
    "counts_per_minute": counts_per_minute,
    "azure_2019": azure_2019,
    "azure_2021": azure_2021,
    "cloudwatch": cloudwatch,
}
