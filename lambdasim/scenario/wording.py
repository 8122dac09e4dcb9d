"""The words of messages: what was found, what it may have been meant to be, and where inside a block."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError


def found(value: Any) -> str:
    """A value as a message shows it: text in quotes, numbers bare, the rest by kind."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, datetime):
        return "a date"
    return "a list" if isinstance(value, list | tuple) else "nothing"


def nearest(word: Any, names: Iterable[str]) -> str:
    """``did you mean 'x'?``, or the names that are allowed, or nothing if there are none."""
    known = [str(name) for name in names]
    close = difflib.get_close_matches(str(word), known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if not known:
        return ""
    shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
    return f"known: {shown}"


def problem_at(message: str, *at: str | int) -> PydanticCustomError:
    """An error to raise in a validator, about a key inside the value that is validated."""
    return PydanticCustomError("lambdasim", "{message}", {"message": message, "at": at})


def problem_inside(error: ValueError, *prefix: str | int) -> PydanticCustomError:
    """The same error, seen from the block around: ``prefix`` leads from there to where it was raised."""
    if isinstance(error, PydanticCustomError) and error.context:
        return problem_at(str(error.context["message"]), *prefix, *error.context["at"])
    return problem_at(str(error), *prefix)


@contextmanager
def read_from(file: Path) -> Iterator[None]:
    """A file that can't be read, or holds something else, is a problem with the key ``file``."""
    try:
        yield
    except PydanticCustomError:
        raise
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise problem_at(f"can't use {str(file)!r}: {reason}", "file") from None
