"""``lambdasim validate``: all mistakes of scenarios at once, and what would be warned of."""

from __future__ import annotations

from pathlib import Path

import click

from lambdasim.cli.options import set_option
from lambdasim.cli.output import say, screen
from lambdasim.display.folding import said
from lambdasim.errors import InputError, Problem


@click.command()
@click.argument("scenarios", type=click.Path(path_type=Path), nargs=-1, required=True)
@set_option
def validate(scenarios: tuple[Path, ...], overrides: dict[str, str]) -> None:
    """Check SCENARIOS (YAML files) without running them; exit status 2 if one of them has a mistake."""
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415 - keeps --help fast

    problems, shown = list[Problem](), screen()
    for path in scenarios:
        try:
            loaded = load_scenario(path, overrides=overrides)
        except InputError as error:
            problems += error.problems
            continue
        for warning in loaded.warnings:
            say(said(f"{path}: {warning.path}: {warning.message} [{warning.code}]", shown, indent=2))
        functions, triggers = len(loaded.functions), len(loaded.triggers)
        told = f"{path}: valid; functions: {functions}, triggers: {triggers}, warnings: {len(loaded.warnings)}"
        say(said(told, shown, indent=2))
    if problems:
        raise InputError(problems)
