"""``lambdasim sensitivity``: which assumption moves the answer, and by how much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lambdasim.cli.experiment import design_of, experiment_options, measure_option, parts_of
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar
from lambdasim.errors import InputError, Problem

_OPTION = "--parameter"


def _ranges(_ctx: click.Context, _parameter: click.Parameter, options: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    problems, ranges = [], dict[str, tuple[str, str]]()
    for option in options:
        path, _, values = option.partition("=")
        ends = [part.strip() for part in parts_of(values)]
        if not path or len(ends) != 2 or not all(ends):
            text = "write PATH=LOW,HIGH, for example 'lifecycles/default/idle_timeout=300 s,3600 s'"
            problems.append(Problem(_OPTION, None, None, option, text))
        elif path in ranges:
            problems.append(Problem(_OPTION, None, None, path, "has two ranges; write one"))
        else:
            ranges[path] = (ends[0], ends[1])
    if problems:
        raise InputError(problems)
    return ranges


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@measure_option("what the scenario's thresholds are about, else what most questions need")
@click.option(
    _OPTION,
    "parameters",
    multiple=True,
    metavar="PATH=LOW,HIGH",
    callback=_ranges,
    help="A range of your own: of an entry of the parameter book, or of any value of the scenario; may be repeated.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="PATH",
    help="Of the book's entries vary those alone that begin so, e.g. lifecycles/; may be repeated.",
)
@click.option("--most", type=click.IntRange(min=1), default=10, show_default=True, help="Rows of each table.")
@experiment_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def sensitivity(
    interrupts: Interrupts,
    /,
    scenario: Path,
    measures: list[str] | None,
    parameters: dict[str, tuple[str, str]],
    only: tuple[str, ...],
    most: int,
    overrides: dict[str, str],
    as_json: bool,
    **experiment: Any,
) -> None:
    """Tell which assumption moves the answer of SCENARIO: a tornado table for each measure.

    Each number that the run relies on, and that neither AWS states nor the scenario sets, goes to both ends of its
    uncertainty, one at a time, on the same luck. That takes up to (1 + 2 x numbers) x replications runs; those that
    change nothing in the first replication are not repeated. --only and --replications make it shorter.

    Exit status: 0; 2 if the input is wrong; 130 if interrupted.
    """
    from lambdasim.analysis.sensitivity import sensitivity as sensitivity_of  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415
    from lambdasim.report.sensitivity import sensitivity_document, sensitivity_text  # noqa: PLC0415
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415

    loaded = load_scenario(scenario, overrides=overrides)
    interrupts.check()
    with progress_bar(loaded.name) as progress:
        found = sensitivity_of(
            loaded,
            measures=measures,
            parameters=parameters,
            only=only,
            design=design_of(**experiment),
            progress=progress,
        )
    interrupts.check()
    if as_json:
        say(as_json_text(sensitivity_document(found)))
    else:
        say(sensitivity_text(found, screen(), most=most))
