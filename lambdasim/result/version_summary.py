"""The summary's parts on versions, and on the provisioned concurrency that they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.codes import RAN, Capacity, Outcome
from lambdasim.metrics.cloudwatch import measured_minutes
from lambdasim.metrics.provisioned_minutes import MAXIMUM_UTILIZATION, measured, most_configured
from lambdasim.metrics.recorder import Metrics
from lambdasim.result.plain import ratio
from lambdasim.units import US_PER_MS

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    *("invocations", "errors", "error_rate", "throttles", "cold_starts", "cold_start_rate"),
    *("duration_mean_ms", "duration_max_ms"),
)


def version_summaries(metrics: Metrics) -> list[Mapping[str, Any]]:
    """How the versions of each function fared, by their names: those that were called, if they are more than one."""
    header, attempts = metrics.header, metrics.meters.outcomes.sum(axis=1)
    found: list[dict[str, Any]] = [{} for _ in header.functions]
    for index, version in enumerate(header.versions):
        if attempts[index]:
            found[version.function][version.version] = _version(metrics, index)
    return [versions if len(versions) > 1 else {} for versions in found]


def _version(metrics: Metrics, index: int) -> dict[str, Any]:
    outcomes, durations = metrics.meters.outcomes[index], metrics.meters.version_durations
    runs = int(outcomes[list(RAN)].sum())
    started, errors = runs + int(outcomes[Outcome.UNFINISHED]), runs - int(outcomes[Outcome.SUCCESS])
    cold_starts = int(metrics.meters.cold_starts[index])
    sum_us, maximum_us = int(durations.sums_us[index]), int(durations.maxima_us[index])
    return {
        "invocations": started,
        "errors": errors,
        "error_rate": ratio(errors, started),
        "throttles": int(outcomes[Outcome.THROTTLED]),
        "cold_starts": cold_starts,
        "cold_start_rate": ratio(cold_starts, started),
        "duration_ms": {
            "mean": sum_us / runs / US_PER_MS if runs else None,
            "max": maximum_us / US_PER_MS if runs else None,
        },
    }


def version_frame(document: Mapping[str, Any]) -> pd.DataFrame:
    """A row for each version in a summary: ``function``, ``version``, and its keys as columns."""
    import pandas as pd  # noqa: PLC0415  heavy

    rows = [
        {"function": name, "version": version, **_flat(found)}
        for name, function in document["functions"].items()
        for version, found in function["versions"].items()
    ]
    return pd.DataFrame(rows, columns=["function", "version", *_COLUMNS])


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    counts = {name: value for name, value in found.items() if name != "duration_ms"}
    return counts | {f"duration_{name}_ms": value for name, value in found["duration_ms"].items()}


def provisioned_summaries(metrics: Metrics) -> list[Mapping[str, Any] | None]:
    """The provisioned concurrency of each function within the measured span; None of one that has none.

    ``configured``: environments that were asked for. ``utilization``: ``mean``, the part of the time of those that
    could be used in which they were busy; ``max``, the highest ProvisionedConcurrencyUtilization (Maximum) of a minute.
    """
    if not metrics.provisioned:
        return [None] * len(metrics.header.functions)
    highest = _highest_utilization(metrics)
    return [_provisioned(metrics, index, highest[index]) for index in range(len(metrics.header.functions))]


def _highest_utilization(metrics: Metrics) -> list[float | None]:
    """By function; None where no invocation came."""
    span = measured_minutes(metrics.header)
    series = metrics.provisioned_series(max(span.stop, metrics.provisioned_minutes.minutes))
    by_minute = series[MAXIMUM_UTILIZATION][span].astype(np.float64)
    highest = np.where(np.isnan(by_minute), -1.0, by_minute).max(axis=0)
    return [float(value) if value >= 0 else None for value in highest]


def _provisioned(metrics: Metrics, function: int, highest: float | None) -> dict[str, Any] | None:
    header = metrics.header
    versions = [index for index, version in enumerate(header.versions) if version.function == function]
    periods = [period for period in metrics.provisioned if period.version in versions]
    if not periods:
        return None
    parts = measured(periods, header)
    configured_us = sum(part.configured * (part.to_us - part.from_us) for part in parts)
    allocated_us = sum(part.allocated * (part.to_us - part.from_us) for part in parts)
    runs = metrics.meters.runs[versions].sum(axis=0)
    busy_us = int(metrics.meters.provisioned_busy_us[versions].sum())
    return {
        "configured": {"mean": configured_us / header.measured_us, "max": most_configured(parts)},
        "invocations": int(runs[Capacity.PROVISIONED]),
        "spillover_invocations": int(runs[Capacity.SPILLOVER]),
        "utilization": {"mean": ratio(busy_us, allocated_us), "max": highest},
    }
