"""The page of a comparison: which variant to take, every measure of each, and a run of the one that is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.display.numbers import share
from lambdasim.display.table import Table, table
from lambdasim.report.choice import answer
from lambdasim.report.compare import measure_tables, notes
from lambdasim.report.page import provenance
from lambdasim.report.page.content import ComparisonPage
from lambdasim.report.page.parts import MOST_ROWS_OF_MEASURES, MOST_VARIANTS, cut, first_of, pictures_of, shown
from lambdasim.report.page.run import one_run

if TYPE_CHECKING:
    from lambdasim.analysis.compare import Comparison
    from lambdasim.result.result import Result


def telling_variant(comparison: Comparison) -> int:
    """Of which variant a run's figures are worth a look: the recommended one, else the baseline."""
    found = comparison.recommendation
    return comparison.baseline if found is None else found.cheapest


def comparison_page(comparison: Comparison, run: Result | None) -> ComparisonPage:
    """All that the page shows; ``run`` is one of any variant, best of :func:`telling_variant`.

    Raises:
        ValueError: ``run`` is of none of the variants.
    """
    design = comparison.design
    scenarios = list(dict.fromkeys(variant.scenario.name for variant in comparison.variants))
    descriptions = list(dict.fromkeys(variant.scenario.description for variant in comparison.variants))
    number = telling_variant(comparison) if run is None else _variant_of(comparison, run)
    label = comparison.labels[number]
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
        variants=cut("variants-table", _variants(comparison), MOST_VARIANTS),
        measures=first_of(
            shown("measure", measure_tables(comparison), MOST_VARIANTS), MOST_ROWS_OF_MEASURES // len(comparison.labels)
        ),
        notes=list(notes(comparison)),
        pictures=pictures_of(comparison, "comparison"),
        run_label=label,
        run=None if run is None else one_run(run, comparison.variants[number].scenario, variant=label),
        provenance=provenance.of_comparison(comparison),
    )


def _variant_of(comparison: Comparison, run: Result) -> int:
    sha256 = run.document["scenario"]["sha256"]
    for number, variant in enumerate(comparison.variants):
        if variant.scenario.sha256 == sha256:
            return number
    raise ValueError(f"the run is of none of the variants: {'; '.join(comparison.labels)}")


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
