"""The summary: every number that a report may show, under the keys that stand.

Plain Python values only, so that it is strict JSON: a number that does not exist (a percentile of nothing, a
share of nothing) is None, never NaN. Always: events = successes + final_failures.total + in_flight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from lambdasim.cost.bill import Bill, Line, total_usd
from lambdasim.metrics.recorder import Metrics
from lambdasim.parameters.book import Parameter
from lambdasim.records import RAN, Final, Header, Outcome, StartCause, StartType, ThrottleReason
from lambdasim.result.frames import name_of
from lambdasim.units import US_PER_S

SCHEMA_VERSION = 1
ASSUMED = ("A", "U", "user")  # confidences that a reader must be told of
_FAILURES = tuple(outcome for outcome in Outcome if outcome not in {Outcome.SUCCESS, Outcome.UNFINISHED})
_START_TYPES = (StartType.WARM, StartType.COLD, StartType.PRE_INITIALIZED)
_START_CAUSES = tuple(cause for cause in StartCause if cause is not StartCause.NONE)
_REASONS = tuple(reason for reason in ThrottleReason if reason is not ThrottleReason.NONE)
_MEASURES = {
    "latency_ms": "latency",
    "duration_ms": "duration",
    "billed_duration_ms": "billed_duration",
    "init_duration_ms": "init_duration",
    "cold_start_ms": "cold_start",
}


class Warned(Protocol):
    """A warning about the scenario."""

    @property
    def code(self) -> str:
        """Its kind."""

    @property
    def path(self) -> str:
        """Where in the scenario."""

    @property
    def message(self) -> str:
        """What to know."""


class Demand(Protocol):
    """A threshold: what the scenario's author demands of the summary."""

    @property
    def text(self) -> str:
        """As written."""

    def check(self, summary: Mapping[str, Any]) -> tuple[bool, float | None]:
        """Whether it holds, and the value it looked at (None if there is none)."""


def summarise(
    metrics: Metrics,
    bill: Bill,
    *,
    scenario_sha256: str,
    engine: str,
    parameters: Sequence[Parameter],
    warnings: Sequence[Warned],
    thresholds: Sequence[Demand],
) -> dict[str, Any]:
    """The summary of one run, but for how long the run took."""
    header = metrics.header
    functions = _functions(metrics, bill)
    summary = {
        "schema_version": SCHEMA_VERSION,
        "scenario": {"name": header.scenario, "sha256": scenario_sha256},
        "seed": header.seed,
        "engine": engine,
        "simulated_s": header.duration_us / US_PER_S,
        "warm_up_s": header.warm_up_us / US_PER_S,
        "wall_s": None,
        "invocations_per_wall_s": None,
        "functions": functions,
        "triggers": _triggers(metrics),
        "account": _account(metrics, functions),
        "total": _total(functions, bill),
        "warnings": [{"code": w.code, "path": w.path, "message": w.message} for w in warnings],
        "assumptions": [
            {name: plain(getattr(entry, name)) for name in ("path", "value", "unit", "source", "confidence")}
            for entry in parameters
            if entry.confidence in ASSUMED
        ],
        "thresholds": [],
    }
    checks = [(threshold.text, *threshold.check(summary)) for threshold in thresholds]
    summary["thresholds"] = [{"text": text, "value": plain(value), "ok": bool(ok)} for text, ok, value in checks]
    return summary


def plain(value: Any) -> Any:
    """``value`` in the types that JSON has; what it has not is written as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _functions(metrics: Metrics, bill: Bill) -> dict[str, dict[str, Any]]:
    functions = len(metrics.header.functions)
    tables = _Tables(metrics, "function", functions)
    lines = bill.by_function()
    return {
        facts.name: {
            **_events(tables, index),
            **_starts(tables, index),
            "environments": _environments(metrics, index),
            "concurrency": {"mean": _concurrency(metrics, index), "max": metrics.concurrency_maximum(index)},
            **{key: metrics.spreads[measure][index].as_ms() for key, measure in _MEASURES.items()},
            "cost_usd": _cost(lines.get(facts.name, ()), tables.started(index)),
        }
        for index, facts in enumerate(metrics.header.functions)
    }


class _Tables:
    """The margins of the contingency table that the summary reads; rows are functions, or triggers."""

    def __init__(self, metrics: Metrics, axis: str, size: int) -> None:
        margin = metrics.meters.counts.margin
        self.offered = [0] * size
        for (trigger, function), count in metrics.offered.items():
            self.offered[function if axis == "function" else trigger] += count
        self.outcomes = margin(axis, "outcome", shape=(size, len(Outcome)))
        self.finals = margin(axis, "final", shape=(size, len(Final)))
        self.failures = margin(axis, "outcome", shape=(size, len(Outcome)), final=Final.FAILURE, client_gone=0)
        self.gone_failures = margin(axis, shape=(size,), final=Final.FAILURE, client_gone=1)
        self.client_gone = margin(axis, shape=(size,), client_gone=1)
        self.retries = margin(axis, shape=(size,), retry=1)
        self.reasons = margin(axis, "throttle_reason", shape=(size, len(_REASONS)), outcome=Outcome.THROTTLED)
        self.start_types = margin(axis, "start_type", shape=(size, len(_START_TYPES)))
        self.causes = margin(axis, "start_cause", shape=(size, len(_START_CAUSES)), start_type=StartType.COLD)
        self.statuses = margin(axis, "status", shape=(size, 1000))

    def runs(self, index: int) -> int:
        """Runs that ended: AWS's Invocations, once all is over."""
        return int(self.outcomes[index, list(RAN)].sum())

    def started(self, index: int) -> int:
        """Runs that started, whether or not they ended before the simulation did."""
        return self.runs(index) + int(self.outcomes[index, Outcome.UNFINISHED])


