"""``lambdasim compare``: variants of a scenario, or several scenarios, beside each other on the same luck."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar


@click.command()
@click.argument("scenarios", type=click.Path(path_type=Path), nargs=-1, required=True)
@vary_option
@measure_option()
@click.option(
    "--baseline",
    metavar="LABEL|N",
    default="1",
    show_default=True,
    help="The variant that the others are compared with: its label, or its number from 1 on.",
)
@experiment_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.pass_obj
def compare(
    interrupts: Interrupts,
    /,
    scenarios: tuple[Path, ...],
    vary: dict[str, list[str]],
    measures: list[str] | None,
    baseline: str,
    overrides: dict[str, str],
    as_json: bool,
    **design: Any,
) -> int:
    """Compare variants of SCENARIOS (YAML files): which to take, and which differences are shown.

    Each combination of the values of --vary is a variant, of each file; all of them run on the same seeds. The first
    --measure counts first, the month's cost second. --set applies to every file.

    Exit status: 0, whatever is shown; 2 if a scenario or an option is wrong; 130 if interrupted.
    """
    from lambdasim.analysis.compare import compare as comparison_of  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415
    from lambdasim.report.compare import compare_document, compare_text  # noqa: PLC0415

    refuse_both(overrides, vary)
    loaded = load_all(scenarios, overrides)
    interrupts.check()
    with progress_bar(f"{len(loaded)} scenarios" if len(loaded) > 1 else loaded[0].name) as progress:
        found = comparison_of(
            loaded,
            vary,
            measures=measures,
            baseline=variant_named(baseline),
            design=design_of(**design),
            progress=progress,
        )
    interrupts.check()
    say(as_json_text(compare_document(found)) if as_json else compare_text(found, screen()))
    return 0
