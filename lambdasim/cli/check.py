"""``lambdasim check``: do the thresholds hold? For pipelines: a list, an exit status, a JUnit file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lambdasim.cli.experiment import design_of, experiment_options
from lambdasim.cli.files import check_place, write_file
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar
from lambdasim.errors import InputError, Problem

if TYPE_CHECKING:
    from lambdasim.scenario.model import Scenario

THRESHOLD_FAILED = 1


@click.command()
@click.argument("scenarios", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--threshold",
    "thresholds",
    multiple=True,
    metavar="TEXT",
    help="Another one beside the scenario's own, e.g. 'api.latency_ms.p99 < 300'; may be repeated.",
)
@click.option("--strict", is_flag=True, help="What the interval leaves undecided fails too.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write JUnit XML to this file, for CI servers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@experiment_options
@click.pass_obj
def check(
    interrupts: Interrupts,
    /,
    scenarios: tuple[Path, ...],
    thresholds: tuple[str, ...],
    strict: bool,
    junit: Path | None,
    as_json: bool,
    overrides: dict[str, str],
    **experiment: Any,
) -> int:
    """Tell which thresholds of SCENARIOS (YAML files) hold, over independent replications.

    A threshold holds if all of its measure's interval is within, fails if all of it is outside, and is undecided in
    between: then the estimate counts. A measure that has no value in some run fails.

    Exit status: 0; 1 if a threshold fails (with --strict, or is undecided); 2 if the input is wrong, or a scenario
    has no threshold; 130 if interrupted.
    """
    from lambdasim.analysis.thresholds import check as checked  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415
    from lambdasim.report.checks import checks_document, checks_text, fails  # noqa: PLC0415
    from lambdasim.report.junit import junit_xml  # noqa: PLC0415

    loaded = _loaded(scenarios, overrides, thresholds)
    if junit is not None:
        check_place(junit, "--junit")  # before the work, not after it
    done = []
    for scenario in loaded:
        interrupts.check()
        with progress_bar(scenario.name) as progress:
            done.append(checked(scenario, thresholds=thresholds, design=design_of(**experiment), progress=progress))
    interrupts.check()
    if junit is not None:
        write_file(junit, junit_xml(done, strict=strict))
    if as_json:
        say(as_json_text(checks_document(done, strict=strict)))
    else:
        say(checks_text(done, screen(), strict=strict))
    failed = any(fails(one, strict=strict) for checks in done for one in checks.checks)
    return THRESHOLD_FAILED if failed else 0


def _loaded(paths: Sequence[Path], overrides: dict[str, str], thresholds: Sequence[str]) -> list[Scenario]:
    """The scenarios; ``InputError`` with all that is wrong with any of them or their thresholds."""
    from lambdasim.analysis.thresholds import demands_of  # noqa: PLC0415 - keeps --help fast
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415

    loaded, problems = [], list[Problem]()
    for path in paths:
        try:
            scenario = load_scenario(path, overrides=overrides)
            demands_of(scenario, thresholds)
            loaded.append(scenario)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    return loaded
