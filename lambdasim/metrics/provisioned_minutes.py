"""CloudWatch's metrics of provisioned concurrency, by version and minute, and how much of it there was.

Source: Lambda developer guide, monitoring-metrics-types and monitoring-concurrency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Capacity
from lambdasim.header import Header
from lambdasim.metrics.measures import ran, whole
from lambdasim.metrics.minutes import Cells
from lambdasim.records import (
    PROVISIONED_COLUMNS,
    Columns,
    ConcurrencyPeaks,
    ProvisionedPeriod,
    UtilizationMinutes,
)
from lambdasim.units import US_PER_MINUTE

MAXIMUM_UTILIZATION = "ProvisionedConcurrencyUtilization_Maximum"


class ProvisionedMinutes:
    """The runs that the invocation log has of versions with provisioned concurrency, the warm-up's rows too."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self.cells = Cells(sums=2, maxima=0)

    @property
    def minutes(self) -> int:
        """How many minutes it takes to show all of it."""
        return self.cells.minutes

    def add(self, chunk: Columns) -> None:
        """Take a chunk of the invocation log."""
        capacity = whole(chunk, "capacity")
        provisioned, spillover = capacity == Capacity.PROVISIONED, capacity == Capacity.SPILLOVER
        rows = (provisioned | spillover) & ran(chunk)
        if rows.any():
            minute = whole(chunk, "invoked_us")[rows] // US_PER_MINUTE
            self.cells.add(whole(chunk, "version")[rows], minute, (provisioned[rows], spillover[rows]), ())

    def merge(self, other: ProvisionedMinutes) -> None:
        """Take in what ``other`` has counted of the same scenario."""
        self.cells.merge(other.cells)

    def series(
        self, minutes: int, peaks: ConcurrencyPeaks, utilization: Mapping[int, UtilizationMinutes]
    ) -> dict[str, NDArray[np.generic]]:
        """By AWS's names, arrays of shape (minutes, functions + 1), the account last.

        ProvisionedConcurrencyInvocations and ProvisionedConcurrencySpilloverInvocations (Sum);
        ProvisionedConcurrentExecutions (Maximum; NaN where none was busy); ProvisionedConcurrencyUtilization_Average
        and _Maximum, of the samples that are taken at invocations (NaN where none came). A Maximum is the highest of
        the function's versions; the account's, of all.
        """
        owners = np.array([version.function for version in self._header.versions], dtype=np.int64)
        members = [owners == function for function in range(len(self._header.functions))]
        members.append(np.ones(owners.size, dtype=np.bool_))
        runs = self.cells.tables(minutes, owners.size)[0][:, :-1]
        by_version = {name: np.zeros((minutes, owners.size)) for name in ("busy", "samples", "sums", "maxima")}
        for version, peak in peaks.provisioned.items():
            _fill(by_version["busy"][:, version], peak)
        for version, watched in utilization.items():
            for name in ("samples", "sums", "maxima"):
                _fill(by_version[name][:, version], getattr(watched, name))
        busy, maxima = (_highest(by_version[name], members) for name in ("busy", "maxima"))
        samples, sums = (_together(by_version[name], members) for name in ("samples", "sums"))
        average = np.divide(sums, samples, out=np.full(sums.shape, np.nan), where=samples > 0)
        return {
            "ProvisionedConcurrencyInvocations": _together(runs[:, :, 0], members),
            "ProvisionedConcurrencySpilloverInvocations": _together(runs[:, :, 1], members),
            "ProvisionedConcurrentExecutions": np.where(busy > 0, busy, np.nan),
            "ProvisionedConcurrencyUtilization_Average": average,
            MAXIMUM_UTILIZATION: np.where(samples > 0, maxima, np.nan),
        }


def provisioned_columns(periods: Sequence[ProvisionedPeriod]) -> Columns:
    """The periods as columns, one row each."""
    return {
        column.name: np.array([getattr(period, column.name) for period in periods], dtype=column.dtype)
        for column in PROVISIONED_COLUMNS
    }


def measured(periods: Iterable[ProvisionedPeriod], header: Header) -> list[ProvisionedPeriod]:
    """The parts of ``periods`` that lie within [warm_up, duration)."""
    low_us, high_us = header.warm_up_us, header.duration_us
    parts = [
        ProvisionedPeriod(p.version, p.configured, p.allocated, max(p.from_us, low_us), min(p.to_us, high_us))
        for p in periods
    ]
    return [part for part in parts if part.from_us < part.to_us]


def most_configured(periods: Iterable[ProvisionedPeriod]) -> int:
    """The most that was configured at any time, over all versions that ``periods`` are of."""
    steps = sorted(
        step for p in periods for step in ((p.from_us, p.configured), (p.to_us, -p.configured))
    )  # what ends goes before what begins, for it is negative
    total = most = 0
    for _, step in steps:
        total += step
        most = max(most, total)
    return most


def _fill(column: NDArray[np.float64], values: NDArray[np.generic]) -> None:
    """Put ``values`` into ``column`` from its beginning on, as far as both go."""
    shown = values[: column.size]
    column[: shown.size] = shown


def _together(values: NDArray[Any], members: Sequence[NDArray[np.bool_]]) -> NDArray[Any]:
    return np.stack([values[:, own].sum(axis=1) for own in members], axis=1)


def _highest(values: NDArray[np.float64], members: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
    return np.stack([values[:, own].max(axis=1) for own in members], axis=1)
