"""Lanes of an environment timeline: which environments, over which window of time, and what each did in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import InitializationType, Outcome
from lambdasim.metrics.measures import whole
from lambdasim.plots.buckets import WIDTHS_US
from lambdasim.records import NEVER, Columns

if TYPE_CHECKING:
    from lambdasim.result.result import Result

Times = NDArray[np.int64]
Rows = NDArray[np.bool_]
MOST_RUNS = 1500  # intervals that a picture holds: more can't be told apart, and would make it heavy
_PIXELS = 1000  # what is shorter than so small a part of the window is drawn as long as that
_STARTS = 4  # a window is not shorter than so many cold starts with their first runs
_BEFORE = 0.05  # of the window: how long before the first start it begins
_ROUND = 20  # it begins at a multiple of such a part of its length


class Beginning(Enum):
    """How an environment came to be, in words."""

    COLD = "started for a request"
    PROVISIONED = "provisioned"
    RESTORED = "restored from a snapshot"
    AHEAD = "started ahead"


@dataclass(frozen=True, slots=True)
class Environments:
    """Environments in order of their numbers, and the runs on them; microseconds, shapes (n,) and (runs,).

    What had not ended when the run did ends at ``end_us``. ``owner``: the place of each run's environment.
    """

    number: Times
    function: Times
    started: NDArray[np.object_]
    created_us: Times
    ready_us: Times
    ended_us: Times
    outlived: Rows
    owner: Times
    run_from_us: Times
    run_init_us: Times
    run_to_us: Times
    throttled_us: Times
    end_us: int


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, and which environments (their places in ``Environments``, in order of creation)."""

    from_us: int
    to_us: int
    shown: Times
    there: int  # how many environments existed in it
    chosen: bool  # by us, as the most telling
    is_whole: bool = False  # the whole run


def environments_of(result: Result, function: int | None, end_us: int) -> Environments:
    """The environments of a function, or of all, with their runs, from the logs."""
    columns, attempts = result.environment_columns, result.invocation_columns
    assert attempts is not None
    own = np.ones(columns["environment"].size, dtype=np.bool_)
    if function is not None:
        own = whole(columns, "function") == function
    order = np.argsort(whole(columns, "environment")[own], kind="stable")

    def column(name: str) -> Times:
        return whole(columns, name)[own][order]

    number, ended_us = column("environment"), column("ended_us")
    ran = (whole(attempts, "environment") >= 0) & (whole(attempts, "started_us") != NEVER)
    ran &= np.isin(whole(attempts, "environment"), number)
    runs = {
        name: whole(attempts, name)[ran] for name in ("environment", "started_us", "suppressed_init_us", "ended_us")
    }
    return Environments(
        number=number,
        function=column("function"),
        started=_started(column("initialization"), column("pre_initialized")),
        created_us=column("created_us"),
        ready_us=column("ready_us"),
        ended_us=np.where(ended_us == NEVER, end_us, ended_us),
        outlived=ended_us == NEVER,
        owner=np.searchsorted(number, runs["environment"]),
        run_from_us=runs["started_us"],
        run_init_us=runs["suppressed_init_us"],
        run_to_us=np.where(runs["ended_us"] == NEVER, end_us, runs["ended_us"]),
        throttled_us=_throttled(attempts, function),
        end_us=end_us,
    )


def _started(initialization: Times, ahead: Times) -> NDArray[np.object_]:
    kinds = np.full(initialization.size, Beginning.COLD, dtype=np.object_)
    kinds[ahead > 0] = Beginning.AHEAD
    kinds[initialization == InitializationType.PROVISIONED_CONCURRENCY] = Beginning.PROVISIONED
    kinds[(initialization == InitializationType.SNAP_START) & (ahead == 0)] = Beginning.RESTORED
    return kinds


def _throttled(attempts: Columns, function: int | None) -> Times:
    rows = whole(attempts, "outcome") == Outcome.THROTTLED
    if function is not None:
        rows &= whole(attempts, "function") == function
    return np.sort(whole(attempts, "invoked_us")[rows])


# -- which window


def window_between(environments: Environments, from_us: int, to_us: int, most: int) -> Window:
    """A window that someone named."""
    shown, there = _lanes(environments, from_us, to_us, most)
    return Window(from_us, to_us, shown, there, chosen=False)


def telling_window(environments: Environments, most: int) -> Window:
    """The whole run, if so many lanes can show it; else the longest window around the steepest rise that they can.

    Where more environments exist than there are lanes, it is as long as no more than that are started in it, and those
    have the lanes.
    """
    windows = [_steepest(environments, length_us, most) for length_us in _lengths(environments)]
    for window in windows:
        if window.there <= most and _runs(environments, window) <= MOST_RUNS:
            return window
    for window in windows:
        begun = (environments.created_us >= window.from_us) & (environments.created_us < window.to_us)
        if begun.sum() <= most and _runs(environments, window) <= MOST_RUNS:
            return window
    return windows[-1]


