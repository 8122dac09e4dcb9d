"""What a verb says: results to standard output, whoever reads it and however long."""

from __future__ import annotations

import os
import sys

import click

from lambdasim.errors import ResultError


def say(text: str) -> None:
    """Print a result, in UTF-8 if standard output is no terminal.

    A reader that leaves early (``| head -1``) has what it wanted: that is no error, and the verb's exit status stands.

    Raises:
        ResultError: standard output can't be written to: the disk that it goes to is full.
    """
    try:
        click.echo(text if sys.stdout.isatty() else text.encode())
        sys.stdout.flush()
    except OSError as error:
        _abandon_output()
        if not isinstance(error, BrokenPipeError):
            raise ResultError(f"standard output: can't be written: {error.strerror}") from None


def _abandon_output() -> None:
    """Let what is still in the buffer go nowhere, so that Python's last flush doesn't fail too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
