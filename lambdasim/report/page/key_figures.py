"""Key figures: the numbers that most questions are about, of one run and, with intervals, of its replications."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lambdasim.analysis.contrasts import Contrast
from lambdasim.analysis.intervals import ALL_EQUAL, Estimate
from lambdasim.analysis.replicate import Replications
from lambdasim.analysis.telling import parts, quantity, signed
from lambdasim.display.numbers import month_of, share
from lambdasim.display.table import table
from lambdasim.header import FAMILIES, Family
from lambdasim.report.page.content import Card, KeyFigures, Shown
from lambdasim.report.page.parts import cut
from lambdasim.report.replicate import notes
from lambdasim.report.what_if import name_of
from lambdasim.scenario.measures import Measure, Names, read_measure
from lambdasim.scenario.model import Scenario

Summary = Mapping[str, Any]
ONE_RUN = "One run has no interval: with other luck its numbers would be others; replications tell by how much."
_OF_FUNCTION = {
    "latency_ms.p50": "Median latency",
    "latency_ms.p99": "P99 latency",
    "cold_start_rate": "Runs that started cold",
    "throttles.total": "Throttled attempts",
    "final_failures.total": "Events that failed for good",
    "concurrency.max": "Most concurrent executions",
}
_OF_TRIGGER: dict[Family, dict[str, str]] = {
    Family.SYNCHRONOUS: {},
    Family.ASYNCHRONOUS: {"event_age_ms.p99": "P99 event age", "dropped": "Dropped", "dead_lettered": "Dead-lettered"},
    Family.QUEUE: {
        "oldest_message_s_max": "Oldest message",
        "never_ran": "Never ran",
        "dead_lettered": "Dead-lettered",
    },
    Family.STREAM: {
        "iterator_age_ms.max": "Highest iterator age",
        "dropped": "Dropped",
        "dead_lettered": "Dead-lettered",
    },
}
_COST = "total.cost_usd_per_month"


def key_measures(scenario: Scenario) -> list[str]:
    """What a page tells of a scenario with intervals, as measures: its thresholds', and what most questions are about.

    Replications of these are what :func:`lambdasim.report.page.html.html_report` shows most of.
    """
    demanded = [".".join(threshold.measure.path) for threshold in scenario.thresholds]
    return list(dict.fromkeys([*_usual(scenario.names), *demanded]))


def _usual(names: Names) -> Iterator[str]:
    for name in names.functions:
        yield from (f"functions.{name}.{key}" for key in _OF_FUNCTION)
    for name, kind in names.triggers.items():
        yield from (f"triggers.{name}.{key}" for key in _OF_TRIGGER[FAMILIES[kind]])
    yield _COST


def key_figures(summary: Summary, names: Names, replications: Replications | None) -> KeyFigures:
    """Cards of the busiest function and trigger and of the whole, and a table of all; of one run no intervals."""
    busiest = max(summary["functions"], key=lambda name: summary["functions"][name]["events"])
    found = {} if replications is None else _estimates(replications)
    cards = [_card(measure, label, summary, found) for measure, label in _foremost(busiest, summary, names)]
    of = _whose(busiest, len(summary["functions"]))
    if replications is None:
        return KeyFigures(f"{of}{ONE_RUN}", cards, None, [])
    seeds, sure = replications.seeds, share(replications.confidence)
    told = (
        f"Below each number its {sure} interval, from {len(seeds)} replications (seeds {seeds[0]} to {seeds[-1]}). "
        f"The answer above is of the run with seed {summary['seed']}."
    )
    return KeyFigures(f"{of}{told}", cards, _table(summary, replications), list(notes(replications)))


def _whose(busiest: str, functions: int) -> str:
    several = f"What is of a function is {busiest}'s, the busiest of {functions:,}; the cost is of all. "
    return several if functions > 1 else ""


def _estimates(replications: Replications) -> dict[tuple[str, ...], Estimate]:
    pairs = zip(replications.measures, replications.estimates, strict=True)
    return {measure.path: estimate for measure, estimate in pairs if not isinstance(measure, Contrast)}


def _foremost(busiest: str, summary: Summary, names: Names) -> Iterator[tuple[Measure, str]]:
    """Measures of the busiest function, of the busiest trigger whose events wait, and the month's cost, labelled."""
    for key, label in _OF_FUNCTION.items():
        yield read_measure(f"functions.{busiest}.{key}", names), label
    waiting = [name for name, kind in names.triggers.items() if FAMILIES[kind] is not Family.SYNCHRONOUS]
    if waiting:
        trigger = max(waiting, key=lambda name: summary["triggers"][name]["events"])
        for key, label in _OF_TRIGGER[FAMILIES[names.triggers[trigger]]].items():
            yield read_measure(f"triggers.{trigger}.{key}", names), f"{label} ({trigger})"
    yield read_measure(_COST, names), f"A month {month_of(summary['simulated_s'] - summary['warm_up_s'])}"


def _card(measure: Measure, label: str, summary: Summary, found: Mapping[tuple[str, ...], Estimate]) -> Card:
    estimate = found.get(measure.path)
    if estimate is None:
        value = measure.value(summary)
        single = Estimate(math.nan if value is None else value, math.nan, math.nan, 1, "")
        return Card(label, "no value" if value is None else parts(measure, single)[0], "")
    if math.isnan(estimate.value):
        return Card(label, "no value", "in any run")
    told, low, high = parts(measure, estimate)
    if estimate.method == ALL_EQUAL:
        return Card(label, told, f"in each of {estimate.n} runs")
    return Card(label, told, "no interval" if math.isnan(estimate.low) else f"{low} to {high}")


def _table(summary: Summary, replications: Replications) -> Shown:
    """All estimates beside what the one run came to."""
    rows = []
    for measure, estimate in zip(replications.measures, replications.estimates, strict=True):
        told = signed if isinstance(measure, Contrast) else quantity
        value, one = estimate.value, measure.value(summary)
        ends = (
            ("-", "-") if estimate.method == ALL_EQUAL else (told(measure, estimate.low), told(measure, estimate.high))
        )
        rows.append(
            (
                name_of(measure),
                "-" if one is None else told(measure, one),
                told(measure, value),
                *ends,
                str(estimate.n),
            )
        )
    n, sure = len(replications.seeds), share(replications.confidence)
    columns = ("measure", f"run of seed {summary['seed']}", "estimate", "from", "to", "runs")
    whole = table(f"Estimates over {n} replications, {sure} intervals", columns, rows, "measure")
    return cut("key-table", whole, verb="replicate")
