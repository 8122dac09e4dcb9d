"""``--what-if``: sliders on a page, over a grid around the scenario that is simulated for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from lambdasim.cli.experiment import parts_of
from lambdasim.cli.progress import progress_bar
from lambdasim.errors import InputError, Problem

if TYPE_CHECKING:
    from lambdasim.analysis.observations import Design
    from lambdasim.analysis.what_if import WhatIf
    from lambdasim.analysis.what_if_grid import Plan
    from lambdasim.scenario.model import Scenario

OPTION = "--what-if"
Asked = Mapping[str, "list[str] | None"]


def what_if_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--what-if path=value,value``, ``path`` or ``auto``, any number of times, as a dict ``what_if``."""
    return click.option(
        OPTION,
        multiple=True,
        metavar="PATH[=VALUE,...]|auto",
        callback=_asked,
        help="Sliders over this key, e.g. traffic=0.5,1,2 or functions.api.memory_size, which takes usual values; may "
        "be repeated: all combinations are simulated. auto: the busiest function's memory, its provisioned concurrency "
        "where auto scaling does not move it, and the traffic.",
    )(function)


def _asked(_ctx: click.Context, _parameter: click.Parameter, options: tuple[str, ...]) -> dict[str, list[str] | None]:
    problems, asked = [], dict[str, list[str] | None]()
    for option in options:
        path, has_values, text = option.partition("=")
        path, values = path.strip(), [part.strip() for part in parts_of(text)]
        if not path or (has_values and not all(values)):
            text = "write PATH or PATH=VALUE,VALUE, for example traffic=0.5,1,2"
            problems.append(Problem(OPTION, None, None, option, text))
        elif path in asked:
            problems.append(Problem(OPTION, None, None, path, "stands there twice; write all its values in one option"))
        else:
            asked[path] = values if has_values else None
    if problems:
        raise InputError(problems)
    return asked


def refuse_what_if(asked: Asked, why: str) -> list[Problem]:
    """The problem that sliders are asked for where there can be none."""
    return [Problem(OPTION, None, None, ", ".join(asked), why)] if asked else []


def planned(scenario: Scenario, asked: Asked, measures: Sequence[str] | None, design: Design) -> Plan:
    """The grid to simulate; its size is told on standard error."""
    from lambdasim.analysis.contrasts import Contrast, measure_or_contrast  # noqa: PLC0415 - keeps --help fast
    from lambdasim.analysis.observations import measures_of  # noqa: PLC0415
    from lambdasim.analysis.what_if_grid import plan  # noqa: PLC0415

    named = measures_of(scenario, measures, read=measure_or_contrast) if measures else ()
    single = [measure.text for measure in named if not isinstance(measure, Contrast)]
    with progress_bar(scenario.name) as progress:
        grid = plan(scenario, asked, measures=single or None, design=design, progress=progress)
    click.echo(
        f"What if: {grid.sizes} are {grid.points:,} points, {design.replications} runs each: {grid.runs:,} runs.",
        err=True,
    )
    return grid


def simulated(grid: Plan | None) -> WhatIf | None:
    """The grid that was planned, if any."""
    if grid is None:
        return None
    with progress_bar("what if") as progress:
        return grid.simulated(progress)
