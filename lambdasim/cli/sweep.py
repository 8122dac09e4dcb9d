"""``lambdasim sweep``: simulate a scenario at many points, into one tidy table that survives a kill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lambdasim.cli.experiment import design_of, experiment_options, measure_option, refuse_both, vary_option
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@vary_option
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    help="Draw so many points, as a Latin hypercube, over ranges such as functions.api.memory_size=128..1024.",
)
@measure_option()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the table to this .csv or .parquet file.")
@click.option("--fresh", is_flag=True, help="Begin anew, where an interrupted sweep would go on.")
@click.option("--dry-run", is_flag=True, help="Check all points, tell how many runs it would be, and do none.")
@experiment_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.pass_obj
def sweep(
    interrupts: Interrupts,
    /,
    scenario: Path,
    vary: dict[str, list[str]],
    sample: int | None,
    measures: list[str] | None,
    output: Path | None,
    fresh: bool,
    dry_run: bool,
    overrides: dict[str, str],
    as_json: bool,
    **options: Any,
) -> int:
    """Simulate SCENARIO (a YAML file) at every combination of the values of --vary, or at points drawn from ranges.

    With -o, finished runs are kept in a journal beside the table. If the sweep is interrupted, even killed, the same
    command goes on where it was.

    A range is LOW..HIGH, or LOW..HIGH,log for points spaced by logarithms; it is drawn in whole numbers if both ends
    are whole and have no unit.

    Exit status: 0; 2 if a point, an option or the output is wrong, or the workers can't be had; 130 if interrupted.
    """
    from lambdasim.analysis.sweep import journal_of, planned  # noqa: PLC0415

    design = design_of(**options)  # first: it starts what takes long
    from lambdasim.analysis.sweep import sweep as swept  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415
    from lambdasim.report.sweep import sweep_document, sweep_text  # noqa: PLC0415
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415

    refuse_both(overrides, vary)
    loaded = load_scenario(scenario, overrides=overrides)
    interrupts.check()
    if dry_run:
        points = len(planned(loaded, vary, sample=sample, measures=measures, design=design)[0])
        say(f"{points:,} points, {design.replications} replications each: {points * design.replications:,} runs.")
        return 0
    try:
        with progress_bar(loaded.name) as progress:
            found = swept(
                loaded,
                vary,
                sample=sample,
                measures=measures,
                design=design,
                output=output,
                fresh=fresh,
                progress=progress,
            )
    except KeyboardInterrupt:
        if output is not None and journal_of(output).exists():
            click.echo("What is done is kept: the same command goes on from there.", err=True)
        raise
    interrupts.check()
    if output is not None:
        click.echo(f"Written to {output}", err=True)
    say(as_json_text(sweep_document(found)) if as_json else sweep_text(found, screen()))
    return 0
