"""Standard output: results go there, whoever reads it and however long."""

from __future__ import annotations

import os
import sys

import click


def on_terminal() -> bool:
    """Whether a person watches."""
    return sys.stdout is not None and sys.stdout.isatty()


def say(text: str) -> None:
    """Print a result, in UTF-8 if standard output is no terminal.

    A reader that leaves early (``| head -1``) has what it wanted: that is no error, and the verb's exit status stands.
    Raises OSError if standard output goes to a full disk.
    """
    try:
        click.echo(text if on_terminal() else text.encode())
    except BrokenPipeError:
        abandon_output()


def abandon_output() -> None:
    """Let what is still in the buffer go nowhere, so that Python's last flush doesn't fail too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