def _events(tables: _Tables, index: int) -> dict[str, Any]:
    offered = tables.offered[index]
    outcomes, finals = tables.outcomes[index], tables.finals[index]
    failures = {name_of(outcome): int(tables.failures[index, outcome]) for outcome in _FAILURES}
    failures["client_gone"] = int(tables.gone_failures[index])  # whatever came of the run, its caller saw it fail
    reasons = {name_of(reason): int(tables.reasons[index, reason]) for reason in _REASONS}
    return {
        "events": offered,
        "invocations": tables.started(index),
        "successes": int(finals[Final.SUCCESS]),
        "errors": tables.runs(index) - int(outcomes[Outcome.SUCCESS]),
        "timeouts": int(outcomes[Outcome.TIMEOUT]),
        "throttles": {
            "total": int(outcomes[Outcome.THROTTLED]),
            "by_reason": {reason: count for reason, count in reasons.items() if count},
        },
        "retries": int(tables.retries[index]),
        "dropped": 0,  # asynchronous invocations drop and dead-letter events; synchronous callers never do
        "dead_lettered": 0,
        "final_failures": {"total": int(finals[Final.FAILURE]), **failures},
        "in_flight": offered - int(finals[Final.SUCCESS] + finals[Final.FAILURE]),
    }


def _starts(tables: _Tables, index: int) -> dict[str, Any]:
    cold_starts = int(tables.start_types[index, StartType.COLD])
    types = {name_of(kind): int(tables.start_types[index, kind]) for kind in _START_TYPES}
    causes = {name_of(cause): int(tables.causes[index, cause]) for cause in _START_CAUSES}
    return {
        "cold_starts": cold_starts,
        "cold_start_rate": _ratio(cold_starts, tables.started(index)),
        "start_types": {**types, "provisioned": 0, "restored": 0},  # these, and deployments, a scenario can't ask for
        "cold_start_causes": {**causes, "deployment": 0},
    }


def _environments(metrics: Metrics, index: int) -> dict[str, Any]:
    counts, span_us = metrics.environments, metrics.header.measured_us
    alive_us, busy_us = int(counts.alive_us[index]), int(metrics.meters.busy_us[index])
    return {
        "created": int(counts.created[index]),
        "mean": alive_us / span_us,
        "max": int(counts.maximum[index]),
        "mean_busy": busy_us / span_us,
        "mean_idle": (alive_us - busy_us) / span_us,
    }


def _concurrency(metrics: Metrics, index: int) -> float:
    return int(metrics.meters.busy_us[index]) / metrics.header.measured_us


def _cost(lines: Sequence[Line], invocations: int) -> dict[str, Any]:
    usd = total_usd(lines)
    return {
        "total": usd,
        "per_million_invocations": _ratio(usd * 1_000_000, invocations),
        "lines": [{"item": x.item, "quantity": x.quantity, "unit": x.unit, "usd": x.usd} for x in lines],
    }


def _triggers(metrics: Metrics) -> dict[str, dict[str, Any]]:
    header = metrics.header
    tables = _Tables(metrics, "trigger", len(header.triggers))
    return {trigger.name: _trigger(metrics, tables, header, index) for index, trigger in enumerate(header.triggers)}


def _trigger(metrics: Metrics, tables: _Tables, header: Header, index: int) -> dict[str, Any]:
    statuses = tables.statuses[index]
    summary = {
        "type": header.triggers[index].kind,
        "events": tables.offered[index],
        "attempts": int(tables.outcomes[index].sum()),
        "retries": int(tables.retries[index]),
        "status_codes": {str(status): int(statuses[status]) for status in np.flatnonzero(statuses).tolist()},
        "client_gone": int(tables.client_gone[index]),
    }
    if journeys := metrics.journeys.get(index):
        summary |= {"users": journeys.users, "completed": journeys.completed, "journey_ms": journeys.spread.as_ms()}
    return summary


def _account(metrics: Metrics, functions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    mean = int(metrics.meters.busy_us.sum()) / metrics.header.measured_us
    return {
        "concurrency": {"mean": mean, "max": metrics.concurrency_maximum(None)},
        "throttles": sum(function["throttles"]["total"] for function in functions.values()),
        "claimed_max": metrics.claimed_maximum,
    }


def _total(functions: dict[str, dict[str, Any]], bill: Bill) -> dict[str, Any]:
    invocations = sum(function["invocations"] for function in functions.values())
    cold_starts = sum(function["cold_starts"] for function in functions.values())
    return {
        "cost_usd": bill.total_usd,
        "cost_usd_per_month": bill.month_usd,
        "invocations": invocations,
        "cold_start_rate": _ratio(cold_starts, invocations),
    }


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
