"""Options that several verbs share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from lambdasim.errors import InputError, Problem

if TYPE_CHECKING:
    from lambdasim.analysis.runner import Workers

_CLUSTER = "lambdasim.cluster"


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


def _cluster(ctx: click.Context, _parameter: click.Parameter, address: str | None) -> None:
    """Keep the address for :func:`workers_of`, so that no verb has to hand it on."""
    if address is not None and not re.fullmatch(r"[a-z]+://\S+:\d+", address):
        text = "write the address of the cluster's scheduler, such as tcp://10.0.0.7:8786"
        raise InputError([Problem("--cluster", None, None, address, text)])
    ctx.meta[_CLUSTER] = address


def cluster_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--cluster ADDRESS``, which :func:`workers_of` finds."""
    return click.option(
        "--cluster",
        metavar="ADDRESS",
        expose_value=False,
        callback=_cluster,
        help="Run on the Dask cluster at this scheduler, e.g. tcp://10.0.0.7:8786, instead of --workers.",
    )(function)


def cluster_is_given() -> bool:
    """Whether the current command has a ``--cluster``."""
    return click.get_current_context().meta.get(_CLUSTER) is not None


def workers_of(processes: int) -> Workers:
    """So many processes of this machine, or the ``--cluster`` of the current command."""
    from lambdasim.analysis.pools import prepare  # noqa: PLC0415 - keeps --help fast

    cluster = click.get_current_context().meta.get(_CLUSTER)
    if cluster is None and processes > 1:
        prepare()  # it imports what this process imports next, at the same time
    from lambdasim.analysis.runner import Workers  # noqa: PLC0415

    return Workers(processes, cluster)
