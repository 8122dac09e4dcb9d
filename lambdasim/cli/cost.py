"""``lambdasim cost``: what more traffic, billed inits, arm64, Fargate and provisioned concurrency do to the bill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lambdasim.cli.experiment import design_of, experiment_options
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import say, screen
from lambdasim.cli.progress import progress_bar
from lambdasim.errors import InputError, Problem

_EXAMPLE = "write numbers above 0, such as 1,2,5,10"


def _factors(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    factors, problems = list[float](), list[Problem]()
    for part in text.split(","):
        try:
            factor = float(part.strip().removeprefix("x"))
        except ValueError:
            factor = 0.0
        if not 0 < factor < float("inf"):
            problems.append(Problem("--traffic", None, None, part.strip(), _EXAMPLE))
        factors.append(factor)
    if problems:
        raise InputError(problems)
    return tuple(factors)


def traffic_option(told: str) -> Callable[..., Callable[..., Any]]:
    """``--traffic factor,factor``, as a tuple of numbers; None if it isn't given. ``told`` is its help."""
    return click.option("--traffic", metavar="1,2,5,10", callback=_factors, help=told)


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@traffic_option("The bill, p99 and throttles at so many times the traffic.")
@click.option("--init-billing", is_flag=True, help="What it costs that inits are billed since August 2025.")
@click.option("--architecture", is_flag=True, help="x86_64 against arm64, and how much slower arm64 may be.")
@click.option("--fargate", is_flag=True, help="Lambda against Fargate, and the rate where their bills cross.")
@click.option("--provisioned", is_flag=True, help="Whether provisioned concurrency pays for itself.")
@click.option(
    "--front-door", is_flag=True, help="Give Fargate a load balancer, and charge Lambda for its API, in --fargate."
)
@experiment_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.pass_obj
def cost(
    interrupts: Interrupts,
    /,
    scenario: Path,
    traffic: tuple[float, ...] | None,
    init_billing: bool,
    architecture: bool,
    fargate: bool,
    provisioned: bool,
    front_door: bool,
    overrides: dict[str, str],
    as_json: bool,
    **design: Any,
) -> int:
    """Answer cost questions on SCENARIO (a YAML file): all of them, or those that are named.

    Exit status: 0; 2 if the scenario or an option is wrong; 130 if interrupted.
    """
    from lambdasim.analysis.cost import QUESTIONS  # noqa: PLC0415 - keeps --help fast
    from lambdasim.analysis.cost import cost as answered  # noqa: PLC0415
    from lambdasim.analysis.costs.traffic import FACTORS  # noqa: PLC0415
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415
    from lambdasim.report.cost import cost_document, cost_text  # noqa: PLC0415
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415

    named = (traffic is not None, init_billing, architecture, fargate, provisioned)
    asked = [question for question, wanted in zip(QUESTIONS, named, strict=True) if wanted]
    if front_door and asked and not fargate:
        text = "belongs to --fargate, which is not asked"
        raise InputError([Problem("--front-door", None, None, "", text)])
    loaded = load_scenario(scenario, overrides=overrides)
    interrupts.check()
    with progress_bar(loaded.name) as progress:
        answers = answered(
            loaded,
            questions=asked or QUESTIONS,
            traffic=traffic or FACTORS,
            front_door=front_door,
            design=design_of(**design),
            progress=progress,
        )
    interrupts.check()
    say(as_json_text(cost_document(answers)) if as_json else cost_text(answers, screen()))
    return 0
