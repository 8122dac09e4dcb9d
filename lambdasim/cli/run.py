"""``lambdasim run``: simulate one scenario and print what came out."""

from __future__ import annotations

from pathlib import Path

import click

from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.options import set_option
from lambdasim.cli.output import on_terminal, say
from lambdasim.cli.progress import progress_bar

THRESHOLD_FAILED = 1


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--seed", type=click.IntRange(min=0), help="Replace the scenario's seed.")
@set_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write summary, logs and timeline to this folder."
)
@click.option(
    "--log",
    type=click.Choice(["full", "none"]),
    default="full",
    show_default=True,
    help="Keep every invocation, or only sketches of them (flat memory).",
)
@click.pass_obj
def run(
    interrupts: Interrupts,
    scenario: Path,
    seed: int | None,
    overrides: dict[str, str],
    as_json: bool,
    output: Path | None,
    log: str,
) -> int:
    """Simulate SCENARIO (a YAML file): the answer in one sentence first, then the tables.

    Exit status: 0; 1 if a threshold of the scenario failed; 2 if the scenario or the output folder is wrong;
    130 if interrupted.
    """
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.text import plain_report, styled_report  # noqa: PLC0415
    from lambdasim.result.storage import check_folder  # noqa: PLC0415
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415
    from lambdasim.simulation import simulate  # noqa: PLC0415

    loaded = load_scenario(scenario, overrides=overrides)
    interrupts.check()
    if output is not None:
        check_folder(output)  # before the work, not after it
    with progress_bar(loaded.name) as progress:
        result = simulate(loaded, seed=seed, log="full" if log == "full" else "none", progress=progress)
    interrupts.check()
    summary = result.summary()
    if output is not None:
        result.save(output)
        click.echo(f"Written to {output}/", err=True)
    report = as_json_text if as_json else styled_report if on_terminal() else plain_report
    say(report(summary))
    return 0 if all(threshold["ok"] for threshold in summary["thresholds"]) else THRESHOLD_FAILED