def _lengths(environments: Environments) -> Iterator[int]:
    """The run's whole length, then ever shorter round ones, down to that of a few starts."""
    yield environments.end_us
    start_us = float(np.median(environments.ready_us - environments.created_us))
    run_us = float(np.median(environments.run_to_us - environments.run_from_us)) if environments.run_to_us.size else 0.0
    for width_us in reversed(WIDTHS_US):
        if _STARTS * (start_us + run_us) <= width_us < environments.end_us:
            yield width_us


def _steepest(environments: Environments, length_us: int, most: int) -> Window:
    """The window of that length in which most environments are started."""
    if length_us >= environments.end_us:
        return Window(
            0, environments.end_us, *_lanes(environments, 0, environments.end_us, most), chosen=False, is_whole=True
        )
    begun_us = np.sort(environments.created_us[environments.created_us >= 0])
    in_reach = np.searchsorted(begun_us, begun_us + round(length_us * (1 - _BEFORE)), "left") - np.arange(begun_us.size)
    first_us = int(begun_us[in_reach.argmax()]) if begun_us.size else int(environments.run_from_us.min(initial=0))
    from_us = min(max(0, first_us - round(length_us * _BEFORE)), environments.end_us - length_us)
    from_us -= from_us % max(length_us // _ROUND, 1)
    to_us = from_us + length_us
    return Window(from_us, to_us, *_lanes(environments, from_us, to_us, most), chosen=True)


def _lanes(environments: Environments, from_us: int, to_us: int, most: int) -> tuple[Times, int]:
    """Which environments have a lane: those that are started in the window first, then the newest of the others."""
    existing = np.flatnonzero((environments.created_us < to_us) & (environments.ended_us > from_us))
    order = existing[np.argsort(environments.created_us[existing], kind="stable")]
    begun = order[environments.created_us[order] >= from_us][:most]
    before = order[environments.created_us[order] < from_us]
    shown = np.concatenate([before[max(0, before.size - (most - begun.size)) :], begun])
    return shown, int(existing.size)


def _runs(environments: Environments, window: Window) -> int:
    return int(_in_window(environments, window).sum())


def _in_window(environments: Environments, window: Window) -> Rows:
    """Which runs are of the shown environments, and have a part in the window."""
    mine = np.zeros(environments.number.size, dtype=np.bool_)
    mine[window.shown] = True
    return (
        mine[environments.owner] & (environments.run_from_us < window.to_us) & (environments.run_to_us > window.from_us)
    )


# -- what each did in it

Bars = tuple[Times, NDArray[np.float64], NDArray[np.float64]]
"""Lane, from and to (microseconds, within the window): in order, and never overlapping in a lane."""


def busy_bars(environments: Environments, window: Window) -> Bars:
    """When lanes ran an invocation. Runs that are closer than can be seen are one."""
    rows = _in_window(environments, window)
    begins_us = environments.run_from_us[rows] + environments.run_init_us[rows]
    return _joined(
        _lane_of(environments, window)[environments.owner[rows]], begins_us, environments.run_to_us[rows], window
    )


def init_bars(environments: Environments, window: Window) -> Bars:
    """When lanes started: before their first run, and again after a reset."""
    shown, rows = window.shown, _in_window(environments, window) & (environments.run_init_us > 0)
    again_us = environments.run_from_us[rows]
    return _joined(
        np.concatenate([np.arange(shown.size), _lane_of(environments, window)[environments.owner[rows]]]),
        np.concatenate([environments.created_us[shown], again_us]),
        np.concatenate([environments.ready_us[shown], again_us + environments.run_init_us[rows]]),
        window,
    )


def life_bars(environments: Environments, window: Window) -> Bars:
    """When lanes were there, ready: idle, where they are not busy."""
    shown = window.shown
    return _joined(np.arange(shown.size), environments.ready_us[shown], environments.ended_us[shown], window)


def _lane_of(environments: Environments, window: Window) -> Times:
    lanes = np.full(environments.number.size, -1, dtype=np.int64)
    lanes[window.shown] = np.arange(window.shown.size)
    return lanes


def _joined(lane: Times, from_us: Times, to_us: Times, window: Window) -> Bars:
    """Intervals cut to the window; those of a lane that are closer than can be seen become one, until they are few."""
    there = (to_us > from_us) & (from_us < window.to_us) & (to_us > window.from_us)
    lane = lane[there]
    order = np.lexsort((from_us[there], lane))
    lane = lane[order]
    begins = np.maximum(from_us[there][order], window.from_us).astype(np.float64)
    ends = np.minimum(to_us[there][order], window.to_us).astype(np.float64)
    gap = (window.to_us - window.from_us) / _PIXELS
    ends = np.minimum(np.maximum(ends, begins + gap), window.to_us)
    while True:
        first = np.r_[True, (lane[1:] != lane[:-1]) | (begins[1:] - ends[:-1] >= gap)][: lane.size]
        starts = np.flatnonzero(first)
        if starts.size <= MOST_RUNS:
            break
        gap *= 2
    return lane[starts], begins[starts], np.maximum.reduceat(ends, starts) if starts.size else ends
