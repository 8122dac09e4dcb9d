"""html_report(result or comparison) -> str: one self-contained HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.analysis.compare import Comparison
from lambdasim.errors import ResultError
from lambdasim.report.page.comparison import comparison_page
from lambdasim.report.page.render import render
from lambdasim.report.page.run import run_page
from lambdasim.result.result import Result

if TYPE_CHECKING:
    from lambdasim.analysis.replicate import Replications
    from lambdasim.analysis.what_if import WhatIf
    from lambdasim.scenario.model import Scenario


def html_report(
    found: Result | Comparison,
    *,
    scenario: Scenario | None = None,
    replications: Replications | None = None,
    what_if: WhatIf | None = None,
    run: Result | None = None,
) -> str:
    """A page about a run or a comparison: one HTML document that needs nothing else, the same bytes each time.

    Args:
        found: what ``simulate``, ``Result.load`` or ``compare`` returned.
        scenario: what a result is a run of; advice and the command line come from it. Without it that of
            ``replications``, or the one that the result has kept.
        replications: of the same scenario, for intervals; best of ``key_measures(scenario)``.
        what_if: a grid of the same scenario, for sliders.
        run: of a comparison: a run of one of its variants, whose figures, thresholds, advice and bill are shown.

    Raises:
        TypeError: ``found`` is neither a result nor a comparison.
        ValueError: ``scenario`` or ``replications`` are of another scenario than the result; ``run`` is of none of the
            variants.

    >>> from lambdasim import load_scenario, simulate
    >>> page = html_report(simulate(load_scenario("scenarios/cron_herd.yaml")))
    >>> page.startswith("<!doctype html>"), "src=" in page
    (True, False)
    """
    if isinstance(found, Comparison):
        return render(comparison_page(found, run))
    if not isinstance(found, Result):
        raise TypeError(f"expected a Result or a Comparison, found {type(found).__name__}")
    known = _scenario(found, scenario, replications)
    return render(run_page(found, known, replications, what_if))


def _scenario(result: Result, scenario: Scenario | None, replications: Replications | None) -> Scenario | None:
    """The scenario that the result is a run of; None if nobody has it any more."""
    wanted = result.document["scenario"]["sha256"]
    if scenario is None and replications is not None:
        scenario = replications.scenario
    for given in (scenario, None if replications is None else replications.scenario):
        if given is not None and given.sha256 != wanted:
            raise ValueError(f"{given.name} is another scenario than the result's, or has other settings")
    if scenario is not None:
        return scenario
    try:
        return result.scenario()
    except ResultError:
        return None
