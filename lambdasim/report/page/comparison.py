"""The page of a comparison: which variant to take, every measure of each, and a run of the one that is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.display.numbers import share
from lambdasim.display.table import Table, table
from lambdasim.report.choice import answer
from lambdasim.report.compare import measure_tables, notes
from lambdasim.report.page import provenance
from lambdasim.report.page.content import ComparisonPage
from lambdasim.report.page.parts import assumptions_of, cut, pictures_of, shown
from lambdasim.report.text import answer as answer_of_run

if TYPE_CHECKING:
    from lambdasim.analysis.compare import Comparison
    from lambdasim.result.result import Result


def telling_variant(comparison: Comparison) -> int:
    """Of which variant a run's figures are worth a look: the recommended one, else the baseline."""
    found = comparison.recommendation
    return comparison.baseline if found is None else found.cheapest


def comparison_page(comparison: Comparison, run: Result | None) -> ComparisonPage:
    """All that the page shows; ``run`` is one of :func:`telling_variant`."""
    design = comparison.design
    scenarios = list(dict.fromkeys(variant.scenario.name for variant in comparison.variants))
    descriptions = list(dict.fromkeys(variant.scenario.description for variant in comparison.variants))
    number = telling_variant(comparison)
    return ComparisonPage(
        title=" and ".join(scenarios) if len(scenarios) < 4 else f"{len(scenarios)} scenarios",
        description=descriptions[0] if len(descriptions) == 1 else "",
        answer=answer(comparison),
        facts=[
            ("Variants", str(len(comparison.variants))),
            ("Replications of each", str(design.replications)),
            ("Confidence", share(design.confidence)),
            ("Compared with", comparison.labels[comparison.baseline]),
        ],
        variants=cut("variants-table", _variants(comparison)),
        measures=shown("measure", measure_tables(comparison)),
        notes=list(notes(comparison)),
        pictures=pictures_of(comparison, "comparison"),
        run_label=comparison.labels[number],
        run_answer="" if run is None else answer_of_run(run.summary()),
        run_pictures=[] if run is None else pictures_of(run, "run"),
        assumptions=None if run is None else assumptions_of(run),
        provenance=provenance.of_comparison(comparison),
    )


def _variants(comparison: Comparison) -> Table:
    """What each variant is: its label, its scenario, and the values that were laid over that."""
    paths = list(dict.fromkeys(path for variant in comparison.variants for path in variant.overrides))
    found = comparison.recommendation
    rows = [
        (
            label,
            variant.scenario.name,
            *(variant.overrides.get(path, "-") for path in paths),
            ", ".join(
                role
                for role, holds in (
                    ("recommended", found is not None and found.cheapest == number),
                    ("baseline", number == comparison.baseline),
                )
                if holds
            ),
        )
        for number, (label, variant) in enumerate(zip(comparison.labels, comparison.variants, strict=True))
    ]
    return table(
        "What each variant is", ("variant", "scenario", *paths, "role"), rows, "variant", "scenario", *paths, "role"
    )
