"""Standard output: results go there, whoever reads it and however long."""

from __future__ import annotations

import os
import shutil
import sys

import click

from lambdasim.display.screen import NARROWEST, PIPE, Screen
from lambdasim.display.sparkline import LEVELS

_SIGNS = f"{LEVELS[True]}─✓✗"  # that a terminal must have, or it gets ASCII


def on_terminal() -> bool:
    """Whether a person watches."""
    return sys.stdout is not None and sys.stdout.isatty()


def is_dumb() -> bool:
    """Whether the terminal shows text and nothing else: no styles, no line drawn anew."""
    return os.environ.get("TERM") == "dumb"


def screen() -> Screen:
    """What standard output is.

    A terminal is as wide as COLUMNS or itself says, and has styles but where NO_COLOR is set (https://no-color.org).
    TERM=dumb is for those whose terminal has neither styles nor pictures, or who have it read aloud. A pipe or a file
    gets the same whatever the variables say, FORCE_COLOR too: a file is no place for codes.
    """
    if not on_terminal():
        return PIPE
    return Screen(
        width=max(NARROWEST, shutil.get_terminal_size().columns),
        styled=not is_dumb() and not os.environ.get("NO_COLOR"),
        in_blocks=_encodes(_SIGNS),
        draws=not is_dumb(),
    )


def say(text: str) -> None:
    """Print a result, in UTF-8 if standard output is no terminal; a sign that a terminal does not have is a ``?``.

    A reader that leaves early (``| head -1``) has what it wanted: that is no error, and the verb's exit status stands.
    Raises OSError if standard output goes to a full disk.
    """
    try:
        click.echo(_shown(text) if on_terminal() else text.encode())
    except BrokenPipeError:
        abandon_output()


def abandon_output() -> None:
    """Let what is still in the buffer go nowhere, so that Python's last flush doesn't fail too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _encodes(signs: str) -> bool:
    """Whether standard output has these signs."""
    try:
        signs.encode(_encoding())
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _shown(text: str) -> str:
    return text if _encodes(text) else text.encode(_encoding(), "replace").decode(_encoding())
