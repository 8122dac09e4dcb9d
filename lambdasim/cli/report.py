"""``lambdasim report``: one HTML page about a run, or about a comparison, that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lambdasim.cli.experiment import (
    design_of,
    experiment_options,
    load_all,
    measure_option,
    refuse_both,
    variant_named,
    vary_option,
)
from lambdasim.cli.files import check_place, write_file
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar
from lambdasim.cli.what_if import Asked, planned, refuse_what_if, simulated, what_if_option
from lambdasim.display.folding import said
from lambdasim.errors import InputError, Problem

if TYPE_CHECKING:
    from lambdasim.analysis.compare import Comparison
    from lambdasim.analysis.replicate import Replications
    from lambdasim.analysis.what_if import WhatIf
    from lambdasim.result.result import Result
    from lambdasim.scenario.model import Scenario


@click.command()
@click.argument("runs", metavar="RUN...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write the page to this file, whatever is there. Without it: report.html in a run's folder, else NAME.html, "
    "NAME-comparison.html or comparison.html here, and only where no other file than an older page is.",
)
@vary_option
@measure_option("what pages tell of most questions, and the thresholds'")
@click.option(
    "--baseline",
    metavar="LABEL|N",
    help="The variant that the others are compared with: its label, or its number from 1 on.  [default: 1]",
)
@what_if_option
@partial(experiment_options, fewest=1)
@click.pass_obj
def report(
    interrupts: Interrupts,
    /,
    runs: tuple[Path, ...],
    output: Path | None,
    vary: dict[str, list[str]],
    measures: list[str] | None,
    baseline: str | None,
    what_if: Asked,
    overrides: dict[str, str],
    **design: Any,
) -> int:
    """Write an HTML page about RUN: a scenario (a YAML file), or a folder that `lambdasim run -o` wrote.

    Figures, tables and the bill are of one run: the folder's, or one that is simulated now. Intervals are of
    --replications; with --replications 1 there are none. With --vary, or several scenarios, it is a page of their
    comparison, as `lambdasim compare` has it.

    Exit status: 0, whatever the page tells; 2 if a scenario, an option or the place is wrong; 130 if interrupted.
    """
    refuse_both(overrides, vary)
    several = bool(vary) or len(runs) > 1
    _refuse_what_does_not_go_together(runs, baseline, what_if, overrides, design, several=several)
    if several:
        place, page, told = _of_comparison(interrupts, runs, overrides, vary, measures, baseline, output, design)
    elif runs[0].is_dir():
        place, page, told = _of_folder(interrupts, runs[0], measures, what_if, output, design)
    else:
        place, page, told = _of_scenario(interrupts, runs[0], overrides, measures, what_if, output, design)
    interrupts.check()
    write_file(place, page.encode())
    click.echo(f"Written to {place}", err=True)
    say(said(told, screen(), style="bold"))
    return 0


def _refuse_what_does_not_go_together(
    runs: Sequence[Path],
    baseline: str | None,
    what_if: Asked,
    overrides: dict[str, str],
    design: dict[str, Any],
    *,
    several: bool,
) -> None:
    """``InputError`` with all options that this page has no use for: they would be nowhere on it."""
    problems = []
    if several:
        text = "is a folder, whose run is done; variants are compared on the same luck, so name the scenarios"
        problems += [Problem(str(path), None, None, "", text) for path in runs if path.is_dir()]
        problems += refuse_what_if(what_if, "goes around one scenario; leave the others, or --vary, out")
        if design["replications"] < 2:
            problems.append(Problem("--replications", None, None, "", "a comparison needs 2 or more of each variant"))
    elif baseline is not None:
        text = "there is only one variant; give --vary or a second scenario, or leave it out"
        problems.append(Problem("--baseline", None, None, baseline, text))
    elif what_if and design["replications"] < 2:
        problems.append(Problem("--replications", None, None, "", "--what-if needs 2 or more at each point"))
    if not several and runs[0].is_dir():
        given = {"--set": ", ".join(overrides), "--seed": "" if design["seed"] is None else str(design["seed"])}
        text = "the folder's run is done; name its scenario to simulate another"
        problems += [Problem(option, None, None, value, text) for option, value in given.items() if value]
    if problems:
        raise InputError(problems)


def _of_scenario(
    interrupts: Interrupts,
    path: Path,
    overrides: dict[str, str],
    measures: list[str] | None,
    what_if: Asked,
    output: Path | None,
    design: dict[str, Any],
) -> tuple[Path, str, str]:
    """Where the page of a scenario goes, the page, and its answer."""
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415 - keeps --help fast
    from lambdasim.simulation import simulate  # noqa: PLC0415

    scenario = load_scenario(path, overrides=overrides)
    interrupts.check()
    place = _place(output, Path(f"{scenario.name}.html"), [path])
    grid = planned(scenario, what_if, measures, design_of(**design)) if what_if else None
    interrupts.check()
    replications = _replicated(scenario, measures, design)
    interrupts.check()
    with progress_bar(scenario.name) as progress:
        result = simulate(scenario, seed=design["seed"], log=design["log"], progress=progress)
    interrupts.check()
    return place, *_page_of(result, scenario, replications, simulated(grid))


def _of_folder(
    interrupts: Interrupts,
    folder: Path,
    measures: list[str] | None,
    what_if: Asked,
    output: Path | None,
    design: dict[str, Any],
) -> tuple[Path, str, str]:
    """The same of a folder: its scenario, if it is still to be had, is run again for the intervals and sliders."""
    from lambdasim.errors import ResultError  # noqa: PLC0415
    from lambdasim.result.result import Result  # noqa: PLC0415
    from lambdasim.result.storage import REPORT  # noqa: PLC0415

    result = Result.load(folder)
    interrupts.check()
    place = _place(output, folder / REPORT)
    try:
        scenario = result.scenario()
    except ResultError as error:
        if what_if:
            raise InputError(refuse_what_if(what_if, f"needs the folder's scenario: {error}")) from None
        click.echo(f"lambdasim: no intervals and no advice: {error}", err=True)
        return place, *_page_of(result, None, None)
    design = {**design, "seed": result.header.seed}
    grid = planned(scenario, what_if, measures, design_of(**design)) if what_if else None
    interrupts.check()
    replications = _replicated(scenario, measures, design)
    interrupts.check()
    return place, *_page_of(result, scenario, replications, simulated(grid))


def _replicated(scenario: Scenario, measures: list[str] | None, design: dict[str, Any]) -> Replications | None:
    """Replications of a scenario; None if one run is to do."""
    from lambdasim.analysis.contrasts import measure_or_contrast  # noqa: PLC0415
    from lambdasim.analysis.observations import measures_of  # noqa: PLC0415
    from lambdasim.analysis.replicate import replicate  # noqa: PLC0415
    from lambdasim.report.page.key_figures import key_measures  # noqa: PLC0415

    if design["replications"] < 2:
        measures_of(scenario, measures, read=measure_or_contrast)  # what names none is told all the same
        return None
    with progress_bar(scenario.name) as progress:
        return replicate(
            scenario, measures=measures or key_measures(scenario), design=design_of(**design), progress=progress
        )


def _page_of(
    result: Result,
    scenario: Scenario | None,
    replications: Replications | None,
    what_if: WhatIf | None = None,
) -> tuple[str, str]:
    from lambdasim.report.page.html import html_report  # noqa: PLC0415
    from lambdasim.report.text import answer  # noqa: PLC0415

    return html_report(result, scenario=scenario, replications=replications, what_if=what_if), answer(result.summary())


def _of_comparison(
    interrupts: Interrupts,
    paths: Sequence[Path],
    overrides: dict[str, str],
    vary: dict[str, list[str]],
    measures: list[str] | None,
    baseline: str | None,
    output: Path | None,
    design: dict[str, Any],
) -> tuple[Path, str, str]:
    """The same of a comparison."""
    from lambdasim.analysis.compare import compare  # noqa: PLC0415
    from lambdasim.report.choice import answer  # noqa: PLC0415
    from lambdasim.report.page.html import html_report  # noqa: PLC0415

    scenarios = load_all(paths, overrides)
    interrupts.check()
    name = "comparison" if len(paths) > 1 else f"{scenarios[0].name}-comparison"
    place = _place(output, Path(f"{name}.html"), paths)
    with progress_bar(name) as progress:
        found = compare(
            scenarios,
            vary,
            measures=measures,
            baseline=variant_named(baseline or "1"),
            design=design_of(**design),
            progress=progress,
        )
    interrupts.check()
    return place, html_report(found, run=_telling_run(found)), answer(found)


def _telling_run(comparison: Comparison) -> Result:
    """A run of the variant whose figures are worth a look."""
    from lambdasim.report.page.comparison import telling_variant  # noqa: PLC0415
    from lambdasim.simulation import simulate  # noqa: PLC0415

    scenario = comparison.variants[telling_variant(comparison)].scenario
    with progress_bar(scenario.name) as progress:
        return simulate(scenario, seed=comparison.seeds[0], log=comparison.design.log, progress=progress)


def _place(output: Path | None, usual: Path, scenarios: Sequence[Path] = ()) -> Path:
    """Where the page goes; ``InputError`` if that can't be written to, is a scenario, or a file that nobody named."""
    from lambdasim.report.page.render import is_page  # noqa: PLC0415

    place = usual if output is None else output
    check_place(place, "-o")
    if any(place.resolve() == path.resolve() for path in scenarios):
        raise InputError([Problem("-o", None, None, str(place), "this is the scenario; name another file")])
    if output is None and place.exists() and not is_page(place):
        text = "is there already, and is no page of lambdasim's; name a file with -o"
        raise InputError([Problem(str(place), None, None, "", text)])
    return place
