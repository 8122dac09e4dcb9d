"""The summary: every number that a report may show, under the keys that stand.

Plain Python values only, so that it is strict JSON: a number that does not exist (a percentile of nothing, a
share of nothing) is None, never NaN. Always, of each function and of each trigger:
events = successes + final_failures.total + in_flight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from lambdasim.billing.bill import Bill
from lambdasim.codes import COLD_STARTS, Outcome
from lambdasim.header import Header
from lambdasim.metrics.recorder import Metrics
from lambdasim.parameters.book import Parameter
from lambdasim.records import Columns
from lambdasim.result.changes import listed
from lambdasim.result.downstream import downstream_summaries
from lambdasim.result.frames import name_of
from lambdasim.result.margins import REASONS, START_CAUSES, START_TYPES, Margins
from lambdasim.result.plain import cost, plain, ratio
from lambdasim.result.trigger_summary import trigger_summaries
from lambdasim.result.version_summary import provisioned_summaries, version_summaries
from lambdasim.units import US_PER_S

SCHEMA_VERSION = 1
ASSUMED = ("A", "U", "user")  # confidences that a reader must be told of
_MEASURES = {
    "latency_ms": "latency",
    "duration_ms": "duration",
    "billed_duration_ms": "billed_duration",
    "init_duration_ms": "init_duration",
    "restore_duration_ms": "restore_duration",
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


class Compared(Protocol):
    """A formula of queueing theory beside what was simulated."""

    def document(self) -> dict[str, Any]:
        """Its line: function, law, quantity, unit, theory, simulated, standard_error, z, inputs and note."""


def summarise(
    metrics: Metrics,
    bill: Bill,
    changes: Columns,
    *,
    scenario_sha256: str,
    engine: str,
    parameters: Sequence[Parameter],
    warnings: Sequence[Warned],
    thresholds: Sequence[Demand],
    theory: Sequence[Compared] = (),
) -> dict[str, Any]:
    """The summary of one run, but for how long the run took."""
    header = metrics.header
    functions = _functions(metrics, bill)
    summary = {
        "schema_version": SCHEMA_VERSION,
        "scenario": {"name": header.scenario, "sha256": scenario_sha256, **_traffic(header)},
        "seed": header.seed,
        "engine": engine,
        "simulated_s": header.duration_us / US_PER_S,
        "warm_up_s": header.warm_up_us / US_PER_S,
        "wall_s": None,
        "invocations_per_wall_s": None,
        "functions": functions,
        "triggers": trigger_summaries(metrics, bill.by_trigger()),
        "downstream": downstream_summaries(metrics.connections, header),
        "account": _account(metrics, functions, bill),
        "total": _total(functions, bill),
        "changes": listed(changes, header),
        "theory": [plain(line.document()) for line in theory],
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


def _traffic(header: Header) -> dict[str, float]:
    """How many times the arrivals that are written came, if that is not once."""
    return {} if header.traffic == 1 else {"traffic": header.traffic}


def _functions(metrics: Metrics, bill: Bill) -> dict[str, dict[str, Any]]:
    margins, lines, header = Margins(metrics, "function"), bill.by_function(), metrics.header
    provisioned, versions = provisioned_summaries(metrics), version_summaries(metrics)
    triggers: list[list[str]] = [[] for _ in header.functions]
    for trigger, function in sorted(metrics.offered):
        triggers[function].append(header.triggers[trigger].name)
    return {
        facts.name: {
            "triggers": triggers[index],
            **_events(margins, index),
            **_starts(margins, index),
            "environments": _environments(metrics, index),
            "concurrency": {"mean": _concurrency(metrics, index), "max": metrics.concurrency_maximum(index)},
            **{key: metrics.spreads.functions[measure][index].as_ms() for key, measure in _MEASURES.items()},
            "provisioned_concurrency": provisioned[index],
            "versions": versions[index],
            **_network(metrics, margins, index),
            "cost_usd": _cost(cost(lines.get(facts.name, ())), margins.started(index)),
        }
        for index, facts in enumerate(header.functions)
    }


def _events(margins: Margins, index: int) -> dict[str, Any]:
    outcomes, failures = margins.outcomes[index], margins.final_failures(index)
    reasons = {name_of(reason): int(margins.reasons[index, reason]) for reason in REASONS}
    return {
        "events": margins.events(index),
        "invocations": margins.started(index),
        "successes": margins.successes(index),
        "errors": margins.runs(index) - int(outcomes[Outcome.SUCCESS]),
        "timeouts": int(outcomes[Outcome.TIMEOUT]),
        "throttles": {
            "total": int(outcomes[Outcome.THROTTLED]),
            "by_reason": {reason: count for reason, count in reasons.items() if count},
        },
        "retries": int(margins.retries[index]),
        "dropped": margins.dropped(index),
        "dead_lettered": margins.dead_lettered(index),
        "final_failures": {"total": sum(failures.values()), **failures},
        "in_flight": margins.in_flight(index),
    }


def _starts(margins: Margins, index: int) -> dict[str, Any]:
    cold_starts = sum(int(margins.start_types[index, kind]) for kind in COLD_STARTS)
    types = {name_of(kind): int(margins.start_types[index, kind]) for kind in START_TYPES}
    causes = {name_of(cause): int(margins.causes[index, cause]) for cause in START_CAUSES}
    return {
        "cold_starts": cold_starts,
        "cold_start_rate": ratio(cold_starts, margins.started(index)),
        "start_types": types,
        "cold_start_causes": causes,
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


def _network(metrics: Metrics, margins: Margins, index: int) -> dict[str, Any]:
    """Of a function in a VPC: its interfaces, the starts that waited for one, and the attempts that got none."""
    counts, refused = metrics.network, margins.start_failures[index]
    if index not in counts.functions:
        return {}
    starts, waited = int(counts.starts[index]), int(counts.waited[index])
    reasons = {name_of(reason): int(refused[reason]) for reason in REASONS if refused[reason]}
    return {
        "network": {
            "interfaces_max": int(counts.maximum[index]),
            "starts": starts,
            "waited_for_interface": waited,
            "waited_for_interface_share": ratio(waited, starts),
            "start_failures": {"total": int(refused.sum()), "by_reason": reasons},
        }
    }


def _concurrency(metrics: Metrics, index: int) -> float:
    return int(metrics.meters.busy_us[index]) / metrics.header.measured_us


def _cost(entry: dict[str, Any], invocations: int) -> dict[str, Any]:
    per_million = ratio(entry["total"] * 1_000_000, invocations)
    return {"total": entry["total"], "per_million_invocations": per_million, "lines": entry["lines"]}


def _account(metrics: Metrics, functions: dict[str, dict[str, Any]], bill: Bill) -> dict[str, Any]:
    mean = int(metrics.meters.busy_us.sum()) / metrics.header.measured_us
    return {
        "concurrency": {"mean": mean, "max": metrics.concurrency_maximum(None)},
        "throttles": sum(function["throttles"]["total"] for function in functions.values()),
        "claimed_max": metrics.claimed_maximum,
        "network_interfaces_max": metrics.network.account_maximum,
        "cost_usd": cost(bill.of_account()),
    }


def _total(functions: dict[str, dict[str, Any]], bill: Bill) -> dict[str, Any]:
    names = ("events", "successes", "dropped", "dead_lettered", "invocations", "cold_starts")
    sums = {name: sum(function[name] for function in functions.values()) for name in names}
    cold_starts = sums.pop("cold_starts")
    return {
        "cost_usd": bill.total_usd,
        "cost_usd_per_month": bill.month_usd,
        **sums,
        "cold_start_rate": ratio(cold_starts, sums["invocations"]),
    }
