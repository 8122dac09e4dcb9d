"""How many environments there were: created, on average, and at most, from the environment log."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import InitializationType
from lambdasim.header import Header
from lambdasim.metrics.measures import whole
from lambdasim.records import NEVER, Columns
from lambdasim.units import US_PER_MS, billed_ms_array


@dataclass(frozen=True, slots=True)
class EnvironmentCounts:
    """Environments of each function within [warm_up, duration): arrays of shape (functions,).

    ``alive_us`` is the integral over time of how many existed; divided by the span it is their mean. By version, shape
    (versions,): ``restored`` is how many were created from a snapshot, ``provisioned_init_us`` the inits of those that
    were created for provisioned concurrency, each rounded up to whole milliseconds as duration is billed.
    """

    created: NDArray[np.int64]
    maximum: NDArray[np.int64]
    alive_us: NDArray[np.int64]
    restored: NDArray[np.int64]
    provisioned_init_us: NDArray[np.int64]


def count_environments(environments: Columns, header: Header, run_ended_us: int) -> EnvironmentCounts:
    """Counts of the whole environment log; what never ended was alive when the run ended."""
    size, low_us, high_us = len(header.functions), header.warm_up_us, header.duration_us
    function, created_us, ended_us = (whole(environments, name) for name in ("function", "created_us", "ended_us"))
    ended_us = np.where(ended_us == NEVER, run_ended_us, ended_us)
    from_us, to_us = np.clip(created_us, low_us, high_us), np.clip(ended_us, low_us, high_us)
    alive_us = _summed(function, to_us - from_us, size)
    within = (low_us <= created_us) & (created_us < high_us)
    created = np.bincount(function[within], minlength=size)
    version, initialization = whole(environments, "version"), whole(environments, "initialization")
    restored = within & (initialization == InitializationType.SNAP_START)
    provisioned = within & (initialization == InitializationType.PROVISIONED_CONCURRENCY)
    inits_us = (whole(environments, name)[provisioned] for name in ("runtime_init_us", "function_init_us"))
    lived = from_us < to_us
    return EnvironmentCounts(
        created,
        most_at_once(function[lived], from_us[lived], to_us[lived], size),
        alive_us,
        restored=np.bincount(version[restored], minlength=len(header.versions)),
        provisioned_init_us=_summed(version[provisioned], billed_ms_array(*inits_us) * US_PER_MS, len(header.versions)),
    )


def _summed(groups: NDArray[np.int64], values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The sum of ``values`` of each group 0 .. size - 1."""
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, groups, values)
    return sums


def most_at_once(
    function: NDArray[np.int64], from_us: NDArray[np.int64], to_us: NDArray[np.int64], size: int
) -> NDArray[np.int64]:
    """The most intervals [from, to) that overlap, per function: a sweep over all ends, which go before starts."""
    if function.size == 0:
        return np.zeros(size, dtype=np.int64)
    functions = np.concatenate([function, function])
    times_us = np.concatenate([from_us, to_us])
    steps = np.repeat(np.array([1, -1], dtype=np.int64), function.size)
    order = np.lexsort((steps, times_us, functions))
    alive = np.cumsum(steps[order])  # back at 0 after each function's last end, so one sum does for all
    maximum = np.zeros(size, dtype=np.int64)
    np.maximum.at(maximum, functions[order], alive)
    return maximum
