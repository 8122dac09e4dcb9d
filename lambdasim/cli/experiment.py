"""Options of all verbs that simulate more than once: what is varied, how often, how sure, on how many cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lambdasim.cli.options import cluster_option, set_option, workers_of
from lambdasim.errors import InputError, Problem

if TYPE_CHECKING:
    from lambdasim.analysis.observations import Design
    from lambdasim.scenario.model import Scenario

REPLICATIONS = 10


def experiment_options(function: Callable[..., Any], *, fewest: int = 2) -> Callable[..., Any]:
    """``--set``, and those that :func:`design_of` takes, under the same names; at least ``fewest`` replications."""
    options = (
        set_option,
        click.option(
            "--replications",
            type=click.IntRange(min=fewest),
            default=REPLICATIONS,
            show_default=True,
            help="Independent runs of each variant, on seeds that follow each other.",
        ),
        click.option(
            "--confidence",
            type=click.FloatRange(0.5, 0.999),
            default=0.95,
            show_default=True,
            help="How often intervals hold the truth.",
        ),
        click.option("--seed", type=click.IntRange(min=0), help="Replace the scenario's seed, the first one used."),
        click.option(
            "--workers",
            type=click.IntRange(min=1),
            default=_cores(),
            show_default="all cores",
            help="Processes; results do not depend on it.",
        ),
        cluster_option,
        click.option(
            "--log",
            type=click.Choice(["full", "none"]),
            default="full",
            show_default=True,
            help="Exact percentiles, or sketches of them (flat memory).",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def design_of(*, replications: int, confidence: float, seed: int | None, workers: int, log: str) -> Design:
    """The design of an experiment from the values of its options, and from the ``--cluster`` of the current command."""
    found = workers_of(workers)  # first: their processes import what this one imports next, at the same time
    from lambdasim.analysis.observations import Design  # noqa: PLC0415 - keeps --help fast

    return Design(replications, confidence, seed, found, "full" if log == "full" else "none")


def measure_option(without: str = "what most questions need") -> Callable[..., Callable[..., Any]]:
    """``--measure``, any number of times, as a list ``measures``; None if it isn't given: then ``without``."""
    return click.option(
        "--measure",
        "measures",
        multiple=True,
        metavar="MEASURE",
        callback=lambda _ctx, _parameter, texts: list(texts) or None,
        help=f"A number of the summary, e.g. api.latency_ms.p99; may be repeated. Without it: {without}.",
    )


def warm_up_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--warm-up``, for :func:`lambdasim.analysis.warm_up.with_warm_up`."""
    return click.option(
        "--warm-up",
        metavar="stated|mser5|DURATION",
        default="stated",
        show_default=True,
        help="What to leave out at the beginning: the scenario's warm_up, what MSER-5 finds in pilot runs, or so much.",
    )(function)


def vary_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--vary path=value,value``, any number of times, as a dict of lists."""
    return click.option(
        "--vary",
        multiple=True,
        metavar="PATH=VALUE,...",
        callback=_varied,
        help="Values to try at one place, e.g. functions.api.memory_size=256,512; may be repeated.",
    )(function)


def _varied(_ctx: click.Context, _parameter: click.Parameter, options: tuple[str, ...]) -> dict[str, list[str]]:
    problems, varied = [], dict[str, list[str]]()
    for option in options:
        path, found, values = option.partition("=")
        if not found or not path or not all(part.strip() for part in parts_of(values)):
            text = "write PATH=VALUE,VALUE, for example functions.api.memory_size=256,512"
            problems.append(Problem("--vary", None, None, option, text))
        elif path in varied:
            problems.append(Problem("--vary", None, None, path, "is varied twice; write all its values in one option"))
        else:
            varied[path] = [part.strip() for part in parts_of(values)]
    if problems:
        raise InputError(problems)
    return varied


def load_all(paths: Sequence[Path], overrides: Mapping[str, str]) -> list[Scenario]:
    """The scenarios in some files; ``InputError`` with all that is wrong with any of them."""
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415 - keeps --help fast

    loaded, problems = [], list[Problem]()
    for path in paths:
        try:
            loaded.append(load_scenario(path, overrides=overrides))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return loaded


def variant_named(baseline: str) -> int | str:
    """What ``--baseline`` names: a variant by its number, from 0 on, or by its label."""
    return int(baseline) - 1 if baseline.isdecimal() else baseline


def refuse_both(overrides: Mapping[str, str], vary: Mapping[str, Any]) -> None:
    """``InputError`` with each path that is set and varied, too: what is set would be nowhere."""
    both = [path for path in overrides if path in vary]
    if both:
        raise InputError(
            Problem("--set", None, None, path, "is varied, too, by --vary; leave one out") for path in both
        )


def parts_of(text: str) -> list[str]:
    """``text`` cut at its commas, but for those inside brackets or quotes.

    >>> parts_of("256,512"), parts_of("{min: 1, max: 2},none")
    (['256', '512'], ['{min: 1, max: 2}', 'none'])
    """
    parts, depth, quote = [""], 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        else:
            depth += (sign in "{[(") - (sign in "}])")
        if sign == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _cores() -> int:
    """Those that this process may use: a container may have fewer than the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
