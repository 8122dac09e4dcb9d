"""Tables of sweeps with numbers that the tests say."""

from __future__ import annotations

import math

from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.sweep_table import SweepTable
from lambdasim.scenario.measures import measure_as_written

MEMORY = "functions.api.memory_size"
P50, P99, COLD, COST = (
    "api.latency_ms.p50", "api.latency_ms.p99", "api.cold_start_ms.p99", "total.cost_usd_per_month",
)  # fmt: skip


def estimate(value, half=None):
    half = abs(value) / 10 if half is None else half
    return Estimate(value, value - half, value + half, 10, "t")


def swept(columns, *, path=MEMORY, at=(256, 512, 1024), **more_paths):
    """``columns``: each measure's values, point by point; None where there was none."""
    cells = [
        [
            estimate(math.nan) if value is None else value if isinstance(value, Estimate) else estimate(value)
            for value in own
        ]
        for own in columns.values()
    ]
    points = tuple({path: str(value), **more_paths} for value in at)
    return SweepTable(points, tuple(map(measure_as_written, columns)), tuple(zip(*cells, strict=True)), 0.95)
