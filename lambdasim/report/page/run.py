"""The page of a run: what it shows, gathered from the result, its scenario, and replications of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.advice.advise import advise
from lambdasim.display.numbers import number, span
from lambdasim.report.page import provenance
from lambdasim.report.page.content import OneRun, RunPage
from lambdasim.report.page.key_figures import key_figures, key_measures
from lambdasim.report.page.parts import MOST_ROWS, assumptions_of, bill_of, demands_of, first_of, pictures_of, shown
from lambdasim.report.page.what_if import what_if_section
from lambdasim.report.tables import measured_tables
from lambdasim.report.text import answer
from lambdasim.scenario.measures import Names
from lambdasim.units import format_us

if TYPE_CHECKING:
    from lambdasim.analysis.replicate import Replications
    from lambdasim.analysis.what_if import WhatIf
    from lambdasim.header import Header
    from lambdasim.result.result import Result
    from lambdasim.scenario.model import Scenario


def run_page(
    result: Result, scenario: Scenario | None, replications: Replications | None, what_if: WhatIf | None = None
) -> RunPage:
    """All that the page shows; ``scenario`` is what the result is a run of, ``replications`` are of the same."""
    summary, header = result.summary(), result.header
    functions = len(summary["functions"])
    return RunPage(
        title=header.scenario,
        description="" if scenario is None else scenario.description,
        facts=facts_of(result),
        key=key_figures(summary, names_of(header), replications),
        what_if=None if what_if is None else what_if_section(what_if),
        run=one_run(result, scenario, replications),
        tables=shown("table", measured_tables(summary, most=MOST_ROWS)),
        tables_note=f"Of the {MOST_ROWS} busiest of {functions:,} functions." if functions > MOST_ROWS else "",
        provenance=provenance.of_run(
            result, scenario, replications, () if scenario is None else key_measures(scenario), what_if
        ),
    )


def one_run(
    result: Result,
    scenario: Scenario | None,
    replications: Replications | None = None,
    *,
    variant: str | None = None,
) -> OneRun:
    """What pages tell of one run; ``variant`` is what it is called where there are several."""
    summary = result.summary()
    demands, note = demands_of(summary, names_of(result.header), scenario, replications)
    return OneRun(
        which=f"Of the run {'' if variant is None else f'of {variant} '}with seed {result.header.seed}.",
        answer=answer(summary),
        thresholds=demands,
        thresholds_note=note,
        warnings=first_of(summary["warnings"]),
        advice=None if scenario is None else first_of(advise(scenario, result)),
        pictures=pictures_of(result, "run"),
        bill=bill_of(summary),
        assumptions=assumptions_of(result),
    )


def names_of(header: Header) -> Names:
    """The names by which measures speak of what the run has."""
    return Names(
        [function.name for function in header.functions],
        {trigger.name: trigger.kind for trigger in header.triggers},
        [downstream.name for downstream in header.downstream],
    )


def facts_of(result: Result) -> list[tuple[str, str]]:
    """What a reader must know of a run to read its numbers."""
    summary, header = result.document, result.header
    facts = [("Measured", span(summary))]
    if header.warm_up_us:
        facts.append(("Left out before", format_us(header.warm_up_us)))
    if header.traffic != 1:
        facts.append(("Traffic", f"{number(header.traffic)} times as written"))
    return [*facts, ("Region", header.region), ("Seed", str(header.seed))]
