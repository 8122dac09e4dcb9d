"""One look at each row of the invocation log: all that meters count of it, in compiled code.

What is counted, and why, stands with what it comes to: :mod:`lambdasim.metrics.meters`, ``measures``, ``holding`` and
``cloudwatch``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import NO_STATUS, Capacity, Final, Outcome, StartType, ThrottleReason
from lambdasim.kernel.buckets import bucket
from lambdasim.kernel.compiling import compiled
from lambdasim.kernel.tables import find
from lambdasim.kernel.totals import PAGE_BITS, TIMES, Sketched, Totals
from lambdasim.metrics.holding import LOW_BITS
from lambdasim.metrics.measures import MEASURES
from lambdasim.metrics.meters import FIELDS
from lambdasim.metrics.minutes import MINUTES
from lambdasim.records import INVOCATION_COLUMNS, NEVER
from lambdasim.units import US_PER_MINUTE, US_PER_MS

_FEW = 128  # rows that are counted at a time

_PLACES = {column.name: place for place, column in enumerate(INVOCATION_COLUMNS)}
_ATTEMPT, _TRIGGER, _FUNCTION, _VERSION = (_PLACES[name] for name in ("attempt", "trigger", "function", "version"))
_ARRIVED, _INVOKED, _STARTED = (_PLACES[name] for name in ("arrived_us", "invoked_us", "started_us"))
_ENDED, _ANSWERED, _INIT = (_PLACES[name] for name in ("ended_us", "answered_us", "init_us"))
_SUPPRESSED, _RESTORE = (_PLACES[name] for name in ("suppressed_init_us", "restore_us"))
_BILLED_RESTORE, _OUTCOME = (_PLACES[name] for name in ("billed_restore_us", "outcome"))
_START_TYPE, _START_CAUSE, _CAPACITY = (_PLACES[name] for name in ("start_type", "start_cause", "capacity"))
_REASON, _STATUS, _FINAL = (_PLACES[name] for name in ("throttle_reason", "status", "final"))

_THROTTLED, _UNFINISHED, _SUCCEEDED = int(Outcome.THROTTLED), int(Outcome.UNFINISHED), int(Final.SUCCESS)
_COLD, _RESTORED, _AHEAD = int(StartType.COLD), int(StartType.RESTORED), int(StartType.PRE_INITIALIZED)
_PROVISIONED, _SPILLOVER = int(Capacity.PROVISIONED), int(Capacity.SPILLOVER)
_RESERVED = int(ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded)
_LATENCY, _DURATION, _BILLED, _INITS, _RESTORES, _COLD_STARTS = range(len(MEASURES))
_BITS = tuple(FIELDS.values())
_MEASURES = len(MEASURES)


@compiled
def count(rows: NDArray[np.int64], low_us: int, high_us: int, totals: Totals, sketched: Sketched) -> None:
    """Count rows of the invocation log: int64, a row for each attempt; statistics cover [low_us, high_us).

    There must be room for so many new keys and pages. A few rows at a time stay in the processor's nearest cache while
    one thing after the other is counted of them: so what waits for memory waits together.
    """
    groups, values_us = np.empty(_FEW * _MEASURES, dtype=np.int64), np.empty(_FEW * _MEASURES, dtype=np.int64)
    codes, minutes, provisioned = totals.codes, totals.minutes, totals.provisioned
    first, edges = sketched.buckets
    for start in range(0, len(rows), _FEW):
        few = rows[start : start + _FEW]
        _occupy(few, low_us, high_us, totals.busy_us, totals.provisioned_busy_us)
        _tick(few, totals.ticks)
        _count_minutes(few, minutes.slots, minutes.used, minutes.keys, minutes.values)
        _count_provisioned(few, provisioned.slots, provisioned.used, provisioned.keys, provisioned.values)
        _count_codes(few, low_us, codes.slots, codes.used, codes.keys, codes.values)
        _compare(few, low_us, totals.outcomes, totals.cold_starts)
        _hold(few, low_us, totals.held)
        _bill(few, low_us, totals.bill, totals.version_spans)
        measured = _measure(few, low_us, groups, values_us)
        _span(groups[:measured], values_us[:measured], totals.spans)
        if sketched.pages.size:
            few_groups, few_us = groups[:measured], values_us[:measured]
            _sketch(few_groups, few_us, first, edges, sketched.pages, sketched.used, sketched.counts)


@compiled
def _occupy(
    rows: NDArray[np.int64],
    low_us: int,
    high_us: int,
    busy_us: NDArray[np.int64],
    provisioned_busy_us: NDArray[np.int64],
) -> None:
    """How long within the span runs, finished or not, held their environments."""
    for i in range(len(rows)):
        unfinished = rows[i, _OUTCOME] == _UNFINISHED
        if unfinished or rows[i, _OUTCOME] < _THROTTLED:
            until_us = high_us if unfinished else rows[i, _ENDED]
            within_us = min(max(until_us, low_us), high_us) - min(max(rows[i, _INVOKED], low_us), high_us)
            busy_us[rows[i, _FUNCTION]] += within_us
            if rows[i, _CAPACITY] == _PROVISIONED:
                provisioned_busy_us[rows[i, _VERSION]] += within_us


@compiled
def _tick(rows: NDArray[np.int64], ticks: NDArray[np.int64]) -> None:
    """Attempts that were refused, limited, retried, and not finished."""
    for i in range(len(rows)):
        function, outcome = rows[i, _FUNCTION], rows[i, _OUTCOME]
        ticks[function, 0] += outcome >= _THROTTLED and outcome != _UNFINISHED
        ticks[function, 1] += rows[i, _REASON] == _RESERVED
        ticks[function, 2] += rows[i, _ATTEMPT] > 1
        ticks[function, 3] += outcome == _UNFINISHED


@compiled
def _count_minutes(
    rows: NDArray[np.int64],
    slots: NDArray[np.int32],
    used: NDArray[np.int64],
    keys: NDArray[np.int64],
    minutes: NDArray[np.int64],
) -> None:
    """What CloudWatch shows by function and minute; the columns are those of ``cloudwatch.SUMS``."""
    for i in range(len(rows)):
        outcome, start_type = rows[i, _OUTCOME], rows[i, _START_TYPE]
        ran = outcome < _THROTTLED
        key = rows[i, _FUNCTION] * MINUTES + rows[i, _INVOKED] // US_PER_MINUTE
        if keys[used[1]] != key:
            find(slots, used, keys, key)
        place = used[1]
        minutes[place, 0] += ran
        minutes[place, 1] += ran and outcome > 0
        minutes[place, 2] += outcome == _THROTTLED
        minutes[place, 3] += _is_cold(start_type)
        minutes[place, 4] += start_type == _AHEAD
        minutes[place, 5] += start_type == _RESTORED
        if ran:
            duration_us = rows[i, _ENDED] - rows[i, _STARTED]
            minutes[place, TIMES] += duration_us
            minutes[place, TIMES + 1] = max(minutes[place, TIMES + 1], duration_us)


@compiled
def _count_provisioned(
    rows: NDArray[np.int64],
    slots: NDArray[np.int32],
    used: NDArray[np.int64],
    keys: NDArray[np.int64],
    runs: NDArray[np.int64],
) -> None:
    """Runs on provisioned concurrency, and those that spilled over, by version and minute."""
    for i in range(len(rows)):
        capacity = rows[i, _CAPACITY]
        if rows[i, _OUTCOME] < _THROTTLED and capacity in (_PROVISIONED, _SPILLOVER):  # a set would be made each time
            key = rows[i, _VERSION] * MINUTES + rows[i, _INVOKED] // US_PER_MINUTE
            if keys[used[1]] != key:
                find(slots, used, keys, key)
            runs[used[1], 0] += capacity == _PROVISIONED
            runs[used[1], 1] += capacity == _SPILLOVER


@compiled
def _count_codes(
    rows: NDArray[np.int64],
    low_us: int,
    slots: NDArray[np.int32],
    used: NDArray[np.int64],
    keys: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> None:
    """Rows by the fields of ``Meters.counts``."""
    for i in range(len(rows)):
        if rows[i, _ARRIVED] < low_us:
            continue
        outcome, status, answered_us = rows[i, _OUTCOME], rows[i, _STATUS], rows[i, _ANSWERED]
        outlived = outcome == _UNFINISHED or (outcome < _THROTTLED and answered_us < rows[i, _ENDED])
        gone = outlived and answered_us != NEVER and status != NO_STATUS
        key = 0
        for place, code in enumerate(
            (
                rows[i, _TRIGGER],
                rows[i, _FUNCTION],
                outcome,
                rows[i, _REASON],
                rows[i, _START_TYPE],
                rows[i, _START_CAUSE],
                status,
                rows[i, _FINAL],
                int(rows[i, _ATTEMPT] > 1),
                int(gone),
            )
        ):
            key = key << _BITS[place] | code & (1 << _BITS[place]) - 1
        if keys[used[1]] != key:
            find(slots, used, keys, key)
        sizes[used[1], 0] += 1


@compiled
def _compare(
    rows: NDArray[np.int64],
    low_us: int,
    outcomes: NDArray[np.int64],
    cold_starts: NDArray[np.int64],
) -> None:
    """How versions fared."""
    for i in range(len(rows)):
        if rows[i, _ARRIVED] >= low_us:
            version, outcome = rows[i, _VERSION], rows[i, _OUTCOME]
            outcomes[version, outcome] += 1
            cold_starts[version] += _is_cold(rows[i, _START_TYPE])


@compiled
def _hold(rows: NDArray[np.int64], low_us: int, held: NDArray[np.int64]) -> None:
    """How long runs held their environments, and the square of it."""
    for i in range(len(rows)):
        if rows[i, _OUTCOME] < _THROTTLED and rows[i, _ARRIVED] >= low_us:
            function, capacity, held_us = rows[i, _FUNCTION], rows[i, _CAPACITY], rows[i, _ENDED] - rows[i, _INVOKED]
            high, low = held_us >> LOW_BITS, held_us & (1 << LOW_BITS) - 1
            held[function, capacity, 0] += 1
            held[function, capacity, 1] += held_us
            held[function, capacity, 2] = max(held[function, capacity, 2], held_us)
            held[function, capacity, 3] += high * high
            held[function, capacity, 4] += high * low
            held[function, capacity, 5] += low * low


@compiled
def _bill(rows: NDArray[np.int64], low_us: int, bill: NDArray[np.int64], spans: NDArray[np.int64]) -> None:
    """Runs, Billed Duration and Duration by version."""
    for i in range(len(rows)):
        if rows[i, _OUTCOME] < _THROTTLED and rows[i, _ARRIVED] >= low_us:
            version, capacity, init_us = rows[i, _VERSION], rows[i, _CAPACITY], rows[i, _INIT]
            duration_us = rows[i, _ENDED] - rows[i, _STARTED]
            billed_us = _whole_ms(duration_us + init_us + rows[i, _BILLED_RESTORE])
            bill[version, capacity, 0] += 1
            bill[version, capacity, 1] += billed_us
            if init_us > 0:
                bill[version, capacity, 2] += billed_us - _whole_ms(duration_us + rows[i, _BILLED_RESTORE])
            _widen(spans, version, duration_us)


@compiled
def _measure(rows: NDArray[np.int64], low_us: int, groups: NDArray[np.int64], values_us: NDArray[np.int64]) -> int:
    """The durations that rows have, one after the other: group (function x measures + measure) and value; how many."""
    count = 0
    for i in range(len(rows)):
        if rows[i, _ARRIVED] < low_us:
            continue
        group = rows[i, _FUNCTION] * _MEASURES
        if rows[i, _FINAL] == _SUCCEEDED:
            groups[count], values_us[count] = group + _LATENCY, rows[i, _ANSWERED] - rows[i, _ARRIVED]
            count += 1
        if rows[i, _OUTCOME] >= _THROTTLED:
            continue
        duration_us, init_us, restore_us = rows[i, _ENDED] - rows[i, _STARTED], rows[i, _INIT], rows[i, _RESTORE]
        groups[count], values_us[count] = group + _DURATION, duration_us
        groups[count + 1] = group + _BILLED
        values_us[count + 1] = _whole_ms(duration_us + init_us + rows[i, _BILLED_RESTORE])
        count += 2
        if init_us > 0:
            groups[count], values_us[count] = group + _INITS, init_us
            count += 1
        if restore_us > 0:
            groups[count], values_us[count] = group + _RESTORES, restore_us
            count += 1
        if _is_cold(rows[i, _START_TYPE]):
            waited_us = rows[i, _STARTED] - rows[i, _INVOKED] + rows[i, _SUPPRESSED]
            groups[count], values_us[count] = group + _COLD_STARTS, waited_us
            count += 1
    return count


@compiled
def _span(groups: NDArray[np.int64], values_us: NDArray[np.int64], spans: NDArray[np.int64]) -> None:
    """Durations by group."""
    for i in range(len(groups)):
        _widen(spans, groups[i], values_us[i])


@compiled
def _widen(spans: NDArray[np.int64], group: int, value_us: int) -> None:
    spans[group, 0] += 1
    spans[group, 1] += value_us
    spans[group, 2] = min(spans[group, 2], value_us)
    spans[group, 3] = max(spans[group, 3], value_us)


@compiled
def _sketch(
    groups: NDArray[np.int64],
    values_us: NDArray[np.int64],
    first: NDArray[np.int16],
    edges: NDArray[np.int64],
    pages: NDArray[np.int32],
    used: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Durations by group and bucket."""
    for i in range(len(groups)):
        in_bucket = bucket(first, edges, values_us[i])
        page = pages[groups[i], in_bucket >> PAGE_BITS]
        if page == 0:
            page = used[0]
            pages[groups[i], in_bucket >> PAGE_BITS] = page
            used[0] += 1
        counts[page, in_bucket & (1 << PAGE_BITS) - 1] += 1


@compiled
def _is_cold(start_type: int) -> bool:
    return start_type in (_COLD, _RESTORED)  # a set would be made each time


@compiled
def _whole_ms(duration_us: int) -> int:
    """Microseconds, rounded up to whole milliseconds."""
    return -(-duration_us // US_PER_MS) * US_PER_MS
