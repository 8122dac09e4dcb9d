"""``lambdasim replicate``: run a scenario on independent seeds, and tell how sure its numbers are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lambdasim.cli.experiment import design_of, experiment_options, measure_option, warm_up_option
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar
from lambdasim.errors import InputError, Problem

MOST = 200


def _share(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> float | None:
    from lambdasim.units import parse_fraction  # noqa: PLC0415 - keeps --help fast

    if text is None:
        return None
    try:
        return float(text) if "%" not in text else parse_fraction(text)
    except ValueError:
        problem = Problem("--precision", None, None, "", f"{text!r} is no share; write for example 5%")
        raise InputError([problem]) from None


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@measure_option()
@click.option(
    "--precision",
    metavar="SHARE",
    callback=_share,
    help="Add replications until all intervals reach no further than this from their estimate, e.g. 5%.",
)
@click.option(
    "--most", type=click.IntRange(min=2), default=MOST, show_default=True, help="No more replications than this."
)
@warm_up_option
@experiment_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.pass_obj
def replicate(
    interrupts: Interrupts,
    /,
    scenario: Path,
    measures: list[str] | None,
    precision: float | None,
    most: int,
    warm_up: str,
    overrides: dict[str, str],
    as_json: bool,
    **design: Any,
) -> int:
    """Run SCENARIO (a YAML file) on independent seeds: the answer with its interval first, then all estimates.

    A MEASURE may be the difference of two, taken run by run: --measure "a.cold_starts - b.cold_starts".

    Exit status: 0, however sure the numbers are; 2 if the scenario or an option is wrong, or a warm-up can't be found;
    130 if interrupted.
    """
    from lambdasim.analysis.replicate import replicate as replications_of  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415
    from lambdasim.report.replicate import replicate_document, replicate_text  # noqa: PLC0415
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415

    loaded = load_scenario(scenario, overrides=overrides)
    interrupts.check()
    with progress_bar(loaded.name) as progress:
        found = replications_of(
            loaded,
            measures=measures,
            precision=precision,
            most=most,
            warm_up=warm_up,
            design=design_of(**design),
            progress=progress,
        )
    interrupts.check()
    say(as_json_text(replicate_document(found)) if as_json else replicate_text(found, screen()))
    return 0
