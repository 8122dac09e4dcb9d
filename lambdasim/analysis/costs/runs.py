"""The runs behind cost questions: variants of a scenario on common random numbers, with their summaries and hours."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lambdasim.analysis.intervals import Estimate, estimate_of
from lambdasim.analysis.observations import Design, Progress, simulated
from lambdasim.analysis.runner import run
from lambdasim.billing.fargate import Profile
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario
from lambdasim.units import US_PER_MINUTE, US_PER_MONTH, US_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lambdasim.result.result import Result

AMOUNT, SHARE = Measure("amount", ("amount",)), Measure("share", ("share",))
_MINUTES_PER_HOUR = 60
_DURATION_ITEMS = ("duration", "ephemeral storage")
_CONFIGURED = "provisioned concurrency"
_STANDING_ITEMS = (_CONFIGURED, "SnapStart cache")


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its summary; of each function its rate of runs by the hour, and that of its busiest minute."""

    summary: Mapping[str, Any]
    profiles: Mapping[str, Profile]
    peaks: Mapping[str, float]
    months: float  # how many times the measured span goes into a month

    @property
    def month_usd(self) -> float:
        """What a month like this costs."""
        return float(self.summary["total"]["cost_usd_per_month"])

    def function_usd(self, function: str) -> float:
        """What a function costs in such a month: its own lines, not those of what triggers it."""
        return float(self.summary["functions"][function]["cost_usd"]["total"]) * self.months

    def trigger_usd(self, trigger: str) -> float:
        """What other services bill for a trigger in such a month."""
        return float(self.summary["triggers"][trigger]["cost_usd"]["total"]) * self.months

    def duration_usd(self, function: str) -> float:
        """The part of a function's month that is paid for the time of its runs, with what inits add to it."""
        lines = self.summary["functions"][function]["cost_usd"]["lines"]
        timed = (line["usd"] for line in lines if any(item in line["item"] for item in _DURATION_ITEMS))
        return math.fsum(timed) * self.months

    def handler_share(self, function: str) -> float:
        """The part of Billed Duration in which handlers run; the rest is billed inits and restores, and rounding up."""
        summary = self.summary["functions"][function]
        duration_ms, billed_ms = (summary[name]["mean"] for name in ("duration_ms", "billed_duration_ms"))
        return float(duration_ms / billed_ms) if billed_ms else 0.0

    def standing_usd(self, function: str) -> float:
        """The part of a function's month that is paid whatever runs: being configured, and snapshots."""
        lines = self.summary["functions"][function]["cost_usd"]["lines"]
        standing = (line["usd"] for line in lines if any(item in line["item"] for item in _STANDING_ITEMS))
        return math.fsum(standing) * self.months

    def provisioned_gb_s(self, function: str) -> tuple[float, float]:
        """What a function's provisioned concurrency was used and what it was configured, in GB-s of the span."""
        lines = self.summary["functions"][function]["cost_usd"]["lines"]
        used, configured = (
            math.fsum(line["quantity"] for line in lines if line["item"].startswith(item))
            for item in ("provisioned duration", _CONFIGURED)
        )
        return used, configured


@dataclass(frozen=True, slots=True)
class _Task:
    scenario: Scenario
    seed: int
    log: Literal["full", "none"]
    runs: int


def runs_of(scenarios: Sequence[Scenario], design: Design, progress: Progress | None = None) -> list[list[Run]]:
    """Simulate each scenario ``design.replications`` times; by scenario, then by replication.

    A scenario that stands there more than once is simulated once.
    """
    places = {id(scenario): scenario for scenario in scenarios}
    runs = design.share_of(len(places) * design.replications)
    tasks = [
        _Task(scenario, design.seed_of(scenario, replication), design.log, runs)
        for scenario in places.values()
        for replication in range(design.replications)
    ]
    done: dict[int, Run] = {}
    for number, found in run(_run, tasks, design.workers):
        done[number] = found
        if progress is not None:
            progress(len(done) / len(tasks))
    each = design.replications
    of_scenario = {key: [done[n * each + r] for r in range(each)] for n, key in enumerate(places)}
    return [of_scenario[id(scenario)] for scenario in scenarios]


def _run(task: _Task) -> Run:
    result = simulated(task.scenario, task.seed, task.log, task.runs)
    profiles, peaks = _loads(result)
    return Run(result.summary(), profiles, peaks, US_PER_MONTH / result.header.measured_us)


def _loads(result: Result) -> tuple[dict[str, Profile], dict[str, float]]:
    """Of each function the runs a second: by the hour of the measured span, and in its busiest whole minute."""
    columns, header = result.timeline_columns(), result.header
    names = [facts.name for facts in header.functions]
    runs = np.asarray(columns["Invocations"], dtype=np.float64).reshape(-1, len(names) + 1)
    measured = np.asarray(columns["measured"]).reshape(runs.shape)[:, 0] == 1
    begins_us = np.arange(len(runs)) * US_PER_MINUTE
    lengths_s = (
        np.clip(begins_us + US_PER_MINUTE, header.warm_up_us, header.duration_us)
        - np.clip(begins_us, header.warm_up_us, header.duration_us)
    ) / US_PER_S
    runs, lengths_s = runs[measured], lengths_s[measured]
    hours = np.arange(len(runs)) // _MINUTES_PER_HOUR
    hour_s = np.bincount(hours, lengths_s)
    whole = lengths_s == US_PER_MINUTE / US_PER_S
    profiles, peaks = {}, {}
    for index, name in enumerate(names):
        profile = Profile(np.bincount(hours, runs[:, index]) / hour_s, hour_s / hour_s.sum())
        profiles[name] = profile
        busiest = runs[whole, index].max() / lengths_s[whole][0] if whole.any() else profile.mean
        peaks[name] = float(busiest)
    return profiles, peaks


def values_of(runs: Sequence[Run], number: Callable[[Run], float | None]) -> NDArray[np.float64]:
    """One number of each run, NaN where it has none: shape (replications,)."""
    found = (number(run) for run in runs)
    return np.array([math.nan if value is None else value for value in found], dtype=np.float64)


def estimated(
    runs: Sequence[Run], number: Callable[[Run], float | None], confidence: float, measure: Measure = AMOUNT
) -> Estimate:
    """The mean over runs of one number with its interval, which does not go below 0 if no value does."""
    return estimate_of(measure, values_of(runs, number), confidence)


def share_of(part: float, whole: float) -> float:
    """``part / whole``; NaN of nothing."""
    return part / whole if whole else math.nan
