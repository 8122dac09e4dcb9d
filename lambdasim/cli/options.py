"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from lambdasim.errors import InputError, Problem


def _settings(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    problems = [
        Problem("--set", None, None, value, "write PATH=VALUE, for example functions.api.memory_size=512")
        for value in values
        if "=" not in value
    ]
    if problems:
        raise InputError(problems)
    return dict(value.split("=", 1) for value in values)


def set_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--set path=value``, any number of times, as a dict."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="PATH=VALUE",
        callback=_settings,
        help="Replace one value, e.g. functions.api.memory_size=512; null takes it away; may be repeated. With another "
        "memory size durations stay those at the file's, and are scaled from there, unless --set says more of them.",
    )(function)
