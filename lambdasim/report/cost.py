"""Answers to cost questions, for people and for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from lambdasim.analysis.cost import CostAnswers
from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.telling import estimate_document
from lambdasim.display.folding import said
from lambdasim.display.layout import laid_out
from lambdasim.display.numbers import month_of, number, share
from lambdasim.display.screen import PIPE, Screen
from lambdasim.errors import printable
from lambdasim.report.cost_sections import at_traffic, ranged, sections
from lambdasim.result.plain import plain as plain_value

_SCHEMA_VERSION = 1


def cost_text(answers: CostAnswers, screen: Screen = PIPE) -> str:
    """The answer in one sentence; then of each question its own answer, its table, and what to know of it."""
    parts = [said(answer(answers), screen, style="bold")]
    for sentence, table, notes in sections(answers):
        tables = [laid_out(table, screen)] if table.rows else []
        told = [said(note, screen, indent=2) for note in notes]
        parts.append("\n".join((said(sentence, screen, style="bold"), *tables, *told)))
    return "\n\n".join((*parts, *_assumed(answers, screen), said(_certainty(answers), screen, indent=2)))


def answer(answers: CostAnswers) -> str:
    """The month, and what would change it most."""
    parts = [f"A month {month_of(answers.scenario.measured_s)} costs {ranged(answers.month_usd)}", *_changes(answers)]
    return printable("; ".join(parts) + ".")


def _changes(answers: CostAnswers) -> Iterator[str]:
    """One clause for each question that was asked: what to do."""
    if answers.traffic is not None:
        limited = [row for row in answers.traffic.rows if row.is_limited]
        most = max(answers.traffic.rows, key=lambda row: row.factor)
        if limited:
            first = min(limited, key=lambda row: row.factor)
            yield f"{at_traffic(first.factor)} limits keep {ranged(first.unserved_share, share)} of events from success"
        elif most.factor != 1 and not math.isnan(most.growth.value):
            yield f"{ranged(most.growth, number)} times as much {at_traffic(most.factor)}"
    if answers.architecture is not None and answers.architecture.functions:
        saved = answers.architecture.total.saved_share
        verb = "move to arm64 and save" if saved.low > 0 else "arm64 would save"
        yield f"{verb} {'nothing' if math.isnan(saved.value) else ranged(saved, share)}"
    if answers.fargate is not None and answers.fargate.functions:
        cheaper = [name for name, found in answers.fargate.functions.items() if found.difference_usd.high < 0]
        yield f"Fargate is cheaper for {', '.join(cheaper)}" if cheaper else "Fargate is not cheaper at this traffic"
    if answers.provisioned is not None and answers.provisioned.functions:
        pays = [name for name, one in answers.provisioned.functions.items() if one.difference_usd.high < 0]
        of = f"pays for {', '.join(pays)}" if pays else "is not shown to pay for itself"
        yield f"provisioned concurrency {of}"


def _certainty(answers: CostAnswers) -> str:
    design = answers.design
    return (
        f"In brackets: {share(design.confidence)} intervals over {design.replications} replications on common random "
        "numbers; they hold the luck of arrivals and runs, not what is assumed."
    )


def _assumed(answers: CostAnswers, screen: Screen) -> Iterator[str]:
    if answers.assumptions and answers.fargate is not None:
        title = "Assumptions (A, U: no measurement or AWS document behind them)"
        lines = (f"{a.path} = {plain_value(a.value)}  ({a.confidence}: {a.source})" for a in answers.assumptions)
        told = (said(line, screen, head="  ", indent=2) for line in lines)
        yield "\n".join((said(title, screen, style="bold"), *told))


def cost_document(answers: CostAnswers) -> dict[str, Any]:
    """All answers as plain values that are strict JSON; what was not asked is None."""
    scenario, design = answers.scenario, answers.design
    names = ("traffic", "init_billing", "architecture", "fargate", "provisioned")
    return {
        "schema_version": _SCHEMA_VERSION,
        "scenario": {"name": scenario.name, "sha256": scenario.sha256},
        "seed": design.seed_of(scenario, 0),
        "replications": design.replications,
        "confidence": design.confidence,
        "answer": answer(answers),
        "answers": [sentence for sentence, _, _ in sections(answers)],
        "month_usd": estimate_document(answers.month_usd),
        **{name: _document(getattr(answers, name)) for name in names},
        "assumptions": [
            {key: plain_value(getattr(entry, key)) for key in ("path", "value", "unit", "source", "confidence")}
            for entry in answers.assumptions
        ],
    }


def _document(value: Any) -> Any:
    """A result as plain values, by the names of its fields."""
    if isinstance(value, Estimate):
        return estimate_document(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _document(child) for name, child in value.items()}
    if isinstance(value, tuple | list):
        return [_document(child) for child in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
