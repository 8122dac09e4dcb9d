"""``lambdasim size``: the smallest value of a key that meets an objective, or the best combination of several keys'."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lambdasim.cli.experiment import design_of, experiment_options, parts_of, refuse_both
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar
from lambdasim.errors import InputError, Problem

if TYPE_CHECKING:
    from lambdasim.analysis.observations import Design
    from lambdasim.scenario.model import Scenario

NOTHING_MEETS = 1
_DEEPER = 4
_BUDGET = 64
_OPTION = "--vary"
_EXAMPLE = "write PATH, PATH=LOW..HIGH or PATH=VALUE,VALUE, for example functions.api.memory_size=256..1024"


def _varied(
    _ctx: click.Context, _parameter: click.Parameter, options: tuple[str, ...]
) -> dict[str, str | list[str] | None]:
    problems, varied = [], dict[str, str | list[str] | None]()
    for option in options:
        path, has_values, text = option.partition("=")
        path, values = path.strip(), [part.strip() for part in parts_of(text)]
        if not path or (has_values and not all(values)):
            problems.append(Problem(_OPTION, None, None, option, _EXAMPLE))
        elif path in varied:
            problems.append(Problem(_OPTION, None, None, path, "is varied twice; write all its values in one option"))
        else:
            varied[path] = None if not has_values else text.strip() if len(values) == 1 else values
    if problems:
        raise InputError(problems)
    return varied


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--vary",
    multiple=True,
    required=True,
    metavar="PATH[=VALUES]",
    callback=_varied,
    help="The key to size, e.g. functions.api.provisioned_concurrent_executions=0..100, or =128,256,512; "
    "without values all that it may be. Several keys are traded off against each other.",
)
@click.option(
    "--objective",
    "objectives",
    multiple=True,
    metavar="TEXT",
    help='What must hold, e.g. "api.latency_ms.p99 < 300"; may be repeated. Without: the scenario\'s thresholds.',
)
@click.option(
    "--minimize",
    metavar="MEASURE",
    help="What shall be least among the values that meet, e.g. total.cost_usd_per_month, in place of the value itself.",
)
@click.option(
    "--deeper",
    type=click.IntRange(min=1),
    default=_DEEPER,
    show_default=True,
    metavar="TIMES",
    help="So many times the replications, at most, for values near the limit.",
)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=_BUDGET,
    show_default=True,
    metavar="N",
    help="Of several keys, try so many combinations at most.",
)
@experiment_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def size(
    interrupts: Interrupts,
    /,
    scenario: Path,
    vary: dict[str, str | list[str] | None],
    objectives: tuple[str, ...],
    minimize: str | None,
    deeper: int,
    budget: int,
    overrides: dict[str, str],
    as_json: bool,
    **experiment: Any,
) -> int:
    """Find the smallest value of a key of SCENARIO (a YAML file) that is shown to meet objectives, and what it costs.

    Exit status: 0; 1 if no value is shown to meet them; 2 if the scenario or an option is wrong; 130 if interrupted.
    """
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415 - keeps --help fast
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415

    refuse_both(overrides, vary)
    loaded = load_scenario(scenario, overrides=overrides)
    interrupts.check()
    design = design_of(**experiment)
    options = {"objectives": objectives, "minimize": minimize}
    if len(vary) == 1:
        found, document, text = _sized(loaded, vary, design, deeper=deeper, **options)
    else:
        found, document, text = _traded_off(loaded, vary, design, budget=budget, **options)
    interrupts.check()
    say(as_json_text(document) if as_json else text)
    return 0 if found else NOTHING_MEETS


def _sized(loaded: Scenario, vary: Any, design: Design, **options: Any) -> tuple[bool, dict[str, Any], str]:
    """Whether a value was found, and the sizing as a document and as text."""
    from lambdasim.analysis.size import size as sized  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.size import size_document, size_text  # noqa: PLC0415

    with progress_bar(loaded.name) as progress:
        found = sized(loaded, vary, design=design, progress=progress, **options)
    return found.answer is not None, size_document(found), size_text(found, screen())


def _traded_off(loaded: Scenario, vary: Any, design: Design, **options: Any) -> tuple[bool, dict[str, Any], str]:
    """The same of several keys."""
    from lambdasim.analysis.pareto import trade_off  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.pareto import trade_off_document, trade_off_text  # noqa: PLC0415

    with progress_bar(loaded.name) as progress:
        found = trade_off(loaded, vary, design=design, progress=progress, **options)
    return found.answer is not None, trade_off_document(found), trade_off_text(found, screen())
