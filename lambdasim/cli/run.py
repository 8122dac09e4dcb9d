"""``lambdasim run``: simulate one scenario and print what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from lambdasim.cli.files import check_place, write_file
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.options import cluster_is_given, cluster_option, set_option, workers_of
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar
from lambdasim.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdasim.analysis.runner import Workers
    from lambdasim.kernel.eligibility import Engine
    from lambdasim.result.result import Result
    from lambdasim.scenario.model import Scenario

THRESHOLD_FAILED = 1


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--seed", type=click.IntRange(min=0), help="Replace the scenario's seed.")
@set_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write summary, logs, timeline and a page to this folder."
)
@click.option(
    "--log",
    type=click.Choice(["full", "none"]),
    default="full",
    show_default=True,
    help="Keep every invocation, or only sketches of them (flat memory).",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "simpy", "compiled"]),
    default="auto",
    show_default=True,
    help="The same numbers from each; compiled is the fast one, and does not know all triggers.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Simulate functions that share nothing apart, on so many processes; results do not depend on it. Takes --log "
    "none.",
)
@cluster_option
@click.option(
    "--trace",
    type=click.Path(path_type=Path),
    help="Write a trace for Perfetto or chrome://tracing, a row for each environment, to this file; .gz packs it.",
)
@click.pass_obj
def run(
    interrupts: Interrupts,
    scenario: Path,
    seed: int | None,
    overrides: dict[str, str],
    as_json: bool,
    output: Path | None,
    log: Literal["full", "none"],
    engine: Engine,
    workers: int | None,
    trace: Path | None,
) -> int:
    """Simulate SCENARIO (a YAML file): the answer in one sentence first, then the tables.

    Exit status: 0; 1 if a threshold of the scenario failed; 2 if the scenario, or a place to write to, is wrong; 130 if
    interrupted.
    """
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.over_time import over_time  # noqa: PLC0415
    from lambdasim.report.text import run_text  # noqa: PLC0415
    from lambdasim.result.storage import check_folder  # noqa: PLC0415
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415
    from lambdasim.simulation import simulate  # noqa: PLC0415

    apart = workers is not None or cluster_is_given()
    if apart and log == "full":
        text = "functions that are simulated apart leave no common log; add --log none"
        raise InputError([Problem("--cluster" if workers is None else "--workers", None, None, "", text)])
    loaded = load_scenario(scenario, overrides=overrides)
    interrupts.check()
    if output is not None:
        check_folder(output)  # before the work, not after it
    if trace is not None:
        _check_trace(trace, scenario, output, log)
    with progress_bar(loaded.name) as progress:
        if apart:
            result = _apart(loaded, seed, engine, workers_of(workers or 1), progress)
        else:
            result = simulate(loaded, seed=seed, log=log, engine=engine, progress=progress)
    interrupts.check()
    summary = result.summary()
    if output is not None:
        from lambdasim.report.page.html import html_report  # noqa: PLC0415
        from lambdasim.result.storage import REPORT  # noqa: PLC0415

        result.save(output)  # first: a page takes a while, and can be made of the folder
        interrupts.check()
        page = html_report(result, scenario=loaded)
        interrupts.check()
        write_file(output / REPORT, page.encode())
        click.echo(f"Written to {output}/", err=True)
    if trace is not None:
        interrupts.check()
        result.save_trace(trace)
        click.echo(f"Trace written to {trace}; ui.perfetto.dev and chrome://tracing open it", err=True)
    say(as_json_text(summary) if as_json else run_text(summary, over_time(result), screen()))
    return 0 if all(threshold["ok"] for threshold in summary["thresholds"]) else THRESHOLD_FAILED


def _apart(
    scenario: Scenario, seed: int | None, engine: Engine, workers: Workers, progress: Callable[[float], None] | None
) -> Result:
    """The result of parts that ran side by side; or of the whole, and why."""
    from lambdasim.analysis.apart import simulate_apart  # noqa: PLC0415 - keeps --help fast

    outcome = simulate_apart(scenario, seed=seed, engine=engine, workers=workers, progress=progress)
    for reason in outcome.why_not:
        click.echo(f"Simulated as a whole: {reason}", err=True)
    return outcome.result


def _check_trace(trace: Path, scenario: Path, output: Path | None, log: str) -> None:
    """See that a trace can be made, and written to ``trace``.

    Raises:
        InputError: it can't; with all the reasons.
    """
    from lambdasim.result.storage import TRACES  # noqa: PLC0415 - keeps --help fast

    problems: list[Problem] = []

    def wrong(text: str) -> None:
        problems.append(Problem("--trace", None, None, str(trace), text))

    if log == "none":
        wrong("it shows every invocation, and --log none keeps none; leave one of the two out")
    if trace.resolve() == scenario.resolve():
        wrong("this is the scenario; name another file")
    elif output is not None and trace.parent.resolve() == output.resolve():  # which is made with the result
        if trace.name not in TRACES:
            wrong(f"in the result's folder it is called {' or '.join(TRACES)}")
    elif output is not None and trace.resolve() == output.resolve():
        wrong("this is the result's folder; name a file")
    else:
        try:
            check_place(trace, "--trace")
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
