"""``lambdasim advise``: the best practices that scenarios break, and what a run shows of each."""

from __future__ import annotations

from pathlib import Path

import click

from lambdasim.cli.experiment import load_all
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.options import set_option
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar

ADVICE_GIVEN = 1
_SCHEMA_VERSION = 1


@click.command()
@click.argument("scenarios", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--run", "runs", is_flag=True, help="Simulate each scenario once, for evidence and for what only shows then."
)
@set_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--strict", is_flag=True, help="Leave with exit status 1 if there is any advice: use it in CI.")
@click.pass_obj
def advise(
    interrupts: Interrupts,
    scenarios: tuple[Path, ...],
    runs: bool,
    overrides: dict[str, str],
    as_json: bool,
    strict: bool,
) -> int:
    """Tell what a reviewer would say of SCENARIOS (YAML files): the gravest first, each with its cure.

    Exit status: 0, with advice or without; with --strict 1 if there is any; 2 if a scenario is wrong; 130 if
    interrupted.
    """
    from lambdasim.advice.advise import advise as advice_on  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.advice import advice_document, advice_text  # noqa: PLC0415
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415
    from lambdasim.simulation import simulate  # noqa: PLC0415

    loaded = load_all(scenarios, overrides)
    documents, given = [], 0
    for scenario in loaded:
        interrupts.check()
        result = None
        if runs:
            with progress_bar(scenario.name) as progress:
                result = simulate(scenario, progress=progress)
        interrupts.check()
        advice = advice_on(scenario, result)
        given += len(advice)
        if as_json:
            documents.append(advice_document(scenario, advice, None if result is None else result.header.seed))
        else:
            text = advice_text(scenario, advice, screen())
            say(text if scenario is loaded[-1] else f"{text}\n")
    if as_json:
        say(as_json_text({"schema_version": _SCHEMA_VERSION, "scenarios": documents}))
    return ADVICE_GIVEN if strict and given else 0
