"""What the summary tells of each trigger: what its family counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lambdasim.billing.bill import Line
from lambdasim.header import Family, TriggerFacts
from lambdasim.metrics.recorder import Metrics
from lambdasim.result.margins import Margins
from lambdasim.result.plain import cost, plain

_AGES = {Family.ASYNCHRONOUS: "event_age_ms", Family.STREAM: "iterator_age_ms"}
_BATCHED = (Family.QUEUE, Family.STREAM)


def trigger_summaries(metrics: Metrics, lines: dict[str, tuple[Line, ...]]) -> dict[str, dict[str, Any]]:
    """By trigger, in the scenario's order; ``lines``: what the bill has of each."""
    margins = Margins(metrics, "trigger")
    return {
        facts.name: _trigger(metrics, margins, index, facts, lines.get(facts.name, ()))
        for index, facts in enumerate(metrics.header.triggers)
    }


def _trigger(
    metrics: Metrics, margins: Margins, index: int, facts: TriggerFacts, lines: Sequence[Line]
) -> dict[str, Any]:
    called = facts.family is Family.SYNCHRONOUS
    summary = {
        "type": facts.kind,
        **_events(margins, index, facts.family),
        **(_called(metrics, margins, index) if called else _queued(metrics, margins, index, facts.family)),
        "cost_usd": cost(lines),
    }
    counts = plain(metrics.tallies[index].counts) if index in metrics.tallies else {}
    assert not counts.keys() & summary.keys(), counts  # each number has one name
    return summary | counts


def _events(margins: Margins, index: int, family: Family) -> dict[str, Any]:
    failures = margins.final_failures(index)
    return {
        "events": margins.events(index),
        **({"filtered": margins.filtered(index)} if family in _BATCHED else {}),
        "successes": margins.successes(index),
        "final_failures": {
            "total": sum(failures.values()),
            **{cause: count for cause, count in failures.items() if count},
        },
        "in_flight": margins.in_flight(index),
        "invocations": margins.started(index),
        "attempts": int(margins.outcomes[index].sum()),
        "retries": int(margins.retries[index]),
    }


def _called(metrics: Metrics, margins: Margins, index: int) -> dict[str, Any]:
    statuses = margins.statuses[index]
    summary: dict[str, Any] = {
        "status_codes": {str(status): int(statuses[status]) for status in np.flatnonzero(statuses).tolist()},
        "client_gone": int(margins.client_gone[index]),
    }
    if journeys := metrics.journeys.get(index):
        summary |= {"users": journeys.users, "completed": journeys.completed, "journey_ms": journeys.spread.as_ms()}
    return summary


def _queued(metrics: Metrics, margins: Margins, index: int, family: Family) -> dict[str, Any]:
    spreads = metrics.spreads.triggers
    summary: dict[str, Any] = {
        "dropped": margins.dropped(index),
        "dead_lettered": margins.dead_lettered(index),
        "never_ran": margins.never_ran(index),
        "latency_ms": spreads["latency"][index].as_ms(),
        "end_to_end_ms": spreads["end_to_end"][index].as_ms(),
    }
    if family in _AGES:
        summary[_AGES[family]] = spreads["age"][index].as_ms()
    if family in _BATCHED:
        batches = metrics.meters.batches
        summary |= {"batches": int(batches.counts[index]), "batch_size": batches.of(index)}
    per_event = "receives_per_message" if family is Family.QUEUE else "attempts_per_event"
    return {**summary, per_event: metrics.events.attempts.of(index)}
